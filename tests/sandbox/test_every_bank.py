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
        pytest.param({"counterparty": "ｽｽﾞｷ\t"}, id="what cannot be printed"),
        pytest.param({"text": "ｱ,ｲ"}, id="a text that would end a column"),
        pytest.param({"at": "2026-11-25T10:00:00"}, id="an instant without an offset"),
        pytest.param({"at": "2026-11-25T10:00:01+09:00"}, id="what is still to come"),
        pytest.param({"reference": REFERENCE}, id="a reference"),
    ],
)
async def test_a_line_that_no_bank_would_book_is_400(anyone: Anyone, change):
    status, answer = await anyone.asks("POST", "movements", STRAY | change)

    assert (status, list(answer)) == (400, ["error"])


async def test_what_is_to_go_wrong_can_be_read_back_with_its_hits(anyone: Anyone):
    rules: list[dict[str, Any]] = [
        {
            "operation": "statement",
            "times": 2,
            "action": {"kind": "status", "status": 502, "done": False},
        },
        {"operation": "submit", "reference": REFERENCE, "action": {"kind": "drop_before"}},
    ]
    await anyone.asks("PUT", "faults", rules)

    status, answer = await anyone.asks("GET", "faults")

    assert (status, [rule["operation"] for rule in answer["rules"]]) == (
        200,
        ["statement", "submit"],
    )
    assert [rule["action"] for rule in answer["rules"]] == [rule["action"] for rule in rules]
    assert [(rule["matched"], rule["hits"]) for rule in answer["rules"]] == [(0, 0), (0, 0)]
    await anyone.asks("POST", "reset")
    assert await anyone.asks("GET", "faults") == (200, {"rules": []})


async def test_what_is_set_can_be_read_back(anyone: Anyone):
    await anyone.asks("PUT", "settings", {"settle_s_max": 3.5, "balances": {"settlement": 7}})

    status, settings = await anyone.asks("GET", "settings")

    assert (status, settings["settle_s_max"]) == (200, 3.5)
    assert settings["balances"]["settlement"] == 7
    assert sorted(settings["balances"].values()) == [7, 1_000_000]
    assert await anyone.asks("PUT", "settings", settings) == (
        200,
        {name: value for name, value in settings.items() if name != "balances"},
    )


async def test_what_came_in_can_be_read_back_without_what_proves_the_client(
    anyone: Anyone, bank: str
):
    address = f"{anyone.url}{BANKS[bank].base_path}/nowhere?a=b"
    headers = {"Authorization": "Basic c2VjcmV0", "X-Api-Key": "secret", "X-Marked": "1"}
    async with anyone.session.post(address, data=b"PASSWORD=secret&REF=1", headers=headers) as got:
        stated = got.status
    await anyone.session.get(f"{anyone.url}/elsewhere")

    status, answer = await anyone.asks("GET", "requests")

    assert (status, answer["count"]) == (200, 1)
    (heard,) = answer["requests"]
    assert (heard["number"], heard["method"], heard["status"]) == (1, "POST", stated)
    assert (heard["path"], heard["query"]) == (f"{BANKS[bank].base_path}/nowhere", "a=b")
    assert heard["headers"]["X-Marked"] == "1"
    assert heard["at"].startswith("2026-11-25T10:00:00")
    assert "secret" not in str(heard)
    assert "c2VjcmV0" not in str(heard)
    await anyone.asks("POST", "reset")
    assert await anyone.asks("GET", "requests") == (200, {"count": 0, "requests": []})


async def test_every_answer_is_dated_by_the_banks_clock(anyone: Anyone, bank: str):
    await anyone.asks("PUT", "clock", {"set": "2026-12-01T09:30:00+09:00", "freeze": True})
    base = BANKS[bank].base_path
    dates = []
    for path in (f"{base}/nowhere", base, "/_sandbox/ledger", f"/approve/{'0' * 32}", "/else"):
        async with anyone.session.get(anyone.url + path) as answer:
            dates.append(answer.headers["Date"])

    assert dates == ["Tue, 01 Dec 2026 00:30:00 GMT"] * 5


async def test_a_movement_of_nobodys_shows_no_account(anyone: Anyone):
    await anyone.asks("POST", "movements", STRAY)

    _, ledger = await anyone.asks("GET", "ledger")

    assert [one["account"] for one in ledger["movements"]] == [""]
