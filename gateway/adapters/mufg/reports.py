"""The bank's reports on what we sent: pain.002.001.03 on payments, pain.014.001.07 on collections.

Optional elements that we do not need are passed over; one that we need and that comes twice, or is
not of its form, refuses the report.
"""

import re
from dataclasses import dataclass
from datetime import date, datetime

from gateway.adapters.mufg import codes
from gateway.adapters.mufg.values import read_bank_id, read_day, read_instant, read_yen
from gateway.adapters.mufg.xml_reading import Element, NotReadable, read_document

CODE = re.compile(r"[A-Z0-9]{4}")
PROPRIETARY = re.compile(r"[A-Z0-9]{5,35}")


@dataclass(frozen=True, slots=True)
class ReportForm:
    """One kind of report: its namespace, its message and what kinds of message it is about."""

    namespace: str
    message: str
    about: frozenset[str]


PAIN_002 = "urn:iso:std:iso:20022:tech:xsd:pain.002.001.03"
PAIN_014 = "urn:iso:std:iso:20022:tech:xsd:pain.014.001.07"
PAYMENT, COLLECTION = "pain.001.001.03", "pain.013.001.07"
ON_PAYMENT = ReportForm(PAIN_002, "CstmrPmtStsRpt", frozenset({PAYMENT}))
ON_COLLECTION = ReportForm(PAIN_014, "CdtrPmtActvtnReqStsRpt", frozenset({COLLECTION}))
# On a running number the bank reports in one form, whatever came under that number.
ON_NUMBER = ReportForm(PAIN_002, "CstmrPmtStsRpt", ON_PAYMENT.about | ON_COLLECTION.about)


@dataclass(frozen=True, slots=True)
class OneStatus:
    """The status of the one transaction. `amount` is in yen; what was not said is None."""

    reference: str
    status: str
    reason: str | None
    is_returned: bool
    accepted_at: datetime | None
    amount: int | None
    execution_day: date | None
    bank_id: str | None


@dataclass(frozen=True, slots=True)
class Report:
    message_id: str
    group_status: str | None
    reason: str | None
    transaction: OneStatus | None


def read_report(content: bytes, form: ReportForm) -> Report:
    """Return the report, or raise NotReadable."""
    message = read_document(content, form.namespace).one(form.message)
    message.one("GrpHdr", "MsgId")
    group = message.one("OrgnlGrpInfAndSts")
    about, reason = group.text("OrgnlMsgNmId"), _reason(group)[0]
    is_nameless = about == codes.NOT_PROVIDED and reason in codes.MAY_NAME_NO_MESSAGE
    if about not in form.about and not is_nameless:
        raise NotReadable("on another kind of message")
    one = message.maybe("OrgnlPmtInfAndSts", "TxInfAndSts")
    return Report(
        message_id=group.text("OrgnlMsgId"),
        group_status=group.maybe_text("GrpSts"),
        reason=reason,
        transaction=None if one is None else _status(one),
    )


def _status(one: Element) -> OneStatus:
    reason, is_returned = _reason(one)
    accepted_at, bank_id = one.maybe_text("AccptncDtTm"), one.maybe_text("AcctSvcrRef")
    amount = one.maybe("OrgnlTxRef", "Amt", "InstdAmt")
    # In a pain.014 this is a choice of two elements, and nobody asks for it.
    day = one.maybe("OrgnlTxRef", "ReqdExctnDt")
    return OneStatus(
        reference=one.text("OrgnlEndToEndId"),
        status=_known_form(one.text("TxSts")),
        reason=reason,
        is_returned=is_returned,
        accepted_at=None if accepted_at is None else read_instant(accepted_at),
        amount=None if amount is None else read_yen(amount),
        execution_day=None if day is None or day.children else read_day(day.text()),
        bank_id=None if bank_id is None else read_bank_id(bank_id),
    )


def _known_form(code: str) -> str:
    if not CODE.fullmatch(code):
        raise NotReadable("a status that is no code")
    return code


def _reason(status: Element) -> tuple[str | None, bool]:
    """Return the reason's code and whether the bank added that the money is back."""
    stated = status.maybe("StsRsnInf")
    if stated is None:
        return None, False
    additions = [addition.text() for addition in stated.every("AddtlInf")]
    code, proprietary = stated.maybe_text("Rsn", "Cd"), stated.maybe_text("Rsn", "Prtry")
    if code is not None and proprietary is not None:
        raise NotReadable("two reasons")
    is_listable = CODE.fullmatch(code or "AAAA") and PROPRIETARY.fullmatch(proprietary or "AAAAA")
    if not is_listable:
        raise NotReadable("a reason that is no code")
    return code or proprietary, codes.RETURNED in additions
