"""Two people take back what was entered wrongly; the money is where it was before."""

from typing import Any
from uuid import UUID

import pytest

from gateway.domain.account import BankCode
from gateway.domain.errors import NotFoundHere
from gateway.domain.ledger import UNIDENTIFIED, settlement_cash
from gateway.domain.loan_entries import Kind, LoanEntry
from gateway.domain.money import Yen
from gateway.domain.resolution import ResolutionRefused
from gateway.domain.review import NewReview, Resolution, ReviewKind
from gateway.services.act_on_reviews import act_on_reviews
from gateway.services.set_off import confirm_set_off, propose_set_off
from gateway.services.withdraw_entry import (
    WrongEntry,
    confirm_withdrawal,
    propose_withdrawal,
    raise_again,
    withdraw_entry,
)
from gateway.store.loan_books import read_loan_book
from gateway.store.review_items import Subject, list_items, raise_reviews
from tests.manual_clock import ManualClock
from tests.services.conftest import Member, new_member
from tests.services.stating_bank import BANK, IN, OUT, Morning, at_stating_bank
from tests.services.test_resolve_review import balances, number_of, only_item, overpaid, resolve
from tests.services.test_transfers import accepted

R = Resolution


@pytest.fixture
def morning(desk, clock: ManualClock) -> Morning:
    return at_stating_bank(desk, clock)


async def entries_of(morning: Morning, member: Member) -> tuple[LoanEntry, ...]:
    book = await read_loan_book(morning.desk.db, member.id)
    assert book is not None
    return book.entries


async def withdrawn(morning: Morning, entry_id: UUID) -> None:
    """Propose, confirm, and let the gateway act."""
    db, now = morning.desk.db, morning.clock.now()
    await propose_withdrawal(db, entry_id, by="sato", note="the other Yamada", now=now)
    await confirm_withdrawal(db, entry_id, by="suzuki", note="checked", now=now)
    assert await act_on_reviews(morning.desk) == 1


async def test_money_that_was_given_to_the_wrong_member_is_given_to_the_right_one(
    morning: Morning, member: Member, owner: Any
) -> None:
    right = await new_member(owner, morning.clock, limit=100_000)
    await owner.execute(
        "INSERT INTO login_names (kind, name, member_id) VALUES ('member_number', '22222222', $1)",
        right.id,
    )
    await overpaid(morning, member, owner)
    (wrong,) = await entries_of(morning, member)

    await withdrawn(morning, wrong.id)

    assert await balances(morning) == {settlement_cash(BANK): 5_000, UNIDENTIFIED: -5_000}
    item = await only_item(morning)
    assert (item.kind, item.amount) == (ReviewKind.ONLY_BANK_IN, 5_000)
    await resolve(morning, item, R.PAYMENT, member="22222222")
    assert await balances(morning) == {settlement_cash(BANK): 5_000, "suspense": -5_000}
    assert [entry.kind for entry in await entries_of(morning, right)] == [Kind.PAYMENT]
    await morning.reconcile()
    assert (await balances(morning))["suspense"] == -5_000


async def test_a_refund_at_the_wrong_bank_is_withdrawn_and_owed_again(
    morning: Morning, member: Member, owner: Any
) -> None:
    await overpaid(morning, member, owner)
    owed = NewReview("overpaid:1", ReviewKind.OVERPAID, BANK, amount=Yen(5_000))
    db = morning.desk.db
    await raise_reviews(db, Subject(member.id), [owed], now=morning.clock.now())
    day = morning.clock.now().date().isoformat()
    await resolve(morning, await only_item(morning), R.REFUNDED, bank="mufg", on=day)
    assert (await balances(morning))[settlement_cash(BankCode.MUFG)] == -5_000
    refund = next(e for e in await entries_of(morning, member) if e.kind is Kind.REFUND)

    await withdrawn(morning, refund.id)

    assert await balances(morning) == {settlement_cash(BANK): 5_000, "suspense": -5_000}
    await resolve(morning, await only_item(morning), R.REFUNDED, bank="smbc", on=day)
    assert await balances(morning) == {}


async def test_an_entry_is_withdrawn_once_and_its_journal_says_why(
    morning: Morning, member: Member, owner: Any
) -> None:
    await overpaid(morning, member, owner)
    (entry,) = await entries_of(morning, member)
    wrong = WrongEntry(member.id, entry.id, "ticket 9")

    assert await withdraw_entry(morning.desk, wrong)
    assert not await withdraw_entry(morning.desk, wrong)

    causes = await owner.fetch("SELECT DISTINCT cause FROM postings WHERE cause IS NOT NULL")
    assert {row["cause"] for row in causes} == {"booked", "withdrawn"}
    said = await owner.fetchval("SELECT data FROM events ORDER BY no DESC LIMIT 1")
    assert '"why": "ticket 9"' in said


async def test_nobody_withdraws_an_entry_alone(
    morning: Morning, member: Member, owner: Any
) -> None:
    await overpaid(morning, member, owner)
    (entry,) = await entries_of(morning, member)
    db, now = morning.desk.db, morning.clock.now()
    with pytest.raises(ResolutionRefused, match="nothing is proposed"):
        await confirm_withdrawal(db, entry.id, by="sato", note="x", now=now)

    await propose_withdrawal(db, entry.id, by="sato", note="x", now=now)

    with pytest.raises(ResolutionRefused, match="another operator"):
        await confirm_withdrawal(db, entry.id, by="sato", note="x", now=now)
    assert [item.kind for item in await list_items(db)] == [ReviewKind.ENTRY_WRONG]
    (act,) = await owner.fetch(
        "SELECT operator, action FROM operator_actions WHERE details ->> 'kind' = 'entry_wrong'"
    )
    assert (act["operator"], act["action"]) == ("sato", "resolution_propose")


async def test_what_may_not_be_withdrawn_is_refused_with_its_reason(
    morning: Morning, member: Member, owner: Any
) -> None:
    transfer = await accepted(morning.desk, member)
    db, now = morning.desk.db, morning.clock.now()
    with pytest.raises(NotFoundHere, match="no entry"):
        await propose_withdrawal(db, UUID(int=1), by="sato", note="x", now=now)
    with pytest.raises(ResolutionRefused, match="the bank itself answered so"):
        await propose_withdrawal(db, transfer.id, by="sato", note="x", now=now)
    morning.bank.state(transfer.reference, OUT)
    morning.bank.state(None, IN, 5_000)
    await morning.reconcile()
    await resolve(
        morning, await only_item(morning), R.PAYMENT, member=await number_of(owner, member)
    )
    paid = next(e for e in await entries_of(morning, member) if e.kind is Kind.PAYMENT)
    await withdrawn(morning, paid.id)

    with pytest.raises(ResolutionRefused, match="counts no more"):
        await propose_withdrawal(db, paid.id, by="sato", note="x", now=now)


async def test_a_set_off_moved_no_money_at_a_bank_and_is_not_withdrawn(
    morning: Morning, member: Member, owner: Any
) -> None:
    number = await overpaid(morning, member, owner)
    await accepted(morning.desk, member)
    db, now = morning.desk.db, morning.clock.now()
    await propose_set_off(db, number, by="sato", note="asked", now=now)
    await confirm_set_off(db, number, by="suzuki", note="heard it", now=now)
    assert await act_on_reviews(morning.desk) == 1
    before = await balances(morning)
    entry = next(e for e in await entries_of(morning, member) if e.kind is Kind.SET_OFF)

    with pytest.raises(ResolutionRefused, match="moved no money at any bank"):
        await propose_withdrawal(db, entry.id, by="sato", note="x", now=now)

    assert await balances(morning) == before
    assert ReviewKind.ENTRY_WRONG not in {item.kind for item in await list_items(db)}


async def test_only_an_entry_of_the_members_own_loan_is_withdrawn(
    morning: Morning, member: Member, owner: Any
) -> None:
    await overpaid(morning, member, owner)
    before = await balances(morning)
    nobodys = WrongEntry(UUID(int=7), UUID(int=1), "x")

    with pytest.raises(NotFoundHere, match="has no loan"):
        await withdraw_entry(morning.desk, nobodys)
    with pytest.raises(NotFoundHere, match="has no entry"):
        await withdraw_entry(morning.desk, WrongEntry(member.id, UUID(int=1), "x"))
    await raise_again(morning.desk.db, nobodys, now=morning.clock.now())

    assert await list_items(morning.desk.db) == []
    assert await balances(morning) == before
