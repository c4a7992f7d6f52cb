"""口座振替 (91), 120 bytes: one data record says how the collection under a reference ended."""

from dataclasses import dataclass
from datetime import date

from gateway.adapters.characters import Shown
from gateway.adapters.mizuho.zengin.records import Field, Kind, Layout, Malformed, split
from gateway.adapters.mizuho.zengin.transfers import BANK_CODE, DONE, LENGTH, read_day

N, C = Kind.N, Kind.C
DEBIT = Layout(
    "口座振替 データ",
    (
        Field("データ区分", 0, 1, N, "2"),
        Field("引落銀行", 1, 4, N, BANK_CODE),
        Field("銀行名", 5, 15, C),
        Field("支店", 20, 3, N),
        Field("支店名", 23, 15, C),
        Field("ダミー", 38, 4, C),
        Field("種目", 42, 1, N),
        Field("口座", 43, 7, N),
        Field("預金者名", 50, 30, C),
        Field("金額", 80, 10, N),
        Field("新規コード", 90, 1, C),
        Field("顧客番号", 91, 20, C),
        Field("振替結果コード", 111, 1, N),
        Field("引落日", 112, 6, C),  # 和暦; blank or zeros where nothing was debited
        Field("ダミー2", 118, 2, C),
    ),
)


@dataclass(frozen=True, slots=True)
class Debit:
    """`code` is the 振替結果コード, `day` the day of the debit, None unless it is done."""

    reference: str
    amount: int
    code: str
    day: date | None


def decode_debit(content: bytes, *, near: date, shown: Shown | None = None) -> Debit:
    """Return what one data record says, CRLF included."""
    records = split(content, LENGTH)
    if len(records) != 1:
        raise Malformed("レコード長", "not one record")
    values = DEBIT.decode(records[0], shown)
    code = values["振替結果コード"]
    day = read_day(values, "引落日", is_dated=code == DONE, near=near)
    return Debit(values["顧客番号"], int(values["金額"]), code, day)
