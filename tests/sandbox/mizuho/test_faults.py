"""Rules by which the emulated みずほ misbehaves: about the connection, an item, a result file."""

import asyncio

import pytest
from aiohttp import ClientOSError, ServerDisconnectedError

from tests.sandbox.mizuho.lender import Lender, file_of
from tests.sandbox.mizuho.receiver import Receiver

TODAY = "081125"


@pytest.mark.parametrize("code", ["1", "2", "3", "4", "8", "9"])
async def test_a_code_is_given_to_the_item_of_that_reference_when_it_settles(lender: Lender, code):
    payees = [lender.payee() for _ in range(3)]
    action = {"kind": "code", "code": code}
    await lender.rule("submit", action, reference=payees[1].reference)

    answer = await lender.paid(*payees)

    assert answer.results == ["0" + TODAY, f"{code}000000", "0" + TODAY]
    assert len(await lender.movements()) == 2


async def test_a_code_for_an_account_is_given_to_every_item_it_may_act_on(lender: Lender):
    action = {"kind": "code", "code": "9"}
    await lender.rule("submit", action, account="1234567", nth=2, times=2)

    answer = await lender.paid(*(lender.payee() for _ in range(4)))

    assert [said[0] for said in answer.results] == ["0", "9", "9", "0"]


CODES = [
    pytest.param("400", 400, id="format"),
    pytest.param("401", 401, id="password"),
    pytest.param("403", 403, id="certificate"),
    pytest.param("429", 429, id="throttled"),
    pytest.param("503", 503, id="closed"),
]


@pytest.mark.parametrize(("code", "status"), CODES)
async def test_a_code_that_is_a_status_refuses_the_file_and_leaves_nothing(
    lender: Lender, code, status
):
    await lender.rule("submit", {"kind": "code", "code": code})
    body = file_of([lender.payee()])

    refused = await lender.submit(body, "A")
    taken = await lender.submit(body, "A")

    assert (refused.status, taken.status) == (status, 202)
    assert status != 503 or refused.headers["X-Resumes-At"] == "2026-11-25T10:01:00+09:00"


async def test_a_rule_about_a_reference_acts_on_the_file_that_has_it(lender: Lender):
    payees = [lender.payee(), lender.payee()]
    await lender.rule("submit", {"kind": "drop_before"}, reference=payees[1].reference)
    other = await lender.pay(lender.payee())

    with pytest.raises((ServerDisconnectedError, ClientOSError)):
        await lender.submit(file_of(payees), "A")

    assert other.status == 202
    assert (await lender.get("/files?fileId=A")).status == 404


async def test_a_file_whose_answer_is_lost_is_known_by_its_id(lender: Lender):
    await lender.rule("submit", {"kind": "drop_after"})
    body = file_of([lender.payee()])

    with pytest.raises((ServerDisconnectedError, ClientOSError)):
        await lender.submit(body, "A")
    asked = await lender.get("/files?fileId=A")
    again = await lender.submit(body, "A")

    assert (asked.status, again.status) == (200, 409)
    assert asked.json["receipt"] == again.receipt


async def test_the_second_answer_about_a_file_can_be_lost_too(lender: Lender):
    body = file_of([lender.payee()])
    await lender.submit(body, "A")
    await lender.rule("submit", {"kind": "status", "status": 500, "done": True})

    answer = await lender.submit(body, "A")

    assert (answer.status, answer.body) == (500, b"")


async def test_a_file_that_is_held_up_while_it_comes_again_is_one_file(lender: Lender):
    await lender.rule("submit", {"kind": "delay", "seconds": 5})
    body = file_of([lender.payee()])

    answers = await asyncio.gather(*(lender.submit(body, "A") for _ in range(2)))
    await lender.result(answers[0].receipt)

    assert sorted(answer.status for answer in answers) == [202, 409]
    assert len(await lender.movements()) == 1


async def test_an_inquiry_that_is_held_up_is_answered_as_things_stand_then(lender: Lender):
    settled_within = {"settle_s_min": 0.1, "settle_s_max": 0.1, "time_scale": 1.0}
    await lender.told("PUT", "settings", settled_within)
    await lender.rule("inquire", {"kind": "delay", "seconds": 0.5}, times=2)
    payee = lender.payee()
    taken = await lender.pay(payee)

    answers = await asyncio.gather(
        lender.get(f"/files/{taken.receipt}"), lender.item(payee.reference)
    )

    assert [answer.status for answer in answers] == [200, 200]


async def test_a_refusal_can_be_spoilt_like_any_other_answer(lender: Lender):
    await lender.told("PUT", "clock", {"set": "2026-11-28T22:00:00+09:00", "freeze": True})
    await lender.rule("submit", {"kind": "garbage"})

    answer = await lender.submit(file_of([lender.payee()], "1128"))

    assert answer.status == 200
    assert (await lender.item("R" + "0" * 18 + "1")).status == 404


@pytest.mark.parametrize("path", ["file", "receipt", "item"])
async def test_an_inquiry_may_be_answered_with_garbage(lender: Lender, path):
    payee = lender.payee()
    taken = await lender.submit(file_of([payee]), "A")
    await lender.result(taken.receipt)
    await lender.rule("inquire", {"kind": "garbage"}, reference=payee.reference)
    paths = {
        "file": f"/files/{taken.receipt}",
        "receipt": "/files?fileId=A",
        "item": f"/items/{payee.reference}",
    }

    garbage = await lender.get(paths[path])
    after = await lender.get(paths[path])

    assert (garbage.status, after.status) == (200, 200)
    assert garbage.body != after.body
    assert not garbage.body.endswith(b"\r\n")


UNBALANCED = [
    pytest.param("UNBALANCED_COUNT", 19, "000003000000020000000000000000000000", id="count"),
    pytest.param("UNBALANCED_SUM", 19, "000002000000020001000000000000000000", id="sum"),
]


@pytest.mark.parametrize(("code", "offset", "totals"), UNBALANCED)
async def test_a_result_file_may_have_totals_that_are_wrong(lender: Lender, code, offset, totals):
    payees = [lender.payee(), lender.payee()]
    action = {"kind": "code", "code": code}
    await lender.rule("inquire", action, reference=payees[1].reference)

    wrong = await lender.paid(*payees)

    assert wrong.records[3][offset : offset + 36] == totals
    assert wrong.results == ["0" + TODAY] * 2


async def test_a_result_file_may_name_a_reference_that_was_never_sent(lender: Lender):
    action = {"kind": "code", "code": "UNBALANCED_REFERENCE"}
    await lender.rule("inquire", action)
    payees = [lender.payee(), lender.payee()]
    taken = await lender.pay(*payees)

    wrong = await lender.result(taken.receipt)
    right = await lender.result(taken.receipt)

    assert [line[91:111] for line in right.records[1:3]] == [p.reference for p in payees]
    assert wrong.records[1][91:101] == "Z" * 10
    assert wrong.records[2:] == right.records[2:]


async def test_a_return_that_a_rule_asks_for_is_seen_at_the_item_only(
    lender: Lender, receiver: Receiver
):
    await lender.told("PUT", "settings", {"callback_url": receiver.url})
    payees = [lender.payee(), lender.payee()]
    action = {"kind": "return_after", "seconds": 0}
    await lender.rule("submit", action, reference=payees[0].reference)

    answer = await lender.paid(*payees)
    while len(await lender.movements()) < 3:
        pass

    assert answer.results == ["0" + TODAY] * 2
    assert [(await lender.item(p.reference)).results[0][0] for p in payees] == ["R", "0"]
    assert await receiver.gets_nothing_for(0.1)


async def test_a_code_of_another_bank_is_refused(lender: Lender):
    rule = {"operation": "submit", "action": {"kind": "code", "code": "E99"}}

    status, _ = await lender.control("PUT", "faults", [rule])

    assert status == 400


@pytest.mark.parametrize(
    ("operation", "action", "status"),
    [
        pytest.param("start_collection", {"kind": "code", "code": "429"}, 429, id="throttled"),
        pytest.param(
            "start_collection", {"kind": "code", "code": "UNBALANCED_SUM"}, 400, id="none"
        ),
        pytest.param("start_collection", {"kind": "garbage"}, 200, id="garbage"),
        pytest.param("inquire_collection", {"kind": "code", "code": "404"}, 404, id="not found"),
        pytest.param("statement", {"kind": "status", "status": 502, "done": False}, 502, id="502"),
    ],
)
async def test_the_other_calls_go_wrong_by_rules_as_well(lender: Lender, operation, action, status):
    reference = await lender.linked()
    await lender.rule(operation, action)
    calls = {
        "start_collection": lambda: lender.link(lender.form()),
        "inquire_collection": lambda: lender.collection(reference),
        "statement": lambda: lender.get("/meisai?date=20261125"),
    }

    answer = await calls[operation]()

    assert answer.status == status


async def test_when_a_file_settles_is_drawn_by_the_seed_and_its_id(lender: Lender):
    await lender.told("PUT", "seed", 1)
    await lender.told("PUT", "settings", {"settle_s_max": 100.0})

    for n in range(5):
        await lender.submit(file_of([lender.payee(amount=n + 1)]), f"file-{n}")
    while len(movements := await lender.movements()) < 5:
        pass

    assert [m["amount"] for m in movements] == [4, 2, 1, 5, 3]
