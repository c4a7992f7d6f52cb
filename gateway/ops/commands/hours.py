"""The regular hours of banks and lender, day by day, for people who plan by them."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from itertools import pairwise

from gateway.domain.hours import JST
from gateway.domain.service_hours import Operation, Phase, ServiceClass, ServiceHours
from gateway.domain.timetable import timeline

SLOT = timedelta(minutes=30)
SLOTS = 48


@dataclass(frozen=True, slots=True)
class HoursDay:
    """One service's phases on one JST date."""

    service: str
    day: date
    phases: tuple[Phase, ...]

    @property
    def slots(self) -> tuple[ServiceClass, ...]:
        """Return the class of every half hour: one that is not wholly open does not count so."""
        begins = datetime.combine(self.day, time(), JST)
        return tuple(self._class_from(begins + SLOT * number) for number in range(SLOTS))

    def _class_from(self, begins: datetime) -> ServiceClass:
        within = (p for p in self.phases if p.begins < begins + SLOT and begins < p.ends)
        closed = (phase.service_class for phase in within if not phase.is_open)
        return next(closed, ServiceClass.AT_ONCE)


def hours_by_day(
    services: Mapping[str, tuple[ServiceHours, Operation]], *, begins: date, days: int
) -> list[HoursDay]:
    """Return every service's days, one service after the other. Raises BeyondHorizon."""
    midnights = [datetime.combine(begins, time(), JST) + timedelta(n) for n in range(days + 1)]
    return [
        HoursDay(name, midnight.date(), timeline(hours, operation, midnight, following))
        for name, (hours, operation) in services.items()
        for midnight, following in pairwise(midnights)
    ]
