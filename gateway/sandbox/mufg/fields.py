"""Single values in MUFG's messages: each is checked where it is read."""

import re
from datetime import date, datetime

from gateway.sandbox.books import AccountKey
from gateway.sandbox.kana import is_strict
from gateway.sandbox.mufg.malformed import Malformed
from gateway.sandbox.mufg.xml_reading import Element
from gateway.sandbox.mufg.xml_writing import BANK_CODE

REMITTER_MAX = 40
HOLDER_MAX = 30
_REFERENCE = re.compile(r"[A-Z0-9]{20}")
_AMOUNT = re.compile(r"[1-9][0-9]{0,9}")
_ACCOUNT = re.compile(r"([124])([0-9]{7})")
_MEMBER = re.compile(rf"{BANK_CODE}([0-9]{{3}})")
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_INSTANT = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]{1,6})?"
    r"(Z|[+-][0-9]{2}:[0-9]{2})?"
)
_MEMBER_ID = "FinInstnId/ClrSysMmbId"


def is_reference(text: str) -> bool:
    """Whether a text can be a client's reference."""
    return _REFERENCE.fullmatch(text) is not None


def exactly(parent: Element, path: str, *allowed: str) -> None:
    """Raise `Malformed` unless the text at `path` is one of those allowed."""
    if parent.text_at(path) not in allowed:
        raise Malformed(f"{path} has another value here")


def amount_at(parent: Element, path: str) -> int:
    """Return an amount of whole yen."""
    found = parent.find(path)
    if found is None or found.currency != "JPY" or not _AMOUNT.fullmatch(found.text):
        raise Malformed(f"{path}: no amount of whole yen")
    return int(found.text)


def kana_at(parent: Element, path: str, longest: int) -> str:
    """Return a name in half-width kana of the strict set."""
    name = parent.text_at(path)
    if len(name) > longest or not is_strict(name):
        raise Malformed(f"{path}: too long, or not half-width kana of the strict set")
    return name


def account_at(parent: Element, agent: str, account: str) -> AccountKey:
    """Return the account of an agent (member id: bank and branch) and an id (type and number)."""
    exactly(parent, f"{agent}/{_MEMBER_ID}/ClrSysId/Cd", "JPZGN")
    branch = _MEMBER.fullmatch(parent.text_at(f"{agent}/{_MEMBER_ID}/MmbId"))
    number = _ACCOUNT.fullmatch(parent.text_at(f"{account}/Id/Othr/Id"))
    if branch is None or number is None:
        raise Malformed(f"{agent}, {account}: no account of this bank")
    return AccountKey(branch[1], number[1], number[2])


def day_at(parent: Element, path: str) -> date:
    """Return the date at `path`."""
    return day_of(parent.text_at(path))


def day_of(text: str) -> date:
    """Return the date that a text writes `YYYY-MM-DD`."""
    if not _DAY.fullmatch(text):
        raise Malformed("no date")
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise Malformed("no date") from error


def instant_at(parent: Element, path: str) -> datetime:
    """Return an instant, aware if it was written with its offset."""
    instant = parent.text_at(path)
    if not _INSTANT.fullmatch(instant):
        raise Malformed(f"{path} is no instant")
    try:
        return datetime.fromisoformat(instant)
    except ValueError as error:
        raise Malformed(f"{path} is no instant") from error
