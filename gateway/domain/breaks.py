"""The twelve ways in which a bank's statement, our movements and the ledger can disagree.

The table `BREAKS` is the specification: which verdict each gets, what is done about it by itself,
and which review item people find. docs/reconciliation.md shows it, and a test holds them together.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from gateway.domain.review import ReviewKind


class Verdict(StrEnum):
    """What is said of a line of a statement or of a movement of ours: exactly one."""

    MATCHED = "matched"
    ONLY_BANK = "only_bank"
    ONLY_US = "only_us"
    AMOUNT_DIFFERS = "amount_differs"
    DATE_DIFFERS = "date_differs"
    DOUBLED = "doubled"
    RETURNED = "returned"
    LEDGER_DIFFERS = "ledger_differs"


class Treatment(StrEnum):
    """What is done about a break by itself."""

    BOOK = "book"  # the fact is applied as if the bank had answered an inquiry with it
    SET_ASIDE = "set_aside"  # what no movement explains goes to `unidentified`, so that cash agrees
    LOOK = "look"  # nothing moves


class Break(StrEnum):
    """A kind of disagreement."""

    PAID_LATE = "paid_late"  # the bank paid out, and the transfer is open here
    PAID_THOUGH_ENDED = "paid_though_ended"  # it paid out what was rejected or cancelled here
    RETURNED_LATE = "returned_late"  # money came back, and we do not know
    CREDITED_LATE = "credited_late"  # a repayment came in that is not paid here
    CREDITED_AGAIN = "credited_again"  # another credit under the reference of a paid repayment
    MOVED_AGAIN = "moved_again"  # a second pay-out, or a second return, under one reference
    AMOUNT_DIFFERS = "amount_differs"  # the line has another amount than the movement
    DATE_DIFFERS = "date_differs"  # the line stands on another day than the movement
    CREDIT_UNKNOWN = "credit_unknown"  # a credit that no movement of ours explains
    DEBIT_UNKNOWN = "debit_unknown"  # a debit that no movement of ours explains
    LINE_MISSING = "line_missing"  # a movement of ours that the statement does not have
    LEDGER_DIFFERS = "ledger_differs"  # the line is ours, and the ledger has it otherwise or not


@dataclass(frozen=True, slots=True)
class Rule:
    """What follows from a break; `review` None: it is booked, and nobody has to look."""

    verdict: Verdict
    treatment: Treatment
    review: ReviewKind | None


V, T, K = Verdict, Treatment, ReviewKind
BREAKS: Mapping[Break, Rule] = {
    Break.PAID_LATE: Rule(V.ONLY_BANK, T.BOOK, None),
    Break.PAID_THOUGH_ENDED: Rule(V.ONLY_BANK, T.BOOK, K.PAID_THOUGH_ENDED),
    Break.RETURNED_LATE: Rule(V.RETURNED, T.BOOK, None),
    Break.CREDITED_LATE: Rule(V.ONLY_BANK, T.BOOK, None),
    Break.CREDITED_AGAIN: Rule(V.DOUBLED, T.BOOK, K.PAID_TWICE),
    Break.MOVED_AGAIN: Rule(V.DOUBLED, T.SET_ASIDE, K.DOUBLED),
    Break.AMOUNT_DIFFERS: Rule(V.AMOUNT_DIFFERS, T.SET_ASIDE, K.AMOUNT_DIFFERS),
    Break.DATE_DIFFERS: Rule(V.DATE_DIFFERS, T.LOOK, K.DATE_DIFFERS),
    Break.CREDIT_UNKNOWN: Rule(V.ONLY_BANK, T.SET_ASIDE, K.ONLY_BANK_IN),
    Break.DEBIT_UNKNOWN: Rule(V.ONLY_BANK, T.SET_ASIDE, K.ONLY_BANK_OUT),
    Break.LINE_MISSING: Rule(V.ONLY_US, T.LOOK, K.ONLY_US),
    Break.LEDGER_DIFFERS: Rule(V.LEDGER_DIFFERS, T.SET_ASIDE, K.LEDGER_DIFFERS),
}
