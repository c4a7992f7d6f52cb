"""Dates as 全銀 records write them: MMDD without a year, and 和暦 YYMMDD without an era.

Both leave something out, so reading them needs a day that they are near to.
"""

import re
from collections.abc import Iterable
from datetime import date

# The first day of an era, and the year before its first. 1989-01-08 政令 1/1989, 2019-05-01 政令
# 143/2018; before 平成 nothing of ours was booked.
ERAS = ((date(2019, 5, 1), 2018), (date(1989, 1, 8), 1988))
YEARS_MAX = 99
LEAP_CYCLE = 8  # years in which 29 February certainly comes: 1900 and 2100 have none


def to_mmdd(day: date) -> str:
    return f"{day:%m%d}"


def from_mmdd(text: str, *, near: date) -> date:
    """Return the nearest such date, the earlier of two as near; ValueError if there is none."""
    month, day = _digits(text, 2)
    years = range(near.year - LEAP_CYCLE, near.year + LEAP_CYCLE + 1)
    return _nearest((_date(year, month, day) for year in years), near)


def to_wareki(day: date) -> str:
    """Return 和暦 YYMMDD; ValueError for a day before 平成 or after 令和99."""
    for first_day, year_before in ERAS:
        if day >= first_day:
            year = day.year - year_before
            if year > YEARS_MAX:
                break
            return f"{year:02}{day:%m%d}"
    raise ValueError("a day that these eras do not write")


def from_wareki(text: str, *, near: date) -> date:
    """Return the date of 令和 or 平成 that it can be, the nearest of two; ValueError if none."""
    year, month, day = _digits(text, 3)
    return _nearest((_in_era(era, year, month, day) for era in range(len(ERAS))), near)


def _in_era(era: int, year: int, month: int, day: int) -> date | None:
    first_day, year_before = ERAS[era]
    found = _date(year_before + year, month, day)
    if found is None or year == 0 or found < first_day:
        return None
    is_over = era > 0 and found >= ERAS[era - 1][0]
    return None if is_over else found


def _digits(text: str, pairs: int) -> list[int]:
    if not re.fullmatch(rf"[0-9]{{{2 * pairs}}}", text):
        raise ValueError(f"no date of {2 * pairs} digits")
    return [int(text[at : at + 2]) for at in range(0, 2 * pairs, 2)]


def _date(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None


def _nearest(candidates: Iterable[date | None], near: date) -> date:
    days = [day for day in candidates if day is not None]
    if not days:
        raise ValueError("no such date")
    return min(days, key=lambda day: abs(day - near))
