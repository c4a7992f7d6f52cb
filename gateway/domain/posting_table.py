"""What each entry of a loan posts, as a table: debit, credit, and which part of it.

The table is the specification; docs/loan.md shows it, and a test holds the two together.
`{house}` is the account that the entry names (`LoanEntry.house`).
"""

from enum import StrEnum

from gateway.domain.ledger import (
    FEES,
    INTEREST,
    INTEREST_INCOME,
    LATE_DAMAGES,
    LATE_DAMAGES_INCOME,
    PRINCIPAL,
    SUSPENSE,
    UNIDENTIFIED,
)
from gateway.domain.loan_entries import Kind

HOUSE = "{house}"


class Part(StrEnum):
    """A part of an entry, in whole yen; a part of 0 posts nothing."""

    ADVANCED = "advanced"
    INTEREST_ACCRUED = "interest_accrued"
    LATE_DAMAGES_ACCRUED = "late_damages_accrued"
    FEES = "fees"
    LATE_DAMAGES = "late_damages"
    INTEREST = "interest"
    PRINCIPAL = "principal"
    SUSPENSE = "suspense"
    FEE_CHARGED = "fee_charged"
    REFUNDED = "refunded"
    UNIDENTIFIED = "unidentified"


Row = tuple[str, str, Part]
TABLE: dict[Kind, tuple[Row, ...]] = {
    Kind.ADVANCE: ((PRINCIPAL, HOUSE, Part.ADVANCED),),
    Kind.PAYMENT: (
        (INTEREST, INTEREST_INCOME, Part.INTEREST_ACCRUED),
        (LATE_DAMAGES, LATE_DAMAGES_INCOME, Part.LATE_DAMAGES_ACCRUED),
        (HOUSE, FEES, Part.FEES),
        (HOUSE, LATE_DAMAGES, Part.LATE_DAMAGES),
        (HOUSE, INTEREST, Part.INTEREST),
        (HOUSE, PRINCIPAL, Part.PRINCIPAL),
        (HOUSE, SUSPENSE, Part.SUSPENSE),
    ),
    Kind.SET_OFF: (
        (INTEREST, INTEREST_INCOME, Part.INTEREST_ACCRUED),
        (LATE_DAMAGES, LATE_DAMAGES_INCOME, Part.LATE_DAMAGES_ACCRUED),
        (SUSPENSE, FEES, Part.FEES),
        (SUSPENSE, LATE_DAMAGES, Part.LATE_DAMAGES),
        (SUSPENSE, INTEREST, Part.INTEREST),
        (SUSPENSE, PRINCIPAL, Part.PRINCIPAL),
    ),
    Kind.SURPLUS: ((HOUSE, SUSPENSE, Part.SUSPENSE),),
    # A return itself posts nothing: the advance shrinks, and the correction says so. What it
    # brings beyond the advance is nobody's until people have looked at it.
    Kind.RETURN: ((HOUSE, UNIDENTIFIED, Part.UNIDENTIFIED),),
    Kind.FEE: ((FEES, HOUSE, Part.FEE_CHARGED),),
    Kind.REFUND: (
        (SUSPENSE, HOUSE, Part.REFUNDED),
        (UNIDENTIFIED, HOUSE, Part.UNIDENTIFIED),
    ),
    # A withdrawal itself posts nothing either: what it withdraws counts no more.
    Kind.WITHDRAWAL: (),
}
