"""Misuse that no single request shows: how many there were lately, against what is usual."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

MINUTE = timedelta(minutes=1)
USUAL_MINUTES = 60
# So long after the last time that it was high, the next time is another episode.
EPISODE_ENDS_S = 900


class Misuse(StrEnum):
    """The kinds of misuse that are counted by the minute, over all members and sources."""

    SIGN_IN_REFUSED = "sign_in_refused"
    MEMBER_LOCKED = "member_locked"
    CALLBACK_FORGED = "callback_forged"
    NAME_CHECKED = "name_checked"


@dataclass(frozen=True, slots=True)
class Watch:
    """Raise `alarm` where there are `count_min` in `minutes`, and `times_usual` what is usual."""

    alarm: str
    minutes: int
    count_min: int
    times_usual: int = 0


WATCHES: Mapping[Misuse, Watch] = {
    Misuse.SIGN_IN_REFUSED: Watch("sign_ins_refused", minutes=5, count_min=30, times_usual=3),
    Misuse.MEMBER_LOCKED: Watch("members_locked", minutes=1, count_min=10),
    Misuse.CALLBACK_FORGED: Watch("callbacks_forged", minutes=1, count_min=10),
    Misuse.NAME_CHECKED: Watch("name_checks_many", minutes=1, count_min=30),
}
READ_MINUTES = USUAL_MINUTES + max(watch.minutes for watch in WATCHES.values()) + 1


@dataclass(frozen=True, slots=True)
class Seen:
    """The count of late, and the usual count for as long a time, by the hour before."""

    lately: int
    usual: float


def minute_of(instant: datetime) -> datetime:
    """Return the minute that the instant lies in, as the instant at which it begins."""
    return instant.replace(second=0, microsecond=0)


def seen(watch: Watch, counts: Mapping[datetime, int], now: datetime) -> Seen:
    """Return what the counts, by minute, say at `now`.

    The minute that goes on counts beside `watch.minutes` whole ones, so that none falls in between.
    """
    begins = minute_of(now) - watch.minutes * MINUTE
    usual_begins = begins - USUAL_MINUTES * MINUTE
    lately = sum(n for minute, n in counts.items() if minute >= begins)
    before = sum(n for minute, n in counts.items() if usual_begins <= minute < begins)
    return Seen(lately, before * watch.minutes / USUAL_MINUTES)


def is_high(watch: Watch, found: Seen) -> bool:
    """Return whether people should know."""
    return found.lately >= watch.count_min and found.lately >= watch.times_usual * found.usual
