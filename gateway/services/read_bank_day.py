"""Read what we know of one bank's day, beside the statement that was read before."""

from collections.abc import Mapping
from dataclasses import dataclass

from gateway.domain import repayment as repayments
from gateway.domain import transfer as transfers
from gateway.domain.bank import Statement
from gateway.domain.ledger import Posting
from gateway.domain.reconciliation import BankDay, Flow, Known, Standing
from gateway.domain.repayment import Repayment
from gateway.domain.set_aside import fundings
from gateway.domain.transfer import Transfer
from gateway.store.database import Database
from gateway.store.statements import (
    house_postings,
    lines_elsewhere,
    movements_of,
    repayments_of,
    transfers_of,
)

ENDED = frozenset({transfers.State.REJECTED, transfers.State.CANCELLED})
BOOKED = frozenset({transfers.State.SETTLED, transfers.State.RETURNED})


@dataclass(frozen=True, slots=True)
class KnownDay:
    """One bank's day, with the rows that its references stand for."""

    day: BankDay
    transfers: Mapping[str, Transfer]
    repayments: Mapping[str, Repayment]
    house: tuple[Posting, ...]


async def read_bank_day(db: Database, statement: Statement) -> KnownDay:
    """Return all that the day's lines and movements are about.

    Read after the statement: whatever the bank has was written down here before it was sent.
    """
    bank, day = statement.bank, statement.day
    todays = await movements_of(db, bank, day, ())
    named = {line.reference for line in statement.movements}
    named |= {movement.reference for movement in todays}
    references = {reference for reference in named if reference is not None}
    sent = await transfers_of(db, bank, references)
    collected = await repayments_of(db, bank, references)
    known = {name: known_transfer(one) for name, one in sent.items()}
    known |= {name: known_repayment(one) for name, one in collected.items()}
    sources = [(one.member_id, one.id) for one in known.values()]
    house = await house_postings(db, bank, day)
    moved = await movements_of(db, bank, day, sources)
    bank_day = BankDay(
        bank=bank,
        day=day,
        lines=statement.movements,
        elsewhere=await lines_elsewhere(db, bank, day, references),
        movements=(*moved, *fundings(bank, house)),
        known=known,
    )
    return KnownDay(bank_day, sent, collected, tuple(house))


def known_transfer(transfer: Transfer) -> Known:
    """Return what a transfer's reference stands for."""
    standing = Standing.OPEN
    if transfer.state in ENDED:
        standing = Standing.ENDED
    elif transfer.state in BOOKED:
        standing = Standing.BOOKED
    return Known(
        reference=transfer.reference,
        flow=Flow.TRANSFER,
        member_id=transfer.member_id,
        id=transfer.id,
        amount=transfer.amount,
        standing=standing,
    )


def known_repayment(repayment: Repayment) -> Known:
    """Return what a repayment's reference stands for."""
    standing = Standing.ENDED
    if repayment.state is repayments.State.SETTLED:
        standing = Standing.BOOKED
    elif repayment.state in repayments.OPEN:
        standing = Standing.OPEN
    return Known(
        reference=repayment.reference,
        flow=Flow.REPAYMENT,
        member_id=repayment.member_id,
        id=repayment.id,
        amount=repayment.amount,
        standing=standing,
    )
