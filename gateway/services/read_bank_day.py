"""Read what we know of one bank's day, beside the statement that was read before."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from gateway.domain import repayment as repayments
from gateway.domain import transfer as transfers
from gateway.domain.bank import Statement, StatementLine
from gateway.domain.ledger import Posting
from gateway.domain.reconciliation import BankDay, Flow, Known, Standing
from gateway.domain.repayment import Repayment
from gateway.domain.transfer import Transfer
from gateway.store.database import Database
from gateway.store.statements import lines_elsewhere, movements_of, repayments_of, transfers_of

ENDED = frozenset({transfers.State.REJECTED, transfers.State.CANCELLED})
BOOKED = frozenset({transfers.State.SETTLED, transfers.State.RETURNED})


@dataclass(frozen=True, slots=True)
class KnownDay:
    """One bank's day, or a part of it, with the rows that its references stand for."""

    day: BankDay
    transfers: Mapping[str, Transfer]
    repayments: Mapping[str, Repayment]
    house: tuple[Posting, ...] = ()


async def read_part(
    db: Database, statement: Statement, references: Sequence[str], lines: Sequence[StatementLine]
) -> KnownDay:
    """Return all that these references, and the statement's lines under them, are about.

    Read after the statement: whatever the bank has was written down here before it was sent.
    """
    bank, day = statement.bank, statement.day
    sent = await transfers_of(db, bank, references)
    collected = await repayments_of(db, bank, references)
    known = {name: known_transfer(one) for name, one in sent.items()}
    known |= {name: known_repayment(one) for name, one in collected.items()}
    part = BankDay(
        bank=bank,
        day=day,
        lines=lines,
        elsewhere=await lines_elsewhere(db, bank, day, references),
        movements=await movements_of(db, bank, [(one.member_id, one.id) for one in known.values()]),
        known=known,
    )
    return KnownDay(part, sent, collected)


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
