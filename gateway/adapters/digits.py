"""What some banks write as bare digits: instants of Japanese time and amounts. ASCII only."""

import re
from datetime import datetime, timedelta

from gateway.adapters.failure import OutcomeUnknown
from gateway.domain.hours import JST
from gateway.domain.money import Yen

AHEAD = timedelta(seconds=300)
OLDEST = timedelta(days=400)
_INSTANT = "%Y%m%d%H%M%S"


def written(instant: datetime) -> str:
    """Return an instant as yyyyMMddHHmmss in Japanese time, cut to the second."""
    return instant.astimezone(JST).strftime(_INSTANT)


def read_instant(text: str) -> datetime:
    """Return a yyyyMMddHHmmss of Japanese time, or raise OutcomeUnknown."""
    if not re.fullmatch(r"[0-9]{14}", text):
        raise malformed()
    try:
        return datetime.strptime(text, _INSTANT).replace(tzinfo=JST)
    except ValueError as error:
        raise malformed() from error


def read_booking(text: str, now: datetime) -> datetime:
    """Return an instant at which the bank can have booked something, or raise OutcomeUnknown."""
    instant = read_instant(text)
    if not now - OLDEST <= instant <= now + AHEAD:
        raise OutcomeUnknown("IMPOSSIBLE_INSTANT", integrity=True)
    return instant


def read_amount(text: str) -> Yen:
    """Return 1 to 10 digits without a leading zero as yen, or raise OutcomeUnknown."""
    if not re.fullmatch(r"[1-9][0-9]{0,9}", text):
        raise malformed()
    return Yen(int(text))


def malformed() -> OutcomeUnknown:
    """Return: the bank's own answer, but not what the profile promises."""
    return OutcomeUnknown("MALFORMED", integrity=True)
