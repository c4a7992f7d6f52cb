"""Names and statements at the emulated SMBC."""

import asyncio

import pytest

from tests.manual_clock import ManualClock
from tests.sandbox.lender import Lender


@pytest.mark.parametrize(
    ("number", "holder"),
    [
        pytest.param("1234567", "ﾔﾏﾀﾞ ﾀﾛｳ", id="demo account"),
        pytest.param("0000002", "ﾍﾞﾂﾉ ﾋﾄ", id="magic, another name"),
        pytest.param("0000003", "ﾔﾏﾀﾞ ﾀﾛｳ", id="magic, frozen"),
        pytest.param("0000009", "ﾔﾏﾀﾞ ﾀﾛｳ", id="magic, closed bank: for pay-outs only"),
    ],
)
async def test_a_holders_name_can_be_looked_up(lender: Lender, number, holder):
    answer = await lender.verify(number)

    assert (answer.status, answer.json, answer.is_signed) == (200, {"holderName": holder}, True)


@pytest.mark.parametrize("number", ["7654321", "0000001", "2000001"])
async def test_an_account_that_is_not_there_or_closed_is_a_signed_404(lender: Lender, number):
    closed = {"branch": "001", "type": "1", "number": "2000001", "holder": "ﾀﾆﾝ"}
    await lender.told("POST", "accounts", closed | {"status": "closed"})

    answer = await lender.verify(number)

    assert (answer.status, answer.code, answer.is_signed) == (404, "ACCOUNT_NOT_FOUND", True)


@pytest.mark.parametrize(("number", "found"), [("1234567", 200), ("7654321", 404)])
async def test_the_sixth_look_at_one_account_on_a_day_is_refused(
    lender: Lender, clock: ManualClock, number, found
):
    looks = [await lender.verify(number) for _ in range(6)]
    other = await lender.verify("0000004")
    clock.advance(86_400)
    next_day = await lender.verify(number)

    assert [look.status for look in looks] == [found] * 5 + [429]
    assert looks[5].code == "VERIFICATION_LIMIT"
    assert (other.status, next_day.status) == (200, found)


async def test_a_completed_transfer_to_the_account_starts_the_count_again(lender: Lender):
    for _ in range(5):
        await lender.verify()
    await lender.submit(lender.order(to_holderName="ｽｽﾞｷ"))
    after_a_refusal = await lender.verify()

    await lender.submit(lender.order())

    assert after_a_refusal.status == 429
    assert [(await lender.verify()).status for _ in range(6)] == [200] * 5 + [429]


async def test_a_statement_lists_the_movements_of_its_day_in_booking_order(
    lender: Lender, clock: ManualClock
):
    first, second = lender.order(amount="1"), lender.order(amount="2")
    answers = [await lender.submit(first), await lender.submit(second)]
    clock.advance(14 * 3600)
    await lender.submit(lender.order(amount="3"))

    answer = await lender.statement("2026-11-25")

    assert (answer.status, answer.is_signed) == (200, True)
    assert answer.json == {
        "transactions": [
            {
                "transactionId": booked.json["transferId"],
                "type": "DEBIT",
                "amount": order["amount"],
                "executedAt": "2026-11-25T10:00:00.000+09:00",
                "valueDate": "2026-11-25",
                "clientReference": order["clientReference"],
                "counterpartyName": "ﾔﾏﾀﾞ ﾀﾛｳ",
                "description": "ﾌﾘｺﾐ",
            }
            for order, booked in zip((first, second), answers, strict=True)
        ],
        "nextPage": None,
    }
    assert len((await lender.statement("2026-11-26")).json["transactions"]) == 1


async def test_a_statement_has_200_lines_a_page(lender: Lender):
    await lender.told("PUT", "settings", {"rate_limits": {"money": 0, "inquiry": 0}})
    for _ in range(4):
        await asyncio.gather(*(lender.submit(lender.order(amount="1")) for _ in range(100)))
    full = [(await lender.statement(page=page)).json for page in (1, 2, 3)]
    await lender.submit(lender.order(amount="1"))
    more = [(await lender.statement(page=page)).json for page in (2, 3)]

    assert [len(page["transactions"]) for page in full] == [200, 200, 0]
    assert [page["nextPage"] for page in full] == [2, None, None]
    assert [(len(page["transactions"]), page["nextPage"]) for page in more] == [(200, 3), (1, None)]
    ids = {row["transactionId"] for page in full for row in page["transactions"]}
    assert len(ids) == 400


async def test_a_day_without_movements_is_an_empty_statement(lender: Lender):
    answer = await lender.statement("2030-01-01")

    assert answer.json == {"transactions": [], "nextPage": None}
