"""入出金取引明細 (03): the movements of one JST date on the lender's settlement account."""

from collections.abc import Sequence
from datetime import date

from gateway.sandbox.books import Account, Books, Movement, MovementKind
from gateway.sandbox.mizuho import layouts
from gateway.sandbox.mizuho.jis import printable
from gateway.sandbox.mizuho.sougou import BANK_CODE, BANK_NAME
from gateway.sandbox.mizuho.wareki import era_date

_TRANSFER, _DIRECT_DEBIT, _OTHER = "11", "14", "18"
_KIND = {
    MovementKind.PAYOUT: (_TRANSFER, "ﾌﾘｺﾐ"),
    MovementKind.COLLECTION: (_DIRECT_DEBIT, "ﾌﾘｶｴ"),
    MovementKind.RETURN: (_TRANSFER, "ｼｷﾝﾍﾝｷﾔｸ"),
}
_IN, _OUT = "1", "2"
_POSITIVE, _OVERDRAWN = "1", "2"
_SAVINGS_BOOK = "1"
_HEADER_TRAILER_AND_END = 3


def statement(books: Books, day: date, today: date) -> bytes:
    """Return the whole file; ValueError for a day before the oldest era known."""
    movements = books.by_day.get(day, [])
    # Whatever was booked on that day or later is not in the balance it began with.
    later = [m for booked_on, ms in books.by_day.items() if booked_on >= day for m in ms]
    before = books.settlement.balance - _gain(later)
    return b"".join(
        (
            _header(books.settlement, before, day, today),
            *(_row(movement) for movement in movements),
            _trailer(movements, before + _gain(movements)),
            _end(len(movements) + _HEADER_TRAILER_AND_END),
        )
    )


def _header(account: Account, balance: int, day: date, today: date) -> bytes:
    return layouts.HEADER_03.build(
        {
            "データ区分": "1",
            "種別": "03",
            "作成日": era_date(today),
            "自": era_date(day),
            "至": era_date(day),
            "銀行": BANK_CODE,
            "銀行名": BANK_NAME,
            "支店": account.key.branch,
            "種目": account.key.type,
            "口座": account.key.number,
            "口座名": account.holder,
            "貸越": _sign(balance),
            "通帳区分": _SAVINGS_BOOK,
            "取引前残高": abs(balance),
        }
    )


def _row(movement: Movement) -> bytes:
    booking = movement.booking
    kind, description = _KIND.get(booking.kind, (_OTHER, booking.text))
    return layouts.DATA_03.build(
        {
            "データ区分": "2",
            "照会番号": movement.seq,
            "勘定日": era_date(booking.value_date),
            "起算日": era_date(booking.value_date),
            "入払": _IN if booking.is_incoming else _OUT,
            "取引区分": kind,
            "金額": booking.amount,
            "依頼人名": printable(booking.counterparty),
            "仕向銀行": BANK_NAME,
            "摘要": printable(description),
            "EDI": booking.reference,
        }
    )


def _trailer(movements: Sequence[Movement], balance: int) -> bytes:
    incoming = [m.booking.amount for m in movements if m.booking.is_incoming]
    outgoing = [m.booking.amount for m in movements if not m.booking.is_incoming]
    return layouts.TRAILER_03.build(
        {
            "データ区分": "8",
            "入金件数": len(incoming),
            "入金合計": sum(incoming),
            "出金件数": len(outgoing),
            "出金合計": sum(outgoing),
            "貸越": _sign(balance),
            "取引後残高": abs(balance),
            "件数": len(movements),
        }
    )


def _end(records: int) -> bytes:
    return layouts.END_03.build({"データ区分": "9", "総件数": records, "口座数": 1})


def _sign(balance: int) -> str:
    return _OVERDRAWN if balance < 0 else _POSITIVE


def _gain(movements: Sequence[Movement]) -> int:
    return sum(movement.booking.gain for movement in movements)
