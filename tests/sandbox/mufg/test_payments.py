"""Payments at the emulated MUFG: accepted at once, settled later, each reference once."""

import asyncio

import pytest
from aiohttp import ClientOSError, ServerDisconnectedError

from tests.sandbox.mufg.lender import Lender

REFERENCE = "ABCDEFGHIJ0123456789"
LOST = (ServerDisconnectedError, ClientOSError)


async def test_a_payment_is_accepted_then_settled_and_moves_the_money(lender: Lender):
    accepted = await lender.pay(reference=REFERENCE)
    settled = await lender.settled(REFERENCE)

    assert (accepted.status, accepted.message) == (202, "pain.002.001.03")
    assert (accepted.one("GrpSts"), accepted.one("OrgnlMsgId")) == ("ACTC", REFERENCE)
    assert accepted.one("OrgnlMsgNmId") == "pain.001.001.03"
    assert (settled.status, settled.one("TxSts"), settled.code) == (200, "ACSC", None)
    assert settled.one("OrgnlEndToEndId") == REFERENCE
    assert settled.one("AccptncDtTm") == "2026-11-25T10:00:00.000+09:00"
    assert settled.one("InstdAmt") == "10000"
    ledger = await lender.told("GET", "ledger")
    assert ledger["settlement"]["balance"] == 99_990_000
    assert [account["balance"] for account in ledger["accounts"]] == [1_010_000]
    movement = ledger["movements"][0]
    assert (movement["kind"], movement["reference"]) == ("payout", REFERENCE)
    assert movement["bank_id"] == settled.one("AcctSvcrRef")


async def test_a_payment_shows_only_after_a_while_and_is_first_pending(lender: Lender):
    delays = {
        "visibility_s_min": 20,
        "visibility_s_max": 20,
        "settle_s_min": 40,
        "settle_s_max": 40,
    }
    await lender.told("PUT", "settings", delays)
    await lender.pay(reference=REFERENCE)

    hidden = await lender.inquire(REFERENCE)
    while (shown := await lender.inquire(REFERENCE)).status == 404:
        pass
    settled = await lender.settled(REFERENCE)

    assert (hidden.status, hidden.one("Prtry")) == (404, "NOTFOUND")
    assert hidden.one("OrgnlMsgId") == REFERENCE
    assert (shown.status, shown.one("TxSts"), shown.one("AccptncDtTm")) == (200, "PDNG", None)
    assert settled.one("TxSts") == "ACSC"


async def test_the_first_status_seen_may_be_final(lender: Lender):
    delays = {"visibility_s_min": 20, "visibility_s_max": 20, "settle_s_min": 0, "settle_s_max": 0}
    await lender.told("PUT", "settings", delays)
    await lender.pay(reference=REFERENCE)

    while (shown := await lender.inquire(REFERENCE)).status == 404:
        pass

    assert shown.one("TxSts") == "ACSC"


async def test_the_delays_follow_from_the_seed(lender: Lender):
    async def order_of_settling(seed: int) -> list[str]:
        await lender.told("POST", "reset")
        lender.token = ""
        await lender.told("PUT", "seed", seed)
        await lender.told("PUT", "settings", {"settle_s_min": 0, "settle_s_max": 30})
        references = [f"SEED{number:016d}" for number in range(6)]
        await asyncio.gather(*(lender.pay(reference=one) for one in references))
        while len(movements := await lender.movements()) < 6:
            pass
        return [movement["reference"] for movement in movements]

    first, again, other = [await order_of_settling(seed) for seed in (1, 1, 2)]

    assert first == again
    assert first != other


@pytest.mark.parametrize(
    "change",
    [
        pytest.param({}, id="the same payment"),
        pytest.param({"amount": "5"}, id="another amount"),
        pytest.param({"number": "0000007"}, id="another payee"),
    ],
)
async def test_a_reference_is_taken_once_and_then_refused(lender: Lender, change):
    await lender.pay(reference=REFERENCE)

    at_once = await lender.pay(reference=REFERENCE, **change)
    await lender.settled(REFERENCE)
    later = await lender.pay(reference=REFERENCE, **change)

    for answer in (at_once, later):
        assert (answer.status, answer.code, answer.one("GrpSts")) == (409, "DUPL", "RJCT")
        assert answer.one("OrgnlMsgId") == REFERENCE
    assert len(await lender.movements()) == 1


async def test_fifty_equal_payments_at_once_are_one(lender: Lender):
    document = lender.payment(reference=REFERENCE)

    answers = await asyncio.gather(*(lender.submit(document) for _ in range(50)))
    await lender.settled(REFERENCE)

    assert sorted(answer.status for answer in answers) == [202] + [409] * 49
    assert len(await lender.movements()) == 1


ACCOUNTS = [
    {"branch": "001", "type": "1", "number": "2000001", "holder": "ﾀﾆﾝ", "status": "closed"},
    {"branch": "001", "type": "1", "number": "2000002", "holder": "ﾀﾆﾝ", "status": "frozen"},
    {"branch": "001", "type": "1", "number": "2000003", "holder": "ｦｶﾞﾜ ﾐｽﾞﾎ"},
]
FINAL = [
    pytest.param({"number": "7654321"}, "AC01", id="no such account"),
    pytest.param({"branch": "002"}, "AC01", id="another branch"),
    pytest.param({"kind": "2"}, "AC01", id="another type"),
    pytest.param({"number": "9000001"}, "AC01", id="settlement account"),
    pytest.param({"number": "2000001"}, "AC04", id="closed before name"),
    pytest.param({"number": "2000002"}, "AC06", id="frozen before name"),
    pytest.param({"name": "ﾔﾏﾀﾞ ﾊﾅｺ"}, "BE01", id="name"),
    pytest.param({"name": "ﾔﾏﾀﾞ", "amount": "10000001"}, "BE01", id="name before limit"),
    pytest.param({"amount": "10000001"}, "AM02", id="limit"),
    pytest.param({"amount": "9999999999"}, "AM02", id="limit before funds"),
    pytest.param({"number": "0000001"}, "AC01", id="magic, no such account"),
    pytest.param({"number": "0000002"}, "BE01", id="magic, another name"),
    pytest.param({"number": "0000003"}, "AC06", id="magic, frozen"),
]


@pytest.mark.parametrize(("change", "code"), FINAL)
async def test_what_is_wrong_with_the_payee_shows_only_after_the_acceptance(
    lender: Lender, change, code
):
    await lender.told("POST", "accounts", ACCOUNTS)

    accepted = await lender.pay(reference=REFERENCE, **change)
    refused = await lender.settled(REFERENCE)
    again = await lender.pay(reference=REFERENCE)

    assert accepted.status == 202
    assert (refused.status, refused.one("TxSts"), refused.code) == (200, "RJCT", code)
    assert (refused.one("AddtlInf"), refused.one("AccptncDtTm")) == (None, None)
    assert (again.status, again.code) == (409, "DUPL")
    assert await lender.movements() == []


@pytest.mark.parametrize(
    "change",
    [
        pytest.param({"amount": "10000000"}, id="at the limit"),
        pytest.param({"amount": "1"}, id="one yen"),
        pytest.param({"name": "ﾔﾏﾀ ﾀﾛｳ"}, id="a name without its mark"),
        pytest.param({"number": "2000003", "name": "ｵｶﾞﾜ ﾐｽﾞﾎ"}, id="the bank's name has ｦ"),
        pytest.param({"number": "0000004", "name": "ﾀﾞﾚﾃﾞﾓ"}, id="magic, any name"),
        pytest.param({"remitter": "A" * 40}, id="the longest remitter"),
    ],
)
async def test_good_payments_settle(lender: Lender, change):
    await lender.told("POST", "accounts", ACCOUNTS)
    await lender.pay(reference=REFERENCE, **change)

    assert (await lender.settled(REFERENCE)).one("TxSts") == "ACSC"


async def test_a_lender_who_is_short_is_told_at_once_and_leaves_nothing_behind(lender: Lender):
    await lender.told("PUT", "settings", {"balances": {"settlement": 9_999}})

    refused = await lender.pay(reference=REFERENCE)
    asked = await lender.inquire(REFERENCE)
    await lender.told("PUT", "settings", {"balances": {"settlement": 10_000}})
    accepted = await lender.pay(reference=REFERENCE)

    assert (refused.status, refused.code, refused.one("GrpSts")) == (400, "AM04", "RJCT")
    assert (asked.status, accepted.status) == (404, 202)
    assert (await lender.settled(REFERENCE)).one("TxSts") == "ACSC"


async def test_payments_that_are_still_pending_count_as_spent(lender: Lender):
    hour = {"settle_s_min": 3600, "settle_s_max": 3600, "balances": {"settlement": 20_000}}
    await lender.told("PUT", "settings", hour)

    answers = [await lender.pay() for _ in range(3)]

    assert [answer.status for answer in answers] == [202, 202, 400]
    assert answers[2].code == "AM04"


async def test_0000006_is_done_and_then_cut_the_first_time_only(lender: Lender):
    payment = lender.payment(reference=REFERENCE, number="0000006")

    with pytest.raises(LOST):
        await lender.submit(payment)
    again = await lender.submit(payment)

    assert again.code == "DUPL"
    assert (await lender.settled(REFERENCE)).one("TxSts") == "ACSC"


async def test_0000007_is_done_at_once_and_answered_late(lender: Lender):
    late = asyncio.create_task(lender.pay(reference=REFERENCE, number="0000007"))
    settled = await lender.settled(REFERENCE)
    answer = await late

    assert (settled.one("TxSts"), answer.status) == ("ACSC", 202)


async def test_0000008_is_throttled_twice_and_then_done_with_the_same_number(lender: Lender):
    payment, number = lender.payment(number="0000008"), lender.sequence_no()

    answers = [await lender.post("/payments", payment, X_Sequence_No=number) for _ in range(4)]

    assert [answer.status for answer in answers] == [429, 429, 202, 409]
    assert (answers[0].headers["Retry-After"], answers[0].body) == ("1", b"")
    assert answers[3].one("Prtry") == "SEQNO"


async def test_0000009_is_a_closed_bank(lender: Lender):
    answer = await lender.pay(number="0000009")

    assert (answer.status, answer.code, answer.headers["Retry-After"]) == (400, "TM01", "60")
