"""Names and statements at the emulated PayPay."""

import hashlib
import hmac

import pytest

from tests.manual_clock import ManualClock
from tests.sandbox.paypay.receiver import Receiver
from tests.sandbox.paypay.shop import SECRET, Seen, Shop


def rows_of(sheet: Seen) -> list[str]:
    """Return the lines of a statement whose MAC is genuine."""
    expected = hmac.new(SECRET, sheet.body, hashlib.sha256).hexdigest()
    assert (sheet.status, sheet.headers["X-MAC"]) == (200, expected)
    assert sheet.headers["Content-Type"] == "text/csv; charset=Shift_JIS"
    assert sheet.body.endswith(b"\r\n")
    return sheet.text.split("\r\n")[:-1]


@pytest.mark.parametrize(
    ("number", "said"),
    [
        pytest.param("1234567", {"RESULT": "0", "NAME": "ﾔﾏﾀﾞ ﾀﾛｳ"}, id="demo account"),
        pytest.param("0000002", {"RESULT": "0", "NAME": "ﾍﾞﾂﾉ ﾋﾄ"}, id="magic, another name"),
        pytest.param("0000003", {"RESULT": "0", "NAME": "ﾔﾏﾀﾞ ﾀﾛｳ"}, id="magic, frozen"),
        pytest.param("0000001", {"RESULT": "1", "CODE": "E11"}, id="magic, not there"),
        pytest.param("7654321", {"RESULT": "1", "CODE": "E11"}, id="not there"),
        pytest.param("2000001", {"RESULT": "1", "CODE": "E11"}, id="closed"),
    ],
)
async def test_a_holders_name_can_be_looked_up(shop: Shop, number, said):
    closed = {"branch": "002", "type": "1", "number": "2000001", "holder": "ﾀﾆﾝ"}
    await shop.told("POST", "accounts", closed | {"status": "closed"})

    answer = await shop.verify(number)

    assert (answer.said, answer.is_sealed) == (said, True)


async def test_a_holders_name_is_sent_in_single_bytes(shop: Shop):
    answer = await shop.verify()

    assert b"NAME=\xd4\xcf\xc0\xde \xc0\xdb\xb3\r\n" in answer.body


async def test_a_name_is_asked_for_by_the_profiles_fields_only(shop: Shop):
    question = {"SHOP_ID": "SHOP0001", "BRANCH": "002", "KIND": "1", "ACCOUNT": "1234567"}

    answer = await shop.post("/name", question | {"TRAN_ID": "A" * 20})

    assert answer.code == "E01"


async def test_a_statement_lists_a_days_movements_and_their_sums(
    shop: Shop, receiver: Receiver, clock: ManualClock
):
    returned = shop.order(ACCOUNT="0000005", AMOUNT="300")
    await shop.submit(returned)
    await receiver.next()
    clock.advance(61)
    kept = shop.order()
    await shop.submit(kept)

    rows = rows_of(await shop.statement())

    assert rows == [
        f"1,20261125100000,2,300,{returned['TRAN_ID']},ﾔﾏﾀﾞ ﾀﾛｳ",
        f"2,20261125100000,1,300,{returned['TRAN_ID']},ｼｷﾝﾍﾝｷﾔｸ",
        f"3,20261125100101,2,10000,{kept['TRAN_ID']},ﾔﾏﾀﾞ ﾀﾛｳ",
        "T,1,300,2,10300",
    ]


async def test_a_day_without_movements_has_only_the_trailer(shop: Shop):
    assert rows_of(await shop.statement("20261124")) == ["T,0,0,0,0"]


async def test_a_movement_belongs_to_its_day_in_japan(shop: Shop, clock: ManualClock):
    clock.advance(14 * 3600 - 1)
    await shop.submit(shop.order())
    clock.advance(1)
    await shop.submit(shop.order())

    days = [rows_of(await shop.statement(day)) for day in ("20261125", "20261126")]

    assert [len(rows) for rows in days] == [2, 2]
    assert days[0][0].startswith("1,20261125235959,")
    assert days[1][0].startswith("1,20261126000000,")


@pytest.mark.parametrize("day", ["2026-11-25", "20261131", "2026112", "２０２６１１２５", ""])
async def test_a_day_that_is_none_is_a_format_error_in_lines(shop: Shop, day):
    answer = await shop.statement(day)

    assert (answer.code, answer.is_sealed, "X-MAC" in answer.headers) == ("E01", True, False)


async def test_inquiries_names_and_statements_together_have_five_times_the_limit(shop: Shop):
    await shop.told("PUT", "settings", {"rate_limits": {"inquiry": 3}})
    await shop.inquire("A" * 20)
    await shop.verify()
    await shop.statement()

    answers = [await shop.inquire("A" * 20), await shop.verify(), await shop.statement()]

    assert [answer.code for answer in answers] == ["E06"] * 3
    assert (await shop.submit(shop.order())).code is None
