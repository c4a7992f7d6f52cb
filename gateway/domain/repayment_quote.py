"""What a member is told before paying: the amount, what it pays, what is due after, until when.

A quote is not stored. Its id is a UUIDv7: the instant it was made and a seal over what was told.
Whether it still holds is found by telling again and comparing the seal.
"""

import hashlib
import hmac
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import assert_never
from uuid import UUID

from gateway.domain.account import BankCode
from gateway.domain.allocation import Allocation, allocate
from gateway.domain.booking import LoanBook, payment_entry
from gateway.domain.hours import JST
from gateway.domain.identifier import EPOCH, RANDOM_BYTES, uuid7
from gateway.domain.money import NOTHING, Yen
from gateway.domain.position import Due, LoanPosition, typed_range
from gateway.domain.quote import CLOCKS_DIFFER, Why, made_at
from gateway.domain.repayment import RepaymentKind

NOBODY = UUID(int=0)


@dataclass(frozen=True, slots=True)
class Terms:
    """What a repayment of `amount` comes to on the JST date `day`, as the loan stands now."""

    member_id: UUID
    bank: BankCode
    kind: RepaymentKind
    amount: Yen
    day: date
    split: Allocation
    due_after: Due | None
    payoff_after: Yen


@dataclass(frozen=True, slots=True)
class Opening:
    """Whether a bank starts collections now, why not, and until when that is so.

    `changes_at` None: nobody knows, as while the bank is held.
    """

    is_open: bool
    why: tuple[Why, ...]
    changes_at: datetime | None

    @property
    def reopens_at(self) -> datetime | None:
        """Return when a closed bank opens again, None if it is open or nobody knows."""
        return None if self.is_open else self.changes_at


@dataclass(frozen=True, slots=True)
class RepaymentQuote:
    """All that a member is told."""

    id: UUID
    terms: Terms
    opening: Opening
    fee: Yen
    partner_atm_fee: Yen
    valid_until: datetime


def payable(book: LoanBook, kind: RepaymentKind, day: date) -> tuple[Yen, Yen]:
    """Return the least and the most that may be paid on `day`; both 0: there is nothing to pay."""
    position = book.position_on(day)
    match kind:
        case RepaymentKind.DUE:
            due = NOTHING if position.due is None else position.due.amount
            return due, due
        case RepaymentKind.AMOUNT:
            return typed_range(position, book.agreement.contract.rules)
        case RepaymentKind.PAYOFF:
            return position.payoff, position.payoff
        case never:
            assert_never(never)


def terms_of(
    book: LoanBook, kind: RepaymentKind, bank: BankCode, amount: Yen, at: datetime
) -> Terms:
    """Return what a repayment of `amount` would come to if the bank booked it at this instant."""
    day = at.astimezone(JST).date()
    paid = book.with_entry(payment_entry(NOBODY, bank, amount, at)).position_on(day)
    return Terms(
        member_id=book.loan.member_id,
        bank=bank,
        kind=kind,
        amount=amount,
        day=day,
        split=split_of(book.position_on(day), amount),
        due_after=paid.due,
        payoff_after=paid.payoff,
    )


def split_of(position: LoanPosition, amount: Yen) -> Allocation:
    """Return what a payment of `amount` pays."""
    return allocate(amount, position.owed)


def valid_until(at: datetime, changes_at: datetime | None) -> datetime:
    """Return until when a quote of `at` holds: its JST date, or the bank's next change."""
    tomorrow = at.astimezone(JST).date() + timedelta(days=1)
    midnight = datetime.combine(tomorrow, time(), JST)
    return midnight if changes_at is None else min(midnight, changes_at)


def seal(key: bytes, terms: Terms, made: datetime) -> UUID:
    """Return the id of the quote that tells a member these terms."""
    due, split = terms.due_after, terms.split
    parts = (
        *(terms.member_id.hex, terms.bank, terms.kind, terms.amount.amount, terms.day),
        *(split.fees.amount, split.late_damages.amount, split.interest.amount),
        *(split.principal.amount, terms.payoff_after.amount),
        *(() if due is None else (due.on, due.amount.amount)),
    )
    instant = (made - EPOCH) // timedelta(milliseconds=1)
    message = f"repayment quote {instant} {' '.join(map(str, parts))}"
    return uuid7(made, hmac.digest(key, message.encode(), hashlib.sha256)[:RANDOM_BYTES])


def is_holding(quote_id: UUID, key: bytes, terms: Terms, *, now: datetime, until: datetime) -> bool:
    """Whether a quote is ours, for these terms, and still holds: `until` is what it had said."""
    made = made_at(quote_id)
    if not made - CLOCKS_DIFFER <= now < until:
        return False
    return hmac.compare_digest(seal(key, terms, made).bytes, quote_id.bytes)
