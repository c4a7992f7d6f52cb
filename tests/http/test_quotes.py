"""What a member is told before asking for cash, and a transfer that names it."""

from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any
from uuid import uuid4

import pytest

from gateway.domain.account import BankCode
from gateway.domain.hours import JST, OneOffWindow
from gateway.ops.commands.stops import hold_bank, release_bank
from gateway.ops.commands.windows import add_window
from gateway.services.desk import TransferDesk
from tests.http.conftest import ACCOUNT, Client, Reply
from tests.manual_clock import ManualClock

SUNDAY_EVENING = datetime(2026, 11, 29, 20, 59, 58, tzinfo=JST)


@pytest.fixture
async def account(member: Client) -> str:
    account_id: str = (await member.call("POST", "/v1/accounts", json=ACCOUNT)).body["id"]
    return account_id


async def quoted(member: Client, account: str, amount: int = 30_000) -> dict[str, Any]:
    body = {"account_id": account, "amount": amount}
    reply = await member.call("POST", "/v1/transfer_quotes", json=body)
    assert reply.status == 201, reply.body
    document: dict[str, Any] = reply.body
    return document


async def ask(
    member: Client, quote: dict[str, Any], *, key: str | None = None, **changes: Any
) -> Reply:
    body = {"account_id": quote["account_id"], "amount": quote["amount"], "quote_id": quote["id"]}
    headers = {"Idempotency-Key": key or str(uuid4())}
    return await member.call("POST", "/v1/transfers", json=body | changes, headers=headers)


async def test_a_quote_says_when_and_what_it_costs(member: Client, account: str) -> None:
    quote = await quoted(member, account, 10_001)

    assert quote["id"].startswith("qt_")
    assert (quote["class"], quote["why"], quote["bank"]) == ("at_once", [], "smbc")
    assert quote["credited_at"] == "2026-11-25T10:00:10.000+09:00"
    assert quote["credited_by"] == "2026-11-25T10:01:00.000+09:00"
    assert quote["valid_until"] == "2026-11-25T10:05:00.000+09:00"
    assert (quote["fee"], quote["partner_atm_fee"]) == (0, 220)
    assert (quote["cutoff_at"], quote["value_date"]) == (
        "2026-11-25T15:30:00.000+09:00",
        "2026-11-25",
    )


async def test_a_transfer_under_a_quote_that_holds_keeps_what_was_told(
    member: Client, account: str
) -> None:
    quote = await quoted(member, account)

    transfer = await ask(member, quote)

    assert transfer.status == 202
    shown = {name: transfer.body[name] for name in ("quote_id", "credited_at", "credited_by")}
    assert shown == {
        "quote_id": quote["id"],
        "credited_at": quote["credited_at"],
        "credited_by": quote["credited_by"],
    }


async def test_a_quote_that_died_is_answered_by_the_one_that_holds(
    member: Client, account: str, clock: ManualClock
) -> None:
    clock.instant = SUNDAY_EVENING - timedelta(minutes=9)
    member = member.signed_in(await member.login())
    clock.instant = SUNDAY_EVENING
    old, key = await quoted(member, account), str(uuid4())
    assert old["valid_until"] == "2026-11-29T21:00:00.000+09:00"
    clock.advance(2)

    refused = await ask(member, old, key=key)
    new = refused.body["quote"]
    accepted = await ask(member, new, key=key)

    assert (refused.status, refused.body["code"]) == (409, "quote_outdated")
    assert (new["class"], new["credited_at"]) == ("next_opening", "2026-11-30T07:00:00.000+09:00")
    assert [why["name"] for why in new["why"]] == ["日曜夜のシステム停止"]
    assert (accepted.status, accepted.body["state"]) == (202, "scheduled")
    assert accepted.body["due_at"] == accepted.body["credited_at"] == new["credited_at"]


@pytest.mark.parametrize(
    "changes",
    [
        pytest.param({"amount": 30_001}, id="another amount"),
        pytest.param({"quote_id": f"qt_{0:032x}"}, id="an invented quote"),
        pytest.param({"quote_id": "qt_" + "f" * 32}, id="a quote of no time"),
    ],
)
async def test_a_quote_is_of_one_account_and_amount(
    member: Client, account: str, changes: dict[str, Any]
) -> None:
    quote = await quoted(member, account)

    reply = await ask(member, quote, **changes)

    assert (reply.status, reply.body["code"]) == (409, "quote_outdated")
    assert reply.body["quote"]["amount"] == changes.get("amount", 30_000)


async def test_another_members_quote_does_not_hold(
    member: Client, other_member: Client, account: str
) -> None:
    quote = await quoted(member, account)

    assert (await ask(other_member, quote)).body["code"] == "account_not_registered"


async def test_what_was_accepted_is_answered_again_though_its_quote_died(
    member: Client, account: str, clock: ManualClock
) -> None:
    quote, key = await quoted(member, account), str(uuid4())
    first = await ask(member, quote, key=key)
    clock.advance(301)

    again = await ask(member, quote, key=key)
    other = await ask(member, quote, key=key, amount=1)

    assert (again.status, again.body["id"]) == (202, first.body["id"])
    assert again.headers["Idempotency-Replayed"] == "true"
    assert other.body["code"] == "idempotency_key_reused"


async def test_a_held_bank_promises_nothing(
    member: Client, account: str, office: TransferDesk, clock: ManualClock
) -> None:
    before = await quoted(member, account)
    await hold_bank(office.db, BankCode.SMBC, reason="their fraud case", by="sato", now=clock.now())

    refused = await ask(member, before)
    quote = refused.body["quote"]
    accepted = await ask(member, quote)

    assert refused.body["code"] == "quote_outdated"
    assert (quote["class"], quote["credited_at"], quote["credited_by"]) == ("held", None, None)
    assert "fraud" not in str(quote)
    assert (accepted.body["state"], accepted.body["credited_by"]) == ("scheduled", None)
    await release_bank(office.db, BankCode.SMBC, by="sato", now=clock.now())
    assert (await quoted(member, account))["class"] == "at_once"


@pytest.mark.parametrize("held", [BankCode.SMBC, None], ids=["the bank", "all banks"])
async def test_a_held_bank_looks_held_and_nobody_knows_when_a_transfer_leaves(
    held: BankCode | None, member: Client, account: str, office: TransferDesk, clock: ManualClock
) -> None:
    await hold_bank(office.db, held, reason="their fraud case", by="sato", now=clock.now())
    asked = (await ask(member, await quoted(member, account))).body

    bank = (await member.call("GET", "/v1/banks")).body["items"][0]
    seen = (await member.call("GET", f"/v1/transfers/{asked['id']}")).body
    (listed,) = (await member.call("GET", "/v1/transfers")).body["items"]
    await release_bank(office.db, held, by="sato", now=clock.now())
    released = (await member.call("GET", f"/v1/transfers/{asked['id']}")).body
    open_again = (await member.call("GET", "/v1/banks")).body["items"][0]

    day = bank["timeline"]
    since = "2026-11-25T10:00:00.000+09:00"
    for part in day:
        is_after = part["begins_at"] >= since
        assert (part["class"] == "held", part["is_open"]) == (is_after, not is_after)
        assert is_after <= (part["credited_at"] is None)
    assert all(one["ends_at"] == two["begins_at"] for one, two in pairwise(day))
    assert since in {part["begins_at"] for part in day}
    assert (bank["is_open"], bank["is_stopped"], bank["reopens_at"]) == (False, True, None)
    assert "fraud" not in str(bank)
    assert [one["due_at"] for one in (asked, seen, listed)] == [None] * 3
    assert released["due_at"] is not None
    assert "held" not in {part["class"] for part in open_again["timeline"]}


async def test_an_operators_window_is_told_with_its_name(
    member: Client, account: str, office: TransferDesk, clock: ManualClock
) -> None:
    begins, ends = clock.now() + timedelta(minutes=2), clock.now() + timedelta(hours=3)
    window = OneOffWindow("臨時メンテナンス", begins, ends)
    await add_window(office.db, None, window, by="sato", now=clock.now())

    before = await quoted(member, account)
    clock.advance(120)
    inside = await quoted(member, account)
    bank = (await member.call("GET", "/v1/banks")).body["items"][0]

    assert (before["class"], before["valid_until"]) == ("at_once", "2026-11-25T10:02:00.000+09:00")
    assert (inside["class"], inside["credited_at"]) == (
        "next_opening",
        "2026-11-25T13:00:00.000+09:00",
    )
    assert [why["name"] for why in inside["why"]] == ["臨時メンテナンス"]
    assert (bank["is_open"], bank["is_stopped"]) == (False, True)
    assert bank["reopens_at"] == "2026-11-25T13:00:00.000+09:00"


async def test_the_timeline_of_a_bank_is_its_day_without_a_gap(
    member: Client, office: TransferDesk, clock: ManualClock
) -> None:
    ended = OneOffWindow(
        "朝の停止", clock.now() - timedelta(hours=2), clock.now() + timedelta(seconds=1)
    )
    await add_window(office.db, BankCode.SMBC, ended, by="sato", now=clock.now())
    clock.advance(60)

    day = (await member.call("GET", "/v1/banks")).body["items"][0]["timeline"]

    assert day[0]["begins_at"] == "2026-11-25T00:00:00.000+09:00"
    assert day[-1]["ends_at"] == "2026-11-26T00:00:00.000+09:00"
    assert [part["begins_at"] for part in day[1:]] == [part["ends_at"] for part in day[:-1]]
    closed = [part for part in day if not part["is_open"]]
    assert [(part["class"], part["credited_at"]) for part in closed] == [
        ("next_opening", "2026-11-25T10:00:01.000+09:00")
    ]
    assert closed[0]["why"][0]["name"] == "朝の停止"


@pytest.mark.parametrize(
    ("body", "code"),
    [
        pytest.param({"amount": 10_000_001}, "amount_above_item_limit", id="above the limit"),
        pytest.param({"account_id": f"ac_{7:032x}"}, "account_not_registered", id="no account"),
        pytest.param({"amount": 0}, "invalid_request", id="nothing"),
        pytest.param({"quote_id": f"qt_{0:032x}"}, "invalid_request", id="a field too many"),
    ],
)
async def test_what_cannot_be_asked_for_is_not_quoted(
    member: Client, account: str, body: dict[str, Any], code: str
) -> None:
    wish = {"account_id": account, "amount": 1} | body

    assert (await member.call("POST", "/v1/transfer_quotes", json=wish)).body["code"] == code


async def test_a_removed_account_is_not_quoted(member: Client, account: str) -> None:
    await member.call("DELETE", f"/v1/accounts/{account}")

    reply = await member.call(
        "POST", "/v1/transfer_quotes", json={"account_id": account, "amount": 1}
    )

    assert reply.body["code"] == "account_not_registered"
