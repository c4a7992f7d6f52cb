"""MUFG 0005, as docs/banks/mufg.md has it."""

from datetime import datetime

from gateway.conformance.expectation import ClosedWindow, Expectation, Said, not_told
from gateway.domain.account import BankCode
from gateway.domain.hours import JST
from gateway.domain.outcome import NotSent, Rejected, Unknown
from gateway.domain.reason import Reason

UNEXPECTED = Said(Unknown, Reason.OUTCOME_UNKNOWN, integrity=True)
ANYWHERE = {
    "invalid_token": Said(Unknown, Reason.CONTRACT_ERROR),
    "429": Said(Unknown, Reason.THROTTLED),
    "FF01": Said(Rejected, Reason.FORMAT_ERROR),
    "DT01": Said(Rejected, Reason.FORMAT_ERROR),
    "TM01": Said(NotSent, Reason.OUT_OF_HOURS),
    "AB08": Said(NotSent, Reason.MAINTENANCE),
    "AM02": Said(Rejected, Reason.LIMIT_EXCEEDED),
    "DUPL": Said(Unknown, Reason.DUPLICATE),
    "SEQNO": Said(Unknown, Reason.CONTRACT_ERROR),
}
PAY_OUT = ANYWHERE | {
    "AM04": Said(NotSent, Reason.SETTLEMENT_BALANCE_SHORT),
    "AC01": Said(Rejected, Reason.ACCOUNT_NOT_FOUND),
    "AC04": Said(Rejected, Reason.ACCOUNT_CLOSED),
    "AC06": Said(Rejected, Reason.ACCOUNT_FROZEN),
    "BE01": Said(Rejected, Reason.NAME_MISMATCH),
    "NARR": Said(Rejected, Reason.CREDIT_REFUSED),
}
MUFG = Expectation(
    bank=BankCode.MUFG,
    codes={
        **{("submit", code): said for code, said in PAY_OUT.items()},
        **{("start_collection", code): said for code, said in ANYWHERE.items()},
        **not_told(("FF01",), contract=("invalid_token",)),
        ("inquire", "DUPL"): UNEXPECTED,
        ("statement", "invalid_token"): Said(Rejected, Reason.CONTRACT_ERROR),
        ("statement", "429"): Said(Rejected, Reason.THROTTLED),
    },
    transfer_ends={"AB08": Reason.MAINTENANCE},
    collection_ends={
        "AB08": Reason.MAINTENANCE,
        "AC06": Reason.ACCOUNT_FROZEN,
        "AM04": Reason.INSUFFICIENT_FUNDS,
        "CUST": Reason.PAYER_CANCELLED,
        "NARR": Reason.AUTHENTICATION_FAILED,
        "TM01": Reason.SESSION_EXPIRED,
    },
    return_reasons=frozenset({Reason.ACCOUNT_CLOSED, Reason.NAME_MISMATCH}),
    unsigned=frozenset({Reason.CONTRACT_ERROR, Reason.THROTTLED}),
    settles_at_once=False,
    answers_again=False,
    verifies_names=False,
    calls_back_every_end=False,
    has_tokens=True,
    visible_after_s=3.0,
    window=ClosedWindow(
        datetime(2026, 12, 12, 21, 0, tzinfo=JST), datetime(2026, 12, 13, 7, 0, tzinfo=JST)
    ),
    secrets=("sandbox-mufg-client-secret", "sandbox-mufg-callback-secret"),
)
