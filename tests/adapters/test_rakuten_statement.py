"""Rakuten's statement of a day, page by page: all of it, or nothing."""

from dataclasses import replace
from datetime import date, datetime

import httpx
import pytest

from gateway.domain.bank import Direction, Statement, StatementLine, StatementUnavailable
from gateway.domain.hours import JST
from gateway.domain.money import Yen
from gateway.domain.reason import Reason
from tests.adapters.mocked_rakuten import mocked_rakuten, recorded, row, says
from tests.adapters.stand_ins import REFERENCE

DAY = date(2026, 11, 25)


async def test_a_statement_has_every_movement_of_the_day() -> None:
    async with mocked_rakuten() as mocked:
        mocked.answers(recorded("statement"))

        got = await mocked.bank.statement(DAY)

        (asked,) = mocked.asked()
    assert (asked["DATE"], asked["PAGE"]) == ("20261125", "1")
    paid_out = StatementLine(
        bank_id="20261125-1",
        direction=Direction.OUT,
        amount=Yen(10_000),
        booked_at=datetime(2026, 11, 25, 9, 0, tzinfo=JST),
        value_date=DAY,
        reference=REFERENCE,
        counterparty="ﾔﾏﾀﾞ ﾀﾛｳ",
        is_return=False,
    )
    back = replace(
        paid_out,
        bank_id="20261125-2",
        direction=Direction.IN,
        booked_at=datetime(2026, 11, 25, 9, 0, 5, tzinfo=JST),
        counterparty="ｼｷﾝﾍﾝｷﾔｸ",
        is_return=True,
    )
    assert isinstance(got, Statement)
    assert got.movements[:2] == (paid_out, back)
    assert [(line.reference, line.is_return) for line in got.movements[2:]] == [
        ("BBBBCCCCDDDDEEEE3456", False),
        (None, False),
    ]


async def test_a_day_without_movements_is_a_statement_too() -> None:
    async with mocked_rakuten() as mocked:
        mocked.answers(recorded("statement_empty"))

        got = await mocked.bank.statement(DAY)

        assert mocked.route.call_count == 1
    assert isinstance(got, Statement)
    assert got.movements == ()


def page(numbers: range, count: int) -> httpx.Response:
    rows = [row(str(n), "20261125090000", "1", "5", REFERENCE, "ﾔﾏﾀﾞ") for n in numbers]
    return says("".join(rows) + row("END", str(count)))


@pytest.mark.parametrize(
    ("pages", "lines"),
    [
        pytest.param([page(range(100), 100)], 100, id="one full page"),
        pytest.param([page(range(100), 101), page(range(100, 101), 101)], 101, id="one more"),
        pytest.param(
            [page(range(100), 101), page(range(100, 102), 102)], 102, id="one came meanwhile"
        ),
        pytest.param([page(range(100), 100), page(range(0), 100)], 100, id="asked no further"),
    ],
)
async def test_a_statement_is_read_until_its_count_is_there(
    pages: list[httpx.Response], lines: int
) -> None:
    async with mocked_rakuten() as mocked:
        mocked.answers(*pages)

        got = await mocked.bank.statement(DAY)

        assert [asked["PAGE"] for asked in mocked.asked()] == ["1", "2"][: 1 + (lines > 100)]
    assert isinstance(got, Statement)
    assert len(got.movements) == lines


@pytest.mark.parametrize(
    "pages",
    [
        pytest.param([page(range(99), 100)], id="a row too few"),
        pytest.param([page(range(100), 99)], id="a row too many"),
        pytest.param([page(range(100), 101), page(range(0), 101)], id="a page past the end"),
        pytest.param([page(range(100), 101), page(range(100, 101), 100)], id="the count shrank"),
        pytest.param([page(range(100), 101), page(range(1), 101)], id="a row comes again"),
        pytest.param([page(range(100), 101), recorded("b_two")], id="no second page"),
        pytest.param([page(range(100), 101), recorded("i_money")], id="a refused second page"),
    ],
)
async def test_a_statement_whose_pages_do_not_agree_is_refused_whole(
    pages: list[httpx.Response],
) -> None:
    async with mocked_rakuten() as mocked:
        mocked.answers(*pages)

        got = await mocked.bank.statement(DAY)

    assert got == StatementUnavailable(Reason.OUTCOME_UNKNOWN)


MOVED = ("1", "20261125090000", "2", "10000", REFERENCE, "ﾔﾏﾀﾞ ﾀﾛｳ")
END = row("END", "1")


def moved(position: int, value: str) -> str:
    changed = list(MOVED)
    changed[position] = value
    return row(*changed)


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(row(*MOVED), id="no END"),
        pytest.param(END + row(*MOVED), id="END first"),
        pytest.param(row(*MOVED) + row("end", "1"), id="another END"),
        pytest.param(row(*MOVED) + row("END", "1", ""), id="a longer END"),
        pytest.param(row(*MOVED) + row("END", "01"), id="a zero too many"),
        pytest.param(row(*MOVED) + row("END", "-1"), id="a negative count"),
        pytest.param(moved(0, "no") + END, id="a heading"),
        pytest.param(moved(1, "20261124090000") + END, id="another day"),
        pytest.param(moved(2, "3") + END, id="neither in nor out"),
        pytest.param(moved(3, "0") + END, id="a movement of nothing"),
        pytest.param(moved(4, "no reference!") + END, id="no reference"),
        pytest.param(row(*MOVED, "") + END, id="a column too many"),
        pytest.param(row("B", "", "", "") + END, id="a refusal within a statement"),
    ],
)
async def test_a_page_that_could_be_read_in_two_ways_refuses_the_statement(body: str) -> None:
    async with mocked_rakuten() as mocked:
        mocked.answers(says(body))

        got = await mocked.bank.statement(DAY)

    assert got == StatementUnavailable(Reason.OUTCOME_UNKNOWN)
