"""What we send: pain.001.001.03 for a payment, pain.013.001.07 for a collection.

The elements stand in the order of the schemas. Nothing is in them that the bank does not ask for.
"""

from dataclasses import dataclass
from datetime import datetime

from gateway.adapters.mufg.values import write_instant
from gateway.adapters.mufg.xml_writing import Xml, branch, document, leaf
from gateway.domain.account import ZENGIN_CODES, BankAccount, BankCode
from gateway.domain.bank import CollectionOrder, TransferOrder
from gateway.domain.hours import JST

PAIN_001 = "urn:iso:std:iso:20022:tech:xsd:pain.001.001.03"
PAIN_013 = "urn:iso:std:iso:20022:tech:xsd:pain.013.001.07"
URLS = "urn:sandbox:collection-urls"


@dataclass(frozen=True, slots=True)
class SettlementAccount:
    """The lender's own account, which pays and is paid."""

    branch: str
    type: str
    number: str

    @property
    def id(self) -> str:
        """Return type and number, as the bank writes accounts."""
        return self.type + self.number


def payment(order: TransferOrder, payer: SettlementAccount, now: datetime) -> bytes:
    remitter = leaf("Nm", order.remitter)
    instruction = branch(
        "PmtInf",
        leaf("PmtInfId", order.reference),
        leaf("PmtMtd", "TRF"),
        leaf("BtchBookg", "false"),
        leaf("ReqdExctnDt", _day(now)),
        branch("Dbtr", remitter),
        _account("DbtrAcct", payer.id),
        _agent("DbtrAgt", payer.branch),
        _credit(order.reference, order.amount.amount, order.creditor),
    )
    header = branch("GrpHdr", *_identity(order.reference, now), branch("InitgPty", remitter))
    return document(PAIN_001, branch("CstmrCdtTrfInitn", header, instruction))


def collection(order: CollectionOrder, payee: SettlementAccount, now: datetime) -> bytes:
    instruction = branch(
        "PmtInf",
        leaf("PmtInfId", order.reference),
        leaf("PmtMtd", "TRF"),
        branch("ReqdExctnDt", leaf("Dt", _day(now))),
        branch("XpryDt", leaf("DtTm", write_instant(order.expires_at))),
        # Who pays, and from which account, the payer says on the bank's page.
        branch("Dbtr"),
        branch("DbtrAgt", branch("FinInstnId")),
        branch(
            "CdtTrfTx",
            branch("PmtId", leaf("EndToEndId", order.reference)),
            _amount(order.amount.amount),
            leaf("ChrgBr", "SLEV"),
            _agent("CdtrAgt", payee.branch),
            branch("Cdtr"),
            _account("CdtrAcct", payee.id),
            branch("RmtInf", leaf("Ustrd", order.description)),
        ),
    )
    header = branch("GrpHdr", *_identity(order.reference, now), branch("InitgPty"))
    message = branch("CdtrPmtActvtnReq", header, instruction, _addresses(order))
    return document(PAIN_013, message)


def _credit(reference: str, amount: int, creditor: BankAccount) -> Xml:
    return branch(
        "CdtTrfTxInf",
        branch("PmtId", leaf("EndToEndId", reference)),
        _amount(amount),
        _agent("CdtrAgt", creditor.branch),
        branch("Cdtr", leaf("Nm", creditor.holder)),
        _account("CdtrAcct", creditor.type.value + creditor.number),
    )


def _identity(reference: str, now: datetime) -> tuple[Xml, Xml, Xml]:
    return leaf("MsgId", reference), leaf("CreDtTm", write_instant(now)), leaf("NbOfTxs", "1")


def _day(now: datetime) -> str:
    return now.astimezone(JST).date().isoformat()


def _amount(yen: int) -> Xml:
    return branch("Amt", leaf("InstdAmt", str(yen), Ccy="JPY"))


def _account(name: str, number: str) -> Xml:
    return branch(name, branch("Id", branch("Othr", leaf("Id", number))))


def _agent(name: str, branch_code: str) -> Xml:
    member = branch(
        "ClrSysMmbId",
        branch("ClrSysId", leaf("Cd", "JPZGN")),
        leaf("MmbId", ZENGIN_CODES[BankCode.MUFG] + branch_code),
    )
    return branch(name, branch("FinInstnId", member))


def _addresses(order: CollectionOrder) -> Xml:
    addresses = branch(
        "Urls",
        leaf("RtrUrl", order.return_url),
        leaf("NtfyUrl", order.callback_url),
        xmlns=URLS,
    )
    return branch("SplmtryData", branch("Envlp", addresses))
