"""Entries of camt.053 and camt.054: what was booked on the lender's settlement account."""

from gateway.sandbox.books import Account, Booking, MovementKind
from gateway.sandbox.mufg import xml_writing as xml

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
    description = _DESCRIPTION[booking.kind]
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
        xml.text("AddtlNtryInf", description),
    )


def direction(booking: Booking) -> str:
    """Return CRDT or DBIT, seen from the settlement account."""
    return "CRDT" if booking.is_incoming else "DBIT"


def _details(booking: Booking) -> str:
    party = "Dbtr" if booking.kind is MovementKind.COLLECTION else "Cdtr"
    references = xml.path("Refs", xml.text("EndToEndId", booking.reference))
    name = xml.path(f"RltdPties/{party}", xml.text("Nm", booking.counterparty))
    return references + (name if booking.counterparty else "")
