"""What rules of faults do to the emulated MUFG."""

import asyncio

import aiohttp
import pytest

from tests.sandbox.mufg.lender import Lender
from tests.sandbox.mufg.receiver import Receiver

REFERENCE = "ABCDEFGHIJ0123456789"
LOST = (aiohttp.ServerDisconnectedError, aiohttp.ClientOSError)


async def test_a_connection_cut_before_leaves_nothing_behind(lender: Lender):
    await lender.rule("submit", {"kind": "drop_before"})

    with pytest.raises(LOST):
        await lender.pay(reference=REFERENCE)

    assert (await lender.pay(reference=REFERENCE)).status == 202


@pytest.mark.parametrize(
    "action",
    [
        pytest.param({"kind": "drop_after"}, id="cut"),
        pytest.param({"kind": "garbage"}, id="garbage"),
        pytest.param({"kind": "status", "status": 502, "done": True}, id="a status, done"),
        pytest.param({"kind": "hang_after"}, id="no answer"),
    ],
)
async def test_a_spoiled_answer_is_about_a_payment_that_was_taken(lender: Lender, action):
    await lender.rule("submit", action)

    try:
        async with asyncio.timeout(0.3):
            answer = await lender.pay(reference=REFERENCE)
        assert answer.status in (200, 502)
    except (*LOST, TimeoutError):
        assert action["kind"] in {"drop_after", "hang_after"}

    assert (await lender.settled(REFERENCE)).one("TxSts") == "ACSC"


async def test_garbage_is_no_document(lender: Lender):
    await lender.rule("submit", {"kind": "garbage"})

    answer = await lender.pay()

    assert (answer.status, answer.headers["Content-Type"]) == (
        200,
        "application/xml; charset=utf-8",
    )
    with pytest.raises(SyntaxError):
        _ = answer.message


async def test_a_status_that_is_not_done_is_bare_and_books_nothing(lender: Lender):
    await lender.rule("submit", {"kind": "status", "status": 404, "done": False})

    answer = await lender.pay(reference=REFERENCE)

    assert (answer.status, answer.body) == (404, b"")
    assert (await lender.pay(reference=REFERENCE)).status == 202


async def test_a_delayed_payment_arrives_late_and_is_taken(lender: Lender):
    await lender.rule("submit", {"kind": "delay", "seconds": 10})

    late = asyncio.create_task(lender.pay(reference=REFERENCE))
    first_look = await lender.inquire(REFERENCE)
    await late

    assert first_look.status == 404
    assert (await lender.settled(REFERENCE)).one("TxSts") == "ACSC"


@pytest.mark.parametrize("code", ["AC01", "AC04", "AC06", "AM02", "BE01", "NARR"])
async def test_a_code_without_an_immediate_form_is_given_when_the_payment_settles(
    lender: Lender, code
):
    await lender.rule("submit", {"kind": "code", "code": code})

    accepted = await lender.pay(reference=REFERENCE)
    refused = await lender.settled(REFERENCE)

    assert accepted.status == 202
    assert (refused.one("TxSts"), refused.code, refused.one("AddtlInf")) == ("RJCT", code, None)
    assert await lender.movements() == []


@pytest.mark.parametrize(
    ("code", "status"),
    [
        pytest.param("FF01", 400, id="format"),
        pytest.param("DT01", 400, id="date"),
        pytest.param("TM01", 400, id="hours"),
        pytest.param("AB08", 400, id="maintenance"),
        pytest.param("AM04", 400, id="lender short"),
        pytest.param("DUPL", 409, id="used before"),
        pytest.param("SEQNO", 409, id="number used before"),
    ],
)
async def test_any_other_code_is_the_answer_and_nothing_is_done(lender: Lender, code, status):
    await lender.rule("submit", {"kind": "code", "code": code})

    refused = await lender.pay(reference=REFERENCE)
    accepted = await lender.pay(reference=REFERENCE)

    assert (refused.status, refused.code, refused.one("GrpSts")) == (status, code, "RJCT")
    assert refused.one("OrgnlMsgId") == REFERENCE
    assert ("Retry-After" in refused.headers) == (code == "TM01")
    assert accepted.status == 202


@pytest.mark.parametrize(
    ("code", "status"), [("429", 429), ("invalid_token", 401), ("invalid_client", 401)]
)
async def test_a_call_refused_at_the_door_uses_no_number_up(lender: Lender, code, status):
    await lender.rule("submit", {"kind": "code", "code": code})
    payment, number = lender.payment(), lender.sequence_no()

    answers = [await lender.post("/payments", payment, X_Sequence_No=number) for _ in range(2)]

    assert [answer.status for answer in answers] == [status, 202]


async def test_a_code_this_bank_does_not_have_is_refused(lender: Lender):
    rule = {"operation": "submit", "action": {"kind": "code", "code": "E99"}}

    status, _ = await lender.control("PUT", "faults", [rule])

    assert status == 400


async def test_the_first_rule_that_matches_acts_alone(lender: Lender):
    rules = [
        {"operation": "submit", "action": {"kind": "garbage"}},
        {"operation": "submit", "action": {"kind": "code", "code": "AC04"}},
    ]
    await lender.told("PUT", "faults", rules)

    spoiled = await lender.pay(reference=REFERENCE)
    first = await lender.settled(REFERENCE)
    await lender.pay(reference=REFERENCE[::-1])
    second = await lender.settled(REFERENCE[::-1])

    assert (spoiled.status, first.one("TxSts"), second.code) == (200, "ACSC", "AC04")


async def test_a_rule_meets_only_its_account_and_no_malformed_payment(lender: Lender):
    await lender.rule("submit", {"kind": "code", "code": "AB08"}, account="0000004")

    answers = [
        await lender.pay(),
        await lender.pay(number="0000004", amount="0"),
        await lender.pay(number="0000004"),
    ]

    assert [answer.code for answer in answers] == [None, "FF01", "AB08"]


@pytest.mark.parametrize(
    ("operation", "path"),
    [
        pytest.param("inquire", f"/payments/{REFERENCE}", id="inquiry"),
        pytest.param("inquire_collection", f"/collections/{REFERENCE}", id="collection"),
        pytest.param("statement", "/statements/2026-11-25", id="statement"),
    ],
)
async def test_questions_can_be_spoiled_and_refused_too(lender: Lender, operation, path):
    rules = [
        {"operation": operation, "action": {"kind": "status", "status": 503, "done": False}},
        {"operation": operation, "action": {"kind": "code", "code": "FF01"}},
        # Our client asks once more by itself when a kept connection is cut.
        {"operation": operation, "times": 2, "action": {"kind": "drop_after"}},
    ]
    await lender.told("PUT", "faults", rules)

    answers = [await lender.request("GET", path) for _ in range(2)]
    with pytest.raises(LOST):
        await lender.request("GET", path)

    assert (answers[0].status, answers[0].body) == (503, b"")
    assert (answers[1].status, answers[1].code) == (400, "FF01")


async def test_a_rule_on_an_inquiry_may_say_how_a_payment_ended(lender: Lender):
    await lender.told("PUT", "settings", {"visibility_s_min": 0, "visibility_s_max": 0})
    await lender.pay(reference=REFERENCE)
    await lender.rule("inquire", {"kind": "code", "code": "AB08"})

    told = await lender.inquire(REFERENCE)

    assert (told.status, told.one("TxSts"), told.code) == (200, "RJCT", "AB08")


async def test_a_rule_on_the_start_of_a_collection_plans_its_callback(
    lender: Lender, receiver: Receiver
):
    await lender.rule("start_collection", {"kind": "callback", "times": 2})

    await lender.collect(reference=REFERENCE, notify_url=receiver.url)
    await lender.told("POST", f"approve/{REFERENCE}")

    assert [(await receiver.next()).reference for _ in range(2)] == [REFERENCE] * 2


async def test_the_token_call_can_be_spoiled(lender: Lender):
    await lender.rule("token", {"kind": "garbage"})

    spoiled, given = [await lender.ask_for_token() for _ in range(2)]

    assert not spoiled.body.startswith(b"{")
    assert given.body.startswith(b"{")
