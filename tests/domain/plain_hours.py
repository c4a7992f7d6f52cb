"""The hours of five banks over ten years, said a second time and in another way.

Nothing here comes from the engine. Holidays are those of `holidays`; the rules of banks.toml are
written out as loops over dates, and time is a row of cells, two to a minute: its first second, and
the other fifty-nine. Every rule changes on a minute or a second after one, so that a cell is a
whole answer.
"""

from array import array
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cache
from zoneinfo import ZoneInfo

import holidays

TOKYO = ZoneInfo("Asia/Tokyo")
# A little more than the ten years: what is said on their last day lies after it.
FIRST, LAST = date(2017, 12, 25), date(2028, 4, 28)
DAYS = [FIRST + timedelta(n) for n in range((LAST - FIRST).days + 1)]
CELLS_A_DAY = 2 * 24 * 60
CELLS = len(DAYS) * CELLS_A_DAY
NEVER = -1
AT_ONCE, NEXT_OPENING, NEXT_930 = 0, 1, 2
OPEN_FROM, OPEN_UNTIL = 2 * 540, 2 * 890  # 9:00:00, and 14:50:00 itself
MORNING, BOOKS_CLOSE = 2 * 570, 2 * 930  # 9:30:00; 15:30:00
LEGACY_UNTIL = {
    "mufg": date(2018, 10, 8),
    "mizuho": date(2019, 5, 6),
    "rakuten": date(2018, 10, 8),
}


@dataclass(frozen=True, slots=True)
class Plain:
    """For every cell: its class, the cell it is sent in, its value date, and the cell in which it
    opens or closes next. `windows` has a bit for each of the `names` that holds in a cell.
    """

    classes: bytearray
    sends: "array[int]"
    values: "array[int]"
    changes: "array[int]"
    windows: bytearray
    names: dict[str, int]


@cache
def business_days() -> tuple[bool, ...]:
    national = holidays.country_holidays("JP", years=range(FIRST.year, LAST.year + 1))
    return tuple(
        day.weekday() not in (5, 6)
        and day not in national
        and not (day.month == 12 and day.day == 31)
        and not (day.month == 1 and day.day in (1, 2, 3))
        for day in DAYS
    )


@cache
def following_business_day() -> tuple[int, ...]:
    """The number of the first business day after each day; the last days have none."""
    found, following = [], NEVER
    for number in reversed(range(len(DAYS))):
        found.append(following)
        if business_days()[number]:
            following = number
    return tuple(reversed(found))


@cache
def every_cell() -> "array[int]":
    return array("i", range(CELLS))


@cache
def values_at_once() -> "array[int]":
    """The value date of what leaves in each cell, as the number of a day."""
    values = array("h")
    for number, is_business in enumerate(business_days()):
        following = following_business_day()[number]
        in_time = BOOKS_CLOSE + 1 if is_business else 0
        values.extend([number] * in_time)
        values.extend([following] * (CELLS_A_DAY - in_time))
    return values


def hours_after(number: int, begins_hour: int, ends_hour: int) -> tuple[int, int]:
    """The cells between two hours, counted from the midnight that a day begins with."""
    midnight = number * CELLS_A_DAY
    return midnight + 120 * begins_hour, midnight + 120 * ends_hour


def saturdays() -> Iterator[tuple[int, date, int]]:
    """Every Saturday: its number among the days, its date, and the how manieth of its month."""
    count = 0
    for number, day in enumerate(DAYS):
        count = 0 if day.day == 1 else count
        if day.weekday() == 5:
            count += 1
            yield number, day, count


def smbc_closures() -> Iterator[tuple[str, tuple[int, int]]]:
    for number, day in enumerate(DAYS):
        if day.weekday() == 6 and day >= date(2018, 10, 9):
            yield "日曜夜のシステム停止", hours_after(number, 21, 24 + 7)


def mufg_closures() -> Iterator[tuple[str, tuple[int, int]]]:
    for number, day, count in saturdays():
        if count == 2 and day >= date(2018, 10, 9):
            yield "第2土曜夜のシステム停止", hours_after(number, 21, 24 + 7)


def mizuho_closures() -> Iterator[tuple[str, tuple[int, int]]]:
    for number, day, count in saturdays():
        if day >= date(2019, 5, 7):
            yield "土曜夜のシステム停止", hours_after(number, 22, 24 + 8)
            if count in (1, 4):
                yield "第1・第4土曜未明のシステム停止", hours_after(number, 3, 5)


def lender_closures() -> Iterator[tuple[str, tuple[int, int]]]:
    for number, day in enumerate(DAYS):
        if day.weekday() == 0:
            yield "月曜日のサービス停止", hours_after(number, 0, 7)
        if (day.month, day.day) == (1, 1):
            yield "元日のサービス停止", hours_after(number, 0, 24)


CLOSURES = {
    "smbc": smbc_closures,
    "mufg": mufg_closures,
    "mizuho": mizuho_closures,
    "lender": lender_closures,
}


def paint(service: str, operation: str) -> Plain:
    """The whole row of a service and an operation."""
    windows, names = paint_windows(service if operation != "inquiry" else "")
    classes, sends = bytearray(CELLS), every_cell()[:]
    for begins, ends in runs(windows):
        classes[begins:ends] = bytes([NEXT_OPENING]) * (ends - begins)
        sends[begins:ends] = array("i", [ends]) * (ends - begins)
    if operation == "transfer" and service in LEGACY_UNTIL:
        paint_legacy(classes, sends, LEGACY_UNTIL[service])
    values = values_at_once()[:]
    for begins, ends in runs(classes):
        for cell in range(begins, ends):
            values[cell] = values_at_once()[sends[cell]]
    return Plain(classes, sends, values, paint_changes(classes), windows, names)


def paint_windows(service: str) -> tuple[bytearray, dict[str, int]]:
    windows, names = bytearray(CELLS), dict[str, int]()
    for name, (begins, ends) in CLOSURES.get(service, lambda: ())():
        mark = names.setdefault(name, 1 << len(names))
        for cell in range(begins, ends):
            windows[cell] |= mark
    return windows, names


def paint_changes(classes: bytearray) -> "array[int]":
    changes, opened = array("i", [NEVER]) * CELLS, 0
    for begins, ends in runs(classes):
        changes[opened:begins] = array("i", [begins]) * (begins - opened)
        changes[begins:ends] = array("i", [ends]) * (ends - begins)
        opened = ends
    return changes


def paint_legacy(classes: bytearray, sends: "array[int]", until: date) -> None:
    """Outside the hours of a business day, money waits for the half past nine that comes."""
    for number, day in enumerate(DAYS):
        if day > until:
            break
        midnight, evening = number * CELLS_A_DAY, (number + 1) * CELLS_A_DAY
        next_morning = following_business_day()[number] * CELLS_A_DAY + MORNING
        if not business_days()[number]:
            stretches = [(midnight, evening, next_morning)]
        else:
            stretches = [
                (midnight, midnight + OPEN_FROM, midnight + MORNING),
                (midnight + OPEN_UNTIL + 1, evening, next_morning),
            ]
        for begins, ends, morning in stretches:
            classes[begins:ends] = bytes([NEXT_930]) * (ends - begins)
            sends[begins:ends] = array("i", [morning]) * (ends - begins)


def runs(cells: bytearray) -> Iterator[tuple[int, int]]:
    """Where cells are not 0: each unbroken run's first cell, and the one after its last."""
    ends = 0
    marked = cells.translate(bytes([0] + [1] * 255))
    while (begins := marked.find(1, ends)) >= 0:
        ends = marked.find(0, begins)
        ends = len(marked) if ends < 0 else ends
        yield begins, ends


def cell_of(at: datetime) -> int:
    since = at - datetime(FIRST.year, FIRST.month, FIRST.day, tzinfo=TOKYO)
    minute, second = divmod(since.days * 86_400 + since.seconds, 60)
    return 2 * minute + (second > 0)


def instant_of(cell: int) -> datetime:
    """The first second of a cell."""
    begins = datetime(FIRST.year, FIRST.month, FIRST.day, tzinfo=TOKYO)
    return begins + timedelta(minutes=cell // 2, seconds=cell % 2)


def cutoff_on(bank: str, operation: str, value_date: date) -> datetime:
    """The last second that still has the value date."""
    is_legacy = operation == "transfer" and value_date <= LEGACY_UNTIL.get(bank, date.min)
    hour, minute = (14, 50) if is_legacy else (15, 30)
    return datetime(value_date.year, value_date.month, value_date.day, hour, minute, tzinfo=TOKYO)
