"""みずほ 0001, as docs/banks/mizuho.md has it."""

from datetime import datetime

from gateway.conformance.expectation import ClosedWindow, Expectation, Said, not_told, unsigned
from gateway.domain.account import BankCode
from gateway.domain.hours import JST
from gateway.domain.outcome import NotSent, Rejected, TurnedAway, Unknown
from gateway.domain.reason import Reason

ITEM = {
    "1": Said(Rejected, Reason.ACCOUNT_NOT_FOUND),
    "2": Said(Rejected, Reason.NAME_MISMATCH),
    "3": Said(Rejected, Reason.ACCOUNT_FROZEN),
    "4": Said(Rejected, Reason.LIMIT_EXCEEDED),
    "8": Said(Unknown, Reason.OUTCOME_UNKNOWN),  # it may be in another file by now
    "9": Said(Rejected, Reason.CREDIT_REFUSED),
}
UNEXPECTED = Said(Unknown, Reason.OUTCOME_UNKNOWN, integrity=True)
ANYWHERE = {
    "400": Said(Rejected, Reason.FORMAT_ERROR),
    "401": Said(NotSent, Reason.CONTRACT_ERROR),
    "403": Said(NotSent, Reason.CONTRACT_ERROR),
    "404": UNEXPECTED,
    "429": Said(NotSent, Reason.THROTTLED),
    "503": Said(NotSent, Reason.OUT_OF_HOURS),
}
# Nobody signed them: the bank may have the file all the same.
TO_A_FILE = {code: Said(TurnedAway, ANYWHERE[code].reason) for code in ("401", "403", "429", "503")}
MIZUHO = Expectation(
    bank=BankCode.MIZUHO,
    codes={
        **{("submit", code): said for code, said in {**ITEM, **ANYWHERE, **TO_A_FILE}.items()},
        **{
            ("start_collection", code): said
            for code, said in unsigned(ANYWHERE, "401", "403", "429", "503").items()
        },
        **not_told(("429", "503"), contract=("401", "403")),
        ("inquire", "409"): UNEXPECTED,
        ("statement", "401"): Said(Rejected, Reason.CONTRACT_ERROR),
        ("statement", "403"): Said(Rejected, Reason.CONTRACT_ERROR),
        ("statement", "429"): Said(Rejected, Reason.THROTTLED),
        ("statement", "503"): Said(Rejected, Reason.OUT_OF_HOURS),
        ("start_collection", "409"): Said(Unknown, Reason.DUPLICATE),
    },
    items=ITEM | {"8": Said(NotSent, Reason.SETTLEMENT_BALANCE_SHORT)},
    collection_ends={
        "1": Reason.INSUFFICIENT_FUNDS,
        "2": Reason.ACCOUNT_NOT_FOUND,
        "3": Reason.PAYER_CANCELLED,
        "4": Reason.AUTHENTICATION_FAILED,
        "8": Reason.SESSION_EXPIRED,
        "9": Reason.SESSION_EXPIRED,
    },
    says={Reason.ACCOUNT_CLOSED: Reason.ACCOUNT_NOT_FOUND},
    frozen_payer=Reason.SESSION_EXPIRED,  # 9 says no more
    failed_login=Reason.SESSION_EXPIRED,
    above_the_limit=Reason.FORMAT_ERROR,
    unsigned=frozenset({Reason.CONTRACT_ERROR, Reason.OUT_OF_HOURS, Reason.THROTTLED}),
    settles_at_once=False,
    pays_files=True,
    verifies_names=False,
    calls_back_returns=False,
    window=ClosedWindow(
        datetime(2026, 11, 28, 22, 0, tzinfo=JST), datetime(2026, 11, 29, 8, 0, tzinfo=JST)
    ),
    secrets=("sandbox-mizuho-password", "sandbox-mizuho-digest-secret"),
)
