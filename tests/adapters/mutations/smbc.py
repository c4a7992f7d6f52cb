"""SMBC's answers in JSON, each under a signature over its exact bytes."""

import json
from datetime import datetime, timedelta
from typing import Any

from gateway.domain.account import BankCode
from gateway.domain.bank import CollectionOrder
from gateway.domain.money import Yen
from gateway.domain.outcome import (
    NotFound,
    NotSent,
    Paid,
    Pending,
    Rejected,
    Returned,
    Settled,
)
from gateway.domain.reason import Reason
from tests.adapters.mocked_smbc import Mocked, mocked_smbc, recorded
from tests.adapters.mutations.exchange import Exchange, MutatedBank, Raw, raw
from tests.adapters.stand_ins import ORDER, REFERENCE, bank_signer, submit
from tests.manual_clock import START

SIGNATURE = "X-Jws-Signature"
COLLECTION = CollectionOrder(
    REFERENCE, Yen(10_000), "ｺﾞﾍﾝｻｲ", "https://l.example/", "https://g.example/", START
)
REFUSED = {
    (400, "INVALID_REQUEST"): Rejected(Reason.FORMAT_ERROR),
    (422, "ACCOUNT_NOT_FOUND"): Rejected(Reason.ACCOUNT_NOT_FOUND),
    (422, "ACCOUNT_CLOSED"): Rejected(Reason.ACCOUNT_CLOSED),
    (422, "ACCOUNT_FROZEN"): Rejected(Reason.ACCOUNT_FROZEN),
    (422, "NAME_MISMATCH"): Rejected(Reason.NAME_MISMATCH),
    (422, "LIMIT_EXCEEDED"): Rejected(Reason.LIMIT_EXCEEDED),
    (422, "SETTLEMENT_BALANCE_SHORT"): NotSent(Reason.SETTLEMENT_BALANCE_SHORT),
    (429, "TOO_MANY_REQUESTS"): NotSent(Reason.THROTTLED),
    (503, "OUT_OF_SERVICE_HOURS"): NotSent(Reason.OUT_OF_HOURS),
}
CONTRACT = {"INVALID_API_KEY", "INVALID_SIGNATURE", "INVALID_TIMESTAMP"}
ENDS = {
    ("CANCELLED", None): Reason.PAYER_CANCELLED,
    ("EXPIRED", None): Reason.SESSION_EXPIRED,
    ("FAILED", "INSUFFICIENT_FUNDS"): Reason.INSUFFICIENT_FUNDS,
    ("FAILED", "AUTHENTICATION_FAILED"): Reason.AUTHENTICATION_FAILED,
    ("FAILED", "ACCOUNT_FROZEN"): Reason.ACCOUNT_FROZEN,
}
SIGNER = bank_signer()


def once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    if len(dict(pairs)) != len(pairs):
        raise ValueError("a key twice")
    return dict(pairs)


def message(answer: Raw) -> dict[str, Any]:
    if not answer.is_of("application/json;charset=utf-8"):
        raise ValueError("no JSON")
    found = json.loads(answer.body.decode("utf-8"), object_pairs_hook=once)
    return dict(found) if isinstance(found, dict) else {}


def instant(text: str) -> datetime:
    found = datetime.fromisoformat(text)
    if found.tzinfo is None:
        raise ValueError("nobody knows where")
    return found


def paid_out(answer: Raw) -> object:
    found = message(answer)
    if answer.status == 200:
        is_ours = (found["clientReference"], found["status"]) == (REFERENCE, "COMPLETED")
        return Settled(instant(found["executedAt"]), found["transferId"]) if is_ours else None
    code = found["error"]["code"]
    if answer.status == 403 or (answer.status == 401 and code in CONTRACT):
        return NotSent(Reason.CONTRACT_ERROR)
    return REFUSED.get((answer.status, code))


def transfer_state(answer: Raw) -> object:
    found = message(answer)
    if answer.status == 404:
        return NotFound() if found["error"]["code"] == "TRANSFER_NOT_FOUND" else None
    if answer.status != 200 or (found["clientReference"], found["amount"]) != (REFERENCE, "10000"):
        return None
    booked_at, number = instant(found["executedAt"]), found["transferId"]
    why = found.get("returnReason")
    if found["status"] == "COMPLETED":
        return None if found.get("returnedAt") or why else Settled(booked_at, number)
    reason = Reason(why.lower()) if why in {"ACCOUNT_CLOSED", "NAME_MISMATCH"} else None
    # A return may lie ahead of us by what two clocks differ, and is no booking to be counted.
    returned_at = datetime.fromisoformat(found["returnedAt"])
    is_back = found["status"] == "RETURNED" and returned_at >= booked_at
    return Returned(booked_at, returned_at, reason, number) if is_back else None


def collection_state(answer: Raw) -> object:
    found = message(answer)
    if answer.status == 404:
        return NotFound() if found["error"]["code"] == "ORDER_NOT_FOUND" else None
    if answer.status != 200 or found["clientReference"] != REFERENCE:
        return None
    if found["status"] == "PAID":
        return Paid(instant(found["paidAt"]), Yen(int(found["amount"])), found["orderId"])
    if found["paidAt"] is not None or found["amount"] != "10000":
        return None
    if found["status"] == "CREATED":
        return None if found["failureReason"] else Pending()
    reason = ENDS.get((found["status"], found["failureReason"]))
    return Rejected(reason) if reason else None


def statement(answer: Raw) -> object:
    found = message(answer)
    if answer.status != 200 or found["nextPage"] is not None:
        return None
    lines = found["transactions"]
    if len({line["transactionId"] for line in lines}) != len(lines):
        return None
    return tuple(
        (
            {"CREDIT": "in", "DEBIT": "out"}[line["type"]],
            int(line["amount"]),
            line["clientReference"],
            line["type"] == "CREDIT" and line["description"] == "ｼｷﾝﾍﾝｷﾔｸ",
        )
        for line in lines
    )


def callback(call: Raw) -> object:
    found = message(call)
    is_fresh = abs(instant(found["occurredAt"]) - START) <= timedelta(seconds=300)
    is_return = found["type"] == "TRANSFER_RETURNED"
    whose = found["transferId" if is_return else "orderId"]
    if not (is_fresh and whose and bool(found.get("returnedAt")) == is_return):
        return None
    return (found["clientReference"], found["type"])


def signed(document: object, status: int = 200) -> Raw:
    body = json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode()
    kind = (b"Content-Type", b"application/json; charset=utf-8")
    return Raw(status, (kind, (SIGNATURE.encode(), SIGNER.sign(body).encode())), body)


def line(number: int, kind: str, amount: str, description: str) -> dict[str, object]:
    return {
        "transactionId": f"X{number}",
        "type": kind,
        "amount": amount,
        "executedAt": f"2026-11-25T09:0{number}:00.000+09:00",
        "valueDate": "2026-11-25",
        "clientReference": REFERENCE,
        "counterpartyName": "ﾔﾏﾀﾞ ﾀﾛｳ",
        "description": description,
    }


PAID = {
    "orderId": "O123456789",
    "clientReference": REFERENCE,
    "amount": "10000",
    "status": "PAID",
    "failureReason": None,
    "paidAt": "2026-11-25T09:59:00.000+09:00",
    "valueDate": "2026-11-25",
    "payerName": "ﾔﾏﾀﾞ ﾀﾛｳ",
}
CANCELLED = PAID | {"status": "CANCELLED", "paidAt": None, "valueDate": None}
LINES = [line(1, "DEBIT", "10000", "ﾌﾘｺﾐ"), line(2, "CREDIT", "10000", "ｼｷﾝﾍﾝｷﾔｸ")]
EVENT = {
    "eventId": "E123",
    "type": "TRANSFER_RETURNED",
    "occurredAt": "2026-11-25T09:59:00.000+09:00",
    "transferId": "T123",
    "clientReference": REFERENCE,
    "status": "RETURNED",
    "amount": "10000",
    "returnedAt": "2026-11-25T09:59:00.000+09:00",
}


async def submits(mocked: Mocked) -> object:
    return (await submit(mocked.bank)).outcome


async def inquires(mocked: Mocked) -> object:
    return (await mocked.bank.inquire(ORDER)).outcome


async def asks_for_collection(mocked: Mocked) -> object:
    return (await mocked.bank.inquire_collection(COLLECTION)).outcome


async def asks_for_statement(mocked: Mocked) -> object:
    return await mocked.bank.statement(START.date())


def sealed(exchange: Exchange, answer: Raw) -> Raw:
    del exchange
    return answer.saying(SIGNATURE, SIGNER.sign(answer.body))


def is_sealed(exchange: Exchange, answer: Raw) -> bool:
    genuine = exchange.genuine
    same = answer.header(SIGNATURE) == genuine.header(SIGNATURE)
    return same and answer.body == genuine.body


SMBC = MutatedBank(
    code=BankCode.SMBC,
    open=mocked_smbc,
    says=Mocked.says,
    exchanges=(
        Exchange("done", raw(recorded("completed")), paid_out, submits),
        Exchange("refused", raw(recorded("422_account_closed")), paid_out, submits),
        Exchange("was done", raw(recorded("inquiry_completed")), transfer_state, inquires),
        Exchange("came back", raw(recorded("inquiry_returned")), transfer_state, inquires),
        Exchange("none", raw(recorded("404_transfer_not_found")), transfer_state, inquires),
        Exchange("paid", signed(PAID), collection_state, asks_for_collection),
        Exchange("cancelled", signed(CANCELLED), collection_state, asks_for_collection),
        Exchange(
            "statement",
            signed({"transactions": LINES, "nextPage": None}),
            statement,
            asks_for_statement,
        ),
        Exchange("callback", signed(EVENT), callback),
    ),
    item=rb'"(?P<name>\w+)":(?P<value>"[^"]*"|null|\d+),?',
    words=(
        *(b'"COMPLETED"', b'"RETURNED"', b'"PAID"', b'"CREATED"', b'"CANCELLED"', b'"FAILED"'),
        *(b'"DONE"', b'"NAME_MISMATCH"', b'"INSUFFICIENT_FUNDS"', b'"LIMIT_EXCEEDED"', b"2"),
        *(b'"10000"', b'"1"', b'"010000"', b'"1e4"', b"10000", b"null", b"true", b'""', b"{}"),
        *(b'"BBBBBBBBBBBBBBBBBBBB"', b'"2026-11-25T10:00:00+09:00"', b'"2026-11-25"', b"[]"),
        *(b'"2027-01-01T00:00:00+09:00"', b'"2020-01-01T00:00:00+09:00"', b'"2026-11-25T10:00"'),
    ),
    seal=sealed,
    is_sealed=is_sealed,
)
