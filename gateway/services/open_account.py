"""Book what was on the lender's account at a bank before the first line: once.

Said wrongly, it is taken back by two people, and said anew.
"""

import secrets
from datetime import date, datetime
from uuid import UUID

import structlog

from gateway.domain.account import BankCode
from gateway.domain.believed_dates import STATED_FOR, DateRefused, check_typed
from gateway.domain.errors import GatewayError, NotFoundHere, required
from gateway.domain.hours import JST
from gateway.domain.house_money import YEN_MAX, Opening
from gateway.domain.identifier import uuid7
from gateway.domain.operator import is_same_person, person
from gateway.store.database import Database
from gateway.store.house_money import (
    Act,
    KnownOpening,
    confirm_opening,
    confirm_withdrawal,
    find_opening,
    first_moved,
    propose_opening,
    propose_withdrawal,
)

CONFIRMED = "{}: its opening balance is confirmed already; opening-withdraw takes it back"

log = structlog.get_logger()


class OpeningRefused(GatewayError):
    """The opening balance cannot be booked so; the message says why, and what is allowed."""

    code = "opening_refused"


async def propose_account_opening(
    db: Database, opening: Opening, *, by: str, note: str, now: datetime
) -> KnownOpening:
    """Write down what one operator says was there; it takes another to confirm it.

    A proposal may be replaced until it is confirmed. Raises OpeningRefused, NameMissing.
    """
    await _check(db, opening, note, now)
    known = await propose_opening(db, opening, _act(now, by, note))
    if known is None:
        raise OpeningRefused(CONFIRMED.format(opening.bank))
    log.warning("opening.proposed", bank=opening.bank)
    return known


async def confirm_account_opening(
    db: Database, opening: Opening, *, by: str, note: str, now: datetime
) -> KnownOpening:
    """Book exactly what another operator has proposed. Raises OpeningRefused, NameMissing."""
    await _check(db, opening, note, now)
    waits = await find_opening(db, opening.bank)
    if waits is None or waits.withdrawn_by is not None:
        raise OpeningRefused(f"{opening.bank}: nothing is proposed yet")
    if waits.confirmed_by is not None:
        raise OpeningRefused(CONFIRMED.format(opening.bank))
    if waits.opening != opening:
        said = waits.opening
        raise OpeningRefused(f"what is proposed is {said.balance} yen before {said.on}")
    if is_same_person(waits.proposed_by, by):
        raise OpeningRefused("another operator confirms what one proposed")
    known = required(
        await confirm_opening(db, waits, _act(now, by, note)),
        OpeningRefused("somebody was faster: look at it again"),
    )
    log.warning("opening.confirmed", bank=opening.bank)
    return known


async def propose_opening_withdrawal(
    db: Database, bank: BankCode, *, by: str, note: str, now: datetime
) -> KnownOpening:
    """Write down that one operator holds the opening for wrong; it takes another to confirm it.

    Raises NotFoundHere where none is booked, OpeningRefused, NameMissing.
    """
    known = await _booked(db, bank, note)
    said = required(
        await propose_withdrawal(db, known, _act(now, by, note)),
        OpeningRefused("somebody was faster: look at it again"),
    )
    log.warning("opening.withdrawal_proposed", bank=bank)
    return said


async def confirm_opening_withdrawal(
    db: Database, bank: BankCode, *, by: str, note: str, now: datetime
) -> KnownOpening:
    """Take the opening back as another operator has proposed; it may be said anew then.

    Raises NotFoundHere where none is booked, OpeningRefused, NameMissing.
    """
    known = await _booked(db, bank, note)
    if known.wrong_by is None:
        raise OpeningRefused(f"{bank}: nobody has proposed to take its opening balance back")
    if is_same_person(known.wrong_by, by):
        raise OpeningRefused("another operator confirms what one proposed")
    said = required(
        await confirm_withdrawal(db, known, _act(now, by, note)),
        OpeningRefused("somebody was faster: look at it again"),
    )
    log.warning("opening.withdrawn", bank=bank)
    return said


async def has_opening(db: Database, bank: BankCode) -> bool:
    """Whether what was there at first is booked, as an opening or, before there were any, else."""
    known = await find_opening(db, bank)
    moved = await first_moved(db, bank)
    return (known is not None and known.confirmed_by is not None) or moved.was_funded_by_hand


async def is_before_opening(db: Database, bank: BankCode, day: date) -> bool:
    """Return whether the opening balance has that day's movements, so that none counts twice."""
    known = await find_opening(db, bank)
    return known is not None and known.confirmed_by is not None and day < known.opening.on


async def _booked(db: Database, bank: BankCode, note: str) -> KnownOpening:
    _check_note(note)
    known = await find_opening(db, bank)
    if known is None or known.confirmed_by is None:
        raise NotFoundHere(f"{bank}: no opening balance is booked")
    return known


def _check_note(note: str) -> None:
    if not note.strip():
        raise OpeningRefused("--note: a note says why; it stays on record")


async def _check(db: Database, opening: Opening, note: str, now: datetime) -> None:
    _check_note(note)
    if abs(opening.balance) > YEN_MAX:
        allowed = f"it lies from {-YEN_MAX} to {YEN_MAX}"
        raise OpeningRefused(f"--balance: {opening.balance} yen cannot be; {allowed}")
    try:
        # From that day on every day's statement is read.
        since = now.astimezone(JST).date() - STATED_FOR
        check_typed("--on", opening.on, since=since, now=now)
    except DateRefused as refused:
        raise OpeningRefused(str(refused)) from refused
    moved = await first_moved(db, opening.bank)
    if moved.was_funded_by_hand:
        raise OpeningRefused(
            f"{opening.bank}: fundings were typed in before: an opening would count them twice"
        )
    if moved.first_on is not None and opening.on > moved.first_on:
        raise OpeningRefused(
            f"--on: money moved at {opening.bank} on {moved.first_on} already;"
            " give the balance before that day"
        )
    if moved.first_wish_on is not None and opening.on > moved.first_wish_on:
        raise OpeningRefused(
            f"--on: a wish at {opening.bank} was accepted on {moved.first_wish_on} already;"
            " give the balance before that day"
        )


def _act(now: datetime, by: str, note: str) -> Act:
    identifier: UUID = uuid7(now, secrets.token_bytes(10))
    return Act(identifier, person(by), now, note)
