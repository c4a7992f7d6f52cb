"""Entries of camt.053 and camt.054: what was booked on the lender's settlement account."""

from gateway.sandbox.books import Account, Booking, MovementKind
from gateway.sandbox.mufg import xml_writing as xml

# ISO 20022's own word for a payment to which nobody gave a reference.
_NO_REFERENCE = "NOTPROVIDED"
_PAYERS = frozenset({MovementKind.COLLECTION, MovementKind.CREDIT})
_DESCRIPTION = {
    MovementKind.PAYOUT: "ﾌﾘｺﾐ",
    MovementKind.COLLECTION: "ﾌﾘｶｴ",
    MovementKind.RETURN: "ｼｷﾝﾍﾝｷﾔｸ",
}


def account(settlement: Account) -> str:
    """Return the account that a report is about."""
    key = settlement.key
    return xml.group(
        "Acct",
        xml.path("Id/Othr", xml.text("Id", f"{key.type}{key.number}")),
        xml.text("Ccy", "JPY"),
        xml.text("Nm", settlement.holder),
        xml.agent("Svcr", key.branch),
    )


def entry(booking: Booking) -> str:
    """Return one booking; a return is a credit that reverses a debit."""
    is_return = booking.kind is MovementKind.RETURN
    description = _DESCRIPTION.get(booking.kind, booking.text)
    return xml.group(
        "Ntry",
        xml.text("NtryRef", booking.bank_id),
        xml.yen("Amt", booking.amount),
        xml.text("CdtDbtInd", direction(booking)),
        xml.text("RvslInd", "true") if is_return else "",
        xml.text("Sts", "BOOK"),
        xml.path("BookgDt", xml.text("DtTm", xml.instant_text(booking.instant))),
        xml.path("ValDt", xml.text("Dt", booking.value_date.isoformat())),
        xml.text("AcctSvcrRef", booking.bank_id),
        xml.path("BkTxCd/Prtry", xml.text("Cd", booking.kind.upper())),
        xml.path("NtryDtls/TxDtls", _details(booking)),
        xml.text("AddtlNtryInf", description) if description else "",
    )


def direction(booking: Booking) -> str:
    """Return CRDT or DBIT, seen from the settlement account."""
    return "CRDT" if booking.is_incoming else "DBIT"


def _details(booking: Booking) -> str:
    party = "Dbtr" if booking.kind in _PAYERS else "Cdtr"
    reference = booking.reference or _NO_REFERENCE
    references = xml.path("Refs", xml.text("EndToEndId", reference))
    name = xml.path(f"RltdPties/{party}", xml.text("Nm", booking.counterparty))
    return references + (name if booking.counterparty else "")
