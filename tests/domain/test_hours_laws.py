"""Laws that hold for any hours a bank may have, any windows announced, and any instants."""

from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.domain.calendar import is_business_day
from gateway.domain.hours import JST, OneOffWindow, Window
from gateway.domain.service_hours import (
    CoreHours,
    HoursAnswer,
    Operation,
    Phase,
    Profile,
    Queue,
    ServiceClass,
    ServiceHours,
)
from gateway.domain.timetable import answer, timeline

BEGIN = datetime(2025, 12, 20, tzinfo=JST)  # with a year's end, holidays and plain weeks
MINUTES = 30 * 24 * 60
A_SECOND, A_MINUTE = timedelta(seconds=1), timedelta(minutes=1)
CORE = CoreHours(opens_at=time(9), cutoff=time(14, 50), credited_at=time(9, 30))
ALWAYS, LEGACY = (Profile(date.min, None),), (Profile(date.min, CORE),)
# Making the table of one set of hours takes longer than many questions to it.
few = settings(max_examples=40, deadline=None)


@dataclass(frozen=True)
class Case:
    """A bank's hours, what was announced, and instants in order of time."""

    hours: ServiceHours
    one_offs: tuple[OneOffWindow, ...]
    instants: tuple[datetime, ...]

    def at(self, instant: datetime) -> HoursAnswer:
        return answer(self.hours, Operation.TRANSFER, instant, one_offs=self.one_offs)

    @property
    def answers(self) -> list[HoursAnswer]:
        return [self.at(instant) for instant in self.instants]


minutes = st.integers(0, MINUTES).map(lambda minute: BEGIN + minute * A_MINUTE)
times = st.integers(0, 1439).map(lambda minute: time(minute // 60, minute % 60))
# So long that windows overlap, so short that they do not close a bank for good.
four_hours = st.integers(1, 240).map(lambda minute: minute * A_MINUTE)
two_days = st.integers(1, 2 * 1440).map(lambda minute: minute * A_MINUTE)
days = st.integers(0, 30).map(lambda number: BEGIN.date() + timedelta(number))
weekly = st.builds(
    Window,
    name=st.sampled_from(["weekly a", "weekly b"]),
    begins_at=times,
    lasts=two_days,
    weekday=st.integers(0, 6),
    nth=st.sampled_from([(), (1,), (2, 4), (5,)]),
    valid_from=st.sampled_from([date.min, date(2026, 1, 2)]),
    valid_until=st.sampled_from([date.max, date(2026, 1, 12)]),
)
daily = st.builds(Window, name=st.just("daily"), begins_at=times, lasts=four_hours)
yearly = st.builds(
    Window,
    name=st.just("yearly"),
    begins_at=times,
    lasts=two_days,
    month_day=days.map(lambda day: (day.month, day.day)),
)
windows = st.tuples(
    st.lists(weekly, max_size=2), st.lists(daily, max_size=1), st.lists(yearly, max_size=1)
).map(lambda of_a_kind: tuple(window for some in of_a_kind for window in some))
one_offs = st.builds(
    lambda name, begins, lasts: OneOffWindow(name, begins, begins + lasts),
    st.sampled_from(["one-off a", "one-off b"]),
    minutes,
    two_days,
)
profiles = st.one_of(
    st.sampled_from([ALWAYS, LEGACY]),
    days.map(lambda day: (ALWAYS[0], Profile(day, CORE))),
    days.map(lambda day: (LEGACY[0], Profile(day, None))),
)
seconds = st.integers(0, 30 * 86_400).map(lambda second: BEGIN + second * A_SECOND)
cases = st.builds(
    lambda w, p, announced, instants: Case(
        ServiceHours(w, p), tuple(announced), tuple(sorted(instants))
    ),
    windows,
    profiles,
    st.lists(one_offs, max_size=2),
    st.lists(st.one_of(seconds, minutes), min_size=5, max_size=25),
)


def core_on(day: date, hours: ServiceHours) -> CoreHours | None:
    return next(p.core for p in reversed(hours.profiles) if p.valid_from <= day)


def is_closed(case: Case, at: datetime) -> bool:
    """Whether a window holds, read window by window."""
    return any(window.end_if_closed(at) for window in case.hours.windows) or any(
        one.begins <= at < one.ends for one in case.one_offs
    )


def morning_waited_for(case: Case, at: datetime) -> datetime | None:
    """The half past nine that a request outside core hours waits for."""
    core = core_on(at.date(), case.hours)
    if core is None:
        return None
    day = at.date()
    if is_business_day(day) and core.opens_at <= at.time() <= core.cutoff:
        return None
    while not is_business_day(day) or datetime.combine(day, core.opens_at, JST) <= at:
        day += timedelta(1)
    return datetime.combine(day, core.credited_at, JST)


def walked(case: Case, at: datetime) -> tuple[bool, datetime]:
    """Whether a morning was waited for, and when money is sent, minute by minute."""
    has_waited = False
    while True:
        if morning := morning_waited_for(case, at):
            has_waited, at = True, morning
        elif is_closed(case, at):
            at = at.replace(second=0) + A_MINUTE
            while is_closed(case, at):
                at += A_MINUTE
        else:
            return has_waited, at


def content(phase: Phase) -> Phase:
    """What a phase says, whatever stretch of time says it."""
    return replace(phase, begins=BEGIN, ends=BEGIN)


@few
@given(cases)
def test_money_leaves_when_a_walk_through_the_minutes_says(case: Case) -> None:
    for found in case.answers:
        has_waited, sent = walked(case, found.accepted_at)

        assert (found.phase.sends_at or found.accepted_at) == sent
        assert (found.phase.service_class is ServiceClass.NEXT_930) is has_waited
        assert found.phase.is_open is (sent == found.accepted_at)


@few
@given(cases, st.integers(0, 10_000), st.sampled_from([0, 0.5, 2.0, 50.0]))
def test_nothing_is_credited_before_it_is_accepted_or_promised_before_it_is_credited(
    case: Case, waiting: int, per_second: float
) -> None:
    for at in case.instants:
        queue = Queue(waiting, per_second)
        found = answer(case.hours, Operation.TRANSFER, at, one_offs=case.one_offs, queue=queue)

        assert at - A_SECOND < found.accepted_at <= at
        assert found.accepted_at < found.credited_at < found.credited_by
        assert found.phase.value_date >= found.accepted_at.date()
        assert found.phase.cutoff.date() == found.phase.value_date


@few
@given(cases)
def test_within_one_class_of_one_profile_who_comes_later_is_not_credited_earlier(
    case: Case,
) -> None:
    last: dict[object, datetime] = {}
    for found in case.answers:
        days = [p.valid_from for p in case.hours.profiles]
        profile = sum(day <= found.accepted_at.date() for day in days)
        kind = (profile, found.phase.service_class)

        assert found.credited_at >= last.get(kind, found.credited_at)
        last[kind] = found.credited_at


@few
@given(cases)
def test_inside_a_window_nothing_is_sent(case: Case) -> None:
    for found in case.answers:
        sent = found.phase.sends_at or found.accepted_at

        assert not is_closed(case, sent)
        assert case.at(sent).phase.is_open


@few
@given(cases)
def test_the_reasons_name_every_window_that_changed_the_answer(case: Case) -> None:
    for at in case.instants:
        before = content(case.at(at).phase)
        named = {reason.name for reason in (*before.reasons, *before.closes_for)}
        kept = replace(
            case,
            hours=replace(
                case.hours, windows=tuple(w for w in case.hours.windows if w.name in named)
            ),
            one_offs=tuple(one for one in case.one_offs if one.name in named),
        )

        assert content(kept.at(at).phase) == before


@few
@given(cases)
def test_a_reason_holds_from_its_beginning_to_its_end(case: Case) -> None:
    for found in case.answers:
        for reason in found.phase.reasons:
            assert reason.begins < reason.ends
            assert not case.at(reason.begins).phase.is_open
            assert not case.at(reason.ends - A_SECOND).phase.is_open
        assert bool(found.phase.reasons) is not found.phase.is_open


@few
@given(cases)
def test_it_opens_or_closes_when_it_was_said_to_and_not_before(case: Case) -> None:
    for found in case.answers:
        changes_at = found.phase.changes_at
        if changes_at is not None:
            before, after = case.at(changes_at - A_SECOND).phase, case.at(changes_at).phase

            assert changes_at > found.accepted_at
            assert before.is_open is found.phase.is_open
            assert after.is_open is not found.phase.is_open
            assert before.changes_at == changes_at


@few
@given(cases)
def test_what_was_said_holds_until_it_was_said_to_and_no_longer(case: Case) -> None:
    def promise(phase: Phase) -> tuple[ServiceClass, datetime | None]:
        return phase.service_class, phase.sends_at

    for found in case.answers:
        until = found.phase.holds_until
        if until is not None:
            assert promise(case.at(until - A_SECOND).phase) == promise(found.phase)
            assert promise(case.at(until).phase) != promise(found.phase)


@few
@given(cases)
def test_the_timeline_says_of_each_instant_what_the_answer_says(case: Case) -> None:
    end = BEGIN + MINUTES * A_MINUTE + A_MINUTE
    phases = timeline(case.hours, Operation.TRANSFER, BEGIN, end, one_offs=case.one_offs)

    assert [phase.ends for phase in phases[:-1]] == [phase.begins for phase in phases[1:]]
    for found in case.answers:
        (holding,) = (p for p in phases if p.begins <= found.accepted_at < p.ends)

        assert content(holding) == content(found.phase)
