"""Account numbers that make something happen, for people who test by hand."""

from collections import Counter

from gateway.sandbox.accounts import DEMO_PASSWORD
from gateway.sandbox.books import Account, AccountKey, AccountStatus, Books

NOT_FOUND = "0000001"
OTHER_NAME = "0000002"
FROZEN = "0000003"
FUNDS_SHORT = "0000004"
RETURNED = "0000005"
CUT_AFTER = "0000006"
SLOW = "0000007"
THROTTLED_TWICE = "0000008"
BANK_CLOSED = "0000009"

RETURN_AFTER_S = 5.0
SLOW_ANSWER_S = 5.0
THROTTLED_TIMES = 2
CLOSED_FOR_S = 60

_HOLDER = "ﾔﾏﾀﾞ ﾀﾛｳ"
_ANY_NAME = frozenset({FUNDS_SHORT, RETURNED, CUT_AFTER, SLOW, THROTTLED_TWICE, BANK_CLOSED})
_EXISTING = _ANY_NAME | {OTHER_NAME, FROZEN}


def takes_any_name(key: AccountKey) -> bool:
    """Whether a payee's name is not compared with the holder's."""
    return key.number in _ANY_NAME


def find_account(books: Books, key: AccountKey) -> Account | None:
    """Return the account in the books or, at every branch and type, the magic one of that number.

    An account that was put into the books by hand comes first, even under a magic number.
    """
    if (account := books.accounts.get(key)) is not None:
        return account
    if key.number not in _EXISTING:
        return None
    holder = "ﾍﾞﾂﾉ ﾋﾄ" if key.number == OTHER_NAME else _HOLDER
    status = AccountStatus.FROZEN if key.number == FROZEN else AccountStatus.OPEN
    return Account(key, holder, 0, status, DEMO_PASSWORD)


class ThrottledTwice:
    """Remembers how often each reference was sent to the number that is throttled twice."""

    def __init__(self) -> None:
        self._times: Counter[str] = Counter()

    def refuses(self, number: str, reference: str) -> bool:
        """Count the call if it is to that number, and say whether it is one too early."""
        if number != THROTTLED_TWICE:
            return False
        self._times[reference] += 1
        return self._times[reference] <= THROTTLED_TIMES
