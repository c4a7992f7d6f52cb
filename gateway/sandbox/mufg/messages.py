"""What MUFG's clients may ask for: a pain.001 or a pain.013 with one transaction."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from typing import TypeVar

from aiohttp import web

from gateway.sandbox.addresses import is_address
from gateway.sandbox.books import AccountKey
from gateway.sandbox.mufg import fields
from gateway.sandbox.mufg.grammar import PAIN_001, PAIN_013
from gateway.sandbox.mufg.malformed import Malformed
from gateway.sandbox.mufg.refusals import Refusal
from gateway.sandbox.mufg.xml_reading import Element, message_id, read_document

URLS = "urn:sandbox:collection-urls"
DESCRIPTION_MAX = 140
Message = TypeVar("Message")


@dataclass(frozen=True, slots=True)
class Payment:
    """What a pain.001 asks for."""

    reference: str
    amount: int
    day: date
    remitter_name: str
    creditor: AccountKey
    creditor_name: str


@dataclass(frozen=True, slots=True)
class RequestToPay:
    """What a pain.013 asks for; `debtor` is the account the payer is expected to pay from."""

    reference: str
    amount: int
    day: date
    expires_at: datetime
    description: str
    return_url: str
    notify_url: str
    debtor: AccountKey | None


def read_payment(request: web.Request, body: bytes, settlement: AccountKey) -> Payment:
    """Return a `POST /payments`; FF01 for anything else."""
    return _read(request, body, PAIN_001, lambda root: _payment(root, settlement))


def read_request_to_pay(request: web.Request, body: bytes, settlement: AccountKey) -> RequestToPay:
    """Return a `POST /collections`; FF01 for anything else."""
    return _read(request, body, PAIN_013, lambda root: _request_to_pay(root, settlement))


def _read(
    request: web.Request, body: bytes, message: str, take: Callable[[Element], Message]
) -> Message:
    parts = [part.strip() for part in request.headers.get("Content-Type", "").lower().split(";")]
    if parts != ["application/xml", "charset=utf-8"] or request.query_string:
        raise Refusal("FF01", "another Content-Type, or a query where none belongs")
    try:
        document = read_document(body, message)
    except Malformed as error:
        raise Refusal("FF01", str(error), message_id=error.message_id) from error
    try:
        return take(document.children[0])
    except Malformed as error:
        raise Refusal("FF01", str(error), message_id=message_id(document)) from error


def _payment(root: Element, settlement: AccountKey) -> Payment:
    reference = _reference(root)
    instruction = _only(root, "PmtInf")
    transaction = _only(instruction, "CdtTrfTxInf")
    fields.exactly(instruction, "PmtInfId", reference)
    fields.exactly(instruction, "PmtMtd", "TRF")
    fields.exactly(instruction, "BtchBookg", "false", "0")
    fields.exactly(transaction, "PmtId/EndToEndId", reference)
    if fields.account_at(instruction, "DbtrAgt", "DbtrAcct") != settlement:
        raise Malformed("DbtrAcct is not the settlement account")
    return Payment(
        reference=reference,
        amount=fields.amount_at(transaction, "Amt/InstdAmt"),
        day=fields.day_at(instruction, "ReqdExctnDt"),
        remitter_name=fields.kana_at(instruction, "Dbtr/Nm", fields.REMITTER_MAX),
        creditor=fields.account_at(transaction, "CdtrAgt", "CdtrAcct"),
        creditor_name=fields.kana_at(transaction, "Cdtr/Nm", fields.HOLDER_MAX),
    )


def _request_to_pay(root: Element, settlement: AccountKey) -> RequestToPay:
    reference = _reference(root)
    instruction = _only(root, "PmtInf")
    transaction = _only(instruction, "CdtTrfTx")
    fields.exactly(instruction, "PmtMtd", "TRF")
    if instruction.find("PmtInfId") is not None:
        fields.exactly(instruction, "PmtInfId", reference)
    fields.exactly(transaction, "PmtId/EndToEndId", reference)
    fields.exactly(transaction, "ChrgBr", "SLEV")
    if fields.account_at(transaction, "CdtrAgt", "CdtrAcct") != settlement:
        raise Malformed("CdtrAcct is not the settlement account")
    expires_at = fields.instant_at(instruction, "XpryDt/DtTm")
    if expires_at.tzinfo is None:
        raise Malformed("XpryDt needs its offset")
    has_debtor = instruction.find("DbtrAcct") is not None
    return RequestToPay(
        reference=reference,
        amount=fields.amount_at(transaction, "Amt/InstdAmt"),
        day=fields.day_at(instruction, "ReqdExctnDt/Dt"),
        expires_at=expires_at,
        description=_description(transaction),
        return_url=_url(root, "RtrUrl"),
        notify_url=_url(root, "NtfyUrl"),
        debtor=fields.account_at(instruction, "DbtrAgt", "DbtrAcct") if has_debtor else None,
    )


def _reference(root: Element) -> str:
    """Check the message's head, and return the reference that everything in it repeats."""
    reference = root.text_at("GrpHdr/MsgId")
    if not fields.is_reference(reference):
        raise Malformed("MsgId is no reference")
    fields.instant_at(root, "GrpHdr/CreDtTm")
    fields.exactly(root, "GrpHdr/NbOfTxs", "1")
    return reference


def _only(parent: Element, name: str) -> Element:
    found = [child for child in parent.children if child.name == name]
    if len(found) != 1:
        raise Malformed(f"one {name} is expected")
    return found[0]


def _description(transaction: Element) -> str:
    lines = transaction.find("RmtInf")
    if lines is None or [line.name for line in lines.children] != ["Ustrd"]:
        raise Malformed("RmtInf holds one Ustrd")
    description = lines.text_at("Ustrd")
    if not 0 < len(description) <= DESCRIPTION_MAX or not description.isprintable():
        raise Malformed("Ustrd: 1 to 140 characters that can be shown")
    return description


def _url(root: Element, name: str) -> str:
    urls = _only(root, "SplmtryData").find("Envlp/Urls")
    if urls is None or [(child.namespace, child.name) for child in urls.children] != [
        (URLS, "RtrUrl"),
        (URLS, "NtfyUrl"),
    ]:
        raise Malformed("SplmtryData holds the two addresses")
    url = urls.text_at(name)
    if urls.namespace != URLS or not is_address(url):
        raise Malformed(f"{name} is no address")
    return url
