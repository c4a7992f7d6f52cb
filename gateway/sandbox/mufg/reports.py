"""Status reports: pain.002 about payments, pain.014 about requests to pay."""

from dataclasses import dataclass, replace
from datetime import date, datetime

from gateway.sandbox.books import Account
from gateway.sandbox.mufg import xml_writing as xml
from gateway.sandbox.mufg.refusals import NOT_PROVIDED, PROPRIETARY, Refusal

REMARK_MAX = 105
RETURNED = "RETURNED"


@dataclass(frozen=True, slots=True)
class ReportKind:
    """A message that reports on another; `names_initiator` where the XSD demands the party."""

    message: str
    root: str
    original: str
    names_initiator: bool = False


PAIN_002 = ReportKind("pain.002.001.03", "CstmrPmtStsRpt", "pain.001.001.03")
PAIN_014 = ReportKind(
    "pain.014.001.07",
    "CdtrPmtActvtnReqStsRpt",
    "pain.013.001.07",
    names_initiator=True,
)


@dataclass(frozen=True, slots=True)
class Status:
    """What a report says of one transaction; `reason` is a code, `returned_on` a day of return.

    `creditor` is named where the XSD demands the creditor: in a report on a request to pay.
    """

    reference: str
    amount: int
    status: str
    bank_id: str
    reason: str = ""
    booked_at: datetime | None = None
    returned_on: date | None = None
    creditor: Account | None = None

    def refused(self, told: str) -> "Status":
        """Return it as one that was refused for that code, or as it is if there is none."""
        return (
            replace(self, status="RJCT", reason=told, booked_at=None, returned_on=None)
            if told
            else self
        )


def accepted(
    kind: ReportKind, now: datetime, reference: str, status: Status | None = None
) -> bytes:
    """Return the report that a message was taken, and on its one transaction if given."""
    transaction = "" if status is None else _transaction(status)
    return _report(kind, now, _group_status(kind, reference, "ACTC"), transaction)


def refused(
    kind: ReportKind, now: datetime, refusal: Refusal, status: Status | None = None
) -> bytes:
    """Return the report that a message was not taken, and how its reference stands if given."""
    reason = _reason(refusal.code, str(refusal)[:REMARK_MAX])
    about = _group_status(kind, refusal.message_id or NOT_PROVIDED, "RJCT", reason)
    return _report(kind, now, about, "" if status is None else _transaction(status))


def status_report(kind: ReportKind, now: datetime, status: Status) -> bytes:
    """Return the report on one transaction."""
    about = _group_status(kind, status.reference)
    return _report(kind, now, about, _transaction(status))


def _report(kind: ReportKind, now: datetime, about: str, transaction: str) -> bytes:
    party = "<InitgPty><Nm>MUFG</Nm></InitgPty>" if kind.names_initiator else ""
    header = xml.group_header(now, party)
    return xml.document(kind.message, kind.root, (header, about, transaction))


def _group_status(kind: ReportKind, message_id: str, status: str = "", reason: str = "") -> str:
    return xml.group(
        "OrgnlGrpInfAndSts",
        xml.text("OrgnlMsgId", message_id),
        xml.text("OrgnlMsgNmId", kind.original),
        xml.text("GrpSts", status) if status else "",
        reason,
    )


def _reason(code: str, remark: str = "") -> str:
    choice = "Prtry" if code in PROPRIETARY else "Cd"
    return xml.group(
        "StsRsnInf",
        xml.path("Rsn", xml.text(choice, code)) if code else "",
        xml.text("AddtlInf", remark) if remark else "",
    )


def _transaction(status: Status) -> str:
    remark = "" if status.returned_on is None else RETURNED
    return xml.group(
        "OrgnlPmtInfAndSts",
        xml.text("OrgnlPmtInfId", status.reference),
        xml.group(
            "TxInfAndSts",
            xml.text("OrgnlEndToEndId", status.reference),
            xml.text("TxSts", status.status),
            _reason(status.reason, remark) if status.reason or remark else "",
            _optional_instant("AccptncDtTm", status.booked_at),
            xml.text("AcctSvcrRef", status.bank_id),
            _original(status),
        ),
    )


def _original(status: Status) -> str:
    day = status.returned_on
    return xml.group(
        "OrgnlTxRef",
        xml.path("Amt", xml.yen("InstdAmt", status.amount)),
        "" if day is None else xml.text("ReqdExctnDt", day.isoformat()),
        "" if status.creditor is None else _creditor(status.creditor),
    )


def _creditor(account: Account) -> str:
    name = xml.path("Cdtr", xml.text("Nm", account.holder))
    return xml.agent("CdtrAgt", account.key.branch) + name


def _optional_instant(name: str, instant: datetime | None) -> str:
    return "" if instant is None else xml.text(name, xml.instant_text(instant))
