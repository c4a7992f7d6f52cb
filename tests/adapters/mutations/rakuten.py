"""Rakuten's answers: lines of quoted fields in Shift_JIS, sealed by nothing but the connection."""

import csv
from datetime import datetime

from gateway.domain.account import BankCode
from gateway.domain.hours import JST
from gateway.domain.money import Yen
from gateway.domain.outcome import (
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
from tests.adapters.mocked_rakuten import COLLECTION, PAYOUT, Mocked, mocked_rakuten, recorded
from tests.adapters.mutations.exchange import Exchange, MutatedBank, Raw, raw
from tests.adapters.stand_ins import submit
from tests.manual_clock import START

REFUSED = {
    " ": NotSent(Reason.SETTLEMENT_BALANCE_SHORT),
    "A": NotSent(Reason.OUT_OF_HOURS),
    "B": NotSent(Reason.CONTRACT_ERROR),
    "C": Rejected(Reason.ACCOUNT_NOT_FOUND),
    "E": NotSent(Reason.THROTTLED),
    "G": Rejected(Reason.LIMIT_EXCEEDED),
    "H": Rejected(Reason.FORMAT_ERROR),
    "N": Rejected(Reason.NAME_MISMATCH),
    "Q": NotSent(Reason.CONTRACT_ERROR),
}
LATER = {
    " ": Reason.SETTLEMENT_BALANCE_SHORT,
    "C": Reason.ACCOUNT_NOT_FOUND,
    "G": Reason.LIMIT_EXCEEDED,
    "N": Reason.NAME_MISMATCH,
}
IN_PROCESS = {"2": Submitted}
ENDS = {
    "3": Reason.PAYER_CANCELLED,
    "4": Reason.INSUFFICIENT_FUNDS,
    "5": Reason.SESSION_EXPIRED,
}


def rows(answer: Raw) -> list[list[str]]:
    """Return the fields of each line; each is quoted, and each line ends with CRLF."""
    if answer.status != 200 or not answer.is_of("text/csv;charset=shift_jis"):
        raise ValueError("no CSV")
    text = answer.body.decode("latin-1")  # what is shown only may be any bytes
    if not text.endswith('"\r\n'):
        raise ValueError("not whole lines")
    lines = text.removesuffix("\r\n").split("\r\n")
    found = [fields(line) for line in lines]
    written = [",".join('"' + field.replace('"', '""') + '"' for field in row) for row in found]
    if written != lines or any(mark in line for line in lines for mark in "\r\n"):
        raise ValueError("not every field is quoted")
    return found


def fields(line: str) -> list[str]:
    try:
        return next(csv.reader([line], strict=True))
    except csv.Error as error:
        raise ValueError("no CSV") from error


def only(answer: Raw, count: int) -> list[str]:
    [row] = rows(answer)
    if len(row) != count:
        raise ValueError("too many fields, or too few")
    return row


def instant(text: str) -> datetime:
    found = datetime.strptime(text, "%Y%m%d%H%M%S").replace(tzinfo=JST)
    if f"{found:%Y%m%d%H%M%S}" != text:
        raise ValueError("not an instant as this bank writes it")
    return found


def amount(text: str) -> Yen:
    if str(int(text)) != text or not 0 < int(text) < 10**10:
        raise ValueError("no amount")
    return Yen(int(text))


def paid_out(answer: Raw) -> object:
    if answer.status == 403 and not answer.body:
        return NotSent(Reason.CONTRACT_ERROR)
    code, receipt, booked_at, _ = only(answer, 4)
    if code in {"0", "D"}:
        return Settled(instant(booked_at), receipt) if receipt else None
    return REFUSED.get(code)


def transfer_state(answer: Raw) -> object:
    code, receipt, booked_at, _, state, yen, why = only(answer, 7)
    if code != "0":
        return None
    if state == "9":
        return None if receipt else NotFound()
    if amount(yen) != PAYOUT.amount or bool(why) != (state == "3"):
        return None
    if state in {"1", "4"}:
        return moved(state, instant(booked_at), receipt)
    return Rejected(LATER[why]) if state == "3" else IN_PROCESS[state](receipt or None)


def moved(state: str, moved_at: datetime, receipt: str) -> object:
    if not receipt:
        return None
    if state == "1":
        return Settled(moved_at, receipt)
    return Returned(moved_at, moved_at, None, receipt)


def collection_state(answer: Raw) -> object:
    code, receipt, booked_at, _, state, yen, _ = only(answer, 7)
    if code != "0":
        return None
    if state == "9":
        return None if receipt else NotFound()
    if state == "2":
        return Paid(instant(booked_at), amount(yen), receipt) if receipt else None
    if amount(yen) != COLLECTION.amount:
        return None
    return Pending() if state == "1" else Rejected(ENDS[state])


def statement(answer: Raw) -> object:
    *lines, end = rows(answer)
    is_whole = end == ["END", str(len(lines))] and len({line[0] for line in lines}) == len(lines)
    if not is_whole or any(instant(line[1]).date() != START.date() for line in lines):
        return None
    return tuple(
        (
            {"1": "in", "2": "out"}[way],
            amount(yen).amount,
            reference or None,
            way == "1" and name == "ｼｷﾝﾍﾝｷﾔｸ".encode("shift_jis").decode("latin-1"),
        )
        for _, _, way, yen, reference, name in lines
    )


async def submits(mocked: Mocked) -> object:
    return (await submit(mocked.bank, PAYOUT)).outcome


async def inquires(mocked: Mocked) -> object:
    return (await mocked.bank.inquire(PAYOUT)).outcome


async def asks_for_collection(mocked: Mocked) -> object:
    return (await mocked.bank.inquire_collection(COLLECTION)).outcome


async def asks_for_statement(mocked: Mocked) -> object:
    return await mocked.bank.statement(START.date())


RAKUTEN = MutatedBank(
    code=BankCode.RAKUTEN,
    open=mocked_rakuten,
    says=Mocked.answers,
    exchanges=(
        Exchange("done", raw(recorded("0_done")), paid_out, submits),
        Exchange("refused", raw(recorded("c_money")), paid_out, submits),
        Exchange("was done", raw(recorded("state_1")), transfer_state, inquires),
        Exchange("was refused", raw(recorded("state_3_c")), transfer_state, inquires),
        Exchange("came back", raw(recorded("state_4")), transfer_state, inquires),
        Exchange("paid", raw(recorded("paid")), collection_state, asks_for_collection),
        Exchange("statement", raw(recorded("statement")), statement, asks_for_statement),
    ),
    item=rb'"(?P<value>[^"]*)"(,|\r\n)?',
    words=(
        *(b"0", b"D", b" ", b"A", b"B", b"C", b"E", b"F", b"G", b"H", b"I", b"N", b"Q", b"Z"),
        *(b"", b"1", b"2", b"3", b"4", b"5", b"9", b"10000", b"010000", b"+10000", b"END"),
        *(b"20261125100000", b"20261125106000", b"99991231235959", b"20200101000000", b"00"),
        *(b"AAAABBBBCCCCDDDD2345", b"BBBBBBBBBBBBBBBBBBBB", b'""', b"\x82\x50", b"\xb1"),
    ),
)
