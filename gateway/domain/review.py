"""What people have to look at: kinds of review items, and how each kind may be resolved.

One operator proposes a resolution, another confirms it, and nothing else closes an item. The table
`RESOLUTIONS` is the specification; docs/reconciliation.md shows it.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum

from gateway.domain.account import BankCode
from gateway.domain.money import Yen


class ReviewKind(StrEnum):
    """Why people have to look."""

    # From the flow of transfers and repayments:
    OVERPAID = "overpaid"  # more than was owed came in: the rest is suspense
    PAID_TWICE = "paid_twice"  # a second credit under one reference
    PAID_AFTER_END = "paid_after_end"  # money for a repayment that was over, and that fits nowhere
    AMOUNT_DIFFERS = "amount_differs"  # another amount than was asked for, or than we booked
    TRANSFER_UNCLEAR = "transfer_unclear"  # a transfer is in review
    DATE_NOT_BELIEVED = "date_not_believed"  # booked by the bank on a day that cannot be
    # From reconciliation:
    PAID_THOUGH_ENDED = "paid_though_ended"  # paid out though rejected or cancelled here; booked
    ONLY_BANK_IN = "only_bank_in"  # a credit that no movement of ours explains
    ONLY_BANK_OUT = "only_bank_out"  # a debit that no movement of ours explains
    ONLY_US = "only_us"  # a movement of ours that is on no statement
    DATE_DIFFERS = "date_differs"  # on the statement of another day than we booked
    DOUBLED = "doubled"  # paid out twice, or returned twice
    LEDGER_DIFFERS = "ledger_differs"  # the ledger has it otherwise, or not yet
    NAME_WRONG = "name_wrong"  # an operator says that a line was named wrongly
    SUSPENSE_HELD = "suspense_held"  # an operator would set suspense off against what is owed
    BALANCE_DIFFERS = "balance_differs"  # the bank states another balance than its lines make
    EXPLAINED_LATER = "explained_later"  # what people had made of a line was taken back
    # From people:
    ENTRY_WRONG = "entry_wrong"  # an operator says that a loan's entry should not be there
    DECISION_WRONG = "decision_wrong"  # an operator says that two people decided wrongly on a row


class ItemState(StrEnum):
    """Where an item is; it begins `open`."""

    OPEN = "open"
    PROPOSED = "proposed"
    CLOSED = "closed"


class ItemEvent(StrEnum):
    """What can happen to an item."""

    PROPOSE = "propose"  # one operator says how it is resolved, or says it anew
    CONFIRM = "confirm"  # another says the same


ITEM_TRANSITIONS: Mapping[tuple[ItemState, ItemEvent], ItemState] = {
    (ItemState.OPEN, ItemEvent.PROPOSE): ItemState.PROPOSED,
    (ItemState.PROPOSED, ItemEvent.PROPOSE): ItemState.PROPOSED,
    (ItemState.PROPOSED, ItemEvent.CONFIRM): ItemState.CLOSED,
}


class Resolution(StrEnum):
    """What people decide; whatever moves money or a transfer does so once it is confirmed."""

    NOTED = "noted"  # looked into, nothing has to move
    SETTLED = "settled"  # the bank booked the transfer, at the instant that is given
    RETURNED = "returned"  # it booked it, and the money came back
    PAID = "paid"  # the bank booked the repayment, at the instant that is given
    REJECTED = "rejected"  # it never will be booked: the reservation is released
    SEND_AGAIN = "send_again"  # the bank does not have it: sent again under the same reference
    REFUNDED = "refunded"  # suspense was paid out by hand, on a date and at a bank that are given
    PAYMENT = "payment"  # unidentified money is a member's payment
    ADVANCE = "advance"  # unidentified money went to a member, who owes it
    REFUND = "refund"  # unidentified money went to a member, who was owed it
    GIVEN_BACK = "given_back"  # unidentified money goes, or went, back to whoever sent it
    FUNDING = "funding"  # the lender put it in
    SWEEP = "sweep"  # the lender moved repayments to its main account
    BANK_CHARGE = "bank_charge"  # the bank's bill for what it charged
    SET_OFF = "set_off"  # suspense pays what the member owes
    OPENING = "opening"  # it was there on the first day
    REDATED = "redated"  # the entry is entered anew on the day that the statement says
    WITHDRAWN = "withdrawn"  # entry, line's name or decision was wrong: it counts no more


R = Resolution
OWED_TO_MEMBER = (R.REFUNDED, R.NOTED)
RESOLUTIONS: Mapping[ReviewKind, tuple[Resolution, ...]] = {
    ReviewKind.OVERPAID: OWED_TO_MEMBER,
    ReviewKind.PAID_TWICE: OWED_TO_MEMBER,
    ReviewKind.PAID_AFTER_END: OWED_TO_MEMBER,
    ReviewKind.AMOUNT_DIFFERS: (R.REFUNDED, R.PAYMENT, R.ADVANCE, R.GIVEN_BACK, R.NOTED),
    ReviewKind.TRANSFER_UNCLEAR: (R.SETTLED, R.RETURNED, R.REJECTED, R.SEND_AGAIN, R.NOTED),
    ReviewKind.DATE_NOT_BELIEVED: (R.SETTLED, R.RETURNED, R.PAID, R.NOTED),
    ReviewKind.PAID_THOUGH_ENDED: (R.NOTED,),
    ReviewKind.ONLY_BANK_IN: (R.PAYMENT, R.FUNDING, R.OPENING, R.GIVEN_BACK, R.NOTED),
    ReviewKind.ONLY_BANK_OUT: (
        R.ADVANCE,
        R.REFUND,
        R.SWEEP,
        R.BANK_CHARGE,
        R.GIVEN_BACK,
        R.NOTED,
    ),
    ReviewKind.ONLY_US: (R.NOTED,),
    ReviewKind.DATE_DIFFERS: (R.REDATED, R.NOTED),
    ReviewKind.DOUBLED: (R.ADVANCE, R.PAYMENT, R.GIVEN_BACK, R.NOTED),
    ReviewKind.LEDGER_DIFFERS: (R.GIVEN_BACK, R.NOTED),
    ReviewKind.ENTRY_WRONG: (R.WITHDRAWN, R.NOTED),
    ReviewKind.DECISION_WRONG: (R.WITHDRAWN, R.NOTED),
    ReviewKind.NAME_WRONG: (R.WITHDRAWN, R.NOTED),
    ReviewKind.EXPLAINED_LATER: (R.NOTED,),
    ReviewKind.BALANCE_DIFFERS: (R.NOTED,),
    ReviewKind.SUSPENSE_HELD: (R.SET_OFF, R.NOTED),
}


@dataclass(frozen=True, slots=True)
class NewReview:
    """An item to be raised, once for its `key`. `details` hold no account number and no name.

    `booked_on` is the statement's date where there is one, `amount` what has to be looked at.
    `reads`: the days whose statements are read (once more) because of what is looked at.
    """

    key: str
    kind: ReviewKind
    bank: BankCode
    booked_on: date | None = None
    reference: str | None = None
    amount: Yen | None = None
    details: Mapping[str, object] = field(default_factory=dict)
    reads: tuple[date, ...] = ()


@dataclass(frozen=True, slots=True)
class TakenBack:
    """A decision of two people that two people take back: why, and the questions asked again."""

    why: str
    reviews: tuple[NewReview, ...] = ()


def review_key(kind: ReviewKind, *about: object) -> str:
    """Return the key of an item: its kind and what it is about, a reference mostly."""
    return ":".join((kind.value, *(str(part) for part in about)))


def may_resolve(kind: ReviewKind, resolution: Resolution) -> bool:
    """Whether the table names this way for that kind."""
    return resolution in RESOLUTIONS[kind]
