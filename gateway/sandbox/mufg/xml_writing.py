"""Writing the bank's own documents."""

from collections.abc import Iterable
from datetime import datetime
from uuid import uuid4

from gateway.sandbox.clock import JST

BANK_CODE = "0005"
CONTENT_TYPE = "application/xml; charset=utf-8"
_DECLARATION = '<?xml version="1.0" encoding="UTF-8"?>\n'
_NAMESPACE = "urn:iso:std:iso:20022:tech:xsd:"
_ESCAPED = {"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;"}


def text(name: str, value: str) -> str:
    """Return an element that holds text."""
    written = "".join(_ESCAPED.get(letter, letter) for letter in value)
    return f"<{name}>{written}</{name}>"


def group(name: str, *inner: str) -> str:
    """Return an element that holds elements; the empty ones among them are left out."""
    return f"<{name}>{''.join(inner)}</{name}>"


def path(names: str, inner: str) -> str:
    """Return `inner` in a row of elements, `a/b/c`, one in the other."""
    for name in reversed(names.split("/")):
        inner = group(name, inner)
    return inner


def yen(name: str, amount: int) -> str:
    """Return an amount of whole yen."""
    return f'<{name} Ccy="JPY">{amount}</{name}>'


def document(message: str, root: str, inner: Iterable[str]) -> bytes:
    """Return a whole document."""
    body = "".join(inner)
    whole = f'<Document xmlns="{_NAMESPACE}{message}"><{root}>{body}</{root}></Document>\n'
    return f"{_DECLARATION}{whole}".encode()


def instant_text(instant: datetime) -> str:
    """Return an instant as every message of this bank writes it."""
    return instant.astimezone(JST).isoformat(timespec="milliseconds")


def group_header(now: datetime, *rest: str) -> str:
    """Return the head of one of the bank's messages; each has an identification of its own."""
    return group("GrpHdr", text("MsgId", uuid4().hex), text("CreDtTm", instant_text(now)), *rest)


def agent(names: str, branch: str) -> str:
    """Return a branch of this bank as the agent of an account."""
    member = group(
        "ClrSysMmbId",
        path("ClrSysId", text("Cd", "JPZGN")),
        text("MmbId", f"{BANK_CODE}{branch}"),
    )
    return path(f"{names}/FinInstnId", member)
