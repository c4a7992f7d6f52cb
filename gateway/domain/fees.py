"""What a movement costs, by payer, channel, account class, amount and date: look-ups in a table.

Fees are whole yen with consumption tax inside. What no row names costs nothing (the rule for the
member, and the booking of a charge may refuse nothing).
"""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from gateway.domain.account import AccountType
from gateway.domain.money import Yen


class Payer(StrEnum):
    """Who pays."""

    MEMBER = "member"
    LENDER = "lender"  # the bank's own charge, billed at the end of the month


class Channel(StrEnum):
    """How the money moves."""

    INTERNET_TRANSFER = "internet_transfer"
    INTERNET_REPAYMENT = "internet_repayment"
    PARTNER_ATM = "partner_atm"  # for comparison only: nothing of it goes through here
    RECALL = "recall"  # 組戻


@dataclass(frozen=True, slots=True)
class FeeRow:
    """One line of the table: from `amount_from` yen on, from `valid_from` on (a JST date).

    `account_class` None is every class that has no rows of its own.
    """

    payer: Payer
    channel: Channel
    amount_from: Yen
    valid_from: date
    fee: Yen
    account_class: AccountType | None = None


@dataclass(frozen=True, slots=True)
class Tariff:
    """One bank's table.

    Rows of one payer, channel, class and day belong together: they are the tiers of one price
    list, and a later list replaces the whole of an earlier one.
    """

    rows: tuple[FeeRow, ...]

    def fee(
        self, payer: Payer, channel: Channel, account_class: AccountType, amount: Yen, day: date
    ) -> Yen:
        """Return what `payer` pays for `amount` on a JST date."""
        found = [
            row
            for row in self.rows
            if (row.payer, row.channel) == (payer, channel)
            and row.account_class in {None, account_class}
            and row.valid_from <= day
        ]
        has_own = any(row.account_class is not None for row in found)
        lists = [row for row in found if (row.account_class is not None) == has_own]
        since = max((row.valid_from for row in lists), default=day)
        tiers = [row for row in lists if row.valid_from == since and row.amount_from <= amount]
        return max(tiers, key=lambda row: row.amount_from).fee if tiers else Yen(0)

    def transfer_fee(self, account_class: AccountType, amount: Yen, day: date) -> Yen:
        """Return what the member pays for a transfer."""
        return self.fee(Payer.MEMBER, Channel.INTERNET_TRANSFER, account_class, amount, day)

    def partner_atm_fee(self, account_class: AccountType, amount: Yen, day: date) -> Yen:
        """Return what the same movement would cost the member at a partner's ATM."""
        return self.fee(Payer.MEMBER, Channel.PARTNER_ATM, account_class, amount, day)

    def transfer_charge(self, account_class: AccountType, amount: Yen, day: date) -> Yen:
        """Return what the bank charges the lender for a transfer."""
        return self.fee(Payer.LENDER, Channel.INTERNET_TRANSFER, account_class, amount, day)

    def repayment_fee(self, account_class: AccountType, amount: Yen, day: date) -> Yen:
        """Return what the member pays for a repayment on the internet."""
        return self.fee(Payer.MEMBER, Channel.INTERNET_REPAYMENT, account_class, amount, day)

    def repayment_charge(self, account_class: AccountType, amount: Yen, day: date) -> Yen:
        """Return what the bank charges the lender for a collection."""
        return self.fee(Payer.LENDER, Channel.INTERNET_REPAYMENT, account_class, amount, day)
