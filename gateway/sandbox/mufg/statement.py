"""MUFG's statement, camt.053: the movements of one JST date, in booking order."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from gateway.sandbox.books import Account, Booking, Books
from gateway.sandbox.clock import JST
from gateway.sandbox.mufg import entries
from gateway.sandbox.mufg import xml_writing as xml

MESSAGE = "camt.053.001.02"


@dataclass(frozen=True, slots=True)
class StatementDay:
    """All that a statement says, taken out of the books at one instant."""

    day: date
    settlement: Account
    opening: int
    closing: int
    bookings: tuple[Booking, ...]


def statement_day(books: Books, day: date) -> StatementDay:
    """Return a day's movements and the balances around them, reckoned back from the present one."""
    later = sum(_gain(books, other) for other in books.by_day if other > day)
    closing = books.settlement.balance - later
    opening = closing - _gain(books, day)
    bookings = tuple(movement.booking for movement in books.by_day.get(day, ()))
    return StatementDay(day, books.settlement, opening, closing, bookings)


def statement(shown: StatementDay, now: datetime) -> bytes:
    """Return the document."""
    begin = datetime.combine(shown.day, time(), JST)
    head = (
        xml.text("Id", f"{shown.day:%Y%m%d}"),
        xml.text("CreDtTm", xml.instant_text(now)),
        xml.group(
            "FrToDt",
            xml.text("FrDtTm", xml.instant_text(begin)),
            xml.text("ToDtTm", xml.instant_text(begin + timedelta(days=1, milliseconds=-1))),
        ),
        entries.account(shown.settlement),
        _balance("OPBD", shown.opening, shown.day),
        _balance("CLBD", shown.closing, shown.day),
    )
    lines = (entries.entry(booking) for booking in shown.bookings)
    whole = xml.group("Stmt", *head, *lines)
    return xml.document(MESSAGE, "BkToCstmrStmt", (xml.group_header(now), whole))


def _gain(books: Books, day: date) -> int:
    return sum(movement.booking.gain for movement in books.by_day.get(day, ()))


def _balance(code: str, amount: int, day: date) -> str:
    return xml.group(
        "Bal",
        xml.path("Tp/CdOrPrtry", xml.text("Cd", code)),
        xml.yen("Amt", abs(amount)),
        xml.text("CdtDbtInd", "CRDT" if amount >= 0 else "DBIT"),
        xml.path("Dt", xml.text("Dt", day.isoformat())),
    )
