"""The frozen calendar, against the package it is from and against another one."""

import runpy
from datetime import date, timedelta
from pathlib import Path

import holidays
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.domain.calendar import (
    BeyondHorizon,
    business_day_from,
    calendar_table,
    closed_name,
    is_business_day,
    next_business_day,
)

PROJECT = Path(__file__).parents[2]
BEGINS, ENDS = date(2016, 1, 1), date(2040, 12, 31)
LAST_BUSINESS_DAY = date(2040, 12, 28)
# Away from the end, where the next business day may not be known.
days = st.dates(BEGINS, date(2040, 12, 1))


def test_the_frozen_table_is_what_the_script_writes() -> None:
    """After raising `jpholiday`: `.venv/bin/python scripts/freeze_holidays`."""
    written = runpy.run_path(str(PROJECT / "scripts" / "freeze_holidays"))["table"]()

    assert (PROJECT / "gateway" / "domain" / "holidays.tsv").read_text("utf-8") == written


def test_the_holidays_are_those_of_another_package_too() -> None:
    other = holidays.country_holidays("JP", years=range(BEGINS.year, ENDS.year + 1))

    assert set(calendar_table().names) == set(other)
    assert (calendar_table().begins, calendar_table().ends) == (BEGINS, ENDS)


@pytest.mark.parametrize(
    ("day", "why"),
    [
        pytest.param("2025-11-21", None, id="a Friday"),
        pytest.param("2025-11-22", "土曜日", id="a Saturday"),
        pytest.param("2025-11-16", "日曜日", id="a Sunday"),
        pytest.param("2025-11-23", "勤労感謝の日", id="a holiday on a Sunday"),
        pytest.param("2025-11-24", "勤労感謝の日 振替休日", id="its substitute"),
        pytest.param("2019-04-30", "国民の休日", id="between two holidays"),
        pytest.param("2019-10-22", "即位礼正殿の儀", id="a holiday of that year only"),
        pytest.param("2021-07-22", "海の日", id="moved for the Olympic Games"),
        pytest.param("2021-07-19", None, id="where it would have been"),
        pytest.param("2020-12-30", None, id="30 December"),
        pytest.param("2020-12-31", "年末年始の休業日", id="31 December"),
        pytest.param("2026-01-01", "元日", id="1 January"),
        pytest.param("2026-01-02", "年末年始の休業日", id="2 January, a Friday"),
        pytest.param("2025-01-03", "年末年始の休業日", id="3 January, a Friday"),
        pytest.param("2024-01-04", None, id="4 January, a Thursday"),
        pytest.param("2025-12-26", None, id="no holiday, but a holiday elsewhere"),
    ],
)
def test_a_day_is_a_business_day_or_it_says_why_not(day: str, why: str | None) -> None:
    assert closed_name(date.fromisoformat(day)) == why
    assert is_business_day(date.fromisoformat(day)) is (why is None)


@pytest.mark.parametrize(
    ("day", "on_or_after", "after"),
    [
        pytest.param("2025-11-20", "2025-11-20", "2025-11-21", id="in the week"),
        pytest.param("2025-11-21", "2025-11-21", "2025-11-25", id="before a long week-end"),
        pytest.param("2025-11-23", "2025-11-25", "2025-11-25", id="within it"),
        pytest.param("2019-04-26", "2019-04-26", "2019-05-07", id="before the ten days of 2019"),
        pytest.param("2025-12-30", "2025-12-30", "2026-01-05", id="the last before the year's end"),
    ],
)
def test_the_next_business_day(day: str, on_or_after: str, after: str) -> None:
    assert business_day_from(date.fromisoformat(day)) == date.fromisoformat(on_or_after)
    assert next_business_day(date.fromisoformat(day)) == date.fromisoformat(after)


@given(days)
def test_there_is_no_business_day_before_the_next_one(day: date) -> None:
    following = next_business_day(day)

    between = [day + timedelta(n) for n in range(1, (following - day).days)]
    assert is_business_day(following)
    assert not any(map(is_business_day, between))


@pytest.mark.parametrize("day", [BEGINS - timedelta(1), ENDS + timedelta(1), date.min, date.max])
def test_beyond_its_table_the_calendar_does_not_guess(day: date) -> None:
    with pytest.raises(BeyondHorizon, match="2016-01-01 to 2040-12-31"):
        is_business_day(day)


def test_the_day_after_the_last_business_day_is_not_guessed_either() -> None:
    assert business_day_from(LAST_BUSINESS_DAY) == LAST_BUSINESS_DAY
    with pytest.raises(BeyondHorizon):
        next_business_day(LAST_BUSINESS_DAY)
