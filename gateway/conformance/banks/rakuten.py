"""楽天 0036, as docs/banks/rakuten.md has it."""

from gateway.conformance.expectation import Expectation, Said, not_told
from gateway.domain.account import BankCode
from gateway.domain.outcome import NotSent, Rejected, Unknown
from gateway.domain.reason import Reason

UNEXPECTED = Said(Unknown, Reason.OUTCOME_UNKNOWN, integrity=True)
ANYWHERE = {
    "A": Said(NotSent, Reason.OUT_OF_HOURS),
    "B": Said(NotSent, Reason.CONTRACT_ERROR),
    "E": Said(NotSent, Reason.THROTTLED),
    "F": Said(Unknown, Reason.OUTCOME_UNKNOWN),
    "G": Said(Rejected, Reason.LIMIT_EXCEEDED),
    "H": Said(Rejected, Reason.FORMAT_ERROR),
    "I": Said(Unknown, Reason.OUTCOME_UNKNOWN),
    "Q": Said(Unknown, Reason.CONTRACT_ERROR),
}
PAY_OUT = ANYWHERE | {
    " ": Said(NotSent, Reason.SETTLEMENT_BALANCE_SHORT),
    "C": Said(Rejected, Reason.ACCOUNT_NOT_FOUND),
    "N": Said(Rejected, Reason.NAME_MISMATCH),
}
NAME = {
    "A": Said(Rejected, Reason.OUT_OF_HOURS),
    "B": Said(Rejected, Reason.CONTRACT_ERROR),
    "C": Said(Rejected, Reason.ACCOUNT_NOT_FOUND),
    "E": Said(Rejected, Reason.THROTTLED),
    "F": Said(Rejected, Reason.OUTCOME_UNKNOWN),
    "H": Said(Rejected, Reason.FORMAT_ERROR),
    "I": Said(Rejected, Reason.OUTCOME_UNKNOWN),
    "Q": Said(Rejected, Reason.CONTRACT_ERROR),
}
ASKED = ("A", "B", "E", "F", "H", "I", "Q")
RAKUTEN = Expectation(
    bank=BankCode.RAKUTEN,
    branch="201",
    codes={
        **{("submit", code): said for code, said in PAY_OUT.items()},
        **{("start_collection", code): said for code, said in ANYWHERE.items()},
        **{("verify_name", code): said for code, said in NAME.items()},
        **not_told(ASKED, contract=("B", "Q")),
        **{("statement", code): NAME[code] for code in ASKED},
        ("inquire", "C"): UNEXPECTED,
    },
    unclear_ends={
        "F ": Reason.SETTLEMENT_BALANCE_SHORT,
        "FC": Reason.ACCOUNT_NOT_FOUND,
        "FG": Reason.LIMIT_EXCEEDED,
        "FN": Reason.NAME_MISMATCH,
    },
    says={
        Reason.ACCOUNT_CLOSED: Reason.ACCOUNT_NOT_FOUND,
        Reason.ACCOUNT_FROZEN: Reason.ACCOUNT_NOT_FOUND,
    },
    frozen_payer=Reason.INSUFFICIENT_FUNDS,  # 4 says no more
    failed_login=Reason.INSUFFICIENT_FUNDS,
    unsigned=frozenset({Reason.CONTRACT_ERROR}),
    says_when_it_opens=False,
    calls_back_returns=False,
    calls_back_collections=False,
    calls_back_every_end=False,
    visible_after_s=2.0,
    statement_rows_a_page=100,
    secrets=("sandbox-rakuten-password",),
)
