"""入出金取引明細 (03), 200 bytes a record: an account's day, with balances before and after."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

from gateway.adapters.characters import Shown
from gateway.adapters.mizuho.zengin.days import from_wareki
from gateway.adapters.mizuho.zengin.records import Field, Kind, Layout, LongFile, Malformed, Records
from gateway.adapters.mizuho.zengin.transfers import BANK_CODE

LENGTH = 200
ACCOUNT_LENGTH = 10
IN, OUT = "1", "2"
_SIGNS = {"1": 1, "2": -1}  # 貸越区分: positive, overdrawn

N, C = Kind.N, Kind.C
HEADER = Layout(
    "入出金取引明細 ヘッダ",
    (
        Field("データ区分", 0, 1, N, "1"),
        Field("種別コード", 1, 2, N, "03"),
        Field("コード区分", 3, 1, N, "0"),
        Field("作成日", 4, 6, N),
        Field("自", 10, 6, N),
        Field("至", 16, 6, N),
        Field("銀行", 22, 4, N, BANK_CODE),
        Field("銀行名", 26, 15, C),
        Field("支店", 41, 3, N),
        Field("支店名", 44, 15, C),
        Field("ダミー", 59, 3, N, "000"),
        Field("種目", 62, 1, N),
        Field("口座", 63, ACCOUNT_LENGTH, N),
        Field("口座名", 73, 40, C),
        Field("貸越", 113, 1, N),
        Field("通帳区分", 114, 1, N),
        Field("取引前残高", 115, 14, N),
        Field("ダミー2", 129, 71, C),
    ),
)
MOVEMENT = Layout(
    "入出金取引明細 データ",
    (
        Field("データ区分", 0, 1, N, "2"),
        Field("照会番号", 1, 8, N),
        Field("勘定日", 9, 6, N),
        Field("起算日", 15, 6, N),
        Field("入払", 21, 1, N),
        Field("取引区分", 22, 2, N),
        Field("金額", 24, 12, N),
        Field("他店券", 36, 12, N),
        Field("交換呈示日", 48, 6, N),
        Field("不渡返還日", 54, 6, N),
        Field("手形区分", 60, 1, C),
        Field("手形番号", 61, 7, C),
        Field("僚店", 68, 3, C),
        Field("依頼人コード", 71, 10, N),
        Field("依頼人名", 81, 48, C),
        Field("仕向銀行", 129, 15, C),
        Field("仕向店", 144, 15, C),
        Field("摘要", 159, 20, C),
        Field("EDI", 179, 20, C),
        Field("ダミー", 199, 1, C),
    ),
)
TRAILER = Layout(
    "入出金取引明細 トレーラ",
    (
        Field("データ区分", 0, 1, N, "8"),
        Field("入金件数", 1, 6, N),
        Field("入金合計", 7, 13, N),
        Field("出金件数", 20, 6, N),
        Field("出金合計", 26, 13, N),
        Field("貸越", 39, 1, N),
        Field("取引後残高", 40, 14, N),
        Field("件数", 54, 7, N),
        Field("ダミー", 61, 139, C),
    ),
)
END = Layout(
    "入出金取引明細 エンド",
    (
        Field("データ区分", 0, 1, N, "9"),
        Field("総件数", 1, 10, N),
        Field("口座数", 11, 5, N, "00001"),
        Field("ダミー", 16, 184, C),
    ),
)


@dataclass(frozen=True, slots=True)
class Movement:
    """One movement; `booked_on` is its 勘定日, `value_on` its 起算日."""

    number: str
    booked_on: date
    value_on: date
    direction: str
    amount: int
    counterparty: str
    description: str
    reference: str


@dataclass(frozen=True, slots=True)
class Account:
    branch: str
    type: str
    number: str


@dataclass(frozen=True, slots=True)
class Book:
    """A file about one account from one day to another.

    `balances` are those before its first and after its last movement, in yen.
    """

    account: Account
    first_day: date
    last_day: date
    balances: tuple[int, int]


@dataclass(slots=True)
class _Sums:
    count: int = 0
    amount: int = 0


def decode_book(
    body: LongFile, *, near: date, each: Callable[[Movement], None], shown: Shown | None = None
) -> Book:
    """Return the statement, whose movements `each` is given in the bank's order.

    Raises Malformed unless counts, sums and balances agree with the lines: what `each` was given
    counts for nothing then.
    """
    records = Records(body, LENGTH)
    header, trailer = HEADER.decode(records.header, shown), TRAILER.decode(records.trailer)
    sums = {IN: _Sums(), OUT: _Sums()}
    for record in records.data():
        movement = _movement(MOVEMENT.decode(record, shown), near)
        sums[movement.direction].count += 1
        sums[movement.direction].amount += movement.amount
        each(movement)
    credit, debit = sums[IN], sums[OUT]
    _agree(trailer, "入金件数", credit.count)
    _agree(trailer, "入金合計", credit.amount)
    _agree(trailer, "出金件数", debit.count)
    _agree(trailer, "出金合計", debit.amount)
    _agree(trailer, "件数", credit.count + debit.count)
    before, after = _balance(header, "取引前残高"), _balance(trailer, "取引後残高")
    if before + credit.amount - debit.amount != after:
        raise Malformed("取引後残高", "not the balance before and the movements")
    _agree(END.decode(records.end), "総件数", records.count)
    _day(header, "作成日", near)
    account = Account(header["支店"], header["種目"], header["口座"])
    first, last = _day(header, "自", near), _day(header, "至", near)
    return Book(account, first, last, (before, after))


def _movement(values: dict[str, str], near: date) -> Movement:
    if values["入払"] not in {IN, OUT}:
        raise Malformed("入払", "neither in nor out")
    return Movement(
        number=values["照会番号"],
        booked_on=_day(values, "勘定日", near),
        value_on=_day(values, "起算日", near),
        direction=values["入払"],
        amount=int(values["金額"]),
        counterparty=values["依頼人名"],
        description=values["摘要"],
        reference=values["EDI"],
    )


def _day(values: dict[str, str], name: str, near: date) -> date:
    try:
        return from_wareki(values[name], near=near)
    except ValueError as error:
        raise Malformed(name, str(error)) from error


def _balance(values: dict[str, str], name: str) -> int:
    sign = _SIGNS.get(values["貸越"])
    if sign is None:
        raise Malformed("貸越", "neither positive nor overdrawn")
    return sign * int(values[name])


def _agree(values: dict[str, str], name: str, counted: int) -> None:
    if int(values[name]) != counted:
        raise Malformed(name, "not what the lines come to")
