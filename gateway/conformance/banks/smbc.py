"""SMBC 0009, as docs/banks/smbc.md has it."""

from datetime import datetime

from gateway.conformance.expectation import ClosedWindow, Expectation, Said, not_told
from gateway.domain.account import BankCode
from gateway.domain.hours import JST
from gateway.domain.outcome import NotSent, Rejected, Unknown
from gateway.domain.reason import Reason

UNEXPECTED = Said(Unknown, Reason.OUTCOME_UNKNOWN, integrity=True)
ANYWHERE = {
    "INVALID_API_KEY": Said(NotSent, Reason.CONTRACT_ERROR),
    "INVALID_SIGNATURE": Said(NotSent, Reason.CONTRACT_ERROR),
    "INVALID_TIMESTAMP": Said(NotSent, Reason.CONTRACT_ERROR),
    "FORBIDDEN": Said(NotSent, Reason.CONTRACT_ERROR),
    "TOO_MANY_REQUESTS": Said(NotSent, Reason.THROTTLED),
    "OUT_OF_SERVICE_HOURS": Said(NotSent, Reason.OUT_OF_HOURS),
    "INVALID_REQUEST": Said(Rejected, Reason.FORMAT_ERROR),
    "LIMIT_EXCEEDED": Said(Rejected, Reason.LIMIT_EXCEEDED),
    "REFERENCE_REUSED": Said(Unknown, Reason.DUPLICATE),
    "SYSTEM_ERROR": Said(Unknown, Reason.OUTCOME_UNKNOWN),
}
PAY_OUT = ANYWHERE | {
    "ACCOUNT_NOT_FOUND": Said(Rejected, Reason.ACCOUNT_NOT_FOUND),
    "ACCOUNT_CLOSED": Said(Rejected, Reason.ACCOUNT_CLOSED),
    "ACCOUNT_FROZEN": Said(Rejected, Reason.ACCOUNT_FROZEN),
    "NAME_MISMATCH": Said(Rejected, Reason.NAME_MISMATCH),
    "SETTLEMENT_BALANCE_SHORT": Said(NotSent, Reason.SETTLEMENT_BALANCE_SHORT),
    "VERIFICATION_LIMIT": UNEXPECTED,
    "TRANSFER_NOT_FOUND": UNEXPECTED,
}
NAME = {
    "ACCOUNT_NOT_FOUND": Said(Rejected, Reason.ACCOUNT_NOT_FOUND),
    "VERIFICATION_LIMIT": Said(Rejected, Reason.LIMIT_EXCEEDED),
    "INVALID_REQUEST": Said(Rejected, Reason.FORMAT_ERROR),
    "INVALID_API_KEY": Said(Rejected, Reason.CONTRACT_ERROR),
    "INVALID_SIGNATURE": Said(Rejected, Reason.CONTRACT_ERROR),
    "INVALID_TIMESTAMP": Said(Rejected, Reason.CONTRACT_ERROR),
    "FORBIDDEN": Said(Rejected, Reason.CONTRACT_ERROR),
    "TOO_MANY_REQUESTS": Said(Rejected, Reason.THROTTLED),
    "OUT_OF_SERVICE_HOURS": Said(Rejected, Reason.OUT_OF_HOURS),
    "SYSTEM_ERROR": Said(Rejected, Reason.OUTCOME_UNKNOWN),
}
CONTRACT = ("INVALID_API_KEY", "INVALID_SIGNATURE", "INVALID_TIMESTAMP", "FORBIDDEN")
ASKED = (
    "INVALID_REQUEST",
    *CONTRACT,
    "TOO_MANY_REQUESTS",
    "SYSTEM_ERROR",
    "OUT_OF_SERVICE_HOURS",
)
SMBC = Expectation(
    bank=BankCode.SMBC,
    codes={
        **{("submit", code): said for code, said in PAY_OUT.items()},
        **{("start_collection", code): said for code, said in ANYWHERE.items()},
        **{("verify_name", code): said for code, said in NAME.items()},
        **not_told(ASKED, contract=CONTRACT),
        **{("statement", code): NAME[code] for code in ASKED},
        ("inquire", "ACCOUNT_CLOSED"): UNEXPECTED,
    },
    return_reasons=frozenset({Reason.ACCOUNT_CLOSED, Reason.NAME_MISMATCH}),
    names_looks_a_day=5,
    signs_answers=True,
    callbacks_are_dated=True,
    statement_rows_a_page=200,
    window=ClosedWindow(
        datetime(2026, 11, 29, 21, 0, tzinfo=JST), datetime(2026, 11, 30, 7, 0, tzinfo=JST)
    ),
    secrets=("sandbox-smbc-api-key",),
)
