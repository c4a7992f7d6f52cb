"""Repayments over HTTP: what a page is told, where it sends the browser, how that comes back."""

import asyncio
from datetime import datetime
from typing import Any
from urllib.parse import parse_qs, urlsplit
from uuid import UUID

import pytest
from structlog.testing import capture_logs

from gateway.domain.bank import CollectionOrder
from gateway.domain.hours import JST
from gateway.domain.money import Yen
from gateway.domain.outcome import (
    Paid,
    Redirect,
)
from gateway.domain.return_state import seal_return
from tests.http.collecting import BACK, KEY, CollectingBank, ask
from tests.http.conftest import KEY_OF_TRANSFER, Client, Reply
from tests.manual_clock import ManualClock


@pytest.fixture
def bank() -> CollectingBank:
    return CollectingBank()


async def come_back(caller: Client, address: str, method: str = "GET", **options: Any) -> Reply:
    """Follow the address that the bank sends the browser to, as far as the gateway's answer."""
    parts = urlsplit(address)
    path = f"{parts.path}?{parts.query}"
    visitor = Client(caller.session, caller.url)  # a browser without a session
    return await visitor.call(method, path, allow_redirects=False, **options)


async def test_a_quote_tells_the_split_and_what_is_due_after(debtor: Client) -> None:
    reply = await debtor.call(
        "POST", "/v1/repayment_quotes", json={"kind": "payoff", "bank": "smbc"}
    )

    assert reply.status == 201
    assert reply.body["id"].startswith("qt_")
    assert {name: reply.body[name] for name in ("amount", "day", "due_after", "payoff_after")} == {
        "amount": 50_000,
        "day": "2026-11-25",
        "due_after": None,
        "payoff_after": 0,
    }
    assert reply.body["split"] == {
        "fees": 0,
        "late_damages": 0,
        "interest": 0,
        "principal": 50_000,
    }
    assert reply.body["valid_until"] == "2026-11-26T00:00:00.000+09:00"
    assert (reply.body["is_open"], reply.body["reopens_at"], reply.body["why"]) == (True, None, [])


async def test_a_repayment_says_where_the_browser_goes(
    debtor: Client, bank: CollectingBank
) -> None:
    reply = await ask(debtor)

    assert reply.status == 202
    assert reply.headers["Location"] == f"/v1/repayments/{reply.body['id']}"
    assert (reply.body["state"], reply.body["is_final"]) == ("authorizing", False)
    assert reply.body["redirect"] == {
        "method": "POST",
        "url": "https://bank.example/start",
        "fields": {"ITEM": "ｺﾞﾍﾝｻｲ", "MAC": "0f"},
        "charset": "Shift_JIS",
    }
    assert reply.body["expires_at"] == "2026-11-25T10:15:00.000+09:00"
    assert [order.reference for order in bank.orders] == [reply.body["reference"]]


async def test_a_page_without_fields_is_gone_to_by_get(
    debtor: Client, bank: CollectingBank
) -> None:
    bank.redirect = Redirect("https://bank.example/approve/1")

    redirect = (await ask(debtor)).body["redirect"]

    assert (redirect["method"], redirect["fields"]) == ("GET", {})


async def test_waiting_shows_the_repayment_once_it_is_final(
    debtor: Client, bank: CollectingBank, clock: ManualClock
) -> None:
    accepted = await ask(debtor)
    where = accepted.headers["Location"]
    waiting = asyncio.create_task(debtor.call("GET", where, headers={"Prefer": "wait=10"}))
    bank.ends.append(Paid(clock.now(), Yen(10_000), "B2"))

    await come_back(debtor, bank.orders[0].return_url)
    waited = await waiting
    at_once = await debtor.call("GET", where)

    assert (waited.status, waited.body["state"]) == (200, "settled")
    assert waited.headers["Preference-Applied"] == "wait=10"
    assert "Preference-Applied" not in at_once.headers


async def test_the_same_request_again_is_answered_the_same(debtor: Client) -> None:
    first, again = await ask(debtor), await ask(debtor)
    other = await ask(debtor, amount=20_000)

    assert again.body == first.body
    assert again.headers["Idempotency-Replayed"] == "true"
    assert (other.status, other.body["code"]) == (422, "idempotency_key_reused")


async def test_the_key_of_the_other_kind_is_taken_though_the_quote_died(debtor: Client) -> None:
    """It was quote_outdated: only things of the same kind were asked who has the key."""
    account = (await debtor.call("GET", "/v1/accounts")).body["items"][0]["id"]
    wish = {"account_id": account, "amount": 1, "quote_id": f"qt_{0:032x}"}
    await ask(debtor)

    transfer = await debtor.call(
        "POST", "/v1/transfers", json=wish, headers={"Idempotency-Key": KEY}
    )
    repayment = await ask(debtor, key=KEY_OF_TRANSFER, quote_id=f"qt_{0:032x}")

    for reply in (transfer, repayment):
        assert (reply.status, reply.body["code"]) == (422, "idempotency_key_reused")


async def test_a_wrong_amount_is_told_the_limits(debtor: Client) -> None:
    reply = await ask(debtor, amount=50_001)

    assert (reply.status, reply.body["code"]) == (422, "repayment_amount_wrong")
    assert (reply.body["amount_min"], reply.body["amount_max"]) == (200, 50_000)
    assert reply.body["detail"] == "200円以上、50,000円以下の金額にしてください。"
    assert reply.fields == {"/amount"}


async def test_an_outdated_quote_comes_with_the_new_one(debtor: Client, clock: ManualClock) -> None:
    wish = {"kind": "payoff", "bank": "smbc"}
    quote = (await debtor.call("POST", "/v1/repayment_quotes", json=wish)).body
    clock.instant = datetime(2026, 11, 26, 0, 0, 1, tzinfo=JST)
    token = (await debtor.login()).body["token"]
    later = Client(debtor.session, debtor.url, token)

    reply = await ask(later, kind="payoff", amount=None, quote_id=quote["id"])
    assert (reply.status, reply.body["code"]) == (409, "quote_outdated")
    fresh = reply.body["quote"]
    accepted = await ask(later, kind="payoff", amount=None, quote_id=fresh["id"])

    assert (fresh["amount"], fresh["day"]) == (50_024, "2026-11-26")
    assert (accepted.status, accepted.body["amount"]) == (202, 50_024)
    assert accepted.body["expires_at"] == "2026-11-26T23:59:59.000+09:00"


async def test_a_closed_bank_says_when_it_opens(debtor: Client, clock: ManualClock) -> None:
    clock.instant = datetime(2026, 11, 29, 22, 0, tzinfo=JST)
    later = Client(debtor.session, debtor.url, (await debtor.login()).body["token"])

    reply = await ask(later)

    assert (reply.status, reply.body["code"]) == (503, "bank_closed")
    assert reply.body["reopens_at"] == "2026-11-30T07:00:00.000+09:00"
    assert reply.body["detail"].startswith("11月30日7時00分から再開します。")
    assert int(reply.headers["Retry-After"]) > 9 * 3_600 - 2


BAD = [
    pytest.param({"kind": "all"}, 422, "invalid_request", "/kind", id="no such kind"),
    pytest.param({"bank": "resona"}, 422, "invalid_request", "/bank", id="no such bank"),
    pytest.param({"bank": "mufg"}, 422, "bank_not_connected", "/bank", id="a bank not connected"),
    pytest.param({"amount": "1000"}, 422, "invalid_request", "/amount", id="an amount in quotes"),
    pytest.param(
        {"return_url": "https://evil.example/"},
        *(422, "return_url_not_allowed", "/return_url"),
        id="another site",
    ),
    pytest.param({"return_url": None}, 422, "invalid_request", "/return_url", id="no way back"),
    pytest.param({"quote_id": "qt_1"}, 422, "invalid_request", "/quote_id", id="no quote"),
    pytest.param({"memo": "x"}, 422, "invalid_request", "/memo", id="an unknown field"),
]


@pytest.mark.parametrize(("changes", "status", "code", "field"), BAD)
async def test_bad_input_is_named_and_nothing_is_started(
    debtor: Client,
    bank: CollectingBank,
    changes: dict[str, Any],
    status: int,
    code: str,
    field: str,
) -> None:
    reply = await ask(debtor, **changes)

    assert (reply.status, reply.body["code"]) == (status, code)
    assert reply.fields == {field}
    assert bank.orders == []


async def test_a_member_sees_own_repayments_only(
    debtor: Client, other_member: Client, clock: ManualClock
) -> None:
    asked = []
    for n in range(3):
        clock.advance(1)
        asked.append((await ask(debtor, key=f"{KEY[:-1]}{n}")).body["id"])

    page = await debtor.call("GET", "/v1/repayments?limit=2")
    rest = await debtor.call("GET", f"/v1/repayments?cursor={page.body['next_cursor']}")
    shown = await debtor.call("GET", f"/v1/repayments/{asked[0]}")
    for method, path in (("GET", asked[0]), ("POST", f"{asked[0]}/cancel")):
        hidden = await other_member.call(method, f"/v1/repayments/{path}")
        assert (hidden.status, hidden.body["code"]) == (404, "not_found")

    assert [one["id"] for one in page.body["items"] + rest.body["items"]] == asked[::-1]
    assert shown.body["id"] == asked[0]
    assert (await other_member.call("GET", "/v1/repayments")).body["items"] == []


async def test_cancelling_twice_is_no_error_and_sends_nobody_to_the_bank(debtor: Client) -> None:
    path = f"/v1/repayments/{(await ask(debtor)).body['id']}/cancel"

    once, twice = await debtor.call("POST", path), await debtor.call("POST", path)

    assert (once.status, twice.status) == (200, 200)
    assert (once.body["state"], once.body["redirect"]) == ("cancelled", None)
    assert once.body["reason"] == "cancelled_by_member"


@pytest.mark.parametrize("method", ["GET", "POST"])
async def test_a_browser_that_comes_back_goes_on_to_the_lenders_page(
    debtor: Client, bank: CollectingBank, clock: ManualClock, method: str
) -> None:
    asked = (await ask(debtor)).body
    bank.ends.append(Paid(clock.now(), Yen(10_000)))

    reply = await come_back(debtor, bank.orders[0].return_url, method, data={"result": "failed"})
    shown = (await debtor.call("GET", f"/v1/repayments/{asked['id']}")).body

    assert reply.status == 303
    assert reply.headers["Location"] == f"{BACK}&repayment_id={asked['id']}"
    assert (shown["state"], shown["paid_amount"], shown["redirect"]) == ("settled", 10_000, None)


async def test_a_result_that_the_browser_brings_counts_for_nothing(
    debtor: Client, bank: CollectingBank, clock: ManualClock
) -> None:
    asked = (await ask(debtor)).body
    bank.ends.append(Paid(clock.now(), Yen(10_000)))

    await come_back(debtor, f"{bank.orders[0].return_url}&result=cancelled&STATE=CANCEL")
    shown = (await debtor.call("GET", f"/v1/repayments/{asked['id']}")).body

    assert shown["state"] == "settled"


def state_of(order: CollectionOrder) -> str:
    return parse_qs(urlsplit(order.return_url).query)["state"][0]


OF_SOMEBODY_ELSE = seal_return(
    b"a key of somebody else",
    member_id=UUID(int=1),
    repayment_id=UUID(int=2),
    limit=datetime(2027, 1, 1, tzinfo=JST),
)
FORGED = [
    pytest.param("smbc", slice(0, 0), "", id="none"),
    pytest.param("smbc", slice(0, -1), "", id="cut"),
    pytest.param("smbc", slice(0, -1), "ｱ", id="no ASCII"),
    pytest.param("smbc", slice(1, None), "B", id="changed"),
    pytest.param("smbc", slice(0, 0), OF_SOMEBODY_ELSE, id="sealed by another"),
    pytest.param("mufg", slice(None), "", id="another bank's way"),
]


@pytest.mark.parametrize(("at", "kept", "added"), FORGED)
async def test_a_forged_way_back_changes_nothing_and_is_logged(
    debtor: Client, bank: CollectingBank, clock: ManualClock, at: str, kept: slice, added: str
) -> None:
    asked = (await ask(debtor)).body
    bank.ends.append(Paid(clock.now(), Yen(10_000)))
    params = {"state": state_of(bank.orders[0])[kept] + added}

    with capture_logs() as records:
        reply = await debtor.call("GET", f"/returns/{at}", params=params, allow_redirects=False)
    shown = (await debtor.call("GET", f"/v1/repayments/{asked['id']}")).body

    assert (reply.status, reply.body["code"]) == (400, "return_state_invalid")
    assert [r["bank"] for r in records if r["event"] == "return.refused"] == [at]
    assert shown["state"] == "authorizing"


async def test_a_way_back_does_not_last_for_ever(
    debtor: Client, bank: CollectingBank, clock: ManualClock
) -> None:
    await ask(debtor)
    clock.advance(25 * 60)

    reply = await come_back(
        debtor, bank.orders[0].return_url, headers={"Accept": "text/html,*/*;q=0.8"}
    )

    assert (reply.status, reply.headers["Content-Type"]) == (400, "text/html; charset=utf-8")
    assert "会員ページ" in reply.raw.decode()
    assert reply.headers["Content-Security-Policy"].startswith("default-src 'none'")


async def test_browsers_come_back_while_the_lender_is_closed(
    debtor: Client, bank: CollectingBank, clock: ManualClock
) -> None:
    clock.instant = datetime(2026, 11, 29, 20, 59, tzinfo=JST)
    later = Client(debtor.session, debtor.url, (await debtor.login()).body["token"])
    clock.instant = datetime(2026, 11, 29, 20, 59, 30, tzinfo=JST)
    await ask(later, kind="payoff", amount=None)
    clock.instant = datetime(2026, 11, 30, 0, 0, 1, tzinfo=JST)

    reply = await come_back(debtor, bank.orders[-1].return_url)

    assert reply.status == 303
