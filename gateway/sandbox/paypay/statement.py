"""PayPay's statement: the movements of one JST date as a sheet with a trailer."""

from datetime import date

from gateway.sandbox.books import Books, Movement, MovementKind
from gateway.sandbox.paypay.seal import stamp
from gateway.sandbox.shift_jis import written

RETURNED = "ｼｷﾝﾍﾝｷﾔｸ"


def sheet(books: Books, day: date) -> bytes:
    """Return all lines of a day, no header, no quotes, CRLF."""
    movements = books.by_day.get(day, [])
    rows = [_row(place, movement) for place, movement in enumerate(movements, 1)]
    lines = [*rows, _trailer(movements)]
    return written("".join(",".join(line) + "\r\n" for line in lines))


def _row(place: int, movement: Movement) -> tuple[str, ...]:
    booking = movement.booking
    return (
        str(place),
        stamp(booking.instant),
        "1" if booking.is_incoming else "2",
        str(booking.amount),
        booking.reference,
        RETURNED if booking.kind is MovementKind.RETURN else booking.counterparty or booking.text,
    )


def _trailer(movements: list[Movement]) -> tuple[str, ...]:
    incoming = [one.booking.amount for one in movements if one.booking.is_incoming]
    outgoing = [one.booking.amount for one in movements if not one.booking.is_incoming]
    counts = (len(incoming), sum(incoming), len(outgoing), sum(outgoing))
    return ("T", *(str(count) for count in counts))
