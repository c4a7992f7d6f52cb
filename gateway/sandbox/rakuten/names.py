"""Rakuten tells who holds an account."""

from gateway.sandbox.books import AccountKey, AccountStatus, Books
from gateway.sandbox.magic import find_account
from gateway.sandbox.rakuten.codes import UNUSABLE_ACCOUNT, Refusal


def holder(books: Books, key: AccountKey) -> str:
    """Return the holder's name, or raise the `Refusal`: this bank tells no reason apart."""
    account = find_account(books, key)
    if account is None or account.status is not AccountStatus.OPEN:
        raise Refusal(UNUSABLE_ACCOUNT)
    return account.holder
