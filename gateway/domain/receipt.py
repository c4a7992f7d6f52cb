"""受取証書: the data of the document that each entry of a loan yields (貸金業法17・18条)."""

from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from gateway.domain.allocation import Allocation, Owed
from gateway.domain.loan_entries import Kind
from gateway.domain.loan_history import History, Step
from gateway.domain.money import NOTHING, Yen
from gateway.domain.posting_table import Part

# Which part of an entry stands under which heading of the document.
HEADINGS: dict[str, tuple[Part, ...]] = {
    "fees": (Part.FEES, Part.FEE_CHARGED),
    "late_damages": (Part.LATE_DAMAGES,),
    "interest": (Part.INTEREST,),
    "principal": (Part.PRINCIPAL, Part.ADVANCED),
    "suspense": (Part.SUSPENSE, Part.REFUNDED, Part.UNIDENTIFIED),
}


@dataclass(frozen=True, slots=True)
class Receipt:
    """Date, amount, split, balance after.

    `split` sums to `counted`: `amount`, less what a return took out of an advance. `owed_after` is
    what stands owed in the ledger; `suspense_after` is owed to the member.
    """

    entry_id: UUID
    kind: Kind
    effective_on: date
    at: datetime
    amount: Yen
    split: Allocation
    owed_after: Owed
    suspense_after: Yen

    @property
    def counted(self) -> Yen:
        """Return what of the amount counts in the history."""
        return self.split.total


def receipts(history: History) -> tuple[Receipt, ...]:
    """Return a receipt for each entry, in the history's order."""
    return tuple(receipt_of(step) for step in history.steps)


def receipt_of(step: Step) -> Receipt:
    """Return the receipt of one entry."""
    split = {
        heading: sum((step.parts.get(part, NOTHING) for part in parts), NOTHING)
        for heading, parts in HEADINGS.items()
    }
    return Receipt(
        entry_id=step.entry.id,
        kind=step.entry.kind,
        effective_on=step.entry.effective_on,
        at=step.entry.at,
        amount=step.entry.amount,
        split=Allocation(**split),
        owed_after=step.after.owed,
        suspense_after=step.after.suspense,
    )
