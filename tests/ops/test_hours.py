"""The hours as operators see them."""

import io
from datetime import date

from rich.console import Console

from gateway.domain.account import BankCode
from gateway.domain.service_hours import ServiceClass
from gateway.operators.hours_command import regular_hours
from gateway.ops.render_hours import closures, show_hours


def drawn(bank: BankCode | None, begins: str, days: int) -> list[str]:
    screen = Console(file=io.StringIO(), width=120)
    show_hours(screen, regular_hours(bank, begins=date.fromisoformat(begins), days=days))
    assert isinstance(screen.file, io.StringIO)
    return screen.file.getvalue().splitlines()


def test_a_day_is_a_line_of_half_hours() -> None:
    _, friday, saturday, *_ = drawn(BankCode.MUFG, "2018-10-05", 2)

    assert friday.split()[-1] == "▒" * 18 + "█" * 11 + "▒" * 19
    assert saturday.split()[-1] == "▒" * 48


def test_every_service_has_its_days_below_its_name() -> None:
    lines = drawn(None, "2026-11-09", 7)
    names = [line.split()[0] for line in lines if line[:1].isalpha() and " 0 " in line]

    assert names == [*BankCode, "lender"]
    assert sum("█" in line for line in lines) == 6 * 7 + 1  # and the meaning of the mark


def test_what_closes_is_named_once_with_its_two_instants() -> None:
    lines = drawn(BankCode.MIZUHO, "2026-11-28", 2)

    assert lines[-2:] == [
        "mizuho 2026-11-28 03:00 – 2026-11-28 05:00  第1・第4土曜未明のシステム停止",
        "mizuho 2026-11-28 22:00 – 2026-11-29 08:00  土曜夜のシステム停止",
    ]


def test_the_second_after_a_cutoff_is_shown() -> None:
    days = regular_hours(BankCode.MIZUHO, begins=date(2019, 4, 26), days=1)

    assert [reason.name for _, reason in closures(days)][:2] == [
        "09:00の取扱開始前",
        "14:50の締切後",
    ]
    assert "14:50:01 – 2019-04-27 00:00" in drawn(BankCode.MIZUHO, "2019-04-26", 1)[4]


def test_a_half_hour_that_is_not_wholly_open_is_not_shown_as_open() -> None:
    (friday,) = regular_hours(BankCode.MUFG, begins=date(2018, 10, 5), days=1)

    assert friday.slots[28] is ServiceClass.AT_ONCE
    assert friday.slots[29] is ServiceClass.NEXT_930  # 14:30 to 15:00, closed from 14:50:01
