"""The hours engine: is it open, why not, when does that change, when is money sent now credited.

`answer` says it for one instant, `timeline` for a stretch of time, from the same tables: the edges
of a year between which nothing changes, found once for each set of hours, and what holds between
two of them, found when it is first asked for.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable
from dataclasses import replace
from datetime import date, datetime, time, timedelta
from functools import lru_cache

from gateway.domain.calendar import BeyondHorizon
from gateway.domain.hours import OneOffWindow
from gateway.domain.service_hours import (
    NO_QUEUE,
    HoursAnswer,
    NamedReason,
    Operation,
    Phase,
    Queue,
    ServiceClass,
    ServiceHours,
)
from gateway.domain.spans import (
    Run,
    Runs,
    Span,
    Stretch,
    business_days,
    core_on,
    instant_of,
    legacy_spans,
    near,
    one_off_span,
    second_of,
    second_on,
    whole_calendar,
    window_spans,
)


def answer(
    hours: ServiceHours,
    operation: Operation,
    at: datetime,
    *,
    one_offs: tuple[OneOffWindow, ...] = (),
    queue: Queue = NO_QUEUE,
) -> HoursAnswer:
    """Return what the hours say of a request at the instant, behind what waits already.

    Raises BeyondHorizon where the calendar does not know, ValueError for an instant without zone.
    """
    second = second_of(at)
    accepted_at = instant_of(second)
    phase = _table(hours, operation, one_offs, accepted_at.year).phase_at(second)
    if phase.sends_at is None:
        credited_at = accepted_at + timedelta(seconds=hours.credited_after_s)
        credited_by = accepted_at + timedelta(seconds=hours.promised_after_s)
    else:
        credited_at = phase.sends_at
        credited_by = credited_at + timedelta(seconds=queue.drain_s + hours.promised_after_s)
    return HoursAnswer(accepted_at, phase, credited_at, credited_by)


def timeline(
    hours: ServiceHours,
    operation: Operation,
    begins: datetime,
    ends: datetime,
    *,
    one_offs: tuple[OneOffWindow, ...] = (),
) -> tuple[Phase, ...]:
    """Return the phases of a stretch of time, without a gap; what `answer` says of each instant.

    Raises as `answer` does.
    """
    first, until = second_of(begins), second_of(ends)
    found: list[Phase] = []
    while first < until:
        year = instant_of(first).year
        table = _table(hours, operation, one_offs, year)
        last = min(until, second_on(date(year + 1, 1, 1), time()))
        found = _joined(found, table.phases(first, last))
        first = last
    return tuple(found)


def _joined(earlier: list[Phase], later: tuple[Phase, ...]) -> list[Phase]:
    """Return both; what holds over the turn of a year is one phase, though of two tables."""
    if not earlier:
        return [*later]
    held, first = earlier[-1], later[0]
    if replace(held, begins=first.begins, ends=first.ends) == first:
        return [*earlier[:-1], replace(held, ends=first.ends), *later[1:]]
    return [*earlier, *later]


class _Timetable:
    """The edges of one operation's hours, and the phases between them as far as asked for."""

    def __init__(
        self,
        hours: ServiceHours,
        operation: Operation,
        one_offs: tuple[OneOffWindow, ...],
        stretch: Stretch,
    ) -> None:
        knows_windows = operation in hours.closes
        regular = hours.windows if knows_windows else ()
        windows = [span for window in regular for span in window_spans(window, stretch)]
        windows += map(one_off_span, one_offs if knows_windows else ())
        has_core = knows_windows and operation is Operation.TRANSFER
        legacy = legacy_spans(hours.profiles, stretch) if has_core else ()
        self._asked, self._stretch = (hours, operation, one_offs), stretch
        self._begins, self._ends = (second_on(day, time()) for day in stretch)
        self._core_of = hours.profiles if has_core else None
        self._value_date_until = hours.value_date_until
        self._windows, self._legacy = Runs(windows), Runs(legacy)
        self._closed = Runs([*windows, *legacy]) if legacy else self._windows
        self._value_cutoffs = _value_cutoffs(hours.value_date_until)
        self._edges = self._find_edges()
        self._phases: list[Phase | None] = [None] * len(self._edges)

    def _find_edges(self) -> list[int]:
        edges = {self._begins, self._ends}
        edges.update(edge for run in self._closed.all for s in run.spans for edge in s[:2])
        # While it is closed, the value date follows from when a request is sent.
        first = bisect_left(self._value_cutoffs, self._begins)
        last = bisect_left(self._value_cutoffs, self._ends)
        after_cutoffs = (cutoff + 1 for cutoff in self._value_cutoffs[first:last])
        edges.update(second for second in after_cutoffs if self._closed.at(second) is None)
        return sorted(edge for edge in edges if self._begins <= edge <= self._ends)

    def phase_at(self, second: int) -> Phase:
        """Return the phase that the second lies in."""
        return self._phase(self._index(second))

    def phases(self, begins: int, ends: int) -> tuple[Phase, ...]:
        """Return the phases from one second until before a later one, cut to just these."""
        indexes = range(self._index(begins), self._index(ends - 1) + 1)
        found = [self._phase(index) for index in indexes]
        found[0] = replace(found[0], begins=instant_of(begins))
        found[-1] = replace(found[-1], ends=instant_of(ends))
        return tuple(found)

    def _index(self, second: int) -> int:
        return bisect_right(self._edges, second) - 1

    def _phase(self, index: int) -> Phase:
        found = self._phases[index]
        if found is None:
            found = self._phases[index] = self._find_phase(index)
        return found

    def _find_phase(self, index: int) -> Phase:
        begins, ends = self._edges[index], self._edges[index + 1]
        run = self._closed.at(begins)
        try:
            return self._open_phase(begins, ends) if run is None else self._closed_phase(index, run)
        except BeyondHorizon:
            if self._stretch == whole_calendar():
                raise
        # Nothing opens or closes within a year: rare, and worth a table of all the years.
        return _timetable(*self._asked, whole_calendar()).phase_at(begins)

    def _open_phase(self, begins: int, ends: int) -> Phase:
        closing = self._closed.after(begins)
        if closing is None or closing.begins >= self._ends:
            if self._stretch != whole_calendar():
                raise BeyondHorizon("what closes next is not in this table")
            closing = None
        changes_at = None if closing is None else instant_of(closing.begins)
        value_date, cutoff = self._value_date(begins)
        return Phase(
            begins=instant_of(begins),
            ends=instant_of(ends),
            service_class=ServiceClass.AT_ONCE,
            reasons=(),
            closes_for=_named(() if closing is None else closing.first),
            changes_at=changes_at,
            holds_until=changes_at,
            sends_at=None,
            value_date=value_date,
            cutoff=cutoff,
        )

    def _closed_phase(self, index: int, run: Run) -> Phase:
        begins, ends = self._edges[index], self._edges[index + 1]
        service_class, sends, waited_for = self._sending(begins)
        holding = [span for span in run.spans if span.begins <= begins < span.ends]
        value_date, cutoff = self._value_date(sends)
        return Phase(
            begins=instant_of(begins),
            ends=instant_of(ends),
            service_class=service_class,
            reasons=_named([*holding, *_until_open(run, begins), *waited_for]),
            closes_for=(),
            changes_at=instant_of(self._require(run.ends)),
            holds_until=instant_of(self._holds_until(index, run, (service_class, sends))),
            sends_at=instant_of(sends),
            value_date=value_date,
            cutoff=cutoff,
        )

    def _sending(self, second: int) -> tuple[ServiceClass, int, list[Span]]:
        """Return how and when a request is sent, and what it waits for until then.

        The hour of a request decides first, as the table of the legacy profile says it. What it
        is then told to wait for may lie in a window, and that window's end outside core hours.
        """
        service_class, waited_for = ServiceClass.AT_ONCE, list[Span]()
        while True:
            if legacy := self._legacy.at(second):
                ahead = [span for span in legacy.spans if span.ends > second]
                second, service_class = self._require(ahead[0].credited_at), ServiceClass.NEXT_930
                waited_for += [span for span in ahead if span.begins < second]
            elif window := self._windows.at(second):
                sent = self._require(window.ends)
                waited_for += _until_open(window, second)
                second = sent
                if service_class is ServiceClass.AT_ONCE:
                    service_class = ServiceClass.NEXT_OPENING
            else:
                return service_class, second, waited_for

    def _require(self, second: int | None) -> int:
        if second is None or second >= self._ends:
            raise BeyondHorizon("the calendar ends before that is decided")
        return second

    def _holds_until(self, index: int, run: Run, sending: tuple[ServiceClass, int]) -> int:
        while (edge := self._edges[(index := index + 1)]) < run.ends:
            if self._sending(edge)[:2] != sending:
                return edge
        return run.ends

    def _value_date(self, sends: int) -> tuple[date, datetime]:
        index = bisect_left(self._value_cutoffs, sends)
        if index == len(self._value_cutoffs):
            raise BeyondHorizon("the calendar ends before the value date")
        day = business_days()[index]
        core = None if self._core_of is None else core_on(day, self._core_of)
        cutoff = self._value_date_until if core is None else core.cutoff
        return day, instant_of(second_on(day, cutoff))


# A table takes some milliseconds to make: five banks, their operations, years and changes.
_timetable = lru_cache(maxsize=256)(_Timetable)


@lru_cache(maxsize=256)
def _table(
    hours: ServiceHours, operation: Operation, one_offs: tuple[OneOffWindow, ...], year: int
) -> _Timetable:
    return _timetable(hours, operation, one_offs, near(year))


@lru_cache(maxsize=16)
def _value_cutoffs(until: time) -> tuple[int, ...]:
    return tuple(second_on(day, until) for day in business_days())


def _until_open(run: Run, second: int) -> list[Span]:
    """Return the spans that keep it closed from the second on, each the last to end of its time."""
    found, reach = list[Span](), second
    last, last_ends = list[Span](), second
    for span in run.spans:
        if span.begins > reach:
            found, reach, last = [*found, *last], last_ends, []
        if span.ends > last_ends:
            last, last_ends = [span], span.ends
        elif span.ends == last_ends > reach:
            last.append(span)
    return [*found, *last]


def _named(spans: Iterable[Span]) -> tuple[NamedReason, ...]:
    return tuple(
        NamedReason(span.name, instant_of(span.begins), instant_of(span.ends))
        for span in sorted(set(spans), key=lambda span: span[:3])
    )
