"""Rakuten's statement: the movements of one JST date, 100 a page."""

from datetime import date

from gateway.sandbox.books import Books, Movement, MovementKind
from gateway.sandbox.exchange import Reply
from gateway.sandbox.rakuten.answers import lines, stamp

ROWS_A_PAGE = 100
RETURNED = "ｼｷﾝﾍﾝｷﾔｸ"


def statement_page(books: Books, day: date, page: int) -> Reply:
    """Return one page, from 1, and the number of the whole day's rows; past the last only that."""
    movements = books.by_day.get(day, [])
    begin = (page - 1) * ROWS_A_PAGE
    shown = movements[begin : begin + ROWS_A_PAGE]
    rows = [_row(number, movement) for number, movement in enumerate(shown, begin + 1)]
    return lines([*rows, ("END", str(len(movements)))])


def _row(number: int, movement: Movement) -> tuple[str, ...]:
    booking = movement.booking
    return (
        str(number),
        stamp(booking.instant),
        "1" if booking.is_incoming else "2",
        str(booking.amount),
        booking.reference,
        RETURNED if booking.kind is MovementKind.RETURN else booking.counterparty or booking.text,
    )
