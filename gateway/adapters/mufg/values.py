"""The values inside MUFG's messages: instants, days, whole yen, names and numbers."""

import re
from datetime import date, datetime, timedelta

from gateway.adapters.failure import OutcomeUnknown
from gateway.adapters.mufg.xml_reading import Element, NotReadable
from gateway.domain.hours import JST

FRESHNESS = timedelta(seconds=300)
OLDEST = timedelta(days=400)
REFERENCE = re.compile(r"[A-Z0-9]{20}")
_INSTANT = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}"
    r"(\.[0-9]{1,6})?(Z|[+-][0-9]{2}:[0-9]{2})"
)
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_AMOUNT = re.compile(r"[1-9][0-9]{0,9}")
_BALANCE = re.compile(r"0|[1-9][0-9]{0,17}")
_BANK_ID = re.compile(r"[!-~]{1,35}")
_FLAGS = {"true": True, "1": True, "false": False, "0": False}


def read_instant(text: str) -> datetime:
    """Return an instant with an offset in Japanese time."""
    if not _INSTANT.fullmatch(text):
        raise NotReadable("no instant with an offset")
    try:
        return datetime.fromisoformat(text).astimezone(JST)
    except (ValueError, OverflowError) as error:
        raise NotReadable("an instant outside the calendar") from error


def read_day(text: str) -> date:
    if not _DAY.fullmatch(text):
        raise NotReadable("no YYYY-MM-DD")
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise NotReadable("a day that is not") from error


def read_yen(amount: Element) -> int:
    """Return whole yen: 1 to 10 ASCII digits, no leading zero, no decimals, `Ccy` JPY."""
    return _yen(amount, _AMOUNT)


def read_balance(amount: Element) -> int:
    """Return whole yen, which may be none, and more than fit into one item."""
    return _yen(amount, _BALANCE)


def _yen(amount: Element, form: re.Pattern[str]) -> int:
    if amount.attributes.get("Ccy") != "JPY" or not form.fullmatch(amount.text()):
        raise NotReadable("no whole amount of yen")
    return int(amount.text())


def read_bank_id(text: str) -> str:
    if not _BANK_ID.fullmatch(text):
        raise NotReadable("no number of the bank's")
    return text


def read_flag(text: str | None) -> bool:
    """Return an indicator, False where there is none."""
    if text is None:
        return False
    if text not in _FLAGS:
        raise NotReadable("neither true nor false")
    return _FLAGS[text]


def check_instant(instant: datetime, now: datetime) -> None:
    """Raise if nothing can have been booked at `instant`."""
    if not now - OLDEST <= instant <= now + FRESHNESS:
        raise OutcomeUnknown("IMPOSSIBLE_INSTANT", integrity=True)


def write_instant(instant: datetime) -> str:
    return instant.astimezone(JST).isoformat(timespec="seconds")
