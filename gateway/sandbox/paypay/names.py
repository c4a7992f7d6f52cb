"""PayPay tells who holds an account."""

from gateway.sandbox.books import AccountKey, AccountStatus, Books
from gateway.sandbox.magic import find_account
from gateway.sandbox.paypay.refusals import NO_ACCOUNT, Refusal


def holder(books: Books, key: AccountKey) -> str:
    """Return the holder's name, or raise the `Refusal`: a closed account is not there."""
    account = find_account(books, key)
    if account is None or account.status is AccountStatus.CLOSED:
        raise Refusal(NO_ACCOUNT)
    return account.holder
