"""Booked movements as MUFG tells of them: camt.053.001.02 statements, camt.054.001.02 notices."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime

from gateway.adapters.mufg import codes
from gateway.adapters.mufg.values import (
    REFERENCE,
    read_balance,
    read_bank_id,
    read_day,
    read_flag,
    read_instant,
    read_yen,
)
from gateway.adapters.mufg.xml_reading import (
    Each,
    Element,
    NotReadable,
    read_document,
    read_long_document,
)
from gateway.adapters.spool import Body
from gateway.domain.bank import Direction

CAMT_053 = "urn:iso:std:iso:20022:tech:xsd:camt.053.001.02"
CAMT_054 = "urn:iso:std:iso:20022:tech:xsd:camt.054.001.02"
ENTRY_PATH = ("Document", "BkToCstmrStmt", "Stmt", "Ntry")
DIRECTIONS = {"CRDT": Direction.IN, "DBIT": Direction.OUT}
_SIGNS = {Direction.IN: 1, Direction.OUT: -1}


@dataclass(frozen=True, slots=True)
class Entry:
    """One booked movement; `direction` and `is_return` as the settlement account sees them.

    `booked_at` is None where the bank names the day only.
    """

    bank_id: str | None
    direction: Direction
    amount: int
    booked_on: date
    booked_at: datetime | None
    value_date: date
    reference: str | None
    counterparty: str
    is_return: bool
    text: str


def read_statement(
    body: Body, account_id: str, take: Callable[[Entry], None]
) -> tuple[int, int] | None:
    """Return the balances before and after a statement's entries in yen, where both stand.

    `take` is given each entry. Raises NotReadable unless it is a whole statement of this account:
    what was taken counts for nothing then.
    """
    moved = 0

    def count(element: Element) -> None:
        nonlocal moved
        entry = _entry(element)
        moved += _SIGNS[entry.direction] * entry.amount
        take(entry)

    document = read_long_document(body.blocks(), CAMT_053, Each(ENTRY_PATH, count))
    message = document.one("BkToCstmrStmt")
    last_page = message.maybe_text("GrpHdr", "MsgPgntn", "LastPgInd")
    if last_page is not None and not read_flag(last_page):
        raise NotReadable("a page that is not the last")
    statement = message.one("Stmt")
    if statement.text("Acct", "Id", "Othr", "Id") != account_id:
        raise NotReadable("of another account")
    return _balances(statement, moved)


def read_notice(content: bytes) -> tuple[datetime, Entry]:
    """Return when a notice was made and its one entry, or raise NotReadable."""
    message = read_document(content, CAMT_054).one("BkToCstmrDbtCdtNtfctn")
    made_at = read_instant(message.text("GrpHdr", "CreDtTm"))
    return made_at, _entry(message.one("Ntfctn", "Ntry"))


def _balances(statement: Element, moved: int) -> tuple[int, int] | None:
    """Return the opening and the closing balance, None unless both stand.

    NotReadable if the entries do not lead from one to the other: a statement that lost a line is
    well-formed all the same.
    """
    opening, closing = _stated(statement, "OPBD"), _stated(statement, "CLBD")
    if opening is None or closing is None:
        return None
    if opening + moved != closing:
        raise NotReadable("does not balance")
    return opening, closing


def _stated(statement: Element, kind: str) -> int | None:
    """Return a balance in yen, None where the statement has none of that kind."""
    balances = statement.every("Bal")
    found = [one for one in balances if one.maybe_text("Tp", "CdOrPrtry", "Cd") == kind]
    if len(found) > 1:
        raise NotReadable("a balance twice")
    return _balance(found[0]) if found else None


def _balance(balance: Element) -> int:
    direction = DIRECTIONS.get(balance.text("CdtDbtInd"))
    if direction is None:
        raise NotReadable("neither credit nor debit")
    return _SIGNS[direction] * read_balance(balance.one("Amt"))


def _entry(entry: Element) -> Entry:
    if entry.text("Sts") != "BOOK":
        raise NotReadable("an entry that is not booked")
    direction = DIRECTIONS.get(entry.text("CdtDbtInd"))
    if direction is None:
        raise NotReadable("neither credit nor debit")
    booked_on, booked_at = _booking(entry)
    value_date = entry.maybe_text("ValDt", "Dt")
    details = entry.maybe("NtryDtls", "TxDtls")
    # Both are read: what stands twice is not readable, whatever the other says.
    is_marked, says_so = read_flag(entry.maybe_text("RvslInd")), _says_returned(entry, details)
    is_back = is_marked or says_so
    bank_id = entry.maybe_text("NtryRef")
    return Entry(
        bank_id=None if bank_id is None else read_bank_id(bank_id),
        direction=direction,
        amount=read_yen(entry.one("Amt")),
        booked_on=booked_on,
        booked_at=booked_at,
        value_date=booked_on if value_date is None else read_day(value_date),
        reference=_reference(details),
        counterparty=_counterparty(details, is_ours=direction is Direction.OUT or is_back),
        is_return=direction is Direction.IN and is_back,
        text=entry.maybe_text("AddtlNtryInf") or "",
    )


def _booking(entry: Element) -> tuple[date, datetime | None]:
    """Return the JST day of a booking, and its instant where the bank names one."""
    at, on = entry.maybe_text("BookgDt", "DtTm"), entry.maybe_text("BookgDt", "Dt")
    if at is None and on is not None:
        return read_day(on), None
    if at is None or on is not None:
        raise NotReadable("a booking has an instant or a day, and not both")
    instant = read_instant(at)
    return instant.date(), instant


def _reference(details: Element | None) -> str | None:
    """Return the reference, None if there is none or it is none of ours."""
    stated = None if details is None else details.maybe_text("Refs", "EndToEndId")
    return stated if stated is not None and REFERENCE.fullmatch(stated) else None


def _counterparty(details: Element | None, *, is_ours: bool) -> str:
    """Return the other side's name. A return names the parties as the payment itself did."""
    other = "Cdtr" if is_ours else "Dbtr"
    stated = None if details is None else details.maybe_text("RltdPties", other, "Nm")
    return stated or ""


def _says_returned(entry: Element, details: Element | None) -> bool:
    texts = [entry.maybe_text("AddtlNtryInf")]
    if details is not None:
        texts.append(details.maybe_text("AddtlTxInf"))
        remittance = details.maybe("RmtInf")
        texts += [line.text() for line in remittance.every("Ustrd")] if remittance else []
    return codes.RETURN_DESCRIPTION in texts
