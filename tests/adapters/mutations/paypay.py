"""PayPay's answers: lines of KEY=value under a MAC, and a CSV under a MAC in a header."""

import hashlib
import hmac
from datetime import datetime, timedelta
from urllib.parse import unquote_to_bytes

from gateway.domain.account import BankCode
from gateway.domain.hours import JST
from gateway.domain.money import Yen
from gateway.domain.outcome import NotFound, NotSent, Paid, Pending, Rejected, Returned, Settled
from gateway.domain.reason import Reason
from tests.adapters.mocked_paypay import (
    COLLECTION,
    NONCE,
    PAYOUT,
    SECRET,
    Mocked,
    mocked_paypay,
    recorded,
)
from tests.adapters.mutations.exchange import Exchange, MutatedBank, Raw, raw
from tests.adapters.stand_ins import REFERENCE, submit
from tests.manual_clock import START

REFUSED = {
    "E01": Rejected(Reason.FORMAT_ERROR),
    "E02": NotSent(Reason.CONTRACT_ERROR),
    "E03": NotSent(Reason.CONTRACT_ERROR),
    "E04": NotSent(Reason.OUT_OF_HOURS),
    "E05": Rejected(Reason.LIMIT_EXCEEDED),
    "E06": NotSent(Reason.THROTTLED),
    "E11": Rejected(Reason.ACCOUNT_NOT_FOUND),
    "E12": Rejected(Reason.NAME_MISMATCH),
    "E13": Rejected(Reason.ACCOUNT_FROZEN),
    "E14": NotSent(Reason.SETTLEMENT_BALANCE_SHORT),
}
ENDS = {
    "CANCEL": Reason.PAYER_CANCELLED,
    "FAIL": Reason.INSUFFICIENT_FUNDS,
    "EXPIRED": Reason.SESSION_EXPIRED,
}
Pairs = dict[bytes, bytes]


def mac(message: bytes) -> bytes:
    return hmac.new(SECRET, message, hashlib.sha256).hexdigest().encode()


def mac_of(pairs: Pairs) -> bytes:
    return mac(b"&".join(key + b"=" + pairs[key] for key in sorted(pairs) if key != b"MAC"))


def lines_of(body: bytes) -> Pairs:
    if not body.endswith(b"\r\n"):
        raise ValueError("not whole lines")
    return once([line.split(b"=", 1) for line in body[:-2].split(b"\r\n")])


def form_of(body: bytes) -> Pairs:
    pairs = [pair.split(b"=", 1) for pair in body.split(b"&")]
    return once([[key, unquote_to_bytes(value.replace(b"+", b" "))] for key, value in pairs])


def once(pairs: list[list[bytes]]) -> Pairs:
    found = {key: value for key, value in pairs}  # noqa: C416 - raises for what is no pair
    if len(found) != len(pairs):
        raise ValueError("a key twice")
    return found


def message(answer: Raw, *, is_about: str | None = REFERENCE) -> dict[str, str]:
    """Return the pairs of an authentic answer to this very question."""
    if answer.status != 200 or not answer.is_of("text/plain;charset=shift_jis"):
        raise ValueError("no message")
    pairs = lines_of(answer.body)
    found = {key.decode("ascii"): value.decode("shift_jis") for key, value in pairs.items()}
    if pairs[b"MAC"] != mac_of(pairs) or found["REQ_NONCE"] != NONCE:
        raise ValueError("not the bank's answer")
    if is_about is not None and found["TRAN_ID"] != is_about:
        raise ValueError("about another")
    return found


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
    found = message(answer)
    if found["RESULT"] == "0" and "CODE" not in found:
        return Settled(instant(found["DONE_AT"]), found["BANK_ID"])
    return REFUSED.get(found["CODE"]) if found["RESULT"] == "1" else None


def transfer_state(answer: Raw) -> object:
    found = message(answer)
    if found["RESULT"] != "0":
        return None
    done_at, back_at = found.get("DONE_AT"), found.get("RETURNED_AT")
    if found["STATE"] == "NONE":
        return None if found.get("AMOUNT") or done_at or back_at else NotFound()
    if amount(found["AMOUNT"]) != PAYOUT.amount or not done_at:
        return None
    if found["STATE"] == "DONE":
        return None if back_at else Settled(instant(done_at))
    is_back = found["STATE"] == "RETURNED" and back_at and back_at >= done_at
    return Returned(instant(done_at), instant(str(back_at))) if is_back else None


def collection_state(answer: Raw) -> object:
    found = message(answer)
    if found["RESULT"] != "0":
        return None
    state, paid_at = found["STATE"], found.get("PAID_AT")
    if state == "NONE":
        return None if found.get("AMOUNT") or paid_at else NotFound()
    if state == "PAID":
        return Paid(instant(str(paid_at)), amount(found["AMOUNT"]))
    if amount(found["AMOUNT"]) != COLLECTION.amount or paid_at:
        return None
    return Pending() if state == "OPEN" else Rejected(ENDS[state])


def statement(answer: Raw) -> object:
    is_csv = answer.is_of("text/csv;charset=shift_jis") or answer.is_of(
        "text/plain;charset=shift_jis"
    )
    if answer.status != 200 or not is_csv or answer.header("X-MAC").encode() != mac(answer.body):
        return None
    *rows, end = [line.split(",") for line in answer.body.decode("shift_jis").split("\r\n")]
    *rows, trailer = rows
    if end != [""] or len({row[0] for row in rows}) != len(rows):
        return None
    latest = START + timedelta(seconds=300)
    if any(instant(row[1]).date() != START.date() or instant(row[1]) > latest for row in rows):
        return None
    yen = {way: [amount(row[3]).amount for row in rows if row[2] == way] for way in "12"}
    totals = [len(yen["1"]), sum(yen["1"]), len(yen["2"]), sum(yen["2"])]
    if trailer != ["T", *map(str, totals)]:
        return None
    return tuple(
        (
            {"1": "in", "2": "out"}[way],
            int(yen),
            reference or None,
            way == "1" and name == "ｼｷﾝﾍﾝｷﾔｸ",
        )
        for _, _, way, yen, reference, name in rows
    )


def callback(call: Raw) -> object:
    pairs = form_of(call.body)
    found = {key.decode("ascii"): value.decode("shift_jis") for key, value in pairs.items()}
    if pairs[b"MAC"] != mac_of(pairs) or found["SHOP_ID"] != "SHOP0001":
        return None
    if abs(instant(found["DATETIME"]) - START) > timedelta(seconds=300):
        return None
    amount(found["AMOUNT"])
    is_return = found["STATE"] == "RETURNED"
    if found["STATE"] not in {*ENDS, "PAID", "RETURNED"}:
        return None
    return (found["TRAN_ID"], "TRANSFER_RETURNED" if is_return else "PAYMENT_ORDER_UPDATED")


def sealed(exchange: Exchange, answer: Raw) -> Raw:
    """Put the bank's MAC over what is there, as well as it can be read."""
    if exchange.read is statement:
        return answer.saying("X-MAC", mac(answer.body).decode())
    is_form = exchange.ask is None
    try:
        pairs = form_of(answer.body) if is_form else lines_of(answer.body)
    except ValueError:
        return answer
    old, new = b"MAC=" + pairs.get(b"MAC", b"?"), b"MAC=" + mac_of(pairs)
    return Raw(answer.status, answer.headers, answer.body.replace(old, new))


def called() -> Raw:
    pairs = {
        b"SHOP_ID": b"SHOP0001",
        b"TRAN_ID": REFERENCE.encode(),
        b"STATE": b"PAID",
        b"AMOUNT": b"10000",
        b"PAID_AT": b"20261125100000",
        b"DATETIME": b"20261125100000",
        b"NONCE": b"fedcba9876543210",
    }
    pairs[b"MAC"] = mac_of(pairs)
    body = b"&".join(key + b"=" + value for key, value in pairs.items())
    return Raw(200, ((b"Content-Type", b"application/x-www-form-urlencoded"),), body)


async def submits(mocked: Mocked) -> object:
    return (await submit(mocked.bank, PAYOUT)).outcome


async def inquires(mocked: Mocked) -> object:
    return (await mocked.bank.inquire(PAYOUT)).outcome


async def asks_for_collection(mocked: Mocked) -> object:
    return (await mocked.bank.inquire_collection(COLLECTION)).outcome


async def asks_for_statement(mocked: Mocked) -> object:
    return await mocked.bank.statement(START.date())


PAYPAY = MutatedBank(
    code=BankCode.PAYPAY,
    open=mocked_paypay,
    says=Mocked.answers,
    exchanges=(
        Exchange("done", raw(recorded("payout_done")), paid_out, submits),
        Exchange("refused", raw(recorded("e11")), paid_out, submits),
        Exchange("was done", raw(recorded("payout_state_done")), transfer_state, inquires),
        Exchange("came back", raw(recorded("payout_state_returned")), transfer_state, inquires),
        Exchange("none", raw(recorded("payout_state_none")), transfer_state, inquires),
        Exchange("paid", raw(recorded("collection_paid")), collection_state, asks_for_collection),
        Exchange(
            "cancelled", raw(recorded("collection_cancel")), collection_state, asks_for_collection
        ),
        Exchange("statement", raw(recorded("statement")), statement, asks_for_statement),
        Exchange("callback", called(), callback),
    ),
    item=rb"((?P<name>[A-Z_]+)=)?(?P<value>[^\r\n&,=]+)(\r\n|&|,)?",
    words=(
        *(b"", b"0", b"1", b"2", b"T", b"DONE", b"RETURNED", b"NONE", b"PAID", b"OPEN", b"CANCEL"),
        *(b"FAIL", b"EXPIRED", b"E01", b"E04", b"E07", b"E13", b"E98", b"10000", b"20000"),
        *(b"010000", b"1e4", b"20261125100000", b"20261125106000", b"99991231235959", b"\xb1"),
        *(b"BBBBBBBBBBBBBBBBBBBB", b"0123456789abcdef", b"fedcba9876543210", b"%30", b"+"),
    ),
    seal=sealed,
)  # is_sealed: the judge looks at the MAC itself
