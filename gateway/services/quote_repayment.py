"""Tell a member, before anything is asked of a bank, what a repayment would pay and until when."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from gateway.domain.account import AccountType, BankCode
from gateway.domain.booking import LoanBook
from gateway.domain.errors import (
    AmountAboveItemLimit,
    BankNotConnected,
    NotFoundHere,
    NothingOwed,
    RepaymentAmountWrong,
    required,
)
from gateway.domain.hours import JST
from gateway.domain.money import NOTHING, Yen
from gateway.domain.quote import HELD_NAME, Why, made_at
from gateway.domain.repayment import RepaymentKind
from gateway.domain.repayment_quote import (
    Opening,
    RepaymentQuote,
    Terms,
    is_holding,
    payable,
    seal,
    terms_of,
    valid_until,
)
from gateway.domain.service_hours import Operation
from gateway.domain.timetable import answer
from gateway.services.desk import TransferDesk
from gateway.store.loan_books import read_loan_book
from gateway.store.stops import Stop, known_stops, windows_of


@dataclass(frozen=True, slots=True)
class RepaymentWish:
    """What is asked for. `amount` may be left out where the kind says what it is."""

    member_id: UUID
    kind: RepaymentKind
    bank: BankCode
    amount: Yen | None


@dataclass(frozen=True, slots=True)
class Foreseen:
    """What a wish comes to now, at this version of the loan, under these stops.

    `payoff`: what pays the loan off now.
    """

    terms: Terms
    payoff: Yen
    opening: Opening
    stops: tuple[Stop, ...]
    loan_version: int
    now: datetime


async def quote_repayment(desk: TransferDesk, wish: RepaymentWish) -> RepaymentQuote:
    """Return a quote, also while the bank is closed.

    Raises BankNotConnected, NothingOwed, RepaymentAmountWrong or AmountAboveItemLimit.
    """
    return make_quote(desk, await foresee_repayment(desk, wish))


async def foresee_repayment(desk: TransferDesk, wish: RepaymentWish) -> Foreseen:
    """Return what becomes of a wish; raises as `quote_repayment` does."""
    if wish.bank not in desk.banks:
        raise BankNotConnected(field="/bank")
    now = desk.clock.now()
    book = required(
        await read_loan_book(desk.db, wish.member_id), NotFoundHere("the member has no loan")
    )
    stops = tuple(
        stop
        for stop in await known_stops(desk.db, now=now)
        if stop.is_of(wish.bank) and stop.stops_collections
    )
    amount = _amount(desk, book, wish, now)
    return Foreseen(
        terms=terms_of(book, wish.kind, wish.bank, amount, now),
        payoff=payable(book, RepaymentKind.PAYOFF, now.astimezone(JST).date())[1],
        opening=opening_at(desk, wish.bank, stops, now),
        stops=stops,
        loan_version=book.loan.version,
        now=now,
    )


def _amount(desk: TransferDesk, book: LoanBook, wish: RepaymentWish, now: datetime) -> Yen:
    """Return what is to be paid, or raise what is wrong with it."""
    least, most = payable(book, wish.kind, now.astimezone(JST).date())
    if most == NOTHING:
        raise NothingOwed
    amount = wish.amount
    if amount is None and wish.kind is not RepaymentKind.AMOUNT:
        amount = most
    if amount is None or not least <= amount <= most:
        raise RepaymentAmountWrong(least, most)
    if amount.amount > desk.profiles[wish.bank].item_limit:
        raise AmountAboveItemLimit(field="/amount")
    return amount


def opening_at(
    desk: TransferDesk, bank: BankCode, stops: tuple[Stop, ...], at: datetime
) -> Opening:
    """Return whether the bank starts collections at an instant, under the stops that are known."""
    hours = desk.profiles[bank].hours
    phase = answer(hours, Operation.COLLECTION, at, one_offs=windows_of(stops)).phase
    why = tuple(Why(reason.name, reason.begins, reason.ends) for reason in phase.reasons)
    held_since = min((stop.held_at for stop in stops if stop.window is None), default=None)
    if held_since is not None:
        return Opening(False, (*why, Why(HELD_NAME, held_since, None)), None)
    return Opening(phase.is_open, why, phase.changes_at)


def make_quote(desk: TransferDesk, foreseen: Foreseen) -> RepaymentQuote:
    """Return what the member is told of what was foreseen."""
    terms, now = foreseen.terms, foreseen.now
    tariff = desk.profiles[terms.bank].tariff
    # No bank says whose account will pay before the payer logs in there.
    fee, atm_fee = (
        look_up(AccountType.ORDINARY, terms.amount, terms.day)
        for look_up in (tariff.repayment_fee, tariff.partner_atm_fee)
    )
    return RepaymentQuote(
        id=seal(_key(desk), terms, now),
        terms=terms,
        opening=foreseen.opening,
        fee=fee,
        partner_atm_fee=atm_fee,
        valid_until=valid_until(now, foreseen.opening.changes_at),
    )


def still_holds(desk: TransferDesk, quote_id: UUID, foreseen: Foreseen) -> bool:
    """Whether the quote that a request names is what the member would be told now."""
    made = made_at(quote_id)
    if made.astimezone(JST).date() != foreseen.terms.day:
        return False
    changes_at = opening_at(desk, foreseen.terms.bank, foreseen.stops, made).changes_at
    until = valid_until(made, changes_at)
    return is_holding(quote_id, _key(desk), foreseen.terms, now=foreseen.now, until=until)


def _key(desk: TransferDesk) -> bytes:
    return desk.settings.reference_key.get_secret_value().encode()
