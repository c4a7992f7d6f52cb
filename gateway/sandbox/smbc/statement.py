"""SMBC's statement: the movements of one JST date, 200 a page."""

from datetime import date

from gateway.sandbox.books import Books, Movement, MovementKind
from gateway.sandbox.smbc.messages import instant_text

ROWS_A_PAGE = 200
_DESCRIPTION = {
    MovementKind.PAYOUT: "ﾌﾘｺﾐ",
    MovementKind.COLLECTION: "ﾌﾘｶｴ",
    MovementKind.RETURN: "ｼｷﾝﾍﾝｷﾔｸ",
}


def statement_page(books: Books, day: date, page: int) -> dict[str, object]:
    """Return one page, from 1; past the last there is nothing."""
    movements = books.by_day.get(day, [])
    begin = (page - 1) * ROWS_A_PAGE
    end = begin + ROWS_A_PAGE
    return {
        "transactions": [_row(movement) for movement in movements[begin:end]],
        "nextPage": page + 1 if end < len(movements) else None,
    }


def _row(movement: Movement) -> dict[str, str | None]:
    booking = movement.booking
    return {
        "transactionId": booking.bank_id,
        "type": "CREDIT" if booking.is_incoming else "DEBIT",
        "amount": str(booking.amount),
        "executedAt": instant_text(booking.instant),
        "valueDate": booking.value_date.isoformat(),
        "clientReference": booking.reference or None,
        "counterpartyName": booking.counterparty or None,
        "description": _DESCRIPTION.get(booking.kind, booking.text) or None,
    }
