"""MUFG's answers: ISO 20022 in XML, sealed by the connection; its calls to us bear an HMAC."""

import base64
import hashlib
import hmac
from datetime import date, datetime, time, timedelta
from typing import Any
from xml.dom.minidom import Document, Element, Text
from xml.parsers.expat import ExpatError

from defusedxml.minidom import parseString

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
from tests.adapters.mufg.mocked import COLLECTION, ORDER, Mocked, mocked_mufg, recorded
from tests.adapters.mutations.exchange import Exchange, MutatedBank, Raw, raw
from tests.adapters.stand_ins import REFERENCE, submit
from tests.manual_clock import START

SECRET = b"sandbox-mufg-callback-secret"
SIGNATURE = "X-Signature"
ISO = "urn:iso:std:iso:20022:tech:xsd:"
REFUSED = {
    (400, "FF01"): Rejected(Reason.FORMAT_ERROR),
    (400, "DT01"): Rejected(Reason.FORMAT_ERROR),
    (400, "TM01"): NotSent(Reason.OUT_OF_HOURS),
    (400, "AB08"): NotSent(Reason.MAINTENANCE),
    (400, "AM04"): NotSent(Reason.SETTLEMENT_BALANCE_SHORT),
}
ENDS = {
    "AC01": Reason.ACCOUNT_NOT_FOUND,
    "AC04": Reason.ACCOUNT_CLOSED,
    "AC06": Reason.ACCOUNT_FROZEN,
    "AM02": Reason.LIMIT_EXCEEDED,
    "BE01": Reason.NAME_MISMATCH,
    "NARR": Reason.CREDIT_REFUSED,
    "AB08": Reason.MAINTENANCE,
}
PENDING = {"PDNG": Submitted}
COLLECTION_ENDS = {
    "AM04": Reason.INSUFFICIENT_FUNDS,
    "AC06": Reason.ACCOUNT_FROZEN,
    "CUST": Reason.PAYER_CANCELLED,
    "TM01": Reason.SESSION_EXPIRED,
    "NARR": Reason.AUTHENTICATION_FAILED,
    "AB08": Reason.MAINTENANCE,
}


def opened(answer: Raw, kind: str) -> Element:
    """Return the one element in the Document, of that kind of message."""
    if not answer.is_of("application/xml;charset=utf-8"):
        raise ValueError("no XML")
    try:
        document: Document = parseString(answer.body.decode("utf-8"), forbid_dtd=True)
    except ExpatError as error:
        raise ValueError("no XML") from error
    root = document.documentElement
    if root is None or (root.localName, root.namespaceURI) != ("Document", ISO + kind):
        raise ValueError("another message")
    [message] = [node for node in root.childNodes if isinstance(node, Element)]
    return message


def every(above: Element, *path: str) -> list[Element]:
    """Return the elements to which a path of names leads."""
    found = [above]
    for name in path:
        below = [node for element in found for node in element.childNodes]
        found = [node for node in below if isinstance(node, Element) and node.localName == name]
    return found


def text(above: Element, *path: str) -> str:
    """Return the text at the end of a path, "" if there is none; it must not fork."""
    found = every(above, *path)
    if not found:
        return ""
    [element] = found
    if not all(isinstance(node, Text) for node in element.childNodes):
        raise ValueError("more than text")
    return "".join(node.data for node in element.childNodes if isinstance(node, Text))


def yen(above: Element, *path: str) -> int:
    [amount] = every(above, *path)
    written = text(amount)
    if amount.getAttribute("Ccy") != "JPY" or str(int(written)) != written or int(written) < 1:
        raise ValueError("no amount of yen")
    return int(written)


def instant(written: str) -> datetime:
    found = datetime.fromisoformat(written)
    if found.tzinfo is None:
        raise ValueError("nobody knows where")
    return found


def reason(status: Element) -> str:
    codes = [text(status, "StsRsnInf", "Rsn", choice) for choice in ("Cd", "Prtry")]
    return "".join(codes)


def report(answer: Raw, kind: str, about: str) -> tuple[Element, list[Element]]:
    """Return what a report says of our message and of our transaction."""
    message = opened(answer, kind)
    [group] = every(message, "OrgnlGrpInfAndSts")
    # The bank may not have been able to read what it refuses.
    nobodys = {"NOTPROVIDED"} if reason(group) in {"FF01", "SEQNO"} else set()
    if text(group, "OrgnlMsgNmId") not in {about} | nobodys:
        raise ValueError("on another kind of message")
    if text(group, "OrgnlMsgId") not in {REFERENCE} | nobodys:
        raise ValueError("on another message")
    found = every(message, "OrgnlPmtInfAndSts", "TxInfAndSts")
    if len(found) > 1 or any(text(one, "OrgnlEndToEndId") != REFERENCE for one in found):
        raise ValueError("on another transaction")
    return group, found


def on_payment(answer: Raw) -> tuple[Element, list[Element]]:
    return report(answer, "pain.002.001.03", "pain.001.001.03")


def paid_out(answer: Raw) -> object:
    if answer.status == 429:
        return None  # nobody signs it
    group, found = on_payment(answer)
    status, why = text(group, "GrpSts"), reason(group)
    if answer.status == 202:
        return Submitted() if status == "ACTC" and not why else None
    return REFUSED.get((answer.status, why)) if status == "RJCT" and not found else None


def transfer_state(answer: Raw) -> object:
    group, found = on_payment(answer)
    if (answer.status, reason(group)) == (404, "NOTFOUND"):
        return NotFound()
    [one] = found
    if answer.status != 200 or yen(one, "OrgnlTxRef", "Amt", "InstdAmt") != ORDER.amount.amount:
        return None
    status, why, number = text(one, "TxSts"), reason(one), text(one, "AcctSvcrRef") or None
    if "RETURNED" in [text(line) for line in every(one, "StsRsnInf", "AddtlInf")]:
        return came_back(one) if status == "RJCT" else None
    if status == "RJCT":
        return Rejected(ENDS[why])
    booked_at = text(one, "AccptncDtTm")
    outcome = Settled(instant(booked_at), number) if status == "ACSC" else PENDING[status](number)
    return None if why else outcome


def came_back(one: Element) -> Returned | None:
    booked_at = instant(text(one, "AccptncDtTm"))
    day = date.fromisoformat(text(one, "OrgnlTxRef", "ReqdExctnDt"))
    back_at = max(booked_at, datetime.combine(day, time(0), JST))
    outcome = Returned(booked_at, back_at, ENDS.get(reason(one)), text(one, "AcctSvcrRef") or None)
    return outcome if booked_at.date() <= day else None


def collection_state(answer: Raw) -> object:
    group, found = report(answer, "pain.014.001.07", "pain.013.001.07")
    if (answer.status, reason(group)) == (404, "NOTFOUND"):
        return NotFound()
    [one] = found
    if answer.status != 200:
        return None
    status, why, accepted = text(one, "TxSts"), reason(one), text(one, "AccptncDtTm")
    has_amount = bool(every(one, "OrgnlTxRef", "Amt"))
    amount = yen(one, "OrgnlTxRef", "Amt", "InstdAmt") if has_amount else None
    if status == "ACSC" and not why and amount:
        return Paid(instant(accepted), Yen(amount), text(one, "AcctSvcrRef") or None)
    if amount not in {None, COLLECTION.amount.amount}:
        return None
    if status == "RJCT":
        return Rejected(COLLECTION_ENDS[why])
    return Pending() if status in {"RCVD", "PDNG"} and not why else None


def entry(one: Element) -> tuple[str, int, str | None, bool]:
    if text(one, "Sts") != "BOOK":
        raise ValueError("not booked")
    way = {"CRDT": "in", "DBIT": "out"}[text(one, "CdtDbtInd")]
    flag = text(one, "RvslInd")
    if flag not in {"", "true", "false", "1", "0"}:
        raise ValueError("neither true nor false")
    whose = text(one, "NtryDtls", "TxDtls", "Refs", "EndToEndId")
    ours = whose if len(whose) == 20 and whose.isascii() and whose.isalnum() else ""
    says_so = text(one, "AddtlNtryInf") == "ｼｷﾝﾍﾝｷﾔｸ"
    is_return = way == "in" and (flag in {"true", "1"} or says_so)
    return way, yen(one, "Amt"), ours if ours == ours.upper() and ours else None, is_return


def statement(answer: Raw) -> object:
    message = opened(answer, "camt.053.001.02")
    [day] = every(message, "Stmt")
    if answer.status != 200 or text(day, "Acct", "Id", "Othr", "Id") != "19000001":
        return None
    entries = every(day, "Ntry")
    numbers = {text(one, "NtryRef") for one in entries}
    booked_at = [instant(text(one, "BookgDt", "DtTm")) for one in entries]
    if any(at > START + timedelta(seconds=300) for at in booked_at):
        return None
    days = {at.astimezone(JST).date() for at in booked_at}
    if len(numbers) != len(entries) or "" in numbers or days != {START.date()}:
        return None
    lines = tuple(entry(one) for one in entries)
    moved = sum(amount if way == "in" else -amount for way, amount, _, _ in lines)
    before, after = balance(day, "OPBD"), balance(day, "CLBD")
    return lines if None in {before, after} or before + moved == after else None


def balance(day: Element, which: str) -> Any:
    """Return a balance, None where the statement has none."""
    found = [it for it in every(day, "Bal") if text(it, "Tp", "CdOrPrtry", "Cd") == which]
    if not found:
        return None
    [one] = found
    return yen(one, "Amt") * {"CRDT": 1, "DBIT": -1}[text(one, "CdtDbtInd")]


def callback(call: Raw) -> object:
    if call.header(SIGNATURE) != signature(call.body):
        return None
    message = opened(call, "camt.054.001.02")
    made_at = instant(text(message, "GrpHdr", "CreDtTm"))
    [one] = every(message, "Ntfctn", "Ntry")
    way, _, reference, is_return = entry(one)
    if way != "in" or reference is None or abs(made_at - START) > timedelta(seconds=300):
        return None
    return (reference, "TRANSFER_RETURNED" if is_return else "COLLECTION_PAID")


def signature(body: bytes) -> str:
    return base64.b64encode(hmac.new(SECRET, body, hashlib.sha256).digest()).decode()


def sealed(exchange: Exchange, answer: Raw) -> Raw:
    return answer.saying(SIGNATURE, signature(answer.body)) if exchange.ask is None else answer


async def submits(mocked: Mocked) -> object:
    return (await submit(mocked.bank, ORDER)).outcome


async def inquires(mocked: Mocked) -> object:
    return (await mocked.bank.inquire(ORDER)).outcome


async def asks_for_collection(mocked: Mocked) -> object:
    return (await mocked.bank.inquire_collection(COLLECTION)).outcome


async def asks_for_statement(mocked: Mocked) -> object:
    return await mocked.bank.statement(START.date())


MUFG = MutatedBank(
    code=BankCode.MUFG,
    open=mocked_mufg,
    says=Mocked.says,
    exchanges=(
        Exchange("taken", raw(recorded("payment_202_actc")), paid_out, submits),
        Exchange("refused", raw(recorded("payment_400_ff01")), paid_out, submits),
        Exchange("was done", raw(recorded("payment_acsc")), transfer_state, inquires),
        Exchange("was refused", raw(recorded("payment_rjct_ac01")), transfer_state, inquires),
        Exchange("came back", raw(recorded("payment_returned_ac04")), transfer_state, inquires),
        Exchange("none", raw(recorded("payment_404_notfound")), transfer_state, inquires),
        Exchange("paid", raw(recorded("collection_acsc")), collection_state, asks_for_collection),
        Exchange("statement", raw(recorded("statement")), statement, asks_for_statement),
        Exchange("callback", raw(recorded("callback_return")), callback),
    ),
    item=rb"<(?P<name>\w+)(?: [^<>]*)?>(?P<value>[^<>]+)</(?P=name)>",
    words=(
        *(b"ACTC", b"ACSC", b"RJCT", b"PDNG", b"RCVD", b"ACCC", b"AC01", b"AC04", b"AM04", b"ZZZZ"),
        *(b"FF01", b"DUPL", b"NOTFOUND", b"NOTPROVIDED", b"RETURNED", b"BOOK", b"CRDT", b"DBIT"),
        *(b"10000", b"10000.0", b"010000", b"5000", b"-1", b"", b" ", b"true", b"false", b"1"),
        *(b"BBBBBBBBBBBBBBBBBBBB", b"2026-11-25", b"2026-11-25T10:00:00+09:00", b"&x;", b"&#48;"),
        *(b"2027-01-01T00:00:00+09:00", b"2020-01-01T00:00:00+09:00", b"2026-11-25T10:00:00"),
    ),
    seal=sealed,
)
