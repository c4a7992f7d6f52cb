"""Mizuho's answers: 全銀 records, and statuses that speak for themselves."""

import base64
import hashlib
import hmac
import json
from datetime import date, datetime, time, timedelta

from gateway.domain.account import BankCode
from gateway.domain.hours import JST
from gateway.domain.money import Yen
from gateway.domain.outcome import (
    FileAccepted,
    FileRejected,
    FileResult,
    NotFound,
    NotSent,
    Paid,
    Pending,
    Rejected,
    Returned,
    Settled,
    Submitted,
)
from gateway.domain.reason import Reason
from tests.adapters.mocked_mizuho import (
    COLLECTION,
    PAYOUT,
    RECEIPT,
    Mocked,
    mocked_mizuho,
    recorded,
)
from tests.adapters.mutations.exchange import Exchange, MutatedBank, Raw, raw
from tests.adapters.mutations.smbc import once
from tests.adapters.stand_ins import REFERENCE
from tests.manual_clock import START

SECRET = b"sandbox-mizuho-digest-secret"
DIGEST = "X-Digest"
REFUSED: dict[str, Rejected | NotSent] = {
    "1": Rejected(Reason.ACCOUNT_NOT_FOUND),
    "2": Rejected(Reason.NAME_MISMATCH),
    "3": Rejected(Reason.ACCOUNT_FROZEN),
    "4": Rejected(Reason.LIMIT_EXCEEDED),
    "8": NotSent(Reason.SETTLEMENT_BALANCE_SHORT),
    "9": Rejected(Reason.CREDIT_REFUSED),
}
ENDS = {
    "1": Reason.INSUFFICIENT_FUNDS,
    "2": Reason.ACCOUNT_NOT_FOUND,
    "3": Reason.PAYER_CANCELLED,
    "4": Reason.AUTHENTICATION_FAILED,
    "8": Reason.SESSION_EXPIRED,
    "9": Reason.SESSION_EXPIRED,
}
# 銀行名 and 支店名 may be written in any way.
COMPARED = ((0, 5), (20, 23), (42, 90), (91, 111), (112, 113))
ERAS = (
    (2018, date(2019, 5, 1), date.max),
    (1988, date(1989, 1, 8), date(2019, 5, 1)),
)
ITEM, RESULT = raw(recorded("item_0")).body, raw(recorded("result_0")).body


def lines(body: bytes, length: int) -> list[bytes]:
    size = length + 2
    found = [body[at : at + size] for at in range(0, len(body), size)]
    if not body or any(len(line) != size or line[-2:] != b"\r\n" for line in found):
        raise ValueError("not whole records")
    return found


def number(line: bytes, begin: int, length: int) -> int:
    digits = line[begin : begin + length]
    if len(digits) != length or not digits.isdigit():
        raise ValueError("no number")
    return int(digits)


def day(line: bytes, begin: int) -> date:
    """Return a day of 令和 or 平成, whichever is nearer."""
    year, month, of_month = (number(line, begin + at, 2) for at in (0, 2, 4))
    if not year:
        raise ValueError("no year 0")
    days = [
        found
        for before, begun, over in ERAS
        if (found := day_or_none(before + year, month, of_month)) and begun <= found < over
    ]
    return min(days, key=lambda found: abs(found - START.date()))


def day_or_none(year: int, month: int, of_month: int) -> date | None:
    try:
        return date(year, month, of_month)
    except ValueError:
        return None


def booked(line: bytes, begin: int) -> datetime:
    """Return the latest instant of that day that is not ahead of us, else its first."""
    found = day(line, begin)
    first = datetime.combine(found, time(0), JST)
    return min(max(START, first), first + timedelta(days=1) - timedelta(microseconds=1))


def file_taken(answer: Raw) -> object:
    if answer.status == 400:
        return file_refused(answer)
    place = answer.header("Location")
    receipt = place.removeprefix("/mizuho/fb/files/")
    is_receipt = receipt != place and receipt.isalnum() and receipt == receipt.upper()
    if answer.status == 202 and is_receipt and len(receipt) <= 20:
        return FileAccepted(receipt)
    return None  # nobody signs a bare status


def file_refused(answer: Raw) -> object:
    if not (answer.is_of("application/json") or answer.is_of("application/json;charset=utf-8")):
        return None
    fault = json.loads(answer.body.decode("utf-8"), object_pairs_hook=once)
    kinds = [type(fault[name]) for name in ("record", "offset", "field", "message")]
    if kinds != [int, int, str, str] or not 1 <= fault["record"] <= 4 or fault["offset"] < 0:
        return None
    return FileRejected(Reason.FORMAT_ERROR, REFERENCE if fault["record"] == 2 else None)


def item_result(line: bytes) -> Settled | Rejected | NotSent | Returned:
    if any(line[begin:end] != ITEM[begin:end] for begin, end in COMPARED):
        raise ValueError("another item")
    code = chr(line[113])
    if code == "0":
        return Settled(booked(line, 114))
    if code == "R":
        return Returned(booked(line, 114), booked(line, 114))
    return REFUSED[code]


def item_state(answer: Raw) -> object:
    if answer.status == 204:
        return Submitted()
    if answer.status == 404 and answer.header("X-Result") == "NOT-FOUND":
        return NotFound()
    [line] = lines(answer.body, 120)
    if answer.status != 200:
        return None
    found = item_result(line)
    return None if isinstance(found, NotSent) else found


def file_result(answer: Raw) -> object:
    if answer.status == 204:
        return Pending()
    header, item, trailer, end = lines(answer.body, 120)
    sent = header + item[:113] + trailer[:19] + end
    if answer.status != 200 or sent != RESULT[:235] + RESULT[244:263] + RESULT[366:]:
        return None
    found = item_result(item)
    totals = [number(trailer, *place) for place in ((19, 6), (25, 12), (37, 6), (43, 12))]
    wanted = [1, 10_000, 0, 0] if isinstance(found, Settled) else [0, 0, 1, 10_000]
    if isinstance(found, Returned) or totals != wanted:
        return None
    return FileResult({REFERENCE: found})


def debit(body: bytes) -> tuple[str, int, Paid | Rejected]:
    """Return whose debit it is, its yen, and how it ended."""
    [line] = lines(body, 120)
    if line[:5] != b"20001":
        raise ValueError("of another bank")
    whose, code, yen = line[91:111].decode("latin-1"), chr(line[111]), number(line, 80, 10)
    outcome = Paid(booked(line, 112), Yen(yen)) if code == "0" else Rejected(ENDS[code])
    return whose.rstrip(), yen, outcome


def collection_state(answer: Raw) -> object:
    if answer.status == 204:
        return Pending()
    if answer.status == 404 and answer.header("X-Result") == "NOT-FOUND":
        return NotFound()
    whose, yen, outcome = debit(answer.body)
    is_ours = answer.status == 200 and whose == REFERENCE
    is_of_it = yen == COLLECTION.amount.amount or (isinstance(outcome, Paid) and yen > 0)
    return outcome if is_ours and is_of_it else None


def callback(call: Raw) -> object:
    """A hint, whatever day it names, as long as it is one."""
    [line] = lines(call.body, 120)
    is_end = chr(line[111]) in ENDS or (line[111:112] == b"0" and day(line, 112))
    if call.header(DIGEST) != digest(call.body) or not is_end or line[:5] != b"20001":
        return None
    return (line[91:111].decode("shift_jis").rstrip(), "COLLECTION_ENDED")


def statement(answer: Raw) -> object:
    header, *movements, trailer, end = lines(answer.body, 200)
    if answer.status != 200 or (header[:1], trailer[:1], end[:1]) != (b"1", b"8", b"9"):
        return None
    is_of_the_day = day(header, 10) == day(header, 16) == START.date()
    is_ours = header[41:44] == b"001" and header[62:73] == b"10009000001"
    yen: dict[str, list[int]] = {"1": [], "2": []}
    for line in movements:
        yen[chr(line[21])].append(number(line, 24, 12))
    totals = [number(trailer, 1, 6), number(trailer, 7, 13), number(trailer, 20, 6)]
    totals += [number(trailer, 26, 13), number(trailer, 54, 7), number(end, 1, 10)]
    counted = [len(yen["1"]), sum(yen["1"]), len(yen["2"]), sum(yen["2"])]
    counted += [len(movements), len(movements) + 3]
    balance = {b"1": 1, b"2": -1}[header[113:114]] * number(header, 115, 14)
    after = {b"1": 1, b"2": -1}[trailer[39:40]] * number(trailer, 40, 14)
    adds_up = totals == counted and balance + sum(yen["1"]) - sum(yen["2"]) == after
    if not (adds_up and is_of_the_day and is_ours):
        return None
    return tuple(
        (
            {"1": "in", "2": "out"}[chr(line[21])],
            number(line, 24, 12),
            line[179:199].decode("shift_jis").rstrip() or None,
            line[21:22] == b"1" and line[159:179].decode("shift_jis").rstrip() == "ｼｷﾝﾍﾝｷﾔｸ",
        )
        for line in movements
    )


def digest(body: bytes) -> str:
    made = hmac.new(SECRET, body, hashlib.sha256).digest()
    return "sha-256=" + base64.b64encode(made).decode()


def sealed(exchange: Exchange, answer: Raw) -> Raw:
    return answer.saying(DIGEST, digest(answer.body)) if exchange.ask is None else answer


async def sends(mocked: Mocked) -> object:
    return (await mocked.sends()).outcome


async def fetches(mocked: Mocked) -> object:
    return (await mocked.bank.fetch_result(mocked.file(), RECEIPT)).outcome


async def inquires(mocked: Mocked) -> object:
    return (await mocked.bank.inquire(PAYOUT)).outcome


async def asks_for_collection(mocked: Mocked) -> object:
    return (await mocked.bank.inquire_collection(COLLECTION)).outcome


async def asks_for_statement(mocked: Mocked) -> object:
    return await mocked.bank.statement(START.date())


def called() -> Raw:
    body = raw(recorded("debit_0")).body
    kind = (b"Content-Type", b"application/octet-stream")
    return Raw(200, (kind, (DIGEST.encode(), digest(body).encode())), body)


MIZUHO = MutatedBank(
    code=BankCode.MIZUHO,
    open=mocked_mizuho,
    says=Mocked.says,
    exchanges=(
        Exchange("taken", raw(recorded("202_accepted")), file_taken, sends),
        Exchange("refused", raw(recorded("400_item")), file_taken, sends),
        Exchange("done", raw(recorded("result_0")), file_result, fetches),
        Exchange("not done", raw(recorded("result_1")), file_result, fetches),
        Exchange("was done", raw(recorded("item_0")), item_state, inquires),
        Exchange("was refused", raw(recorded("item_1")), item_state, inquires),
        Exchange("came back", raw(recorded("item_r")), item_state, inquires),
        Exchange("paid", raw(recorded("debit_0")), collection_state, asks_for_collection),
        Exchange("not paid", raw(recorded("debit_1")), collection_state, asks_for_collection),
        Exchange("statement", raw(recorded("statement")), statement, asks_for_statement),
        Exchange("callback", called(), callback),
    ),
    # Pieces of a record, so that what is exchanged often keeps its length.
    item=rb"(?P<value>[0-9A-Z\xa1-\xdf]{1,4})",
    words=(
        *(b"0000", b"0001", b"0081", b"1125", b"1124", b"0811", b"9999", b"AAAA", b"Y081", b"5008"),
        *(b"0", b"1", b"2", b"3", b"8", b"9", b"R", b"Y008", b"\xb1\xb1\xb1\xb1", b"    ", b"-1"),
    ),
    seal=sealed,
)
