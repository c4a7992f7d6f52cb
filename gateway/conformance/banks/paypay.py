"""PayPay銀行 0033, as docs/banks/paypay.md has it."""

from gateway.conformance.expectation import Expectation, Said, not_told
from gateway.domain.account import BankCode
from gateway.domain.outcome import NotSent, Rejected, Unknown
from gateway.domain.reason import Reason

UNEXPECTED = Said(Unknown, Reason.OUTCOME_UNKNOWN, integrity=True)
PAY_OUT = {
    "E01": Said(Rejected, Reason.FORMAT_ERROR),
    "E02": Said(NotSent, Reason.CONTRACT_ERROR),
    "E03": Said(NotSent, Reason.CONTRACT_ERROR),
    "E04": Said(NotSent, Reason.OUT_OF_HOURS),
    "E05": Said(Rejected, Reason.LIMIT_EXCEEDED),
    "E06": Said(NotSent, Reason.THROTTLED),
    "E07": Said(Unknown, Reason.DUPLICATE),
    "E11": Said(Rejected, Reason.ACCOUNT_NOT_FOUND),
    "E12": Said(Rejected, Reason.NAME_MISMATCH),
    "E13": Said(Rejected, Reason.ACCOUNT_FROZEN),
    "E14": Said(NotSent, Reason.SETTLEMENT_BALANCE_SHORT),
    "E99": Said(Unknown, Reason.OUTCOME_UNKNOWN),
}
NAME = {
    "E01": Said(Rejected, Reason.FORMAT_ERROR),
    "E02": Said(Rejected, Reason.CONTRACT_ERROR),
    "E03": Said(Rejected, Reason.CONTRACT_ERROR),
    "E04": Said(Rejected, Reason.OUT_OF_HOURS),
    "E06": Said(Rejected, Reason.THROTTLED),
    "E11": Said(Rejected, Reason.ACCOUNT_NOT_FOUND),
    "E99": Said(Rejected, Reason.OUTCOME_UNKNOWN),
}
ASKED = ("E01", "E02", "E03", "E04", "E06", "E99")
PAYPAY = Expectation(
    bank=BankCode.PAYPAY,
    branch="002",
    codes={
        **{("submit", code): said for code, said in PAY_OUT.items()},
        **{("verify_name", code): said for code, said in NAME.items()},
        **not_told(ASKED, contract=("E02", "E03")),
        **{("statement", code): NAME[code] for code in ASKED},
        ("inquire", "E11"): UNEXPECTED,
    },
    says={Reason.ACCOUNT_CLOSED: Reason.ACCOUNT_NOT_FOUND},
    frozen_payer=Reason.INSUFFICIENT_FUNDS,  # FAIL says no more
    failed_login=Reason.INSUFFICIENT_FUNDS,
    answers_again=False,
    signs_answers=True,
    signs_in_headers=False,
    callbacks_are_dated=True,
    starts_collections_itself=True,
    visible_after_s=1.0,
    secrets=("sandbox-paypay-mac-secret",),
)
