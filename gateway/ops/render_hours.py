"""The hours of some days as a picture on a screen: a mark for every half hour."""

from collections.abc import Sequence
from datetime import datetime

from rich.console import Console
from rich.text import Text

from gateway.domain.service_hours import NamedReason, ServiceClass
from gateway.ops.commands.hours import HoursDay

MARKS = {
    ServiceClass.AT_ONCE: ("█", "green"),
    ServiceClass.NEXT_OPENING: ("░", "red"),
    ServiceClass.NEXT_930: ("▒", "yellow"),
}
MEANINGS = {
    ServiceClass.AT_ONCE: "at once",
    ServiceClass.NEXT_OPENING: "when the window ends",
    ServiceClass.NEXT_930: "at 9:30 of a business day",
}
RULER = "".join(f"{hour:<6}" for hour in range(0, 24, 3))


def show_hours(console: Console, days: Sequence[HoursDay]) -> None:
    """Print a line a day, then each window that closes something, with its two instants."""
    wide = max(len(day.service) for day in days)
    for number, day in enumerate(days):
        if number == 0 or days[number - 1].service != day.service:
            console.print(Text(f"{day.service:<{wide}}            {RULER}", style="bold"))
        line = Text(f"{'':<{wide}} {day.day:%m-%d %a}  ")
        for slot in day.slots:
            mark, style = MARKS[slot]
            line.append(mark, style)
        console.print(line)
    console.print(Text("  ".join(f"{MARKS[c][0]} {MEANINGS[c]}" for c in ServiceClass)))
    for service, reason in closures(days):
        console.print(Text(f"{service:<{wide}} {_span(reason)}  {reason.name}"))


def phases_of(day: HoursDay) -> dict[str, object]:
    """Return the day for programs: each phase with its class and the names of what closes it."""
    phases = [
        {
            "begins": phase.begins,
            "ends": phase.ends,
            "service_class": phase.service_class,
            "reasons": [reason.name for reason in phase.reasons],
            "sends_at": phase.sends_at,
            "value_date": phase.value_date.isoformat(),
        }
        for phase in day.phases
    ]
    return {"service": day.service, "day": day.day.isoformat(), "phases": phases}


def closures(days: Sequence[HoursDay]) -> list[tuple[str, NamedReason]]:
    """Return what closes each service, in order of time and each once."""
    found = {
        (day.service, reason): None
        for day in days
        for phase in day.phases
        for reason in phase.reasons
    }
    return list(found)


def _span(reason: NamedReason) -> str:
    return f"{_minute(reason.begins)} – {_minute(reason.ends)}"


def _minute(at: datetime) -> str:
    return f"{at:%Y-%m-%d %H:%M:%S}".removesuffix(":00")
