"""Files of pay-outs at the emulated みずほ: taken whole, settled later, paid as told."""

import asyncio
import hashlib

import pytest
from aiohttp import ClientOSError, ServerDisconnectedError

from tests.manual_clock import ManualClock
from tests.sandbox.mizuho.lender import BASE, Lender, changed, file_of, jis

TODAY = "081125"
# Long enough to be asked for before it is over.
SLOW = {"settle_s_min": 0.7, "settle_s_max": 0.7, "time_scale": 1.0}


async def test_a_file_is_taken_first_and_its_result_follows(lender: Lender):
    await lender.told("PUT", "settings", SLOW)
    payees = [lender.payee(), lender.payee(number="7654321")]
    body = file_of(payees)

    taken = await lender.submit(body)
    early = await lender.get(f"/files/{taken.receipt}")
    result = await lender.result(taken.receipt)

    assert (taken.status, taken.body, early.status) == (202, b"", 204)
    assert taken.headers["Location"] == f"{BASE}/files/{taken.receipt}"
    assert taken.receipt.isalnum()
    assert len(taken.receipt) <= 20
    assert result.headers["Content-Type"] == "application/octet-stream"
    wanted = changed(body, 2, 113, "0" + TODAY)
    wanted = changed(wanted, 3, 113, "1000000")
    wanted = changed(wanted, 4, 19, "000001000000010000000001000000010000")
    assert result.body == wanted


async def test_only_what_is_done_moves_money(lender: Lender):
    payees = [lender.payee(), lender.payee(name="ｽｽﾞｷ")]

    await lender.paid(*payees)

    ledger = await lender.told("GET", "ledger")
    assert ledger["settlement"]["balance"] == 99_990_000
    assert [account["balance"] for account in ledger["accounts"]] == [1_010_000]
    assert [(m["reference"], m["amount"], m["direction"]) for m in ledger["movements"]] == [
        (payees[0].reference, 10_000, "out")
    ]


async def test_a_hundred_items_are_booked_in_their_order(lender: Lender):
    payees = [lender.payee(amount=n) for n in range(1, 101)]

    result = await lender.paid(*payees)

    assert result.results == ["0" + TODAY] * 100
    assert [m["amount"] for m in await lender.movements()] == list(range(1, 101))


async def test_an_item_can_be_asked_for_by_its_reference(lender: Lender):
    await lender.told("PUT", "settings", SLOW)
    payee = lender.payee()

    never = await lender.item(payee.reference)
    taken = await lender.pay(payee)
    early = await lender.item(payee.reference)
    result = await lender.result(taken.receipt)
    known = await lender.item(payee.reference)

    assert (never.status, never.result) == (404, "NOT-FOUND")
    assert (early.status, early.body) == (204, b"")
    assert (known.status, known.body) == (200, result.body[122:244])


async def test_the_receipt_of_a_file_can_be_asked_for_at_once(lender: Lender):
    file_id = lender.file_id()

    before = await lender.get(f"/files?fileId={file_id}")
    taken = await lender.submit(file_of([lender.payee()]), file_id)
    after = await lender.get(f"/files?fileId={file_id}")

    assert (before.status, before.result) == (404, "NOT-FOUND")
    assert (after.status, after.json) == (200, {"receipt": taken.receipt})


async def test_a_receipt_that_was_never_given_is_not_found(lender: Lender):
    answer = await lender.get("/files/F0123")

    assert (answer.status, answer.result) == (404, "NOT-FOUND")


async def test_a_file_id_seen_before_gives_the_first_receipt_whatever_the_file_says(
    lender: Lender,
):
    body = file_of([lender.payee()])
    first = await lender.submit(body, "A")

    again = await lender.submit(body, "A")
    other = await lender.submit(b"no file at all", "A")
    await lender.result(first.receipt)

    assert (again.status, other.status) == (409, 409)
    assert again.receipt == other.receipt == first.receipt
    digests = {answer.headers["X-File-Sha256"] for answer in (again, other)}
    assert digests == {hashlib.sha256(body).hexdigest()}
    assert len(await lender.movements()) == 1


async def test_a_hundred_times_the_same_file_at_once_is_one_file(lender: Lender):
    body = file_of([lender.payee()])

    answers = await asyncio.gather(*(lender.submit(body, "A") for _ in range(100)))
    await lender.result(answers[0].receipt)

    assert sorted(answer.status for answer in answers) == [202] + [409] * 99
    assert len(await lender.movements()) == 1


async def test_after_a_refusal_the_file_id_is_as_if_never_used(lender: Lender):
    body = file_of([lender.payee()])

    refused = await lender.submit(changed(body, 2, 80, "0000000000"), "A")
    asked = await lender.get("/files?fileId=A")
    taken = await lender.submit(body, "A")

    assert (refused.status, asked.status, taken.status) == (400, 404, 202)


async def test_the_same_reference_in_two_files_is_paid_twice(lender: Lender):
    """The bank does not look at references: only the lender can keep them apart."""
    payee = lender.payee()

    first = await lender.paid(payee)
    second = await lender.paid(payee)

    assert first.results == second.results == ["0" + TODAY]
    movements = await lender.movements()
    assert [m["reference"] for m in movements] == [payee.reference] * 2
    assert len({m["bank_id"] for m in movements}) == 2


async def test_a_reference_in_two_files_is_answered_for_the_last_of_them(lender: Lender):
    payee = lender.payee()
    await lender.paid(payee)

    await lender.paid(lender.payee(reference=payee.reference, name="ﾍﾞﾂﾉ ﾋﾄ"))

    assert (await lender.item(payee.reference)).results == ["2000000"]


BUSINESS = [
    pytest.param({"number": "7654321"}, "1", id="no such account"),
    pytest.param({"branch": "002"}, "1", id="another branch"),
    pytest.param({"kind": "2"}, "1", id="another type"),
    pytest.param({"number": "9000001"}, "1", id="settlement account"),
    pytest.param({"number": "2000001"}, "1", id="closed, as not found"),
    pytest.param({"number": "2000002"}, "3", id="frozen before name"),
    pytest.param({"name": "ﾔﾏﾀﾞ ﾊﾅｺ"}, "2", id="name"),
    pytest.param({"name": "ﾔﾏﾀ ﾀﾛｳ", "amount": 1}, "0", id="a name that differs in a mark"),
    pytest.param({"name": "ﾔﾏﾀﾞ", "amount": 10_000_001}, "2", id="name before limit"),
    pytest.param({"amount": 10_000_001}, "4", id="limit before balance"),
    pytest.param({"amount": 5_001}, "8", id="balance"),
    pytest.param({"amount": 5_000}, "0", id="the whole balance"),
    pytest.param({"number": "0000001"}, "1", id="magic 1"),
    pytest.param({"number": "0000002", "amount": 1}, "2", id="magic 2"),
    pytest.param({"number": "0000003", "amount": 1}, "3", id="magic 3"),
    pytest.param({"number": "0000004", "amount": 1, "name": "ﾀﾞﾚﾓ"}, "0", id="magic 4"),
]


@pytest.mark.parametrize(("change", "result"), BUSINESS)
async def test_business_is_checked_in_the_stated_order_when_the_file_settles(
    lender: Lender, change, result
):
    unusable = {"branch": "001", "type": "1", "holder": "ﾀﾆﾝ"}
    await lender.told(
        "POST",
        "accounts",
        [
            unusable | {"number": "2000001", "status": "closed"},
            unusable | {"number": "2000002", "status": "frozen"},
        ],
    )
    await lender.told("PUT", "settings", {"balances": {"settlement": 5000}})

    answer = await lender.paid(lender.payee(**change))

    assert [said[0] for said in answer.results] == [result]


async def test_a_file_may_use_up_the_balance_and_its_last_items_fall_short(lender: Lender):
    await lender.told("PUT", "settings", {"balances": {"settlement": 25_000}})

    answer = await lender.paid(*(lender.payee() for _ in range(3)), lender.payee(amount=5_000))

    assert [said[0] for said in answer.results] == ["0", "0", "8", "0"]
    assert answer.records[-2][19:55] == "000003000000025000000001000000010000"


async def test_0000005_is_done_and_then_returned(lender: Lender):
    payee = lender.payee(number="0000005")
    answer = await lender.paid(payee)
    while len(await lender.movements()) < 2:
        pass

    item = await lender.item(payee.reference)
    again = await lender.result((await lender.submit(b"", "file-2")).receipt)

    assert answer.results == ["0" + TODAY]
    assert item.results == ["R" + TODAY]
    assert again.body == answer.body
    ledger = await lender.told("GET", "ledger")
    assert ledger["settlement"]["balance"] == 100_000_000
    assert [m["kind"] for m in ledger["movements"]] == ["payout", "return"]


async def test_the_day_of_a_return_is_its_own(lender: Lender, clock: ManualClock):
    await lender.told(
        "PUT", "settings", {"settle_s_min": 0.0, "settle_s_max": 0.0, "time_scale": 0.2}
    )
    payee = lender.payee(number="0000005")
    await lender.paid(payee)
    clock.advance(86_400)
    while len(await lender.movements()) < 2:
        pass

    assert (await lender.item(payee.reference)).results == ["R081126"]


async def test_0000006_is_done_and_only_its_first_answer_is_cut(lender: Lender):
    body = file_of([lender.payee(), lender.payee(number="0000006")])

    with pytest.raises((ServerDisconnectedError, ClientOSError)):
        await lender.submit(body, "A")
    again = await lender.submit(body, "A")

    assert again.status == 409
    assert (await lender.result(again.receipt)).results == ["0" + TODAY] * 2


async def test_0000007_is_taken_at_once_and_answered_later(lender: Lender):
    await lender.told(
        "PUT", "settings", {"settle_s_min": 0.0, "settle_s_max": 0.0, "time_scale": 0.2}
    )
    payee = lender.payee(number="0000007")

    waiting = asyncio.create_task(lender.pay(payee))
    while (await lender.item(payee.reference)).status != 200:
        assert not waiting.done()

    assert (await waiting).status == 202


async def test_0000008_is_throttled_twice_then_taken(lender: Lender):
    body = file_of([lender.payee(), lender.payee(number="0000008")])

    answers = [await lender.submit(body, "A") for _ in range(3)]

    assert [answer.status for answer in answers] == [429, 429, 202]


async def test_a_file_that_0000008_throttles_does_not_count(lender: Lender):
    await lender.told("PUT", "settings", {"rate_limits": {"money": 2}})
    body = file_of([lender.payee(number="0000008")])

    answers = [await lender.submit(body, "A") for _ in range(3)]

    assert [answer.status for answer in answers] == [429, 429, 202]


async def test_0000009_finds_the_bank_closed(lender: Lender):
    answer = await lender.submit(file_of([lender.payee(number="0000009")]))

    assert (answer.status, answer.body) == (503, b"")
    assert answer.headers["X-Resumes-At"] == "2026-11-25T10:01:00+09:00"


async def test_a_holder_may_have_a_name_that_no_file_can_say(lender: Lender):
    """Banks may send ｦ; ours compares it with ｵ."""
    account = {"branch": "001", "type": "1", "number": "3000001", "holder": "ｻﾄｳ ﾏｻｦ"}
    await lender.told("POST", "accounts", account)

    answer = await lender.paid(lender.payee(number="3000001", name="ｻﾄｳ ﾏｻｵ"))

    assert answer.results == ["0" + TODAY]
    assert jis("ｻﾄｳ ﾏｻｵ") in answer.body
