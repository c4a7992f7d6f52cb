"""SMBC tells who holds an account, five times a day."""

from collections.abc import Callable
from datetime import date

from gateway.sandbox.books import AccountKey, AccountStatus, Books
from gateway.sandbox.magic import find_account
from gateway.sandbox.smbc.refusals import Refusal

LOOKS_A_DAY = 5


class NameService:
    """Counts the looks at each account on a JST day, those that found nothing included."""

    def __init__(self, books: Books, today: Callable[[], date]) -> None:
        self._books = books
        self._today = today
        self._looks: dict[AccountKey, tuple[date, int]] = {}

    def holder(self, key: AccountKey) -> str:
        """Return the holder's name, or raise the `Refusal`."""
        today = self._today()
        day, looks = self._looks.get(key, (today, 0))
        looks = looks + 1 if day == today else 1
        self._looks[key] = (today, looks)
        if looks > LOOKS_A_DAY:
            raise Refusal("VERIFICATION_LIMIT", "looked at too often today")
        account = find_account(self._books, key)
        if account is None or account.status is AccountStatus.CLOSED:
            raise Refusal("ACCOUNT_NOT_FOUND", "no such account", status=404)
        return account.holder

    def forget(self, key: AccountKey) -> None:
        """Start counting anew: a transfer to the account was completed."""
        self._looks.pop(key, None)
