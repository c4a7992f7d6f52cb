"""Booking on a real database: in whatever order facts become known, and whoever books at once."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from uuid import uuid4

import pytest

from gateway.domain.account import BankCode
from gateway.domain.booking import LoanBook, book, journal_of, payment_entry
from gateway.domain.hours import JST
from gateway.domain.ledger import (
    FEE_INCOME,
    INTEREST,
    LATE_DAMAGES,
    PRINCIPAL,
    SUSPENSE,
    UNIDENTIFIED,
    Leg,
    balances,
)
from gateway.domain.loan_entries import Kind, LoanEntry
from gateway.domain.money import Yen
from gateway.domain.outcome import InquiryOutcome, Returned, Settled, Unknown
from gateway.domain.reason import Reason
from gateway.domain.transfer import State, Transfer
from gateway.ops.commands.ledger_verify import verify_ledger
from gateway.services.accept_transfer import accept_transfer
from gateway.services.book_entry import FoundEntry, book_entry
from gateway.services.desk import TransferDesk
from gateway.services.inquire_transfer import inquire_transfer
from gateway.services.work_due_dates import work_due_dates
from gateway.store.database import open_database
from gateway.store.loan_books import EntryStep, read_loan_book, record_entry
from gateway.store.transfers import find_transfer
from tests.manual_clock import START, ManualClock
from tests.services.conftest import Member, ToldBank, request

ORDERS = [(5, 4, 3, 2, 1, 0), (4, 2, 0, 5, 1, 3), (2, 1, 5, 3, 4, 0), (3, 5, 2, 0, 4, 1)]
# Facts of three transfers and two payments, by the hours at which the bank booked them.
BORROWED_AT = [START - timedelta(days=days) for days in (60, 40, 20)]
PAID_AT = [START - timedelta(days=days) for days in (30, 10)]
CAME_BACK = START - timedelta(days=15)  # the second advance, after the first payment


async def book_of(desk: TransferDesk, member: Member) -> LoanBook:
    book = await read_loan_book(desk.db, member.id)
    assert book is not None
    return book


async def findings(desk: TransferDesk) -> list[str]:
    return [str(finding) for finding in (await verify_ledger(desk.db)).findings]


def paid(amount: int, at: datetime) -> LoanEntry:
    return payment_entry(uuid4(), BankCode.SMBC, Yen(amount), at)


async def unclear(desk: TransferDesk, member: Member, bank: ToldBank, count: int) -> list[Transfer]:
    """Ask for cash so often, 61 days ago; no answer ever came."""
    made, clock = [], desk.clock
    assert isinstance(clock, ManualClock)
    clock.instant = START - timedelta(days=61)
    for _ in range(count):
        bank.submits.append(Unknown())
        wish = request(member, amount=20_000, key=uuid4().hex)
        made.append((await accept_transfer(desk, wish)).transfer)
    await desk.senders.drain(5)
    clock.instant = START
    return made


@dataclass
class Discovery:
    """What becomes known of a member's loan, one fact after the other."""

    desk: TransferDesk
    member: Member
    bank: ToldBank
    facts: list[Callable[[], Awaitable[object]]] = field(default_factory=list)

    def of_transfer(self, transfer: Transfer, outcome: InquiryOutcome) -> None:
        async def tell() -> None:
            row = await find_transfer(
                self.desk.db, member_id=transfer.member_id, transfer_id=transfer.id
            )
            assert row is not None
            self.bank.inquiries.append(outcome)
            await inquire_transfer(self.desk, row)

        self.facts.append(tell)

    def of_entry(self, entry: LoanEntry) -> None:
        self.facts.append(lambda: book_entry(self.desk, FoundEntry(self.member.id, entry)))


@pytest.mark.parametrize("order", ORDERS, ids=str)
async def test_the_order_of_discovery_changes_neither_ledger_nor_position(
    desk: TransferDesk, member: Member, bank: ToldBank, owner, order: tuple[int, ...]
) -> None:
    first, second, third = await unclear(desk, member, bank, 3)
    told = Discovery(desk, member, bank)
    told.of_transfer(first, Settled(BORROWED_AT[0]))
    told.of_transfer(second, Settled(BORROWED_AT[1]))
    told.of_transfer(second, Returned(BORROWED_AT[1], CAME_BACK, Reason.ACCOUNT_CLOSED))
    told.of_transfer(third, Settled(BORROWED_AT[2]))
    told.of_entry(paid(5_000, PAID_AT[0]))
    told.of_entry(paid(50_000, PAID_AT[1]))

    for place in order:
        await told.facts[place]()

    assert await findings(desk) == []
    owed = (await book_of(desk, member)).history.steps[-1].after.owed
    # 40,000 yen, paid back with the interest of 30 and of 20 days, and 14 thousand too many.
    assert (owed.total, owed.principal) == (Yen(0), Yen(0))
    posted = balances(
        Leg(row["debit"], row["credit"], Yen(row["amount"]), row["effective_on"])
        for row in await owner.fetch("SELECT * FROM postings")
    )
    assert (posted[PRINCIPAL], posted[INTEREST], posted[LATE_DAMAGES]) == (0, 0, 0)
    assert -posted[SUSPENSE] == (await book_of(desk, member)).loan.suspense.amount > 0
    again = await find_transfer(desk.db, member_id=member.id, transfer_id=second.id)
    assert again is not None
    assert again.state is State.RETURNED


async def test_an_advance_that_a_payment_follows_is_booked_in_its_place(
    desk: TransferDesk, member: Member, bank: ToldBank, owner
) -> None:
    """The payment was for an advance whose answer was lost: it looked like too much."""
    (transfer,) = await unclear(desk, member, bank, 1)
    await book_entry(desk, FoundEntry(member.id, paid(8_000, START - timedelta(days=1))))
    assert (await book_of(desk, member)).loan.suspense == Yen(8_000)

    bank.inquiries.append(Settled(START - timedelta(days=2)))
    await inquire_transfer(desk, transfer)

    loan = (await book_of(desk, member)).loan
    assert (loan.suspense, loan.principal) == (Yen(0), Yen(12_009))  # a day's interest first
    causes = await owner.fetch("SELECT DISTINCT cause FROM postings ORDER BY cause")
    assert [row["cause"] for row in causes] == ["booked", "found_late"]
    assert await findings(desk) == []


async def test_processes_that_book_on_one_loan_at_once_lose_nothing(
    desk: TransferDesk, member: Member, bank: ToldBank, database_url: str
) -> None:
    transfers = await unclear(desk, member, bank, 4)
    async with open_database(database_url, wait_s=60) as own_pool:
        other = replace(desk, db=own_pool, instance="test-2")
        bank.inquiries.extend([Settled(START - timedelta(hours=1))] * 6)
        payments = [paid(1_000, START - timedelta(minutes=minute)) for minute in range(8)]
        await asyncio.gather(
            *(inquire_transfer(each, row) for each in (desk, other) for row in transfers[::2]),
            *(inquire_transfer(other, row) for row in transfers[1::2]),
            *(
                book_entry(each, FoundEntry(member.id, entry))
                for entry in payments
                for each in (desk, other)
            ),
            work_due_dates(desk),
            work_due_dates(other),
        )

    entries = (await book_of(desk, member)).entries
    kinds = [entry.kind for entry in entries]
    assert (kinds.count(Kind.ADVANCE), kinds.count(Kind.PAYMENT)) == (4, 8)
    assert await findings(desk) == []


CASH = "settlement_cash:smbc"
FITS_NOWHERE = [
    pytest.param(paid(9_999_999_999, START), id="a payment of more than anybody owes"),
    pytest.param(
        LoanEntry(uuid4(), Kind.REFUND, Yen(500), START.date(), START, UNIDENTIFIED),
        id="a refund of what nobody was owed",
    ),
    pytest.param(
        LoanEntry(
            uuid4(), Kind.RETURN, Yen(700), START.date(), START, "settlement_cash:smbc", uuid4()
        ),
        id="a return of an advance that nobody knows",
    ),
    pytest.param(
        LoanEntry(uuid4(), Kind.ADVANCE, Yen(2_000_000), START.date(), START, CASH),
        id="an advance far over the limit",
    ),
    pytest.param(
        LoanEntry(uuid4(), Kind.FEE, Yen(440), START.date(), START, FEE_INCOME),
        id="a fee where nothing was borrowed",
    ),
    pytest.param(
        paid(1_000, datetime(2016, 2, 1, tzinfo=JST)), id="a payment from before the contract"
    ),
]


@pytest.mark.parametrize("entry", FITS_NOWHERE)
async def test_money_that_moved_is_booked_whatever_it_fits(
    desk: TransferDesk, member: Member, owner, entry: LoanEntry
) -> None:
    await owner.execute("UPDATE loans SET credit_limit = 0, advances_stopped = TRUE")
    await owner.execute("UPDATE members SET status = 'suspended'")

    assert await book_entry(desk, FoundEntry(member.id, entry)) is True

    assert await book_entry(desk, FoundEntry(member.id, entry)) is False
    # What came back of nothing is nobody's: the ledger says so until somebody looks at it.
    is_nobodys = entry.kind is Kind.RETURN
    assert [found.split("'")[1] for found in await findings(desk)] == (
        ["unidentified_differs"] if is_nobodys else []
    )


async def test_a_transfer_that_goes_into_review_is_put_before_people_once(
    desk: TransferDesk, member: Member, bank: ToldBank, owner, clock: ManualClock
) -> None:
    (transfer,) = await unclear(desk, member, bank, 1)
    for _ in range(4):
        clock.advance(3_600)
        row = await find_transfer(desk.db, member_id=member.id, transfer_id=transfer.id)
        assert row is not None
        bank.inquiries.append(Unknown())
        await inquire_transfer(desk, row)

    items = await owner.fetch("SELECT kind, bank, reference, amount, transfer_id FROM review_items")
    assert [tuple(item) for item in items] == [
        ("transfer_unclear", "smbc", transfer.reference, 20_000, transfer.id)
    ]


async def test_a_lost_commit_is_answered_by_booking_the_same_journal_again(
    desk: TransferDesk, member: Member
) -> None:
    booking = book(await book_of(desk, member), paid(1_000, START))
    assert booking is not None
    step = EntryStep(member.id, START, [journal_of(booking, desk.new_id)])
    other = EntryStep(member.id, START, [journal_of(booking, desk.new_id)])

    answers = [await record_entry(desk.db, each) for each in (step, step, other)]

    assert answers == ["moved", "moved", "stale"]
    assert await findings(desk) == []


async def test_a_booking_worked_out_from_an_older_loan_writes_nothing(
    desk: TransferDesk, member: Member
) -> None:
    old = await book_of(desk, member)
    await book_entry(desk, FoundEntry(member.id, paid(1_000, START)))

    booking = book(old, paid(2_000, START))
    assert booking is not None
    step = EntryStep(member.id, START, [journal_of(booking, desk.new_id)])

    assert await record_entry(desk.db, step) == "loan_moved"
    assert len((await book_of(desk, member)).entries) == 1


async def test_what_was_paid_for_an_advance_that_came_back_is_put_before_people(
    desk: TransferDesk, member: Member, bank: ToldBank, owner
) -> None:
    (transfer,) = await unclear(desk, member, bank, 1)
    bank.inquiries.append(Settled(BORROWED_AT[0]))
    settled = await inquire_transfer(desk, transfer)
    await book_entry(desk, FoundEntry(member.id, paid(5_000, PAID_AT[0])))

    bank.inquiries.append(Returned(BORROWED_AT[0], CAME_BACK, Reason.ACCOUNT_CLOSED))
    await inquire_transfer(desk, settled)

    assert (await book_of(desk, member)).loan.suspense == Yen(5_000)
    items = await owner.fetch("SELECT kind, reference, amount FROM review_items")
    assert [tuple(item) for item in items] == [("overpaid", transfer.reference, 5_000)]
    assert await findings(desk) == []
