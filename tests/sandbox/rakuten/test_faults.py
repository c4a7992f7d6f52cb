"""What rules of faults do to the emulated Rakuten's answers."""

import asyncio

import aiohttp
import pytest

from tests.sandbox.rakuten.lender import Lender

LOST = (aiohttp.ServerDisconnectedError, aiohttp.ClientOSError)


async def test_a_connection_cut_before_leaves_nothing_behind(lender: Lender):
    await lender.rule("submit", {"kind": "drop_before"})
    order = lender.order()

    with pytest.raises(LOST):
        await lender.submit(order)

    assert (await lender.inquire(order["REF"])).state == "9"


@pytest.mark.parametrize(
    "action",
    [
        pytest.param({"kind": "drop_after"}, id="cut"),
        pytest.param({"kind": "garbage"}, id="garbage"),
        pytest.param({"kind": "status", "status": 502, "done": True}, id="a status, done"),
        pytest.param({"kind": "hang_after"}, id="no answer"),
    ],
)
async def test_a_spoiled_answer_is_about_a_pay_out_that_was_done(lender: Lender, action):
    await lender.rule("submit", action)
    order = lender.order()

    try:
        async with asyncio.timeout(0.3):
            answer = await lender.submit(order)
        assert not answer.body.startswith(b'"0"')
    except (*LOST, TimeoutError):
        assert action["kind"] in {"drop_after", "hang_after"}

    assert (await lender.inquire(order["REF"])).state == "1"
    assert (await lender.submit(order)).code == "D"


@pytest.mark.parametrize("code", [" ", "A", "B", "C", "D", "E", "G", "H", "I", "N", "Q"])
async def test_a_code_is_said_and_nothing_is_done(lender: Lender, code):
    await lender.rule("submit", {"kind": "code", "code": code})
    order = lender.order()

    answer = await lender.submit(order)

    assert answer.row[:3] == [code, "", ""]
    assert (await lender.inquire(order["REF"])).state == "9"
    assert await lender.movements() == []


@pytest.mark.parametrize("code", ["0", "X", "FF", "ACCOUNT_NOT_FOUND", ""])
async def test_a_code_that_this_bank_does_not_have_is_refused(lender: Lender, code):
    rule = {"operation": "submit", "action": {"kind": "code", "code": code}}

    status, _ = await lender.control("PUT", "faults", [rule])

    assert status == 400


@pytest.mark.parametrize(
    ("operation", "path", "fields"),
    [
        pytest.param("inquire", "/furikomi/shokai", {"REF": "A" * 20}, id="inquiry"),
        pytest.param("inquire_collection", "/kessai/shokai", {"REF": "A" * 20}, id="collection"),
        pytest.param(
            "verify_name",
            "/meigi",
            {"BRANCH": "201", "KIND": "1", "ACCOUNT": "1234567"},
            id="name",
        ),
        pytest.param("statement", "/meisai", {"DATE": "20261125", "PAGE": "1"}, id="statement"),
    ],
)
@pytest.mark.parametrize("code", ["I", "F"])
async def test_every_operation_can_be_spoiled(lender: Lender, operation, path, fields, code):
    await lender.rule(operation, {"kind": "code", "code": code})

    codes = [(await lender.post(path, fields)).code for _ in range(2)]

    assert codes[0] == code
    assert codes[1] != code


async def test_a_start_that_is_answered_f_opened_nothing(lender: Lender):
    await lender.rule("start_collection", {"kind": "code", "code": "F"})
    collection = lender.collection()

    answer = await lender.start(collection)

    assert answer.row == ["F", ""]
    assert (await lender.inquire_collection(collection["REF"])).state == "9"


async def test_a_rule_never_sees_a_request_that_is_not_authentic_or_not_well_formed(
    lender: Lender,
):
    await lender.rule("submit", {"kind": "code", "code": "I"})

    forged = await lender.submit(lender.order(PASSWORD="wrong"))
    malformed = await lender.submit(lender.order(AMOUNT="0"))
    honest = await lender.submit(lender.order())

    assert [forged.code, malformed.code, honest.code] == ["B", "H", "I"]


async def test_a_delayed_request_arrives_late_and_is_done(lender: Lender):
    await lender.rule("submit", {"kind": "delay", "seconds": 10})
    order = lender.order()

    late = asyncio.create_task(lender.submit(order))
    first_look = await lender.inquire(order["REF"])
    await late
    second_look = await lender.inquire(order["REF"])

    assert (first_look.state, second_look.state) == ("9", "1")


async def _pattern(lender: Lender, seed: int, references: list[str]) -> dict[str, str]:
    await lender.told("POST", "reset")
    await lender.told("PUT", "settings", {"rate_limits": {"money": 0}})
    await lender.told("PUT", "seed", seed)
    await lender.rule("submit", {"kind": "code", "code": "I"}, probability=0.5, times=0)
    orders = [lender.order(REF=reference) for reference in references]
    answers = await asyncio.gather(*(lender.submit(order) for order in orders))
    return {ref: answer.code for ref, answer in zip(references, answers, strict=True)}


async def test_random_faults_depend_on_the_seed_and_not_on_the_order(lender: Lender):
    references = [lender.reference() for _ in range(24)]

    forwards = await _pattern(lender, 7, references)
    backwards = await _pattern(lender, 7, references[::-1])
    otherwise = await _pattern(lender, 8, references)

    assert forwards == backwards
    assert forwards != otherwise
    assert set(forwards.values()) == {"0", "I"}
