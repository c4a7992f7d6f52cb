"""A 総合振込 file: read strictly, refused at its first fault."""

import hashlib
from dataclasses import dataclass
from datetime import date

from gateway.sandbox.books import AccountKey
from gateway.sandbox.mizuho import checks, layouts
from gateway.sandbox.mizuho.checks import Check, FileFault

BANK_CODE = "0001"
BANK_NAME = "ﾐｽﾞﾎ"
ITEMS_MAX = 100
HEADER_LINES = 1
CLOSING_LINES = 2

_KIND = "データ区分"
_DATA = {
    _KIND: checks.says("2"),
    "銀行": checks.says(BANK_CODE),
    "銀行名": checks.is_filled(BANK_NAME),
    "支店": checks.digits,
    "支店名": checks.name_or_blank,
    "手形交換所": checks.says("0000"),
    "種目": checks.says("1", "2", "4"),
    "口座": checks.digits,
    "受取人名": checks.name,
    "金額": checks.positive,
    "新規コード": checks.says("0", "1", "2"),
    "顧客コード1": checks.half_reference,
    "顧客コード2": checks.half_reference,
    "振込指定区分": checks.says("7"),
    "識別表示": checks.says("Y"),
    "ダミー": checks.blank,
}
_END = {_KIND: checks.says("9"), "ダミー": checks.blank}


@dataclass(frozen=True, slots=True)
class Contract:
    """Whose files these are: 委託者コード, and the account the money leaves from."""

    client_code: str
    account: AccountKey


@dataclass(frozen=True, slots=True)
class Item:
    """One data record; `line` counts from 1, the header included."""

    line: int
    record: bytes
    reference: str
    creditor: AccountKey
    name: str
    amount: int


@dataclass(frozen=True, slots=True)
class TransferFile:
    """A file as it came, and its items in order."""

    body: bytes
    items: tuple[Item, ...]

    @property
    def sha256(self) -> str:
        """Return the digest of the very bytes, in hexadecimal."""
        return hashlib.sha256(self.body).hexdigest()

    @property
    def references(self) -> tuple[str, ...]:
        """Return the reference of each item."""
        return tuple(item.reference for item in self.items)

    @property
    def numbers(self) -> tuple[str, ...]:
        """Return the account number of each item."""
        return tuple(item.creditor.number for item in self.items)


def read_checked(body: bytes, contract: Contract, today: date) -> TransferFile:
    """Return the file if every byte is as it must be, else raise its first `FileFault`."""
    reader = _Reader(body)
    header = reader.next()
    checks.check_record(reader.line, header, layouts.HEADER_21, _header(contract, today))
    items = _items(reader)
    checks.check_record(reader.line, reader.record, layouts.TRAILER_21, _trailer(items))
    end = reader.next()
    checks.check_record(reader.line, end, layouts.END_21, _END)
    if reader.has_more():
        raise FileFault(reader.line + 1, 0, _KIND, "nothing may follow the end record")
    return TransferFile(body, tuple(items))


def read_again(body: bytes) -> TransferFile:
    """Return a file that was checked when it came."""
    data = body.splitlines()[HEADER_LINES:-CLOSING_LINES]
    first = HEADER_LINES + 1
    return TransferFile(body, tuple(_read(n, record) for n, record in enumerate(data, first)))


class _Reader:
    """Goes through the records of a file; `line` and `record` are where it stands."""

    def __init__(self, body: bytes) -> None:
        self._lines = body.splitlines(keepends=True) or [b""]
        self.line = 0
        self.record = b""

    def has_more(self) -> bool:
        return self.line < len(self._lines)

    def next(self) -> bytes:
        """Return the next record, or raise the `FileFault`."""
        if not self.has_more():
            raise FileFault(self.line + 1, 0, _KIND, "a record is missing")
        self.record = checks.check_length(self.line + 1, self._lines[self.line])
        self.line += 1
        return self.record


def _items(reader: _Reader) -> list[Item]:
    items: list[Item] = []
    seen: set[str] = set()
    while reader.next()[:1] == b"2":
        items.append(_item(reader.line, reader.record, seen))
    if not items:
        raise FileFault(reader.line, 0, _KIND, "must be 2: a file has at least one data record")
    return items


def _item(line: int, record: bytes, seen: set[str]) -> Item:
    if len(seen) == ITEMS_MAX:
        raise FileFault(line, 0, _KIND, f"must be 8 after {ITEMS_MAX} data records")
    checks.check_record(line, record, layouts.DATA_21, _DATA)
    item = _read(line, record)
    if item.reference in seen:
        place = layouts.DATA_21.field("顧客コード1")
        raise FileFault(line, place.offset, place.name, "the reference stands twice in this file")
    seen.add(item.reference)
    return item


def _read(line: int, record: bytes) -> Item:
    text = {field.name: field.text(record) for field in layouts.DATA_21.fields}
    return Item(
        line=line,
        record=record,
        reference=text["顧客コード1"] + text["顧客コード2"],
        creditor=AccountKey(text["支店"], text["種目"], text["口座"]),
        name=text["受取人名"].rstrip(" "),
        amount=int(text["金額"]),
    )


def _header(contract: Contract, today: date) -> dict[str, Check]:
    account = contract.account
    return {
        _KIND: checks.says("1"),
        "種別コード": checks.says("21"),
        "コード区分": checks.says("0"),
        "委託者コード": checks.says(contract.client_code),
        "委託者名": checks.name,
        # The day without a year is the nearest such day, and only the day of receipt is taken.
        "取組日": checks.says(f"{today:%m%d}"),
        "仕向銀行": checks.says(BANK_CODE),
        "銀行名": checks.is_filled(BANK_NAME),
        "支店": checks.says(account.branch),
        "支店名": checks.name_or_blank,
        "種目": checks.says(account.type),
        "口座": checks.says(account.number),
        "ダミー": checks.blank,
    }


def _trailer(items: list[Item]) -> dict[str, Check]:
    return {
        _KIND: checks.says("8"),
        "件数": checks.number(len(items)),
        "金額": checks.number(sum(item.amount for item in items)),
        "ダミー": checks.blank,
    }
