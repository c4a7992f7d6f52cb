"""When a service is closed, as whole seconds of Japanese time since year 1, for the whole calendar.

Seconds instead of instants: Japan's clocks have not been changed since 1951, and whole numbers
are sorted, merged and looked up many times faster.
"""

from bisect import bisect_right
from collections.abc import Iterable, Iterator
from datetime import date, datetime, time, timedelta
from functools import cache, lru_cache
from typing import NamedTuple

from gateway.domain.calendar import (
    A_DAY,
    BeyondHorizon,
    calendar_table,
    closed_name,
    is_business_day,
    next_business_day,
)
from gateway.domain.hours import JST, OneOffWindow, Window
from gateway.domain.service_hours import CoreHours, Profile

A_DAY_S = 86_400
ORIGIN = datetime(1, 1, 1, tzinfo=JST)
LONGEST_WINDOW = timedelta(days=7)


class Span(NamedTuple):
    """Closed from `begins` until before `ends`.

    Who comes to a window waits for its end; who comes outside core hours, for `credited_at` of
    the next business day's morning (None: past the calendar, or a window).
    """

    begins: int
    ends: int
    name: str
    credited_at: int | None = None


class Run(NamedTuple):
    """Spans that overlap or touch: closed without a gap."""

    begins: int
    ends: int
    spans: tuple[Span, ...]

    @property
    def first(self) -> tuple[Span, ...]:
        """Return the spans that it begins with."""
        return tuple(span for span in self.spans if span.begins == self.begins)


class Runs:
    """Runs in order of time, to be looked up."""

    def __init__(self, spans: Iterable[Span]) -> None:
        self.all = tuple(_merged(sorted(spans, key=lambda span: span[:3])))
        self._begins = [run.begins for run in self.all]

    def at(self, second: int) -> Run | None:
        """Return the run that holds at the second."""
        index = bisect_right(self._begins, second) - 1
        return self.all[index] if index >= 0 and second < self.all[index].ends else None

    def after(self, second: int) -> Run | None:
        """Return the next run that begins after the second."""
        index = bisect_right(self._begins, second)
        return self.all[index] if index < len(self.all) else None


def second_of(at: datetime) -> int:
    """Return the whole second that an instant lies in. Raises ValueError for a naive one."""
    if at.tzinfo is None:
        raise ValueError(f"{at} may be any instant: it has no zone")
    local = at if at.tzinfo is JST else at.astimezone(JST)
    day_s = (local.hour * 60 + local.minute) * 60 + local.second
    return (local.toordinal() - 1) * A_DAY_S + day_s


def instant_of(second: int) -> datetime:
    """Return the second's beginning, in Japanese time."""
    return ORIGIN + timedelta(seconds=second)


def second_on(day: date, at: time) -> int:
    """Return the second that begins at a time of a day."""
    return (day.toordinal() - 1) * A_DAY_S + (at.hour * 60 + at.minute) * 60 + at.second


class Stretch(NamedTuple):
    """Some whole years of the calendar, from `begins` until before `ends`."""

    begins: date
    ends: date

    def days(self) -> Iterator[date]:
        day = self.begins
        while day < self.ends:
            yield day
            day += A_DAY


def whole_calendar() -> Stretch:
    """Return all the days that the calendar knows."""
    table = calendar_table()
    return Stretch(table.begins, table.ends + A_DAY)


def near(year: int) -> Stretch:
    """Return the year and, if the calendar knows it, the next one. Raises BeyondHorizon."""
    table = calendar_table()
    if not table.begins.year <= year <= table.ends.year:
        raise BeyondHorizon(f"the calendar knows {table.begins} to {table.ends}, not {year}")
    return Stretch(date(year, 1, 1), min(table.ends + A_DAY, date(year + 2, 1, 1)))


@cache
def business_days() -> tuple[date, ...]:
    """Return every business day of the calendar."""
    return tuple(filter(is_business_day, whole_calendar().days()))


@lru_cache(maxsize=256)
def window_spans(window: Window, stretch: Stretch) -> tuple[Span, ...]:
    """Return every occurrence that closes a second of the days, and a few before them."""
    lasts_s = window.lasts // timedelta(seconds=1)
    begins = (
        second_on(day, window.begins_at)
        for day in Stretch(stretch.begins - LONGEST_WINDOW, stretch.ends).days()
        if window.begins_on(day)
    )
    return tuple(Span(second, second + lasts_s, window.name) for second in begins)


def one_off_span(window: OneOffWindow) -> Span:
    """Return the window, cut to whole seconds as the instants are that it is compared with."""
    return Span(second_of(window.begins), second_of(window.ends), window.name)


@lru_cache(maxsize=256)
def legacy_spans(profiles: tuple[Profile, ...], stretch: Stretch) -> tuple[Span, ...]:
    """Return what lies outside the core hours, day by day, while a profile has such."""
    return tuple(
        span
        for day in stretch.days()
        if (core := core_on(day, profiles)) is not None
        for span in _day_spans(day, core)
    )


def core_on(day: date, profiles: tuple[Profile, ...]) -> CoreHours | None:
    """Return the core hours that the profile of the day has. Raises BeyondHorizon before any."""
    index = bisect_right(profiles, day, key=lambda profile: profile.valid_from) - 1
    if index < 0:
        raise BeyondHorizon(f"no profile is known for {day}")
    return profiles[index].core


def _day_spans(day: date, core: CoreHours) -> Iterator[Span]:
    begins, ends = second_on(day, time()), second_on(day + A_DAY, time())
    name = closed_name(day)
    if name is not None:
        yield Span(begins, ends, name, _morning_after(day, core))
        return
    opens, closes = second_on(day, core.opens_at), second_on(day, core.cutoff) + 1
    morning = second_on(day, core.credited_at)
    if begins < opens:
        name = f"{core.opens_at:%H:%M}の取扱開始前"
        yield Span(begins, opens, name, morning)
    if closes < ends:
        name = f"{core.cutoff:%H:%M}の締切後"
        yield Span(closes, ends, name, _morning_after(day, core))


def _morning_after(day: date, core: CoreHours) -> int | None:
    try:
        return second_on(next_business_day(day), core.credited_at)
    except BeyondHorizon:  # not every answer needs that morning; the one that does will say so
        return None


def _merged(spans: Iterable[Span]) -> Iterator[Run]:
    held: list[Span] = []
    ends = 0
    for span in spans:
        if held and span.begins > ends:
            yield Run(held[0].begins, ends, tuple(held))
            held = []
        ends = max(ends, span.ends) if held else span.ends
        held.append(span)
    if held:
        yield Run(held[0].begins, ends, tuple(held))
