"""A member's suspense pays what the member owes: by two people, once, and the member sees it."""

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from structlog.testing import capture_logs

from gateway.domain.booking import payment_entry
from gateway.domain.errors import NotFoundHere
from gateway.domain.ledger import settlement_cash
from gateway.domain.loan_entries import Kind
from gateway.domain.money import Yen
from gateway.domain.resolution import ResolutionRefused
from gateway.ops.commands.ledger_verify import verify_ledger
from gateway.services.act_on_reviews import act_on_reviews
from gateway.services.book_entry import FoundEntry, book_entry
from gateway.services.desk import TransferDesk
from gateway.services.set_off import confirm_set_off, propose_set_off
from gateway.store.loan_books import read_loan_book
from gateway.store.review_items import list_items
from tests.manual_clock import START, ManualClock
from tests.services.conftest import Member, ToldBank
from tests.services.stating_bank import BANK
from tests.services.test_resolve_review import number_of
from tests.services.test_transfers import accepted

DAY_S = 86_400


async def paid(desk: TransferDesk, member: Member, yen: int, *, number: int) -> None:
    """Book a payment, or, with a number above 1, a second one that nobody asked for."""
    entry = payment_entry(uuid4(), BANK, Yen(yen), desk.clock.now(), number=number)
    await book_entry(desk, FoundEntry(member.id, entry))


async def balances(desk: TransferDesk) -> dict[str, int]:
    report = await verify_ledger(desk.db)
    assert report.findings == ()
    return {account: yen for account, yen in report.balances.items() if yen}


async def set_off(desk: TransferDesk, number: str) -> None:
    now = desk.clock.now()
    await propose_set_off(desk.db, number, by="sato", note="asked on the phone", now=now)
    await confirm_set_off(desk.db, number, by="suzuki", note="heard it", now=now)
    assert await act_on_reviews(desk) == 1


async def test_suspense_pays_what_is_owed_in_one_journal_on_that_day(
    desk: TransferDesk, member: Member, bank: ToldBank, clock: ManualClock, owner: Any
) -> None:
    del bank
    await accepted(desk, member, amount=50_000)
    await paid(desk, member, 3_000, number=2)
    clock.advance(10 * DAY_S)
    number = await number_of(owner, member)

    await set_off(desk, number)

    # 50,000 at 17.8 % for ten days: 243 yen of interest come first.
    assert await balances(desk) == {
        "principal": 50_000 - 3_000 + 243,
        "interest_income": -243,
        settlement_cash(BANK): -47_000,
    }
    book = await read_loan_book(desk.db, member.id)
    assert book is not None
    (entry,) = [one for one in book.entries if one.kind is Kind.SET_OFF]
    assert entry.effective_on == (START + timedelta(days=10)).date()
    assert entry.amount == Yen(3_000)
    rows = await owner.fetch("SELECT DISTINCT journal FROM postings WHERE debit = 'suspense'")
    assert len(rows) == 1
    assert await act_on_reviews(desk) == 0


async def test_no_more_is_set_off_than_is_owed_when_it_is_booked(
    desk: TransferDesk, member: Member, bank: ToldBank, clock: ManualClock, owner: Any
) -> None:
    del bank
    await accepted(desk, member, amount=10_000)
    await paid(desk, member, 15_000, number=2)
    number, now = await number_of(owner, member), desk.clock.now()
    await propose_set_off(desk.db, number, by="sato", note="n", now=now)
    clock.advance(60)
    await paid(desk, member, 4_000, number=1)
    clock.advance(60)
    await confirm_set_off(desk.db, number, by="suzuki", note="n", now=now)
    await act_on_reviews(desk)

    assert await balances(desk) == {"suspense": -9_000, settlement_cash(BANK): 9_000}
    with pytest.raises(ResolutionRefused, match="owes nothing"):
        await propose_set_off(desk.db, number, by="sato", note="n", now=now)


async def test_nobody_sets_off_alone_or_what_is_not_there(
    desk: TransferDesk, member: Member, bank: ToldBank, owner: Any
) -> None:
    del bank
    await accepted(desk, member, amount=10_000)
    number, now = await number_of(owner, member), desk.clock.now()
    with pytest.raises(ResolutionRefused, match="in suspense"):
        await propose_set_off(desk.db, number, by="sato", note="n", now=now)
    with pytest.raises(ResolutionRefused, match="nothing is proposed"):
        await confirm_set_off(desk.db, number, by="sato", note="n", now=now)
    with pytest.raises(NotFoundHere):
        await propose_set_off(desk.db, "00000000", by="sato", note="n", now=now)
    await paid(desk, member, 500, number=2)

    await propose_set_off(desk.db, number, by="sato", note="n", now=now)
    with pytest.raises(ResolutionRefused, match="another operator"):
        await confirm_set_off(desk.db, number, by=" SATO", note="n", now=now)

    assert len(await list_items(desk.db)) == 1
    assert await act_on_reviews(desk) == 0


async def confirmed(desk: TransferDesk, number: str) -> None:
    now = desk.clock.now()
    await propose_set_off(desk.db, number, by="sato", note="asked on the phone", now=now)
    await confirm_set_off(desk.db, number, by="suzuki", note="heard it", now=now)


async def test_who_has_no_loan_has_nothing_to_set_off(
    desk: TransferDesk, member: Member, owner: Any
) -> None:
    number = await number_of(owner, member)
    await owner.execute("DELETE FROM loans")

    with pytest.raises(NotFoundHere, match="no loan"):
        await propose_set_off(desk.db, number, by="sato", note="n", now=START)

    assert await list_items(desk.db) == []


async def test_what_was_paid_between_the_word_and_the_act_is_not_paid_twice(
    desk: TransferDesk, member: Member, bank: ToldBank, clock: ManualClock, owner: Any
) -> None:
    del bank
    await accepted(desk, member, amount=10_000)
    await paid(desk, member, 500, number=2)
    await confirmed(desk, await number_of(owner, member))
    clock.advance(60)
    await paid(desk, member, 10_000, number=1)

    assert await act_on_reviews(desk) == 1

    assert await balances(desk) == {"suspense": -500, settlement_cash(BANK): 500}
    book = await read_loan_book(desk.db, member.id)
    assert book is not None
    assert Kind.SET_OFF not in {entry.kind for entry in book.entries}


async def test_a_set_off_whose_loan_is_gone_raises_the_alarm(
    desk: TransferDesk, member: Member, bank: ToldBank, owner: Any
) -> None:
    del bank
    await accepted(desk, member, amount=10_000)
    await paid(desk, member, 500, number=2)
    await confirmed(desk, await number_of(owner, member))
    await owner.execute("DELETE FROM loans")

    with capture_logs() as logs:
        assert await act_on_reviews(desk) == 0

    assert [line["code"] for line in logs if line["event"] == "alert.raised"] == [
        "resolution_not_workable"
    ]
