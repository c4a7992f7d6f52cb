"""Bank accounts that money may go to."""

import re
from dataclasses import dataclass
from enum import StrEnum

from gateway.domain.kana import is_strict

HOLDER_MAX = 30


class BankCode(StrEnum):
    """The banks, by the name used everywhere (settings, routes, logs, ledger)."""

    SMBC = "smbc"
    MUFG = "mufg"
    PAYPAY = "paypay"
    MIZUHO = "mizuho"
    RAKUTEN = "rakuten"


ZENGIN_CODES: dict[BankCode, str] = {
    BankCode.SMBC: "0009",
    BankCode.MUFG: "0005",
    BankCode.PAYPAY: "0033",
    BankCode.MIZUHO: "0001",
    BankCode.RAKUTEN: "0036",
}


class AccountType(StrEnum):
    """預金種目 as the 全銀 formats number them."""

    ORDINARY = "1"  # 普通
    CURRENT = "2"  # 当座
    SAVINGS = "4"  # 貯蓄


@dataclass(frozen=True, slots=True)
class BankAccount:
    """One account at one bank; `holder` is half-width kana of the strict set (`domain.kana`)."""

    bank: BankCode
    branch: str
    type: AccountType
    number: str
    holder: str

    def __post_init__(self) -> None:
        if not re.fullmatch(r"[0-9]{3}", self.branch):
            raise ValueError("a branch is three ASCII digits")
        if not re.fullmatch(r"[0-9]{7}", self.number):
            raise ValueError("an account number is seven ASCII digits, padded on the left with 0")
        if not (len(self.holder) <= HOLDER_MAX and is_strict(self.holder)):
            raise ValueError("a holder is 1 to 30 characters of half-width kana of the strict set")

    @property
    def number_masked(self) -> str:
        """Return the number with all but its last three digits hidden: `****567`."""
        return f"****{self.number[-3:]}"
