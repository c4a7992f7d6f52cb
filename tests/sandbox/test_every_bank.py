"""What the control API and the approval page do alike at every bank."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
from aiohttp import ClientSession

from gateway.sandbox.registry import BANKS
from gateway.sandbox.server import running_sandbox
from tests.manual_clock import ManualClock

REFERENCE = "AAAAAAAAAAAAAAAAAAAA"


class Anyone:
    """Somebody who knows an emulator's address and no secret."""

    def __init__(self, session: ClientSession, url: str) -> None:
        self.session = session
        self.url = url

    async def asks(self, method: str, call: str, value: object = None) -> tuple[int, Any]:
        address = f"{self.url}/_sandbox/{call}"
        async with self.session.request(method, address, json=value) as answer:
            return answer.status, await answer.json()


@pytest.fixture(params=list(BANKS))
async def bank(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
async def anyone(bank: str, clock: ManualClock) -> AsyncIterator[Anyone]:
    async with running_sandbox(clock=clock, banks=[bank]) as sandbox, ClientSession() as session:
        yield Anyone(session, sandbox.urls[bank])


async def test_the_first_day_has_two_accounts_and_no_movement(anyone: Anyone, bank: str):
    _, ledger = await anyone.asks("GET", "ledger")

    settlement, (demo,) = ledger["settlement"], ledger["accounts"]
    assert ledger["bank"] == bank
    assert ledger["movements"] == []
    assert (settlement["number"], settlement["balance"]) == ("9000001", 100_000_000)
    assert (demo["number"], demo["holder"], demo["balance"]) == (
        "1234567",
        "ﾔﾏﾀﾞ ﾀﾛｳ",
        1_000_000,
    )


@pytest.mark.parametrize("call", ["approve", "decline"])
async def test_a_decision_about_an_unknown_reference_is_404(anyone: Anyone, call):
    status, answer = await anyone.asks("POST", f"{call}/{REFERENCE}", {})

    assert status == 404
    assert REFERENCE in answer["error"]


@pytest.mark.parametrize(
    ("method", "call", "value"),
    [
        pytest.param("PUT", "settings", {"colour": "red"}, id="unknown setting"),
        pytest.param("PUT", "seed", "7", id="a seed that is no number"),
        pytest.param("PUT", "clock", {"set": "noon"}, id="no instant"),
        pytest.param("PUT", "faults", [{"operation": "guess"}], id="unknown operation"),
        pytest.param("POST", f"approve/{REFERENCE}", [], id="no decision"),
    ],
)
async def test_nonsense_is_400(anyone: Anyone, method, call, value):
    status, answer = await anyone.asks(method, call, value)

    assert status == 400
    assert answer["error"]


async def test_only_a_bank_that_knows_keys_takes_keys(anyone: Anyone, bank: str):
    status, _ = await anyone.asks("PUT", "clients", {"keys": []})

    assert status == (200 if bank == "smbc" else 404)


async def test_a_code_of_another_bank_is_no_rule(anyone: Anyone):
    rule = {"operation": "submit", "action": {"kind": "code", "code": "no bank's code"}}

    status, _ = await anyone.asks("PUT", "faults", [rule])

    assert status == 400


async def test_the_credentials_name_the_base_path(anyone: Anyone, bank: str):
    _, credentials = await anyone.asks("GET", "credentials")

    assert credentials["bank"] == bank
    assert credentials["base_path"] == BANKS[bank].base_path


async def test_a_reset_is_the_first_day(anyone: Anyone):
    before = await anyone.asks("GET", "ledger")
    account = {"branch": "123", "type": "2", "number": "7654321", "holder": "ｽｽﾞｷ"}
    await anyone.asks("POST", "accounts", account)
    await anyone.asks("PUT", "settings", {"time_scale": 0.5})

    await anyone.asks("POST", "reset")

    assert await anyone.asks("GET", "ledger") == before
    _, settings = await anyone.asks("PUT", "settings", {})
    assert settings["time_scale"] == 1.0


async def test_an_approval_page_of_nothing_is_404_in_html(anyone: Anyone):
    async with anyone.session.get(f"{anyone.url}/approve/{'0' * 32}") as answer:
        text = await answer.text()

    assert (answer.status, answer.content_type) == (404, "text/html")
    assert 'lang="ja"' in text


async def test_nothing_hangs_outside_the_base_path(anyone: Anyone):
    async with anyone.session.get(f"{anyone.url}/elsewhere") as answer:
        assert (answer.status, await answer.read()) == (404, b"")


STRAY = {"direction": "in", "amount": 70, "counterparty": "ｽｽﾞｷ ﾊﾅｺ", "text": "ﾌﾘｺﾐ"}


async def test_a_line_that_nobody_asked_for_moves_the_settlement_account(anyone: Anyone):
    bill = {"direction": "out", "amount": 3_300, "text": "ﾃｽｳﾘﾖｳ"}
    await anyone.asks("POST", "movements", STRAY)
    await anyone.asks("POST", "movements", bill)

    _, ledger = await anyone.asks("GET", "ledger")

    assert ledger["settlement"]["balance"] == 100_000_000 + 70 - 3_300
    assert [account["balance"] for account in ledger["accounts"]] == [1_000_000]
    lines = ledger["movements"]
    assert [(one["kind"], one["direction"], one["reference"]) for one in lines] == [
        ("credit", "in", ""),
        ("debit", "out", ""),
    ]
    assert len({one["bank_id"] for one in lines}) == 2


@pytest.mark.parametrize(
    "change",
    [
        pytest.param({"direction": "up"}, id="a direction there is not"),
        pytest.param({"amount": 0}, id="no yen"),
        pytest.param({"amount": 10**10}, id="more than a statement can show"),
        pytest.param({"counterparty": "Suzuki"}, id="a name that no bank prints"),
        pytest.param({"text": "ｱ,ｲ"}, id="a text that would end a column"),
        pytest.param({"at": "2026-11-25T10:00:00"}, id="an instant without an offset"),
        pytest.param({"at": "2026-11-25T10:00:01+09:00"}, id="what is still to come"),
        pytest.param({"reference": REFERENCE}, id="a reference"),
    ],
)
async def test_a_line_that_no_bank_would_book_is_400(anyone: Anyone, change):
    status, answer = await anyone.asks("POST", "movements", STRAY | change)

    assert (status, list(answer)) == (400, ["error"])
