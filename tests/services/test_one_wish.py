"""One wish is one transfer or repayment, however often it is asked for, and by how many at once."""

import asyncio
import hashlib
from collections import Counter
from collections.abc import Awaitable
from dataclasses import replace
from typing import Any
from uuid import UUID

import pytest

from gateway.domain.account import BankCode
from gateway.domain.errors import (
    GatewayError,
    NothingOwed,
    QuoteOutdated,
    QuoteUsed,
    RepaymentOpen,
    RepeatedWish,
)
from gateway.domain.money import Yen
from gateway.domain.outcome import (
    Paid,
)
from gateway.domain.repayment import Repayment, RepaymentKind
from gateway.profiles import bank_profiles, scaled
from gateway.services.accept_repayment import RepaymentRequest, accept_repayment
from gateway.services.accept_transfer import TransferRequest, accept_transfer
from gateway.services.cancel_repayment import cancel_repayment
from gateway.services.desk import TransferDesk
from gateway.services.inquire_repayment import inquire_repayment
from gateway.services.quote_repayment import RepaymentWish, quote_repayment
from gateway.services.quote_transfer import quote_transfer
from tests.manual_clock import ManualClock
from tests.services.collecting import CollectingBank
from tests.services.conftest import Member, request

BACK = "http://127.0.0.1:8080/back"
OWED = 50_000
PAYOFF, AMOUNT = RepaymentKind.PAYOFF, RepaymentKind.AMOUNT


@pytest.fixture
def bank(clock: ManualClock) -> CollectingBank:
    return CollectingBank(clock)


@pytest.fixture
def desk(desk: TransferDesk, clock: ManualClock, bank: CollectingBank) -> TransferDesk:
    """A desk at two banks."""
    rakuten = CollectingBank(clock, code=BankCode.RAKUTEN)
    profiles = bank_profiles()
    return replace(
        desk,
        banks={BankCode.SMBC: bank, BankCode.RAKUTEN: rakuten},
        profiles={code: scaled(profiles[code], 0.05) for code in (BankCode.SMBC, BankCode.RAKUTEN)},
    )


@pytest.fixture
async def debtor(desk: TransferDesk, member: Member, clock: ManualClock) -> Member:
    """A member who was paid 50,000 yen an hour ago."""
    await accept_transfer(desk, request(member, amount=OWED))
    await desk.senders.drain(5)
    clock.advance(3_600)
    return member


def key(number: int) -> str:
    return f"key-of-a-wish-{number:06}"


def wished(member: Member, number: int, **more: Any) -> TransferRequest:
    """Return the request for 10,000 yen under that key."""
    return request(member, key=key(number), **{"again": False} | more)


def asked(
    member: Member,
    number: int,
    amount: int | None = None,
    *,
    bank: BankCode = BankCode.SMBC,
    **more: Any,
) -> RepaymentRequest:
    """Return the request to pay that amount, or all, back under that key."""
    kind = PAYOFF if amount is None else AMOUNT
    wish = RepaymentWish(member.id, kind, bank, None if amount is None else Yen(amount))
    return RepaymentRequest(wish, BACK, key(number), "req", **more)


async def quoted(desk: TransferDesk, member: Member) -> UUID:
    quote = await quote_transfer(
        desk, member_id=member.id, account_id=member.account, amount=Yen(10_000)
    )
    return quote.id


async def outcome(accepting: Awaitable[object]) -> str:
    try:
        await accepting
    except GatewayError as error:
        return error.code
    return "accepted"


async def tell(accepting: Awaitable[object], error: type[GatewayError]) -> Any:
    with pytest.raises(error) as caught:
        await accepting
    return caught.value


async def state_is(owner: Any, row_id: UUID, state: str) -> None:
    """Let a transfer that was accepted be in another state, with what that state needs."""
    await owner.execute("UPDATE transfers SET state = $2 WHERE id = $1", row_id, state)


FIRSTS = [
    pytest.param("scheduled", True, id="scheduled"),
    pytest.param("submitting", True, id="submitting"),
    pytest.param("submitted", True, id="submitted"),
    pytest.param("unknown", True, id="unknown"),
    pytest.param("review", True, id="review"),
    pytest.param("settled", True, id="settled"),
    pytest.param("rejected", False, id="rejected"),
    pytest.param("cancelled", False, id="cancelled"),
    pytest.param("returned", False, id="returned"),
]


@pytest.mark.parametrize(("state", "is_in_the_way"), FIRSTS)
async def test_the_same_wish_a_moment_later_is_told_of_the_first_unless_that_came_to_nothing(
    desk: TransferDesk, member: Member, owner: Any, state: str, is_in_the_way: bool
) -> None:
    first = (await accept_transfer(desk, wished(member, 1))).transfer
    await desk.senders.drain(5)
    await state_is(owner, first.id, state)

    if is_in_the_way:
        told = await tell(accept_transfer(desk, wished(member, 2)), RepeatedWish)
        assert (told.first.id, told.first.state) == (first.id, state)
    else:
        assert await outcome(accept_transfer(desk, wished(member, 2))) == "accepted"


@pytest.mark.parametrize("state", [row.values[0] for row in FIRSTS])
async def test_a_quote_is_used_once_whatever_came_of_it(
    desk: TransferDesk, member: Member, owner: Any, clock: ManualClock, state: str
) -> None:
    """Three requests that named one quote were three transfers."""
    quote_id = await quoted(desk, member)
    wanted = wished(member, 1, quote_id=quote_id)
    first = (await accept_transfer(desk, wanted)).transfer
    await desk.senders.drain(5)
    await state_is(owner, first.id, state)

    later = [wished(member, 2, quote_id=quote_id), wished(member, 3, quote_id=quote_id, again=True)]
    told = [await tell(accept_transfer(desk, one), QuoteUsed) for one in later]
    clock.advance(301)  # the quote does not hold any more; what came of it is the better answer
    told += [await tell(accept_transfer(desk, one), QuoteUsed) for one in later]
    replayed = await accept_transfer(desk, wanted)

    assert {(one.made.id, one.made.state) for one in told} == {(first.id, state)}
    assert (replayed.transfer.id, replayed.is_replay) == (first.id, True)


@pytest.mark.parametrize(
    ("seconds", "code"),
    [
        pytest.param(-2.0, "repeated_wish", id="by a process whose clock is behind"),
        pytest.param(0.0, "repeated_wish", id="at once"),
        pytest.param(59.999, "repeated_wish", id="just before the minute is over"),
        pytest.param(60.0, "repeated_wish", id="on the minute is within it"),
        pytest.param(60.001, "accepted", id="just after"),
    ],
)
@pytest.mark.parametrize("names_quote", [False, True])
async def test_a_wish_is_the_same_for_a_minute(
    desk: TransferDesk,
    member: Member,
    clock: ManualClock,
    seconds: float,
    code: str,
    names_quote: bool,
) -> None:
    await accept_transfer(desk, wished(member, 1))
    clock.advance(seconds)
    quote_id = await quoted(desk, member) if names_quote else None

    assert await outcome(accept_transfer(desk, wished(member, 2, quote_id=quote_id))) == code


async def test_what_is_meant_once_more_is_accepted_and_another_wish_is_no_repetition(
    desk: TransferDesk, member: Member, owner: Any, clock: ManualClock
) -> None:
    other = await owner.fetchval(
        "INSERT INTO accounts SELECT member_id, gen_random_uuid(), bank, branch, type, '7654321',"
        " holder, registered_at FROM accounts RETURNING id"
    )
    first = (await accept_transfer(desk, wished(member, 1))).transfer
    clock.advance(1)

    assert await outcome(accept_transfer(desk, wished(member, 2, amount=10_001))) == "accepted"
    assert await outcome(accept_transfer(desk, wished(member, 3, again=True))) == "accepted"
    elsewhere = replace(wished(member, 4), account_id=other)
    assert await outcome(accept_transfer(desk, elsewhere)) == "accepted"
    told = await tell(accept_transfer(desk, wished(member, 5)), RepeatedWish)
    assert told.first.id == first.id


async def test_an_account_that_was_registered_anew_is_the_same_account(
    desk: TransferDesk, member: Member, owner: Any
) -> None:
    await accept_transfer(desk, wished(member, 1))
    await owner.execute("UPDATE accounts SET removed_at = now()")
    anew = await owner.fetchval(
        "INSERT INTO accounts SELECT member_id, gen_random_uuid(), bank, branch, type, number,"
        " holder, registered_at FROM accounts RETURNING id"
    )

    wanted = replace(wished(member, 2), account_id=anew)

    assert await outcome(accept_transfer(desk, wanted)) == "repeated_wish"


@pytest.mark.parametrize(
    "statement",
    [
        pytest.param("UPDATE members SET status = 'suspended'", id="suspended"),
        pytest.param("UPDATE loans SET advances_stopped = TRUE", id="overdue"),
        pytest.param("UPDATE loans SET credit_limit = 10000", id="no credit left"),
    ],
)
async def test_the_first_is_told_before_what_else_is_wrong_by_now(
    desk: TransferDesk, member: Member, owner: Any, statement: str
) -> None:
    """Told "credit short", the member would think that the first one had failed."""
    await accept_transfer(desk, wished(member, 1))
    await owner.execute(statement)

    assert await outcome(accept_transfer(desk, wished(member, 2))) == "repeated_wish"


async def test_a_new_quote_for_the_same_wish_is_taken_under_the_same_key(
    desk: TransferDesk, member: Member, clock: ManualClock
) -> None:
    old = await quoted(desk, member)
    clock.advance(301)
    told = await tell(accept_transfer(desk, wished(member, 1, quote_id=old)), QuoteOutdated)

    accepted = await accept_transfer(desk, wished(member, 1, quote_id=told.quote.id))

    assert accepted.transfer.quote_id == told.quote.id
    assert await outcome(accept_transfer(desk, wished(member, 2, quote_id=old))) == "quote_outdated"
    assert (
        await outcome(accept_transfer(desk, wished(member, 3, quote_id=told.quote.id)))
        == "quote_used"
    )


async def test_rows_of_before_may_share_a_quote_and_the_first_is_told(
    desk: TransferDesk, member: Member, owner: Any, clock: ManualClock
) -> None:
    quote_id = await quoted(desk, member)
    first = (await accept_transfer(desk, wished(member, 1))).transfer
    clock.advance(1)
    await accept_transfer(desk, wished(member, 2, again=True))
    await owner.execute("UPDATE transfers SET quote_id = $1", quote_id)

    told = await tell(accept_transfer(desk, wished(member, 3, quote_id=quote_id)), QuoteUsed)

    assert told.made.id == first.id


async def test_what_is_not_said_is_not_in_the_fingerprint(
    desk: TransferDesk, member: Member
) -> None:
    """Keys of before are answered by the fingerprints of before."""
    plain = replace(
        wished(member, 1), member_id=UUID(int=1), account_id=UUID(int=2), amount=Yen(30_000)
    )
    repayment = asked(member, 1, 10_000)

    texts = (f"transfer {UUID(int=2)} 30000", f"repayment amount smbc 10000 None {BACK}")
    before = [hashlib.sha256(text.encode()).digest() for text in texts]

    assert [plain.fingerprint, repayment.fingerprint] == before
    assert replace(plain, again=True).fingerprint != plain.fingerprint
    assert replace(repayment, beside_open=True).fingerprint != repayment.fingerprint
    await accept_transfer(desk, wished(member, 1))
    changed = accept_transfer(desk, wished(member, 1, again=True))
    assert await outcome(changed) == "idempotency_key_reused"


async def test_fifty_requests_at_once_that_name_one_quote_are_one_transfer(
    desk: TransferDesk, member: Member, owner: Any
) -> None:
    quote_id = await quoted(desk, member)

    told = await asyncio.gather(
        *(
            outcome(accept_transfer(desk, wished(member, n, quote_id=quote_id, again=n % 2 == 0)))
            for n in range(50)
        )
    )

    assert Counter(told) == {"accepted": 1, "quote_used": 49}
    assert await owner.fetchval("SELECT count(*) FROM transfers") == 1
    assert await owner.fetchval("SELECT count(*) FROM idempotency_keys") == 1


async def test_twenty_payoffs_at_once_at_two_banks_are_one_repayment(
    desk: TransferDesk, debtor: Member, owner: Any
) -> None:
    """Two were accepted, both could be approved, and the second one paid nothing that was owed."""
    told = await asyncio.gather(
        *(
            outcome(accept_repayment(desk, asked(debtor, n, bank=list(desk.banks)[n % 2])))
            for n in range(20)
        )
    )

    assert Counter(told)["accepted"] == 1
    # On a busy machine some are given back after a second.
    assert set(told) <= {"accepted", "repayment_open", "busy"}
    assert await owner.fetchval("SELECT count(*) FROM repayments") == 1


async def test_a_second_payoff_is_told_where_the_first_is_approved(
    desk: TransferDesk, debtor: Member
) -> None:
    first = (await accept_repayment(desk, asked(debtor, 1))).repayment

    told = await tell(
        accept_repayment(desk, asked(debtor, 2, bank=BankCode.RAKUTEN)), RepaymentOpen
    )
    replayed = await accept_repayment(desk, asked(debtor, 1))
    beside = asked(debtor, 2, bank=BankCode.RAKUTEN, beside_open=True)

    assert (told.other.id, told.other.redirect) == (first.id, first.redirect)
    assert replayed.is_replay
    assert await outcome(accept_repayment(desk, beside)) == "accepted"


@pytest.mark.parametrize(
    ("amounts", "code"),
    [
        pytest.param([30_000, 20_000], "accepted", id="just what is owed"),
        pytest.param([30_000, 20_001], "repayment_open", id="a yen more"),
        pytest.param([20_000, 20_000, 10_001], "repayment_open", id="with two that are open"),
        pytest.param([OWED], "accepted", id="nothing is open"),
    ],
)
async def test_repayments_side_by_side_do_not_pass_what_is_owed(
    desk: TransferDesk, debtor: Member, amounts: list[int], code: str
) -> None:
    *before, last = (asked(debtor, n, amount) for n, amount in enumerate(amounts))
    for one in before:
        await accept_repayment(desk, one)

    assert await outcome(accept_repayment(desk, last)) == code


@pytest.mark.parametrize(
    ("state", "is_asked_about", "code"),
    [
        pytest.param("created", True, "repayment_open", id="being started"),
        pytest.param("authorizing", True, "repayment_open", id="at the bank"),
        pytest.param("authorizing", False, "repayment_open", id="at the bank, not asked about"),
        pytest.param("cancelled", True, "repayment_open", id="cancelled, its page still open"),
        pytest.param("cancelled", False, "accepted", id="cancelled, and the bank's word final"),
        pytest.param("rejected", True, "accepted", id="refused"),
        pytest.param("expired", True, "accepted", id="expired"),
        pytest.param("settled", True, "accepted", id="paid, and counted in what is owed"),
    ],
)
async def test_only_what_may_still_be_paid_is_in_the_way(
    desk: TransferDesk, debtor: Member, owner: Any, state: str, is_asked_about: bool, code: str
) -> None:
    await accept_repayment(desk, asked(debtor, 1))
    await owner.execute(
        "UPDATE repayments SET state = $1, inquire_at = CASE WHEN $2 THEN now() END",
        *(state, is_asked_about),
    )

    assert await outcome(accept_repayment(desk, asked(debtor, 2))) == code


async def test_of_several_the_one_is_told_that_can_be_gone_on_with(
    desk: TransferDesk, debtor: Member, clock: ManualClock
) -> None:
    going_on = (await accept_repayment(desk, asked(debtor, 1, 10_000))).repayment
    clock.advance(1)
    left = (await accept_repayment(desk, asked(debtor, 2, 10_000))).repayment
    await cancel_repayment(desk, member_id=debtor.id, repayment_id=left.id)

    told = await tell(accept_repayment(desk, asked(debtor, 3)), RepaymentOpen)

    assert told.other.id == going_on.id


async def test_what_a_quote_came_to_is_told_though_nothing_is_owed_any_more(
    desk: TransferDesk, debtor: Member, bank: CollectingBank, clock: ManualClock
) -> None:
    wish = asked(debtor, 1).wish
    quote = await quote_repayment(desk, wish)
    paid = (await accept_repayment(desk, asked(debtor, 1, quote_id=quote.id))).repayment
    bank.ends.append(Paid(clock.now(), paid.amount))
    await inquire_repayment(desk, paid)

    told = await tell(accept_repayment(desk, asked(debtor, 2, quote_id=quote.id)), QuoteUsed)

    assert isinstance(told.made, Repayment)
    assert (told.made.id, told.made.state) == (paid.id, "settled")
    await tell(accept_repayment(desk, asked(debtor, 3)), NothingOwed)


async def test_a_repayments_quote_is_used_once_by_the_first_of_many(
    desk: TransferDesk, debtor: Member
) -> None:
    quote = await quote_repayment(desk, asked(debtor, 0, 1_000).wish)

    told = await asyncio.gather(
        *(
            outcome(accept_repayment(desk, asked(debtor, n, 1_000, quote_id=quote.id)))
            for n in range(10)
        )
    )

    assert Counter(told)["accepted"] == 1
    assert set(told) <= {"accepted", "quote_used", "busy"}
