"""What rules of faults do to the emulated PayPay's answers."""

import asyncio

import aiohttp
import pytest

from tests.sandbox.paypay.shop import Shop

LOST = (aiohttp.ServerDisconnectedError, aiohttp.ClientOSError)


async def test_a_connection_cut_before_leaves_nothing_behind(shop: Shop):
    await shop.rule("submit", {"kind": "drop_before"})
    order = shop.order()

    with pytest.raises(LOST):
        await shop.submit(order)

    assert (await shop.inquire(order["TRAN_ID"])).fields["STATE"] == "NONE"


@pytest.mark.parametrize(
    "action",
    [
        pytest.param({"kind": "drop_after"}, id="cut"),
        pytest.param({"kind": "garbage"}, id="garbage"),
        pytest.param({"kind": "status", "status": 502, "done": True}, id="a status, done"),
        pytest.param({"kind": "hang_after"}, id="no answer"),
    ],
)
async def test_a_spoiled_answer_is_about_a_pay_out_that_was_done(shop: Shop, action):
    await shop.rule("submit", action)
    order = shop.order()

    try:
        async with asyncio.timeout(0.3):
            answer = await shop.submit(order)
        assert b"RESULT" not in answer.body
    except (*LOST, TimeoutError):
        assert action["kind"] in {"drop_after", "hang_after"}

    assert (await shop.inquire(order["TRAN_ID"])).fields["STATE"] == "DONE"


async def test_a_bad_signature_is_a_mac_over_other_bytes(shop: Shop):
    await shop.rule("submit", {"kind": "bad_signature"})

    answer = await shop.submit(shop.order())

    assert (answer.fields["RESULT"], answer.is_sealed) == ("0", False)


async def test_a_bad_signature_of_a_statement_is_beside_it(shop: Shop):
    honest = await shop.statement()
    await shop.rule("statement", {"kind": "bad_signature"})

    spoiled = await shop.statement()

    assert (honest.body, honest.headers["X-MAC"]) != (spoiled.body, spoiled.headers["X-MAC"])
    assert honest.body == spoiled.body


@pytest.mark.parametrize("code", ["E02", "E03", "E04", "E06", "E07", "E14", "E99"])
async def test_a_code_is_a_sealed_refusal_and_nothing_is_done(shop: Shop, code):
    await shop.rule("submit", {"kind": "code", "code": code})

    answer = await shop.submit(shop.order())

    assert (answer.status, answer.code, answer.is_sealed) == (200, code, True)
    assert ("RESUMES_AT" in answer.fields) == (code == "E04")
    assert await shop.movements() == []


@pytest.mark.parametrize(
    ("operation", "path", "rest"),
    [
        pytest.param("inquire", "/payout/inquiry", {"TRAN_ID": "A" * 20}, id="inquiry"),
        pytest.param("inquire_collection", "/inquiry", {"TRAN_ID": "A" * 20}, id="collection"),
        pytest.param(
            "verify_name", "/name", {"BRANCH": "002", "KIND": "1", "ACCOUNT": "1234567"}, id="name"
        ),
        pytest.param("statement", "/meisai", {"DATE": "20261125"}, id="statement"),
    ],
)
async def test_every_operation_can_be_spoiled(shop: Shop, operation, path, rest):
    await shop.rule(operation, {"kind": "code", "code": "E99"})
    question = {"SHOP_ID": "SHOP0001", **rest}

    codes = [(await shop.post(path, question)).code for _ in range(2)]

    assert codes[0] == "E99"
    assert codes[1] != "E99"


async def test_a_code_of_another_bank_is_refused_by_the_control_api(shop: Shop):
    rule = {"operation": "submit", "action": {"kind": "code", "code": "ACCOUNT_NOT_FOUND"}}

    status, _ = await shop.control("PUT", "faults", [rule])

    assert status == 400


async def test_a_rule_never_sees_a_request_that_is_not_authentic_or_not_well_formed(shop: Shop):
    await shop.rule("submit", {"kind": "code", "code": "E99"})

    forged = await shop.submit(shop.order(MAC="0" * 64))
    malformed = await shop.submit(shop.order(AMOUNT="0"))
    honest = await shop.submit(shop.order())

    assert [forged.code, malformed.code, honest.code] == ["E02", "E01", "E99"]


async def test_a_delayed_request_arrives_late_and_is_done(shop: Shop):
    await shop.rule("submit", {"kind": "delay", "seconds": 10})
    order = shop.order()

    late = asyncio.create_task(shop.submit(order))
    first_look = await shop.inquire(order["TRAN_ID"])
    await late
    second_look = await shop.inquire(order["TRAN_ID"])

    states = [first_look.fields["STATE"], second_look.fields["STATE"]]
    assert states == ["NONE", "DONE"]


async def _pattern(shop: Shop, seed: int, references: list[str]) -> dict[str, str | None]:
    await shop.told("POST", "reset")
    await shop.told("PUT", "settings", {"rate_limits": {"money": 0}})
    await shop.told("PUT", "seed", seed)
    await shop.rule("submit", {"kind": "code", "code": "E99"}, probability=0.5, times=0)
    orders = [shop.order(TRAN_ID=reference) for reference in references]
    answers = await asyncio.gather(*(shop.submit(order) for order in orders))
    return {ref: answer.code for ref, answer in zip(references, answers, strict=True)}


async def test_random_faults_depend_on_the_seed_and_not_on_the_order(shop: Shop):
    references = [shop.reference() for _ in range(24)]

    forwards = await _pattern(shop, 7, references)
    backwards = await _pattern(shop, 7, references[::-1])
    otherwise = await _pattern(shop, 8, references)

    assert forwards == backwards
    assert forwards != otherwise
    assert set(forwards.values()) == {None, "E99"}
