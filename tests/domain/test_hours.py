"""Closed windows, at every edge and a second beside it."""

from datetime import UTC, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.domain.hours import JST, LENDER_CLOSED, Window, closed_until, next_closing

SUNDAY_NIGHT = Window("日曜夜のシステム停止", time(21), timedelta(hours=10), weekday=6)
SECOND_SATURDAY = Window("第2土曜", time(21), timedelta(hours=10), weekday=5, nth=(2,))
FIRST_AND_FOURTH = Window("第1・第4土曜", time(3), timedelta(hours=2), weekday=5, nth=(1, 4))
EVERY_SATURDAY = Window("土曜夜", time(22), timedelta(hours=10), weekday=5)
MIZUHO = (EVERY_SATURDAY, FIRST_AND_FOURTH)
BOTH = (SUNDAY_NIGHT, *LENDER_CLOSED)

seconds = st.integers(min_value=0, max_value=6 * 366 * 86_400)
instants = seconds.map(lambda s: datetime(2024, 1, 1, tzinfo=JST) + timedelta(seconds=s))


def jst(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=JST)


def row(windows: tuple[Window, ...], at: str, until: str | None, what: str) -> object:
    return pytest.param(windows, jst(at), None if until is None else jst(until), id=what)


@pytest.mark.parametrize(
    ("windows", "at", "until"),
    [
        row((SUNDAY_NIGHT,), "2026-11-22T20:59:59", None, "Sunday, a second before 21:00"),
        row((SUNDAY_NIGHT,), "2026-11-22T21:00:00", "2026-11-23T07:00", "Sunday 21:00"),
        row((SUNDAY_NIGHT,), "2026-11-22T21:00:01", "2026-11-23T07:00", "Sunday 21:00:01"),
        row((SUNDAY_NIGHT,), "2026-11-23T00:00:00", "2026-11-23T07:00", "over midnight"),
        row((SUNDAY_NIGHT,), "2026-11-23T06:59:59", "2026-11-23T07:00", "Monday, 6:59:59"),
        row((SUNDAY_NIGHT,), "2026-11-23T06:59:59.999999", "2026-11-23T07:00", "its last part"),
        row((SUNDAY_NIGHT,), "2026-11-23T07:00:00", None, "Monday 7:00 is open"),
        row((SUNDAY_NIGHT,), "2026-11-23T07:00:01", None, "Monday 7:00:01"),
        row((SUNDAY_NIGHT,), "2026-11-24T22:00:00", None, "another day"),
        row(LENDER_CLOSED, "2026-11-22T23:59:59", None, "Monday, a second before"),
        row(LENDER_CLOSED, "2026-11-22T23:59:59.999999", None, "instants are cut to the second"),
        row(LENDER_CLOSED, "2026-11-23T00:00:00", "2026-11-23T07:00", "Monday 0:00"),
        row(LENDER_CLOSED, "2026-11-23T00:00:01", "2026-11-23T07:00", "Monday 0:00:01"),
        row(LENDER_CLOSED, "2026-11-23T06:59:59", "2026-11-23T07:00", "the lender, 6:59:59"),
        row(LENDER_CLOSED, "2026-11-23T07:00:00", None, "the lender, 7:00"),
        row(LENDER_CLOSED, "2026-12-31T23:59:59", None, "31 December 23:59:59"),
        row(LENDER_CLOSED, "2027-01-01T00:00:00", "2027-01-02T00:00", "1 January 0:00"),
        row(LENDER_CLOSED, "2027-01-01T23:59:59", "2027-01-02T00:00", "1 January 23:59:59"),
        row(LENDER_CLOSED, "2027-01-02T00:00:00", None, "2 January 0:00"),
        row(LENDER_CLOSED, "2029-01-01T03:00:00", "2029-01-02T00:00", "1 January on a Monday"),
        row(LENDER_CLOSED, "2034-01-01T12:00:00", "2034-01-02T07:00", "1 January before a Monday"),
        row(BOTH, "2026-11-22T22:00:00", "2026-11-23T07:00", "windows that overlap are one"),
        row(BOTH, "2028-12-31T21:00:00", "2029-01-02T00:00", "three windows in a row are one"),
        row((SECOND_SATURDAY,), "2026-11-07T22:00:00", None, "1st Saturday"),
        row((SECOND_SATURDAY,), "2026-11-14T20:59:59", None, "2nd Saturday 20:59:59"),
        row((SECOND_SATURDAY,), "2026-11-14T21:00:00", "2026-11-15T07:00", "2nd Saturday 21:00"),
        row((SECOND_SATURDAY,), "2026-11-15T06:59:59", "2026-11-15T07:00", "Sunday, 6:59:59"),
        row((SECOND_SATURDAY,), "2026-11-15T07:00:00", None, "Sunday 7:00"),
        row((SECOND_SATURDAY,), "2026-11-21T22:00:00", None, "3rd Saturday"),
        row((SECOND_SATURDAY,), "2026-08-08T21:00:00", "2026-08-09T07:00", "on the 8th"),
        row((SECOND_SATURDAY,), "2026-05-09T21:00:00", "2026-05-10T07:00", "after a Friday 1st"),
        row(MIZUHO, "2026-11-07T02:59:59", None, "1st Saturday 2:59:59"),
        row(MIZUHO, "2026-11-07T03:00:00", "2026-11-07T05:00", "1st Saturday 3:00"),
        row(MIZUHO, "2026-11-07T04:59:59", "2026-11-07T05:00", "1st Saturday 4:59:59"),
        row(MIZUHO, "2026-11-07T05:00:00", None, "1st Saturday 5:00"),
        row(MIZUHO, "2026-11-14T03:30:00", None, "2nd Saturday 3:30"),
        row(MIZUHO, "2026-11-28T03:30:00", "2026-11-28T05:00", "4th Saturday 3:30"),
        row(MIZUHO, "2026-10-31T03:30:00", None, "5th Saturday 3:30"),
        row(MIZUHO, "2026-11-14T22:00:00", "2026-11-15T08:00", "every Saturday 22:00"),
        row((), "2026-11-22T22:00:00", None, "no windows, never closed"),
    ],
)  # fmt: skip
def test_a_service_is_closed_until(
    windows: tuple[Window, ...], at: datetime, until: datetime | None
) -> None:
    assert closed_until(windows, at) == until


def test_windows_that_touch_are_one() -> None:
    evening = Window("evening", time(18), timedelta(hours=3), weekday=6)

    assert closed_until((SUNDAY_NIGHT, evening), jst("2026-11-22T18:00")) == jst("2026-11-23T07:00")


def test_hours_are_japanese_whatever_the_zone_of_the_instant() -> None:
    at = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)

    until = closed_until((SUNDAY_NIGHT,), at)

    assert until == jst("2026-11-23T07:00")
    assert until is not None
    assert until.tzinfo is JST


def test_a_service_that_never_opens_is_asked_about_again() -> None:
    always = tuple(Window("d", time(0), timedelta(days=1), weekday=day) for day in range(7))
    now = jst("2026-11-25T10:00")

    until = closed_until(always, now)

    assert until is not None
    assert until > now + timedelta(days=9)
    assert next_closing(always, now) is None


@pytest.mark.parametrize(
    ("windows", "at", "closes"),
    [
        row((SUNDAY_NIGHT,), "2026-11-22T20:59:59", "2026-11-22T21:00", "a second before"),
        row((SUNDAY_NIGHT,), "2026-11-22T20:59:59.999999", "2026-11-22T21:00", "just before"),
        row((SUNDAY_NIGHT,), "2026-11-22T21:00:00", "2026-11-29T21:00", "closed now: a week later"),
        row((SUNDAY_NIGHT,), "2026-11-23T07:00:00", "2026-11-29T21:00", "just open again"),
        row(BOTH, "2026-11-22T20:00:00", "2026-11-22T21:00", "the first of two that overlap"),
        row(BOTH, "2026-11-22T22:00:00", "2026-11-29T21:00", "closed already"),
        row(LENDER_CLOSED, "2026-12-30T12:00:00", "2027-01-01T00:00", "a date of the year"),
        row((SECOND_SATURDAY,), "2026-11-15T08:00:00", None, "none within the days looked ahead"),
        row((SECOND_SATURDAY,), "2026-11-06T12:00:00", "2026-11-14T21:00", "eight days ahead"),
        row((), "2026-11-22T22:00:00", None, "no windows"),
    ],
)  # fmt: skip
def test_a_service_closes_next(
    windows: tuple[Window, ...], at: datetime, closes: datetime | None
) -> None:
    assert next_closing(windows, at) == closes


@given(instants)
def test_a_service_is_open_at_the_instant_it_was_said_to_open(at: datetime) -> None:
    until = closed_until(BOTH, at)

    assert until is None or (until > at and closed_until(BOTH, until) is None)


@given(instants)
def test_a_service_closes_at_the_instant_it_was_said_to_close(at: datetime) -> None:
    closes = next_closing(BOTH, at)

    assert closes is not None
    assert closed_until(BOTH, closes) is not None
    assert closed_until(BOTH, closes - timedelta(seconds=1)) is None


@given(instants)
def test_the_weekly_windows_hold_at_every_instant_as_a_plain_reading_says(at: datetime) -> None:
    monday_morning = at.weekday() == 0 and at.hour < 7
    sunday_night = at.weekday() == 6 and at.hour >= 21

    assert (closed_until((SUNDAY_NIGHT,), at) is not None) is (monday_morning or sunday_night)
    assert (closed_until(LENDER_CLOSED, at) is not None) is (
        monday_morning or (at.month, at.day) == (1, 1)
    )


@pytest.mark.parametrize(
    ("weekday", "month_day", "hours"),
    [
        pytest.param(None, None, 24, id="daily and all day"),
        pytest.param(0, (1, 1), 1, id="both a weekday and a date"),
        pytest.param(0, None, 0, id="no length"),
        pytest.param(0, None, -1, id="a negative length"),
        pytest.param(0, None, 24 * 7, id="a whole week"),
    ],
)
def test_what_is_no_window_never_exists(
    weekday: int | None, month_day: tuple[int, int] | None, hours: int
) -> None:
    with pytest.raises(ValueError, match="停止: "):
        Window("停止", time(0), timedelta(hours=hours), weekday=weekday, month_day=month_day)
