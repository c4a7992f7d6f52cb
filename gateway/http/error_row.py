"""How one error is answered: status and words in both languages."""

import math
from dataclasses import dataclass
from datetime import datetime, timedelta

from gateway.domain.hours import JST

MINUTE_S = 60
# Not by strftime: those would be in the language of the machine.
MONTHS = (
    *("January", "February", "March", "April", "May", "June", "July"),
    *("August", "September", "October", "November", "December"),
)


@dataclass(frozen=True, slots=True)
class Words:
    """One text in both languages."""

    ja: str
    en: str


@dataclass(frozen=True, slots=True)
class Row:
    """How one error is answered. `is_retryable`: sent again as it stands it may succeed.

    `{name:,}` in a detail is that member of the problem, an amount; `{opens}` and `{wait}` are what
    the functions below say.
    """

    status: int
    title: Words
    detail: Words
    is_retryable: bool = False


def opening_words(reopens_at: datetime | None) -> Words:
    """Return a sentence on when something opens again; None: nobody knows yet.

    To the minute, and the next one where it is not a whole one: nobody is to come too early.
    """
    if reopens_at is None:
        return Words("再開の時刻はまだわかりません。", "It is not known yet when it opens again.")
    at = (reopens_at + timedelta(minutes=1, microseconds=-1)).astimezone(JST)
    return Words(
        f"{at.month}月{at.day}日{at.hour}時{at.minute:02}分から再開します。",
        f"It opens again on {at.day} {MONTHS[at.month - 1]} at {at.hour}:{at.minute:02},"
        " Japanese time.",
    )


def wait_words(seconds: int) -> Words:
    """Return how long to wait, in minutes where it is more than one: nobody counts 900 seconds."""
    if seconds > MINUTE_S:
        minutes = math.ceil(seconds / MINUTE_S)
        return Words(f"{minutes}分", f"{minutes} minutes")
    return Words(f"{seconds}秒", "1 second" if seconds == 1 else f"{seconds} seconds")
