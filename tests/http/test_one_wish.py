"""One wish made twice: what a page is told of the first, and how it says that both are meant."""

import asyncio
from typing import Any
from uuid import uuid4

import pytest

from gateway.domain.outcome import Submitted
from tests.http.collecting import CollectingBank, ask
from tests.http.conftest import ACCOUNT, Client, FakeBank, Reply
from tests.manual_clock import ManualClock


@pytest.fixture
def bank() -> CollectingBank:
    return CollectingBank()


@pytest.fixture
async def account(member: Client) -> str:
    registered = await member.call("POST", "/v1/accounts", json=ACCOUNT)
    return str(registered.body["id"])


async def borrow(member: Client, account: str, key: str | None = None, **more: Any) -> Reply:
    body = {"account_id": account, "amount": 1_000, **more}
    headers = {"Idempotency-Key": key or str(uuid4())}
    return await member.call("POST", "/v1/transfers", json=body, headers=headers)


async def pay_off(debtor: Client, **more: Any) -> Reply:
    return await ask(debtor, key=str(uuid4()), kind="payoff", amount=None, **more)


async def test_three_requests_with_one_quote_are_one_transfer(
    member: Client, account: str, bank: FakeBank
) -> None:
    """They were accepted three times, and paid three times."""
    wish = {"account_id": account, "amount": 1_000}
    quote = (await member.call("POST", "/v1/transfer_quotes", json=wish)).body["id"]

    replies = [await borrow(member, account, quote_id=quote) for _ in range(3)]

    assert [reply.status for reply in replies] == [202, 409, 409]
    first, *others = (reply.body for reply in replies)
    assert {other["code"] for other in others} == {"quote_used"}
    assert {other["transfer"]["id"] for other in others} == {first["id"]}
    assert {other["transfer"]["state"] for other in others} <= {"submitting", "submitted"}
    assert not any(other["retryable"] for other in others)
    assert len(bank.sent) == 1


async def test_fifty_requests_at_once_with_one_quote_are_one_transfer(
    member: Client, account: str, owner: Any
) -> None:
    wish = {"account_id": account, "amount": 1_000}
    quote = (await member.call("POST", "/v1/transfer_quotes", json=wish)).body["id"]

    replies = await asyncio.gather(
        *(borrow(member, account, quote_id=quote, again=True) for _ in range(50))
    )

    assert [reply.status for reply in replies].count(202) == 1
    assert {reply.body["code"] for reply in replies if reply.status != 202} <= {
        "quote_used",
        "busy",
    }
    assert await owner.fetchval("SELECT count(*) FROM transfers") == 1


@pytest.mark.parametrize(
    ("seconds", "status"),
    [
        pytest.param(59.999, 409, id="within the minute"),
        pytest.param(60.0, 409, id="on the minute"),
        pytest.param(60.001, 202, id="after it"),
    ],
)
async def test_the_same_once_more_is_shown_the_first_and_accepted_if_it_is_meant(
    member: Client, account: str, clock: ManualClock, seconds: float, status: int
) -> None:
    first = await borrow(member, account, key="k" * 16)
    clock.advance(seconds)

    second = await borrow(member, account)
    replayed = await borrow(member, account, key="k" * 16)
    meant = await borrow(member, account, again=True)

    assert (second.status, replayed.status, meant.status) == (status, 202, 202)
    assert replayed.body["id"] == first.body["id"]
    if status == 409:
        assert second.body["code"] == "repeated_wish"
        assert second.body["transfer"]["id"] == first.body["id"]
        assert second.body["errors"] == []


async def test_a_refused_wish_left_no_trace_and_is_accepted_under_its_key_once_it_is_meant(
    member: Client, account: str
) -> None:
    await borrow(member, account)
    key = str(uuid4())

    refused = await borrow(member, account, key=key)
    meant = await borrow(member, account, key=key, again=True)
    plain = await borrow(member, account, key=key)

    assert (refused.status, refused.body["code"]) == (409, "repeated_wish")
    assert meant.status == 202
    assert (plain.status, plain.body["code"]) == (422, "idempotency_key_reused")


async def test_a_second_payoff_is_shown_the_page_of_the_first(debtor: Client) -> None:
    """Both were accepted, both could be approved, and the second paid nothing that was owed."""
    first = await pay_off(debtor)

    second = await pay_off(debtor)
    meant = await pay_off(debtor, beside_open=True)

    assert (first.status, second.status, meant.status) == (202, 409, 202)
    assert second.body["code"] == "repayment_open"
    assert second.body["repayment"]["id"] == first.body["id"]
    assert second.body["repayment"]["redirect"] == first.body["redirect"]


async def test_a_cancelled_payoff_whose_page_is_open_is_in_the_way_without_an_address(
    debtor: Client,
) -> None:
    first = await pay_off(debtor)
    await debtor.call("POST", f"/v1/repayments/{first.body['id']}/cancel")

    second = await pay_off(debtor)

    assert (second.status, second.body["code"]) == (409, "repayment_open")
    assert second.body["repayment"] | {"redirect": None} == second.body["repayment"]
    assert second.body["repayment"]["state"] == "cancelled"


async def test_a_repayments_quote_is_used_once(debtor: Client) -> None:
    wish = {"kind": "payoff", "bank": "smbc"}
    quote = (await debtor.call("POST", "/v1/repayment_quotes", json=wish)).body["id"]
    first = await pay_off(debtor, quote_id=quote)

    second = await pay_off(debtor, quote_id=quote, beside_open=True)

    assert (second.status, second.body["code"]) == (409, "quote_used")
    assert second.body["repayment"]["id"] == first.body["id"]
    assert second.fields == {"/quote_id"}


@pytest.mark.parametrize("value", [None, "true", 1])
async def test_again_and_beside_open_are_true_or_false(
    debtor: Client, bank: CollectingBank, value: object
) -> None:
    bank.outcome = Submitted("bank-2")
    account = (await debtor.call("GET", "/v1/accounts")).body["items"][0]["id"]

    transfer = await borrow(debtor, account, again=value)
    repayment = await pay_off(debtor, beside_open=value)

    assert (transfer.status, transfer.fields) == (422, {"/again"})
    assert (repayment.status, repayment.fields) == (422, {"/beside_open"})
    assert bank.orders == []
