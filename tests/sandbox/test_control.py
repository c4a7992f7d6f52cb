"""The control API: what a test may see and change, and how it refuses nonsense."""

import asyncio
import json

import pytest
from aiohttp import ClientOSError, ServerDisconnectedError

from tests.sandbox.lender import Lender, private_jwk, sign


async def test_the_first_day_has_the_settlement_and_the_demo_account(lender: Lender):
    ledger = await lender.told("GET", "ledger")

    assert ledger == {
        "bank": "smbc",
        "clock": "2026-11-25T10:00:00+09:00",
        "settlement": {
            "branch": "001",
            "type": "1",
            "number": "9000001",
            "holder": "ﾌﾟﾛﾐｽ",
            "balance": 100_000_000,
            "status": "open",
        },
        "accounts": [
            {
                "branch": "001",
                "type": "1",
                "number": "1234567",
                "holder": "ﾔﾏﾀﾞ ﾀﾛｳ",
                "balance": 1_000_000,
                "status": "open",
            }
        ],
        "movements": [],
    }


ACCOUNT = {"branch": "123", "type": "2", "number": "7654321", "holder": "ｦｶﾀﾞ ﾊﾅｺ"}
RULE = {"operation": "submit", "action": {"kind": "drop_before"}}

REFUSED = [
    pytest.param("PUT", "faults", {}, id="rules that are no list"),
    pytest.param("PUT", "faults", [{"operation": "submit"}], id="a rule without action"),
    pytest.param("PUT", "faults", [RULE | {"operation": "sumbit"}], id="unknown operation"),
    pytest.param("PUT", "faults", [RULE | {"nth": 0}], id="nth counts from 1"),
    pytest.param("PUT", "faults", [RULE | {"probability": 1.5}], id="a probability above 1"),
    pytest.param("PUT", "faults", [RULE | {"colour": "red"}], id="unknown field of a rule"),
    pytest.param("PUT", "faults", [RULE | {"action": {"kind": "explode"}}], id="unknown action"),
    pytest.param("PUT", "faults", [RULE | {"action": {"kind": "delay"}}], id="no seconds"),
    pytest.param(
        "PUT", "faults", [RULE | {"action": {"kind": "code", "code": "E99"}}], id="another's code"
    ),
    pytest.param(
        "PUT",
        "faults",
        [{"operation": "inquire", "action": {"kind": "return_after", "seconds": 1}}],
        id="an inquiry is not returned",
    ),
    pytest.param(
        "PUT",
        "faults",
        [{"operation": "statement", "action": {"kind": "callback"}}],
        id="a statement calls nobody back",
    ),
    pytest.param(
        "PUT",
        "faults",
        [{"operation": "callback", "action": {"kind": "garbage"}}],
        id="a callback has no answer",
    ),
    pytest.param("PUT", "seed", "7", id="a seed that is no number"),
    pytest.param("PUT", "seed", True, id="a seed that is a claim"),
    pytest.param("PUT", "clock", {"set": "noon"}, id="no instant"),
    pytest.param("PUT", "clock", {"set": "2026-11-25T10:00:00"}, id="an instant without offset"),
    pytest.param("PUT", "clock", {"set": "9999-01-01T00:00:00Z"}, id="beyond reckoning"),
    pytest.param("PUT", "clock", {"speed": 2}, id="unknown field of the clock"),
    pytest.param("PUT", "settings", {"colour": "red"}, id="unknown setting"),
    pytest.param("PUT", "settings", [], id="settings that are no object"),
    pytest.param("PUT", "settings", {"rate_limits": {"money": -1}}, id="a limit below 0"),
    pytest.param("PUT", "settings", {"time_scale": "fast"}, id="a scale that is no number"),
    pytest.param("PUT", "settings", {"callback_url": "ftp://x"}, id="not an address"),
    pytest.param("PUT", "settings", {"settle_s_min": 3}, id="least above most"),
    pytest.param("PUT", "settings", {"balances": {"001-1-0": 5}}, id="balance of nobody"),
    pytest.param("PUT", "settings", {"balances": {"settlement": "5"}}, id="a balance as text"),
    pytest.param("PUT", "settings", {"balances": {"settlement": 10**30}}, id="a fortune"),
    pytest.param("POST", "accounts", ACCOUNT | {"balance": 10**30}, id="an account's fortune"),
    pytest.param("PUT", "settings", {"balances": 5}, id="balances of what"),
    pytest.param("PUT", "clients", {"keys": [{"kid": "x"}]}, id="a key without point"),
    pytest.param("PUT", "clients", {"keys": [{"kid": "x", "kty": "RSA"}]}, id="RSA"),
    pytest.param("POST", "accounts", ACCOUNT | {"holder": "岡田"}, id="a holder in kanji"),
    pytest.param("POST", "accounts", ACCOUNT | {"number": "1"}, id="a short number"),
    pytest.param("POST", "accounts", ACCOUNT | {"status": "gone"}, id="unknown status"),
    pytest.param("POST", "approve/AAAAAAAAAAAAAAAAAAAA", [], id="a decision that is no object"),
]


@pytest.mark.parametrize(("method", "call", "value"), REFUSED)
async def test_nonsense_is_400_says_why_and_changes_nothing(lender: Lender, method, call, value):
    before = await lender.told("GET", "ledger")

    status, answer = await lender.control(method, call, value)

    assert status == 400
    assert answer["error"]
    assert await lender.told("GET", "ledger") == before
    assert (await lender.submit(lender.order())).status == 200


@pytest.mark.parametrize("call", ["approve", "decline"])
async def test_a_decision_about_an_unknown_collection_is_404(lender: Lender, call):
    status, _ = await lender.control("POST", f"{call}/AAAAAAAAAAAAAAAAAAAA", {})

    assert status == 404


async def test_unknown_calls_are_404(lender: Lender):
    assert (await lender.control("GET", "secrets"))[0] == 404
    assert (await lender.control("DELETE", "ledger"))[0] == 404
    async with lender.session.get(f"{lender.url}/mufg/payments/x") as answer:
        assert answer.status == 404


async def test_a_doubled_field_is_refused_by_the_control_api_too(lender: Lender):
    url = f"{lender.url}/_sandbox/clock"
    async with lender.session.put(url, data=b'{"shift_s":1,"shift_s":2}') as answer:
        assert answer.status == 400


async def test_an_account_can_be_added_and_replaced(lender: Lender):
    await lender.told("POST", "accounts", ACCOUNT)
    await lender.told("POST", "accounts", [ACCOUNT | {"balance": 7, "password": "x"}])

    accounts = (await lender.told("GET", "ledger"))["accounts"]
    order = lender.order(
        to_branchCode="123",
        to_accountType="2",
        to_accountNumber="7654321",
        to_holderName="ｵｶﾀﾞ ﾊﾅｺ",
    )

    assert accounts[1:] == [ACCOUNT | {"balance": 7, "status": "open"}]
    assert (await lender.submit(order)).status == 200


async def test_an_account_put_by_hand_comes_before_the_magic_one(lender: Lender):
    await lender.told(
        "POST", "accounts", ACCOUNT | {"branch": "001", "type": "1", "number": "0000001"}
    )

    order = lender.order(to_accountNumber="0000001", to_holderName="ｵｶﾀﾞ ﾊﾅｺ")

    assert (await lender.submit(order)).status == 200


async def test_balances_are_settings(lender: Lender):
    await lender.told("PUT", "settings", {"balances": {"settlement": 1, "001-1-1234567": 2}})

    ledger = await lender.told("GET", "ledger")

    assert (ledger["settlement"]["balance"], ledger["accounts"][0]["balance"]) == (1, 2)


async def test_settings_change_one_by_one_and_are_shown(lender: Lender):
    first_day = await lender.told("PUT", "settings", {})
    await lender.told("PUT", "settings", {"rate_limits": {"money": 7}})

    settings = await lender.told("PUT", "settings", {"settle_s_max": 3})

    assert first_day["rate_limits"] == {"money": 50, "inquiry": 250}
    assert settings["rate_limits"] == {"money": 7, "inquiry": 250}
    assert (settings["settle_s_min"], settings["settle_s_max"]) == (0.2, 3.0)
    assert settings["time_scale"] == 0.01


async def test_the_clock_can_be_set_frozen_shifted_and_let_go(lender: Lender, clock):
    noon = "2026-12-01T12:00:00+09:00"

    async def shown(hands: dict[str, object]) -> str:
        put = await lender.told("PUT", "clock", hands)
        clock.advance(60)
        assert (await lender.told("GET", "ledger"))["clock"] >= put["clock"]
        return str((await lender.told("GET", "ledger"))["clock"])

    assert await shown({"set": noon, "freeze": True}) == noon
    assert await shown({"set": noon}) == "2026-12-01T12:01:00+09:00"
    assert await shown({"set": noon, "shift_s": -3600, "freeze": True}) == (
        "2026-12-01T11:00:00+09:00"
    )
    assert await shown({"shift_s": 3600}) == "2026-11-25T11:04:00+09:00"
    assert await shown({}) == clock.now().isoformat()


async def test_the_credentials_are_all_a_client_needs(lender: Lender):
    credentials = await lender.told("GET", "credentials")

    assert credentials["api_key"] == "sandbox-smbc-api-key"
    assert credentials["client_private_jwk"] == private_jwk("lender-sandbox-1")
    assert (credentials["client_kid"], credentials["bank_kid"]) == (
        "lender-sandbox-1",
        "smbc-sandbox-1",
    )
    assert (credentials["base_path"], credentials["tls"]) == ("/smbc/api/v1", None)


async def test_a_client_can_bring_its_own_keys(lender: Lender):
    jwk = private_jwk("another")
    await lender.told("PUT", "clients", {"keys": [{k: v for k, v in jwk.items() if k != "d"}]})

    by_the_old_key = await lender.submit(lender.order())
    order = lender.order()
    signature = sign(json.dumps(order, ensure_ascii=False).encode(), "another")
    by_the_new_key = await lender.post("/transfers", order, X_Jws_Signature=signature)

    assert (by_the_old_key.code, by_the_new_key.status) == ("INVALID_SIGNATURE", 200)


async def test_the_bank_can_change_its_key(lender: Lender):
    await lender.told("PUT", "settings", {"bank_kid": "smbc-sandbox-2"})

    answer = await lender.inquire("A" * 20)
    async with lender.session.get(f"{lender.url}/smbc/api/v1/jwks") as jwks:
        kids = [key["kid"] for key in (await jwks.json())["keys"]]

    assert answer.is_signed_by("smbc-sandbox-2")
    assert kids == ["smbc-sandbox-2"]


async def test_a_reset_is_the_first_day(lender: Lender):
    first_day = await lender.told("GET", "ledger")
    order = lender.order()
    await lender.submit(order)
    await lender.told("POST", "accounts", ACCOUNT)
    await lender.told("PUT", "clock", {"shift_s": 86_400})
    await lender.told("PUT", "settings", {"rate_limits": {"money": 1}, "time_scale": 1})
    await lender.rule("submit", {"kind": "drop_before"})

    await lender.told("POST", "reset")

    assert await lender.told("GET", "ledger") == first_day
    answers = [await lender.submit(order), await lender.submit(lender.order())]
    assert [answer.status for answer in answers] == [200, 200]
    assert "X-Duplicate" not in answers[0].headers
    assert (await lender.told("PUT", "settings", {}))["time_scale"] == 0.01


@pytest.mark.parametrize(
    ("action", "number"),
    [
        pytest.param({"kind": "hang_after"}, "1234567", id="no answer"),
        pytest.param({"kind": "callback"}, "0000007", id="a slow answer"),
    ],
)
async def test_a_reset_cuts_off_whoever_waits(lender: Lender, action, number):
    await lender.told("PUT", "settings", {"time_scale": 10})
    await lender.rule("submit", action)
    waiting = asyncio.create_task(lender.submit(lender.order(to_accountNumber=number)))
    while not await lender.movements():
        assert not waiting.done()

    await lender.told("POST", "reset")

    with pytest.raises((ServerDisconnectedError, ClientOSError)):
        await waiting
    assert await lender.movements() == []
