"""Names and statements at the emulated Rakuten."""

import pytest

from tests.manual_clock import ManualClock
from tests.sandbox.rakuten.lender import Lender


@pytest.mark.parametrize(
    ("number", "row"),
    [
        pytest.param("1234567", ["0", "ﾔﾏﾀﾞ ﾀﾛｳ"], id="demo account"),
        pytest.param("0000002", ["0", "ﾍﾞﾂﾉ ﾋﾄ"], id="magic, another name"),
        pytest.param("0000003", ["C", ""], id="magic, frozen"),
        pytest.param("0000001", ["C", ""], id="magic, not there"),
        pytest.param("7654321", ["C", ""], id="not there"),
        pytest.param("2000001", ["C", ""], id="closed"),
    ],
)
async def test_a_holders_name_can_be_looked_up(lender: Lender, number, row):
    closed = {"branch": "201", "type": "1", "number": "2000001", "holder": "ﾀﾆﾝ"}
    await lender.told("POST", "accounts", closed | {"status": "closed"})

    assert (await lender.verify(number)).row == row


async def test_a_holders_name_is_sent_in_single_bytes(lender: Lender):
    answer = await lender.verify()

    assert answer.body == b'"0","\xd4\xcf\xc0\xde \xc0\xdb\xb3"\r\n'


async def test_a_statement_lists_a_days_movements_and_their_number(
    lender: Lender, clock: ManualClock
):
    await lender.rule("submit", {"kind": "return_after", "seconds": 0})
    returned = lender.order(AMOUNT="300")
    await lender.submit(returned)
    while len(await lender.movements()) < 2:
        pass
    clock.advance(61)
    kept = lender.order()
    await lender.submit(kept)

    rows = (await lender.statement()).rows

    assert rows == [
        ["1", "20261125100000", "2", "300", returned["REF"], "ﾔﾏﾀﾞ ﾀﾛｳ"],
        ["2", "20261125100000", "1", "300", returned["REF"], "ｼｷﾝﾍﾝｷﾔｸ"],
        ["3", "20261125100101", "2", "10000", kept["REF"], "ﾔﾏﾀﾞ ﾀﾛｳ"],
        ["END", "3"],
    ]


async def test_a_page_has_100_rows_and_every_page_the_days_count(lender: Lender):
    await lender.told("PUT", "settings", {"rate_limits": {"money": 0}})
    references = [lender.reference() for _ in range(101)]
    for reference in references:
        await lender.submit(lender.order(REF=reference, AMOUNT="1"))

    pages = [(await lender.statement(page=str(page))).rows for page in (1, 2, 3)]

    assert [len(page) for page in pages] == [101, 2, 1]
    assert [page[-1] for page in pages] == [["END", "101"]] * 3
    rows = [*pages[0][:-1], *pages[1][:-1]]
    assert [row[0] for row in rows] == [str(number) for number in range(1, 102)]
    assert [row[4] for row in rows] == references


async def test_a_day_without_movements_has_only_its_end(lender: Lender):
    assert (await lender.statement("20261124")).rows == [["END", "0"]]


async def test_a_movement_belongs_to_its_day_in_japan(lender: Lender, clock: ManualClock):
    clock.advance(14 * 3600 - 1)
    await lender.submit(lender.order())
    clock.advance(1)
    await lender.submit(lender.order())

    days = [(await lender.statement(day)).rows for day in ("20261125", "20261126")]

    assert [day[0][1] for day in days] == ["20261125235959", "20261126000000"]


@pytest.mark.parametrize(
    ("day", "page"),
    [
        pytest.param("2026-11-25", "1", id="dashes"),
        pytest.param("20261131", "1", id="no such day"),
        pytest.param("20261125", "0", id="page 0"),
        pytest.param("20261125", "01", id="a leading zero"),
        pytest.param("20261125", "", id="no page"),
    ],
)
async def test_an_error_on_a_statement_is_one_money_line(lender: Lender, day, page):
    answer = await lender.statement(day, page)

    assert (answer.code, len(answer.row)) == ("H", 4)


async def test_inquiries_names_and_statements_together_have_five_times_the_limit(lender: Lender):
    await lender.told("PUT", "settings", {"rate_limits": {"inquiry": 3}})
    await lender.inquire("A" * 20)
    await lender.verify()
    await lender.statement()

    answers = [await lender.inquire("A" * 20), await lender.verify(), await lender.statement()]

    assert [answer.code for answer in answers] == ["E"] * 3
    assert (await lender.submit(lender.order())).code == "0"
