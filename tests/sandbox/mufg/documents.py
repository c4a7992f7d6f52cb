"""Documents as a client of MUFG writes them, and a strict reader of what the bank answers.

The bank's documents are read by ISO 20022's own schemas: what was read is written again, in the
order of the XSD, and must hold the same elements in the same order as what came.
"""

from functools import cache
from importlib import import_module
from typing import Any
from xml.etree import ElementTree as ET

from xsdata.formats.dataclass.parsers import XmlParser
from xsdata.formats.dataclass.parsers.config import ParserConfig
from xsdata.formats.dataclass.serializers import XmlSerializer

PREFIX = "urn:iso:std:iso:20022:tech:xsd:"
PARSER = XmlParser(config=ParserConfig(fail_on_converter_warnings=True))
SERIALIZER = XmlSerializer()

PAIN_001 = """<?xml version="1.0" encoding="UTF-8"?>
<Document xmlns="urn:iso:std:iso:20022:tech:xsd:pain.001.001.03">
  <CstmrCdtTrfInitn>
    <GrpHdr>
      <MsgId>{reference}</MsgId>
      <CreDtTm>{now}</CreDtTm>
      <NbOfTxs>1</NbOfTxs>
      <InitgPty><Nm>ﾌﾟﾛﾐｽ</Nm></InitgPty>
    </GrpHdr>
    <PmtInf>
      <PmtInfId>{reference}</PmtInfId>
      <PmtMtd>TRF</PmtMtd>
      <BtchBookg>false</BtchBookg>
      <ReqdExctnDt>{day}</ReqdExctnDt>
      <Dbtr><Nm>{remitter}</Nm></Dbtr>
      <DbtrAcct><Id><Othr><Id>19000001</Id></Othr></Id></DbtrAcct>
      <DbtrAgt><FinInstnId><ClrSysMmbId><ClrSysId><Cd>JPZGN</Cd></ClrSysId><MmbId>0005001</MmbId>\
</ClrSysMmbId></FinInstnId></DbtrAgt>
      <CdtTrfTxInf>
        <PmtId><EndToEndId>{reference}</EndToEndId></PmtId>
        <Amt><InstdAmt Ccy="JPY">{amount}</InstdAmt></Amt>
        <CdtrAgt><FinInstnId><ClrSysMmbId><ClrSysId><Cd>JPZGN</Cd></ClrSysId>\
<MmbId>0005{branch}</MmbId></ClrSysMmbId></FinInstnId></CdtrAgt>
        <Cdtr><Nm>{name}</Nm></Cdtr>
        <CdtrAcct><Id><Othr><Id>{kind}{number}</Id></Othr></Id></CdtrAcct>
      </CdtTrfTxInf>
    </PmtInf>
  </CstmrCdtTrfInitn>
</Document>
"""

PAIN_013 = """<?xml version="1.0" encoding="UTF-8"?>
<Document xmlns="urn:iso:std:iso:20022:tech:xsd:pain.013.001.07">
  <CdtrPmtActvtnReq>
    <GrpHdr>
      <MsgId>{reference}</MsgId>
      <CreDtTm>{now}</CreDtTm>
      <NbOfTxs>1</NbOfTxs>
      <InitgPty><Nm>ﾌﾟﾛﾐｽ</Nm></InitgPty>
    </GrpHdr>
    <PmtInf>
      <PmtInfId>{reference}</PmtInfId>
      <PmtMtd>TRF</PmtMtd>
      <ReqdExctnDt><Dt>{day}</Dt></ReqdExctnDt>
      <XpryDt><DtTm>{expires_at}</DtTm></XpryDt>
      <Dbtr/>
      <DbtrAgt><FinInstnId><ClrSysMmbId><ClrSysId><Cd>JPZGN</Cd></ClrSysId><MmbId>0005001</MmbId>\
</ClrSysMmbId></FinInstnId></DbtrAgt>
      <CdtTrfTx>
        <PmtId><EndToEndId>{reference}</EndToEndId></PmtId>
        <Amt><InstdAmt Ccy="JPY">{amount}</InstdAmt></Amt>
        <ChrgBr>SLEV</ChrgBr>
        <CdtrAgt><FinInstnId><ClrSysMmbId><ClrSysId><Cd>JPZGN</Cd></ClrSysId>\
<MmbId>0005001</MmbId></ClrSysMmbId></FinInstnId></CdtrAgt>
        <Cdtr><Nm>ﾌﾟﾛﾐｽ</Nm></Cdtr>
        <CdtrAcct><Id><Othr><Id>19000001</Id></Othr></Id></CdtrAcct>
        <RmtInf><Ustrd>{description}</Ustrd></RmtInf>
      </CdtTrfTx>
    </PmtInf>
    <SplmtryData><Envlp><Urls xmlns="urn:sandbox:collection-urls"><RtrUrl>{return_url}</RtrUrl>\
<NtfyUrl>{notify_url}</NtfyUrl></Urls></Envlp></SplmtryData>
  </CdtrPmtActvtnReq>
</Document>
"""


@cache
def schema(message: str) -> Any:
    """Return ISO 20022's own classes for a message."""
    name = message.replace(".", "_")
    return import_module(f"pyiso20022.{message[:4]}.{name}.{name}")


def message_of(body: bytes) -> str:
    """Return which message a document says it is."""
    tag = ET.fromstring(body).tag  # noqa: S314 - our own emulator wrote it
    assert tag.endswith("}Document")
    return tag.removeprefix("{" + PREFIX).removesuffix("}Document")


def _outline(element: ET.Element) -> list[object]:
    return [element.tag, [_outline(child) for child in element]]


def read(body: bytes) -> Any:
    """Return a document as ISO 20022's classes see it; fail if the XSD's order is not kept."""
    read = PARSER.from_bytes(body, schema(message_of(body)).Document)
    written = SERIALIZER.render(read).encode()
    came, rewritten = ET.fromstring(body), ET.fromstring(written)  # noqa: S314 - as above
    assert _outline(came) == _outline(rewritten)
    return read


def texts(body: bytes, name: str) -> list[str]:
    """Return the texts of all elements of that name, in the order of the document."""
    found = ET.fromstring(body).iter(f"{{{PREFIX}{message_of(body)}}}{name}")  # noqa: S314 - as above
    return [element.text or "" for element in found]


def reasons(body: bytes) -> list[str]:
    """Return every reason that a report gives, as `Cd` or `Prtry`."""
    namespace = f"{{{PREFIX}{message_of(body)}}}"
    found = ET.fromstring(body).iter(f"{namespace}Rsn")  # noqa: S314 - as above
    return [inner.text or "" for reason in found for inner in reason]
