"""Whether a pay-out can go to an account: the business checks that all banks make, in order."""

from collections.abc import Callable
from enum import StrEnum

from gateway.sandbox import magic
from gateway.sandbox.books import AccountKey, AccountStatus, Books

ITEM_LIMIT = 10_000_000


class Trouble(StrEnum):
    """Why a pay-out is refused; each bank has its own code for it."""

    ACCOUNT_NOT_FOUND = "account_not_found"
    ACCOUNT_CLOSED = "account_closed"
    ACCOUNT_FROZEN = "account_frozen"
    NAME_MISMATCH = "name_mismatch"
    LIMIT_EXCEEDED = "limit_exceeded"
    BALANCE_SHORT = "balance_short"


_UNUSABLE = {
    AccountStatus.CLOSED: Trouble.ACCOUNT_CLOSED,
    AccountStatus.FROZEN: Trouble.ACCOUNT_FROZEN,
}


def check_creditor(
    books: Books,
    key: AccountKey,
    holder_name: str,
    amount: int,
    *,
    names_agree: Callable[[str, str], bool],
) -> Trouble | None:
    """Return the first reason against the pay-out, None if there is none."""
    account = magic.find_account(books, key)
    if account is None:
        return Trouble.ACCOUNT_NOT_FOUND
    if account.status in _UNUSABLE:
        return _UNUSABLE[account.status]
    if not magic.takes_any_name(key) and not names_agree(holder_name, account.holder):
        return Trouble.NAME_MISMATCH
    if amount > ITEM_LIMIT:
        return Trouble.LIMIT_EXCEEDED
    return Trouble.BALANCE_SHORT if amount > books.settlement.balance else None
