"""総合振込 (21), 120 bytes a record: what is sent, and the same file back with results."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from gateway.adapters.mizuho.zengin.days import from_mmdd, from_wareki, to_mmdd
from gateway.adapters.mizuho.zengin.records import (
    Field,
    File,
    Kind,
    Layout,
    Malformed,
    dissect,
    split,
)
from gateway.domain.kana import cut

BANK_CODE, BANK_NAME = "0001", "ﾐｽﾞﾎ"
LENGTH = 120
SENDER_NAME_MAX = 40
WITH_REFERENCE = "Y"  # 顧客コード1+2 hold one text of 20 characters (EDI)
BY_WIRE = "7"  # 振込指定区分: テレ振込
NOT_NAMED = "0"  # 新規コード: その他
DONE, RETURNED = "0", "R"
RESULT_AT = 113
NO_DAYS = frozenset({"", "000000"})

N, C = Kind.N, Kind.C
HEADER = Layout(
    "総合振込 ヘッダ",
    (
        Field("データ区分", 0, 1, N, "1"),
        Field("種別コード", 1, 2, N, "21"),
        Field("コード区分", 3, 1, N, "0"),
        Field("委託者コード", 4, 10, N),
        Field("委託者名", 14, 40, C),
        Field("取組日", 54, 4, N),
        Field("仕向銀行", 58, 4, N, BANK_CODE),
        Field("銀行名", 62, 15, C),
        Field("支店", 77, 3, N),
        Field("支店名", 80, 15, C),
        Field("種目", 95, 1, N),
        Field("口座", 96, 7, N),
        Field("ダミー", 103, 17, C),
    ),
)
_ITEM = (
    Field("データ区分", 0, 1, N, "2"),
    Field("銀行", 1, 4, N, BANK_CODE),
    Field("銀行名", 5, 15, C),
    Field("支店", 20, 3, N),
    Field("支店名", 23, 15, C),
    Field("手形交換所", 38, 4, N),
    Field("種目", 42, 1, N),
    Field("口座", 43, 7, N),
    Field("受取人名", 50, 30, C),
    Field("金額", 80, 10, N),
    Field("新規コード", 90, 1, N),
    Field("顧客コード", 91, 20, C),  # 1 and 2 together, as 識別表示 says
    Field("振込指定区分", 111, 1, N),
    Field("識別表示", 112, 1, C, WITH_REFERENCE),
)
ITEM = Layout("総合振込 データ", (*_ITEM, Field("ダミー", 113, 7, C)))
RESULT = Layout(
    "総合振込 結果",
    (
        *_ITEM,
        Field("結果", RESULT_AT, 1, C),
        Field("勘定日", 114, 6, C),  # 和暦; blank or zeros where nothing was booked
    ),
)
_TOTALS = (
    Field("データ区分", 0, 1, N, "8"),
    Field("件数", 1, 6, N),
    Field("金額", 7, 12, N),
)
TRAILER = Layout("総合振込 トレーラ", (*_TOTALS, Field("ダミー", 19, 101, C)))
RESULT_TRAILER = Layout(
    "総合振込 結果トレーラ",
    (
        *_TOTALS,
        Field("済件数", 19, 6, N),
        Field("済金額", 25, 12, N),
        Field("不能件数", 37, 6, N),
        Field("不能金額", 43, 12, N),
        Field("ダミー", 55, 65, C),
    ),
)
END = Layout("エンド", (Field("データ区分", 0, 1, N, "9"), Field("ダミー", 1, 119, C)))


@dataclass(frozen=True, slots=True)
class Sender:
    """Who pays, and from which account of theirs."""

    code: str
    name: str
    branch: str
    type: str
    number: str


@dataclass(frozen=True, slots=True)
class Item:
    """One transfer; `amount` in yen."""

    reference: str
    branch: str
    type: str
    number: str
    holder: str
    amount: int


@dataclass(frozen=True, slots=True)
class Batch:
    sender: Sender
    day: date
    items: tuple[Item, ...]


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the bank says of one item; `day` is when it was booked, or came back, else None."""

    item: Item
    code: str
    day: date | None


def encode_batch(batch: Batch) -> bytes:
    """Return the file; Malformed for what does not fit into it. A sender's name is cut."""
    sender = batch.sender
    header = {
        "委託者コード": sender.code,
        "委託者名": cut(sender.name, SENDER_NAME_MAX),
        "取組日": to_mmdd(batch.day),
        "仕向銀行": BANK_CODE,
        "銀行名": BANK_NAME,
        "支店": sender.branch,
        "種目": sender.type,
        "口座": sender.number,
    }
    total = {
        "件数": str(len(batch.items)),
        "金額": str(sum(item.amount for item in batch.items)),
    }
    items = tuple(ITEM.encode(_fields(item)) for item in batch.items)
    return File(HEADER.encode(header), items, TRAILER.encode(total), END.encode({})).joined()


def decode_batch(content: bytes, *, near: date) -> Batch:
    """Return what a file of ours says; Malformed unless its trailer is right, too."""
    file = dissect(content, LENGTH)
    header = HEADER.decode(file.header)
    items = tuple(_item(ITEM.decode(record)) for record in file.data)
    _check_total(TRAILER.decode(file.trailer), "件数", "金額", items)
    END.decode(file.end)
    sender = Sender(
        header["委託者コード"],
        header["委託者名"],
        header["支店"],
        header["種目"],
        header["口座"],
    )
    try:
        day = from_mmdd(header["取組日"], near=near)
    except ValueError as error:
        raise Malformed("取組日", str(error)) from error
    return Batch(sender, day, items)


def decode_results(content: bytes, request: bytes, *, near: date) -> tuple[Verdict, ...]:
    """Return a verdict for every item of the request, in its order.

    Malformed unless the file balances: it is the request's but for results, dates and the totals
    of the trailer, and those agree with the results.
    """
    sent, got = dissect(request, LENGTH), dissect(content, LENGTH)
    if (got.header, got.end) != (sent.header, sent.end):
        raise Malformed("ヘッダ・エンド", "not those of the request")
    if [line[:RESULT_AT] for line in got.data] != [line[:RESULT_AT] for line in sent.data]:
        raise Malformed("データ", "not those of the request")
    verdicts = tuple(_verdict(record, near) for record in got.data)
    trailer = RESULT_TRAILER.decode(got.trailer)
    _check_total(trailer, "件数", "金額", [verdict.item for verdict in verdicts])
    done = [verdict.item for verdict in verdicts if verdict.code == DONE]
    failed = [verdict.item for verdict in verdicts if verdict.code != DONE]
    _check_total(trailer, "済件数", "済金額", done)
    _check_total(trailer, "不能件数", "不能金額", failed)
    return verdicts


def decode_verdict(content: bytes, *, near: date) -> Verdict:
    """Return what one data record with its result says, CRLF included."""
    records = split(content, LENGTH)
    if len(records) != 1:
        raise Malformed("レコード長", "not one record")
    return _verdict(records[0], near)


def _verdict(record: bytes, near: date) -> Verdict:
    values = RESULT.decode(record)
    code = values["結果"]
    is_dated = code in {DONE, RETURNED}
    return Verdict(_item(values), code, read_day(values, "勘定日", is_dated=is_dated, near=near))


def read_day(values: dict[str, str], name: str, *, is_dated: bool, near: date) -> date | None:
    """Return the day of what was booked; Malformed where a day and the result contradict."""
    if not is_dated:
        if values[name] in NO_DAYS:
            return None
        raise Malformed(name, "a day, and yet nothing was booked")
    try:
        return from_wareki(values[name], near=near)
    except ValueError as error:
        raise Malformed(name, str(error)) from error


def _fields(item: Item) -> dict[str, str]:
    return {
        "銀行": BANK_CODE,
        "銀行名": BANK_NAME,
        "支店": item.branch,
        "手形交換所": "0000",
        "種目": item.type,
        "口座": item.number,
        "受取人名": item.holder,
        "金額": str(item.amount),
        "新規コード": NOT_NAMED,
        "顧客コード": item.reference,
        "振込指定区分": BY_WIRE,
        "識別表示": WITH_REFERENCE,
    }


def _item(values: dict[str, str]) -> Item:
    return Item(
        reference=values["顧客コード"],
        branch=values["支店"],
        type=values["種目"],
        number=values["口座"],
        holder=values["受取人名"],
        amount=int(values["金額"]),
    )


def _check_total(trailer: dict[str, str], count: str, total: str, items: Sequence[Item]) -> None:
    if int(trailer[count]) != len(items):
        raise Malformed(count, "not the number of records")
    if int(trailer[total]) != sum(item.amount for item in items):
        raise Malformed(total, "not the sum of the records")
