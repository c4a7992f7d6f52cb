"""What the hours engine answers: every line of the rules, edges a second beside, and laws."""

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta

import pytest

from gateway.domain.account import BankCode
from gateway.domain.calendar import BeyondHorizon
from gateway.domain.hours import JST, OneOffWindow, Window
from gateway.domain.service_hours import (
    LENDER_HOURS,
    CoreHours,
    NamedReason,
    Operation,
    Profile,
    Queue,
    ServiceClass,
    ServiceHours,
)
from gateway.domain.timetable import answer, timeline
from gateway.profiles import bank_profiles

CORE = CoreHours(opens_at=time(9), cutoff=time(14, 50), credited_at=time(9, 30))
LEGACY = ServiceHours(windows=(), profiles=(Profile(date.min, CORE),))
ALWAYS = ServiceHours(windows=(), profiles=(Profile(date.min, None),))
BANKS = {bank: profile.hours for bank, profile in bank_profiles().items()}
TRANSFER = Operation.TRANSFER
AT_ONCE, OPENING, MORNING = ServiceClass
SHAPES = {
    "weekly": Window("週次", time(21), timedelta(hours=10), weekday=6),
    "nth": Window("第2土曜", time(21), timedelta(hours=10), weekday=5, nth=(2,)),
    "daily": Window("毎日", time(23, 30), timedelta(hours=1)),
    "yearly": Window("元日", time(0), timedelta(days=1), month_day=(1, 1)),
}


def jst(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=JST)


def one_off(begins: str, ends: str, name: str = "臨時メンテナンス") -> OneOffWindow:
    return OneOffWindow(name, jst(begins), jst(ends))


def with_windows(hours: ServiceHours, *windows: Window) -> ServiceHours:
    return replace(hours, windows=windows)


@pytest.mark.parametrize(
    ("at", "credited_at", "service_class"),
    [
        pytest.param("2025-11-21T00:00:00", "2025-11-21T09:30:00", MORNING, id="at midnight"),
        pytest.param("2025-11-21T08:59:59", "2025-11-21T09:30:00", MORNING, id="before nine"),
        pytest.param("2025-11-21T08:59:59.999999", "2025-11-21T09:30:00", MORNING, id="cut"),
        pytest.param("2025-11-21T09:00:00", "2025-11-21T09:00:10", AT_ONCE, id="nine"),
        pytest.param("2025-11-21T14:50:00", "2025-11-21T14:50:10", AT_ONCE, id="on the cutoff"),
        pytest.param("2025-11-21T14:50:00.999", "2025-11-21T14:50:10", AT_ONCE, id="its second"),
        pytest.param("2025-11-21T14:50:01", "2025-11-25T09:30:00", MORNING, id="a second late"),
        pytest.param("2025-11-21T23:59:59", "2025-11-25T09:30:00", MORNING, id="Friday night"),
        pytest.param("2025-11-22T10:00:00", "2025-11-25T09:30:00", MORNING, id="Saturday"),
        pytest.param("2025-11-23T10:00:00", "2025-11-25T09:30:00", MORNING, id="holiday"),
        pytest.param("2025-11-24T10:00:00", "2025-11-25T09:30:00", MORNING, id="substitute"),
        pytest.param("2025-12-30T14:50:01", "2026-01-05T09:30:00", MORNING, id="the year's end"),
        pytest.param("2025-12-31T10:00:00", "2026-01-05T09:30:00", MORNING, id="31 December"),
        pytest.param("2026-01-02T12:00:00", "2026-01-05T09:30:00", MORNING, id="2 January"),
        pytest.param("2026-01-05T08:59:59", "2026-01-05T09:30:00", MORNING, id="5 January"),
        pytest.param("2019-04-26T15:00:00", "2019-05-07T09:30:00", MORNING, id="ten days off"),
    ],
)
def test_the_legacy_profile(at: str, credited_at: str, service_class: ServiceClass) -> None:
    found = answer(LEGACY, TRANSFER, jst(at))

    assert (found.phase.service_class, found.credited_at) == (service_class, jst(credited_at))
    assert found.phase.is_open is (service_class is AT_ONCE)


@pytest.mark.parametrize(
    ("bank", "last_legacy", "first_always"),
    [
        pytest.param(BankCode.MUFG, "2018-10-08", "2018-10-09", id="MUFG"),
        pytest.param(BankCode.MIZUHO, "2019-05-06", "2019-05-07", id="Mizuho"),
        pytest.param(BankCode.RAKUTEN, "2018-10-08", "2018-10-09", id="Rakuten"),
    ],
)
def test_a_bank_is_legacy_until_a_day(bank: BankCode, last_legacy: str, first_always: str) -> None:
    before = answer(BANKS[bank], TRANSFER, jst(f"{last_legacy}T23:59:59"))
    after = answer(BANKS[bank], TRANSFER, jst(f"{first_always}T00:00:00"))

    assert before.phase.service_class is MORNING
    assert before.credited_at == jst(f"{first_always}T09:30:00")
    assert before.phase.changes_at == jst(f"{first_always}T00:00:00")
    assert after.phase.service_class is AT_ONCE
    assert after.credited_at == jst(f"{first_always}T00:00:10")


def test_a_bank_put_back_on_legacy_is_legacy_from_that_day() -> None:
    back = replace(ALWAYS, profiles=(*ALWAYS.profiles, Profile(date(2026, 11, 24), CORE)))

    before = answer(back, TRANSFER, jst("2026-11-23T23:59:59")).phase
    after = answer(back, TRANSFER, jst("2026-11-24T00:00:00")).phase

    assert (before.service_class, before.changes_at) == (AT_ONCE, jst("2026-11-24T00:00"))
    assert [reason.name for reason in before.closes_for] == ["09:00の取扱開始前"]
    assert (after.service_class, after.changes_at) == (MORNING, jst("2026-11-24T09:00"))
    assert [profile.name for profile in back.profiles] == ["always", "legacy"]


@pytest.mark.parametrize(
    ("bank", "at", "credited_at"),
    [
        pytest.param("smbc", "2026-11-22T20:59:59", "2026-11-22T21:00:09", id="SMBC, before"),
        pytest.param("smbc", "2026-11-22T21:00:00", "2026-11-23T07:00:00", id="SMBC, Sunday"),
        pytest.param("smbc", "2026-11-23T06:59:59.9", "2026-11-23T07:00:00", id="SMBC, Monday"),
        pytest.param("smbc", "2026-11-23T07:00:00", "2026-11-23T07:00:10", id="SMBC, after"),
        pytest.param("mufg", "2026-11-14T21:00:00", "2026-11-15T07:00:00", id="MUFG, 2nd"),
        pytest.param("mufg", "2026-11-21T21:00:00", "2026-11-21T21:00:10", id="MUFG, 3rd"),
        pytest.param("mizuho", "2026-11-21T22:00:00", "2026-11-22T08:00:00", id="Mizuho, weekly"),
        pytest.param("mizuho", "2026-11-28T03:00:00", "2026-11-28T05:00:00", id="Mizuho, 4th"),
        pytest.param("mizuho", "2026-11-21T03:00:00", "2026-11-21T03:00:10", id="Mizuho, 3rd"),
        pytest.param("paypay", "2026-01-01T00:00:00", "2026-01-01T00:00:10", id="PayPay, always"),
        pytest.param("rakuten", "2026-11-22T22:00:00", "2026-11-22T22:00:10", id="Rakuten"),
    ],
)
def test_the_banks_of_today(bank: str, at: str, credited_at: str) -> None:
    assert answer(BANKS[BankCode(bank)], TRANSFER, jst(at)).credited_at == jst(credited_at)


@pytest.mark.parametrize(
    ("shape", "begins", "ends"),
    [
        pytest.param("weekly", "2026-11-22T21:00", "2026-11-23T07:00", id="weekly"),
        pytest.param("nth", "2026-11-14T21:00", "2026-11-15T07:00", id="n-th weekday"),
        pytest.param("daily", "2026-11-24T23:30", "2026-11-25T00:30", id="daily over midnight"),
        pytest.param("yearly", "2027-01-01T00:00", "2027-01-02T00:00", id="a date of the year"),
    ],
)
def test_a_window_of_each_shape_is_closed_from_its_beginning_to_before_its_end(
    shape: str, begins: str, ends: str
) -> None:
    hours, a_second = with_windows(ALWAYS, SHAPES[shape]), timedelta(seconds=1)
    edges = (jst(begins) - a_second, jst(begins), jst(ends) - a_second, jst(ends))

    found = [answer(hours, TRANSFER, at).phase for at in edges]

    assert [phase.is_open for phase in found] == [True, False, False, True]
    assert found[0].changes_at == jst(begins)
    assert found[1].changes_at == found[1].sends_at == jst(ends)
    assert found[1].reasons == found[0].closes_for
    assert found[1].reasons == (NamedReason(SHAPES[shape].name, jst(begins), jst(ends)),)


def test_a_one_off_window_closes_once() -> None:
    announced = (one_off("2026-11-24T01:00:00", "2026-11-24T05:30:00"),)

    within = answer(ALWAYS, TRANSFER, jst("2026-11-24T01:00:00"), one_offs=announced).phase
    after = answer(ALWAYS, TRANSFER, jst("2026-11-24T05:30:00"), one_offs=announced).phase

    assert (within.service_class, within.sends_at) == (OPENING, jst("2026-11-24T05:30"))
    assert [reason.name for reason in within.reasons] == ["臨時メンテナンス"]
    assert (after.is_open, after.changes_at) == (True, None)


def test_a_one_off_window_is_cut_to_whole_seconds_and_may_be_given_in_any_zone() -> None:
    announced = (
        OneOffWindow(
            "臨時",
            datetime(2026, 11, 24, 3, 0, 0, 999_999, tzinfo=UTC),
            datetime(2026, 11, 24, 4, 0, 0, 1, tzinfo=UTC),
        ),
    )

    phases = timeline(
        *(ALWAYS, TRANSFER, jst("2026-11-24T11:00"), jst("2026-11-24T14:00")), one_offs=announced
    )

    assert [(phase.begins, phase.is_open) for phase in phases] == [
        (jst("2026-11-24T11:00"), True),
        (jst("2026-11-24T12:00"), False),
        (jst("2026-11-24T13:00"), True),
    ]


def test_a_window_holds_from_its_first_day_to_its_last_whatever_it_reaches_into() -> None:
    ends = Window(
        *("週次", time(21), timedelta(hours=10)),
        weekday=6,
        valid_from=date(2026, 11, 15),
        valid_until=date(2026, 11, 22),
    )
    nights = ["2026-11-08", "2026-11-15", "2026-11-22", "2026-11-29"]

    found = [
        answer(with_windows(ALWAYS, ends), TRANSFER, jst(f"{day}T22:00")).phase for day in nights
    ]

    assert [phase.is_open for phase in found] == [True, False, False, True]
    assert found[2].changes_at == jst("2026-11-23T07:00")
    assert found[3].changes_at is None


def test_windows_that_touch_are_one_and_each_that_is_needed_is_named() -> None:
    announced = (
        one_off("2026-11-24T01:00", "2026-11-24T03:00", "first"),
        one_off("2026-11-24T01:30", "2026-11-24T02:00", "inside the first"),
        one_off("2026-11-24T03:00", "2026-11-24T05:00", "second"),
    )

    early = answer(ALWAYS, TRANSFER, jst("2026-11-24T01:00"), one_offs=announced).phase
    inside = answer(ALWAYS, TRANSFER, jst("2026-11-24T01:45"), one_offs=announced).phase

    assert early.sends_at == early.holds_until == jst("2026-11-24T05:00")
    assert [reason.name for reason in early.reasons] == ["first", "second"]
    assert [reason.name for reason in inside.reasons] == ["first", "inside the first", "second"]


def test_of_two_windows_that_end_together_both_are_named() -> None:
    announced = (
        one_off("2026-11-24T01:00", "2026-11-24T03:00", "first"),
        one_off("2026-11-24T02:00", "2026-11-24T05:00", "second"),
        one_off("2026-11-24T02:30", "2026-11-24T05:00", "third"),
    )

    phase = answer(ALWAYS, TRANSFER, jst("2026-11-24T01:00"), one_offs=announced).phase

    assert [reason.name for reason in phase.reasons] == ["first", "second", "third"]


def test_core_hours_may_be_all_day_on_business_days() -> None:
    all_day = CoreHours(opens_at=time(0), cutoff=time(23, 59, 59), credited_at=time(0))
    hours = ServiceHours(windows=(), profiles=(Profile(date.min, all_day),))

    phases = timeline(hours, TRANSFER, jst("2025-11-21T00:00"), jst("2025-11-26T00:00"))

    assert [p.ends for p in phases if p.is_open][-1] == jst("2025-11-26T00:00")
    assert {p.begins for p in phases if not p.is_open} == {
        jst(f"2025-11-{day}T00:00") for day in (22, 23, 24)
    }
    assert {p.sends_at for p in phases if not p.is_open} == {jst("2025-11-25T00:00")}


@pytest.mark.parametrize(
    ("at", "window", "credited_at", "service_class"),
    [
        pytest.param("10:00", ("09:50", "10:30"), "10:30", OPENING, id="in it, in core hours"),
        pytest.param("08:00", ("07:00", "08:30"), "09:30", MORNING, id="over before nine"),
        pytest.param("08:50", ("08:40", "09:10"), "09:30", MORNING, id="accepted before nine"),
        pytest.param("09:00", ("08:40", "09:10"), "09:10", OPENING, id="accepted at nine"),
        pytest.param("08:00", ("09:20", "09:40"), "09:40", MORNING, id="half past nine is closed"),
        pytest.param("14:00", ("13:00", "14:50"), "14:50", OPENING, id="over on the cutoff"),
    ],
)
def test_a_window_and_core_hours_together(
    at: str, window: tuple[str, str], credited_at: str, service_class: ServiceClass
) -> None:
    announced = (one_off(*(f"2025-11-21T{edge}" for edge in window)),)

    found = answer(LEGACY, TRANSFER, jst(f"2025-11-21T{at}"), one_offs=announced)

    assert found.credited_at == jst(f"2025-11-21T{credited_at}")
    assert found.phase.service_class is service_class


def test_a_window_that_ends_after_the_cutoff_means_the_next_business_day() -> None:
    announced = (one_off("2025-11-21T14:00", "2025-11-21T15:00"),)

    found = answer(LEGACY, TRANSFER, jst("2025-11-21T14:10"), one_offs=announced)

    assert found.phase.service_class is MORNING
    assert found.credited_at == jst("2025-11-25T09:30")
    assert found.phase.changes_at == jst("2025-11-25T09:00")
    assert [reason.name for reason in found.phase.reasons] == [
        "臨時メンテナンス",
        "14:50の締切後",
        "土曜日",
        "勤労感謝の日",
        "勤労感謝の日 振替休日",
        "09:00の取扱開始前",
    ]


@pytest.mark.parametrize(
    ("waiting", "per_second", "credited_by"),
    [
        pytest.param(0, 50.0, "2026-11-23T07:01:00", id="nothing waits"),
        pytest.param(500, 50.0, "2026-11-23T07:01:10", id="ten seconds of it"),
        pytest.param(501, 50.0, "2026-11-23T07:01:11", id="a part of a second counts as one"),
        pytest.param(10, 0, "2026-11-23T07:01:00", id="a bank without a limit"),
    ],
)
def test_who_waits_is_promised_the_instant_and_the_queue_and_a_minute(
    waiting: int, per_second: float, credited_by: str
) -> None:
    queue = Queue(waiting, per_second)

    found = answer(BANKS[BankCode.SMBC], TRANSFER, jst("2026-11-22T22:00"), queue=queue)

    assert found.credited_at == jst("2026-11-23T07:00")
    assert found.credited_by == jst(credited_by)


def test_at_once_is_about_ten_seconds_and_promised_within_a_minute_whatever_waits() -> None:
    found = answer(ALWAYS, TRANSFER, jst("2026-11-24T12:00:00.7"), queue=Queue(9_000, 1.0))

    assert found.accepted_at == jst("2026-11-24T12:00:00")
    assert found.credited_at == jst("2026-11-24T12:00:10")
    assert found.credited_by == jst("2026-11-24T12:01:00")


@pytest.mark.parametrize(
    ("hours", "at", "value_date", "cutoff"),
    [
        pytest.param(ALWAYS, "2025-11-21T15:30:00", "2025-11-21", "15:30", id="in core time"),
        pytest.param(ALWAYS, "2025-11-21T15:30:01", "2025-11-25", "15:30", id="after it"),
        pytest.param(ALWAYS, "2025-11-21T00:00:00", "2025-11-21", "15:30", id="before it"),
        pytest.param(ALWAYS, "2025-11-22T10:00:00", "2025-11-25", "15:30", id="a Saturday"),
        pytest.param(LEGACY, "2025-11-21T14:50:00", "2025-11-21", "14:50", id="legacy, in time"),
        pytest.param(LEGACY, "2025-11-21T14:50:01", "2025-11-25", "14:50", id="legacy, late"),
        pytest.param(LEGACY, "2025-11-21T03:00:00", "2025-11-21", "14:50", id="legacy, early"),
    ],
)
def test_the_value_date_is_kept_apart_from_the_instant(
    hours: ServiceHours, at: str, value_date: str, cutoff: str
) -> None:
    phase = answer(hours, TRANSFER, jst(at)).phase

    assert phase.value_date == date.fromisoformat(value_date)
    assert phase.cutoff == jst(f"{value_date}T{cutoff}")


def test_the_value_date_of_what_waits_is_that_of_the_instant_it_leaves() -> None:
    announced = (one_off("2025-11-20T15:00", "2025-11-20T16:00"),)

    phase = answer(ALWAYS, TRANSFER, jst("2025-11-20T15:10"), one_offs=announced).phase

    assert phase.value_date == date(2025, 11, 21)


def test_what_leaves_on_the_last_second_of_core_time_is_in_time() -> None:
    announced = (one_off("2025-11-21T15:00:00", "2025-11-21T15:30:00"),)

    waits = answer(ALWAYS, TRANSFER, jst("2025-11-21T15:10:00"), one_offs=announced).phase
    leaves = answer(ALWAYS, TRANSFER, jst("2025-11-21T15:30:00"), one_offs=announced).phase

    assert waits.value_date == leaves.value_date == date(2025, 11, 21)
    assert leaves.ends == jst("2025-11-21T15:30:01")


@pytest.mark.parametrize(
    ("operation", "is_open"),
    [
        pytest.param(Operation.TRANSFER, False, id="a transfer waits"),
        pytest.param(Operation.COLLECTION, False, id="no collection starts"),
        pytest.param(Operation.INQUIRY, True, id="an inquiry never waits"),
        pytest.param(Operation.REQUEST, True, id="a request is the lender's affair"),
    ],
)
def test_a_banks_window_closes_two_operations(operation: Operation, is_open: bool) -> None:
    announced = (one_off("2026-11-24T12:00", "2026-11-24T13:00"),)

    found = [
        answer(BANKS[BankCode.SMBC], operation, jst("2026-11-22T22:00")),
        answer(ALWAYS, operation, jst("2026-11-24T12:00"), one_offs=announced),
    ]

    assert [one.phase.is_open for one in found] == [is_open, is_open]


def test_core_hours_are_for_transfers_only() -> None:
    at = jst("2025-11-22T10:00")

    assert answer(LEGACY, Operation.COLLECTION, at).phase.is_open
    assert not answer(LEGACY, Operation.TRANSFER, at).phase.is_open
    assert answer(LEGACY, Operation.COLLECTION, at).phase.cutoff == jst("2025-11-25T15:30")


@pytest.mark.parametrize(
    ("at", "until"),
    [
        pytest.param("2026-11-22T23:59:59", None, id="Sunday night"),
        pytest.param("2026-11-23T00:00:00", "2026-11-23T07:00", id="Monday"),
        pytest.param("2026-11-23T07:00:00", None, id="Monday, seven"),
        pytest.param("2025-12-31T23:59:59", None, id="31 December"),
        pytest.param("2026-01-01T00:00:00", "2026-01-02T00:00", id="1 January"),
        pytest.param("2023-01-01T12:00:00", "2023-01-02T07:00", id="1 January before a Monday"),
        pytest.param("2024-01-01T03:00:00", "2024-01-02T00:00", id="1 January, a Monday"),
    ],
)
def test_the_lender_takes_no_new_request_in_its_closed_hours(at: str, until: str | None) -> None:
    phase = answer(LENDER_HOURS, Operation.REQUEST, jst(at)).phase

    assert phase.is_open is (until is None)
    assert phase.sends_at == (None if until is None else jst(until))
    assert answer(LENDER_HOURS, Operation.TRANSFER, jst(at)).phase.is_open


def test_a_timeline_has_no_gap_and_is_cut_to_what_was_asked_for() -> None:
    begins, ends = jst("2025-11-21T12:00:00"), jst("2025-11-25T12:00:00")

    phases = timeline(LEGACY, TRANSFER, begins, ends)

    assert (phases[0].begins, phases[-1].ends) == (begins, ends)
    assert [p.ends for p in phases[:-1]] == [p.begins for p in phases[1:]]
    assert [(phase.begins, phase.service_class) for phase in phases] == [
        (begins, AT_ONCE),
        (jst("2025-11-21T14:50:01"), MORNING),
        (jst("2025-11-22T00:00"), MORNING),
        (jst("2025-11-23T00:00"), MORNING),
        (jst("2025-11-24T00:00"), MORNING),
        (jst("2025-11-25T00:00"), MORNING),
        (jst("2025-11-25T09:00"), AT_ONCE),
    ]


def test_what_holds_over_the_turn_of_a_year_is_one_phase() -> None:
    announced = (one_off("2026-12-31T23:00", "2027-01-01T01:00"),)
    stretch = (jst("2026-12-31T12:00"), jst("2027-01-01T12:00"))

    phases = timeline(ALWAYS, TRANSFER, *stretch, one_offs=announced)

    assert [phase.begins for phase in phases] == [
        stretch[0],
        jst("2026-12-31T23:00"),
        jst("2027-01-01T01:00"),
    ]
    assert phases[-1].ends == stretch[1]


@pytest.mark.parametrize("begins", [date(2026, 11, 1), date(2039, 11, 1)])
def test_a_change_many_years_ahead_is_found(begins: date) -> None:
    hours = with_windows(ALWAYS, replace(SHAPES["yearly"], valid_from=date(2040, 1, 1)))

    found = answer(hours, TRANSFER, datetime.combine(begins, time(12), JST)).phase

    assert found.changes_at == found.holds_until == jst("2040-01-01T00:00")


def test_a_window_of_years_is_one_closure() -> None:
    announced = (one_off("2026-11-24T00:00", "2031-03-01T00:00"),)

    found = answer(ALWAYS, TRANSFER, jst("2026-11-24T12:00"), one_offs=announced).phase

    assert (found.sends_at, found.value_date) == (jst("2031-03-01T00:00"), date(2031, 3, 3))


@pytest.mark.parametrize("ends", ["2025-11-21T12:00:00.9", "2025-11-21T11:00:00"])
def test_a_stretch_without_a_second_has_no_phases(ends: str) -> None:
    assert timeline(LEGACY, TRANSFER, jst("2025-11-21T12:00:00"), jst(ends)) == ()


@pytest.mark.parametrize(
    ("hours", "at"),
    [
        pytest.param(ALWAYS, "2015-12-31T23:59:59", id="before the calendar"),
        pytest.param(ALWAYS, "2041-01-01T00:00:00", id="after it"),
        pytest.param(ALWAYS, "9999-12-31T23:59:59", id="long after it"),
        pytest.param(ALWAYS, "2040-12-28T15:30:01", id="the value date is after it"),
        pytest.param(LEGACY, "2040-12-28T14:50:01", id="the next morning is after it"),
        pytest.param(
            with_windows(ALWAYS, Window("w", time(12), timedelta(days=6), weekday=4)),
            "2040-12-28T12:00:00",
            id="the opening is after it",
        ),
        pytest.param(
            ServiceHours(windows=(), profiles=(Profile(date(2020, 1, 1), CORE),)),
            "2019-12-31T23:59:59",
            id="no profile is known yet",
        ),
    ],
)
def test_what_the_calendar_cannot_say_is_refused(hours: ServiceHours, at: str) -> None:
    with pytest.raises(BeyondHorizon):
        answer(hours, TRANSFER, jst(at))


def test_the_last_second_that_can_be_answered_is_answered() -> None:
    found = answer(ALWAYS, TRANSFER, jst("2040-12-28T15:30:00")).phase

    assert (found.value_date, found.changes_at) == (date(2040, 12, 28), None)


def test_an_instant_without_a_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="no zone"):
        answer(ALWAYS, TRANSFER, jst("2026-11-24T12:00").replace(tzinfo=None))


def test_an_instant_is_the_same_in_every_zone() -> None:
    at = jst("2026-11-22T22:00")

    assert answer(BANKS[BankCode.SMBC], TRANSFER, at) == answer(
        BANKS[BankCode.SMBC], TRANSFER, at.astimezone(UTC)
    )


@pytest.mark.parametrize(
    ("make", "says"),
    [
        pytest.param(lambda: replace(ALWAYS, profiles=()), "profiles", id="no profile"),
        pytest.param(
            lambda: replace(ALWAYS, profiles=ALWAYS.profiles * 2), "profiles", id="two from one day"
        ),
        pytest.param(
            lambda: replace(ALWAYS, promised_after_s=9), "promise", id="promised before credited"
        ),
        pytest.param(lambda: Queue(-1, 1.0), "queue", id="a queue shorter than nothing"),
        pytest.param(lambda: replace(CORE, cutoff=time(9, 29)), "core hours", id="closed by then"),
        pytest.param(
            lambda: replace(CORE, cutoff=time(14, 50, 0, 5)), "whole second", id="half a second"
        ),
        pytest.param(
            lambda: OneOffWindow("w", jst("2026-01-02T00:00"), jst("2026-01-02T00:00")),
            "ends after",
            id="a window of no length",
        ),
        pytest.param(
            lambda: OneOffWindow("w", datetime(2026, 1, 1), jst("2026-01-02T00:00")),  # noqa: DTZ001 - refused
            "zone",
            id="a window without a zone",
        ),
        pytest.param(
            lambda: Window("w", time(0), timedelta(hours=1), nth=(1,)), "n-th", id="n-th of what"
        ),
        pytest.param(
            lambda: Window("w", time(0, 0, 0, 1), timedelta(hours=1)), "whole", id="a part second"
        ),
    ],
)
def test_hours_that_make_no_sense_never_exist(make, says: str) -> None:
    with pytest.raises(ValueError, match=says):
        make()


@pytest.mark.parametrize("edge", ["opens_at", "cutoff", "credited_at"])
def test_core_hours_begin_and_end_on_a_whole_second(edge: str) -> None:
    late = getattr(CORE, edge).replace(microsecond=1)

    with pytest.raises(ValueError, match="whole second"):
        replace(CORE, **{edge: late})


def test_hours_that_change_with_the_year_are_two_phases() -> None:
    announced = (one_off("2027-01-01T00:00", "2027-01-01T01:00"),)
    stretch = (jst("2026-12-31T23:00"), jst("2027-01-01T02:00"))

    phases = timeline(ALWAYS, TRANSFER, *stretch, one_offs=announced)

    assert [(phase.begins, phase.ends) for phase in phases] == [
        (stretch[0], jst("2027-01-01T00:00")),
        (jst("2027-01-01T00:00"), jst("2027-01-01T01:00")),
        (jst("2027-01-01T01:00"), stretch[1]),
    ]
