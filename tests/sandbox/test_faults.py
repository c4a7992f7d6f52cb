"""Each fault action, and which request it meets."""

import asyncio

import aiohttp
import pytest

from tests.sandbox.lender import Lender

LOST = (aiohttp.ServerDisconnectedError, aiohttp.ClientOSError)


async def test_a_connection_cut_before_leaves_nothing_behind(lender: Lender):
    await lender.rule("submit", {"kind": "drop_before"})
    order = lender.order()

    with pytest.raises(LOST):
        await lender.submit(order)

    assert (await lender.inquire(order["clientReference"])).code == "TRANSFER_NOT_FOUND"
    assert await lender.movements() == []


@pytest.mark.parametrize(
    "action",
    [
        pytest.param({"kind": "drop_after"}, id="cut"),
        pytest.param({"kind": "garbage"}, id="garbage"),
        pytest.param({"kind": "bad_signature"}, id="bad signature"),
        pytest.param({"kind": "status", "status": 502, "done": True}, id="a status, done"),
        pytest.param({"kind": "hang_after"}, id="no answer"),
    ],
)
async def test_a_spoiled_answer_is_about_a_transfer_that_was_done(lender: Lender, action):
    await lender.rule("submit", action)
    order = lender.order()

    try:
        async with asyncio.timeout(0.3):
            answer = await lender.submit(order)
        assert (answer.is_signed and answer.status == 200) == (action["kind"] == "garbage")
    except (*LOST, TimeoutError):
        assert action["kind"] in {"drop_after", "hang_after"}

    assert (await lender.inquire(order["clientReference"])).json["status"] == "COMPLETED"


async def test_garbage_is_authentic_but_no_message(lender: Lender):
    await lender.rule("submit", {"kind": "garbage"})

    answer = await lender.submit(lender.order())

    assert (answer.status, answer.is_signed) == (200, True)
    with pytest.raises(ValueError, match=r"codec can't decode|Expecting value"):
        _ = answer.json


async def test_a_status_that_is_not_done_is_bare_and_books_nothing(lender: Lender):
    await lender.rule("submit", {"kind": "status", "status": 404, "done": False})

    answer = await lender.submit(lender.order())

    assert (answer.status, answer.body, answer.is_signed) == (404, b"", False)
    assert await lender.movements() == []


async def test_a_delayed_request_arrives_late_and_is_done(lender: Lender):
    await lender.rule("submit", {"kind": "delay", "seconds": 10})
    order = lender.order()

    late = asyncio.create_task(lender.submit(order))
    first_look = await lender.inquire(order["clientReference"])
    await late
    second_look = await lender.inquire(order["clientReference"])

    assert (first_look.status, second_look.status) == (404, 200)


@pytest.mark.parametrize(
    ("code", "status"),
    [
        pytest.param("SYSTEM_ERROR", 500, id="outcome not stated"),
        pytest.param("TOO_MANY_REQUESTS", 429, id="throttled"),
        pytest.param("OUT_OF_SERVICE_HOURS", 503, id="closed"),
        pytest.param("SETTLEMENT_BALANCE_SHORT", 422, id="lender short"),
        pytest.param("INVALID_API_KEY", 401, id="contract trouble"),
    ],
)
async def test_a_code_is_a_signed_refusal_and_nothing_is_done(lender: Lender, code, status):
    await lender.rule("submit", {"kind": "code", "code": code})

    answer = await lender.submit(lender.order())

    assert (answer.status, answer.code, answer.is_signed) == (status, code, True)
    assert ("Retry-After" in answer.headers) == (code == "TOO_MANY_REQUESTS")
    assert ("resumesAt" in answer.json["error"]) == (code == "OUT_OF_SERVICE_HOURS")
    assert await lender.movements() == []


async def test_a_rule_may_spoil_a_refusal_too(lender: Lender):
    await lender.rule("submit", {"kind": "drop_after"})

    with pytest.raises(LOST):
        await lender.submit(lender.order(to_accountNumber="7654321"))


async def test_an_unknown_account_looked_up_by_rule_is_404_as_the_profile_says(lender: Lender):
    await lender.rule("verify_name", {"kind": "code", "code": "ACCOUNT_NOT_FOUND"})

    answer = await lender.verify()

    assert (answer.status, answer.code) == (404, "ACCOUNT_NOT_FOUND")


async def test_a_rule_acts_from_its_nth_match_as_often_as_it_says(lender: Lender):
    rest = {"nth": 2, "times": 2}
    await lender.rule("submit", {"kind": "code", "code": "SYSTEM_ERROR"}, **rest)

    statuses = [(await lender.submit(lender.order())).status for _ in range(5)]

    assert statuses == [200, 500, 500, 200, 200]


async def test_a_rule_of_times_0_always_acts(lender: Lender):
    await lender.rule("submit", {"kind": "code", "code": "SYSTEM_ERROR"}, times=0)

    statuses = {(await lender.submit(lender.order())).status for _ in range(5)}

    assert statuses == {500}


async def test_a_rule_meets_only_its_reference_and_its_account(lender: Lender):
    order, other = lender.order(), lender.order()
    action = {"kind": "code", "code": "SYSTEM_ERROR"}
    await lender.told(
        "PUT",
        "faults",
        [
            {"operation": "submit", "reference": order["clientReference"], "action": action},
            {"operation": "submit", "account": "0000007", "action": action},
        ],
    )

    assert (await lender.submit(other)).status == 200
    assert (await lender.submit(order)).status == 500
    assert (await lender.submit(lender.order(to_accountNumber="0000007"))).status == 500


async def test_the_first_rule_that_matches_acts_alone(lender: Lender):
    await lender.told(
        "PUT",
        "faults",
        [
            {"operation": "submit", "action": {"kind": "code", "code": code}}
            for code in ("SYSTEM_ERROR", "LIMIT_EXCEEDED")
        ],
    )

    codes = [(await lender.submit(lender.order())).code for _ in range(2)]

    assert codes == ["SYSTEM_ERROR", "LIMIT_EXCEEDED"]


async def test_a_rule_never_sees_a_request_that_is_not_authentic_or_not_well_formed(
    lender: Lender,
):
    await lender.rule("submit", {"kind": "code", "code": "SYSTEM_ERROR"})

    forged = await lender.post("/transfers", lender.order(), X_Api_Key="wrong")
    malformed = await lender.submit(lender.order(amount="0"))
    honest = await lender.submit(lender.order())

    assert [forged.status, malformed.status, honest.status] == [401, 400, 500]


async def _pattern(lender: Lender, seed: int, references: list[str]) -> dict[str, int]:
    await lender.told("POST", "reset")
    await lender.told("PUT", "settings", {"rate_limits": {"money": 0}})
    await lender.told("PUT", "seed", seed)
    action = {"kind": "code", "code": "SYSTEM_ERROR"}
    await lender.rule("submit", action, probability=0.5, times=0)
    orders = [lender.order(clientReference=reference) for reference in references]
    answers = await asyncio.gather(*(lender.submit(order) for order in orders))
    return {ref: answer.status for ref, answer in zip(references, answers, strict=True)}


async def test_random_faults_depend_on_the_seed_and_not_on_the_order(lender: Lender):
    references = [lender.reference() for _ in range(24)]

    forwards = await _pattern(lender, 7, references)
    backwards = await _pattern(lender, 7, references[::-1])
    otherwise = await _pattern(lender, 8, references)

    assert forwards == backwards
    assert forwards != otherwise
    assert set(forwards.values()) == {200, 500}
