"""A thousand damaged answers each way: none settles what a plain reader would not call booked."""

from collections.abc import Callable
from random import Random
from xml.etree.ElementTree import ParseError

import pytest
from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import fromstring

from gateway.domain.outcome import Settled, Submitted, Unknown
from tests.adapters.mufg.mocked import ANSWERS, ORDER, document, mocked_mufg
from tests.adapters.stand_ins import REFERENCE, submit

COUNT = 1_000
BOOKED: bytes = ANSWERS["payment_acsc"]["body"].encode()
TAKEN: bytes = ANSWERS["payment_202_actc"]["body"].encode()
SCRAPS = [b"<", b">", b"/", b"&", b"\x00", b"\xff", b"1", b"<TxSts>ACSC</TxSts>", b"<!--", b"]]>"]
NAMESPACE = "{urn:iso:std:iso:20022:tech:xsd:pain.002.001.03}"


def flip(body: bytes, random: Random) -> bytes:
    at = random.randrange(len(body))
    return body[:at] + bytes([body[at] ^ 1 << random.randrange(8)]) + body[at + 1 :]


def cut_out(body: bytes, random: Random) -> bytes:
    begin, end = sorted(random.choices(range(len(body) + 1), k=2))
    return body[:begin] + body[end:]


def repeat(body: bytes, random: Random) -> bytes:
    begin, end = sorted(random.choices(range(len(body) + 1), k=2))
    return body[:end] + body[begin:]


def insert(body: bytes, random: Random) -> bytes:
    at = random.randrange(len(body) + 1)
    return body[:at] + random.choice(SCRAPS) + body[at:]


def exchange_elements(body: bytes, random: Random) -> bytes:
    parts = body.split(b"<")
    one, other = random.sample(range(2, len(parts)), 2)
    parts[one], parts[other] = parts[other], parts[one]
    return b"<".join(parts)


DAMAGE: list[Callable[[bytes, Random], bytes]] = [flip, cut_out, repeat, insert, exchange_elements]


def says(body: bytes, expected: dict[str, str]) -> bool:
    """Whether a plain reader finds each of these elements once, with this text."""
    try:
        root = fromstring(body)
    except (ParseError, DefusedXmlException, ValueError, LookupError):
        return False
    return all(
        [element.text for element in root.iter(NAMESPACE + name)] == [text]
        for name, text in expected.items()
    )


@pytest.mark.parametrize("seed", range(4))
async def test_a_damaged_inquiry_settles_only_what_it_still_says(seed: int) -> None:
    random = Random(seed)  # noqa: S311 - repeatable damage, no secret
    expected = {
        "TxSts": "ACSC",
        "OrgnlMsgId": REFERENCE,
        "OrgnlEndToEndId": REFERENCE,
        "InstdAmt": "10000",
    }
    async with mocked_mufg() as mocked:
        for _ in range(COUNT // 4):
            body = random.choice(DAMAGE)(BOOKED, random)
            mocked.says(document(body))

            got = await mocked.bank.inquire(ORDER)

            assert isinstance(got.outcome, Settled | Unknown)
            assert says(body, expected) or got.outcome == Unknown(integrity=True), body


@pytest.mark.parametrize("seed", range(4))
async def test_a_damaged_answer_to_a_submit_takes_and_refuses_nothing_else(seed: int) -> None:
    random = Random(seed)  # noqa: S311 - repeatable damage, no secret
    expected = {"GrpSts": "ACTC", "OrgnlMsgId": REFERENCE}
    async with mocked_mufg() as mocked:
        for _ in range(COUNT // 4):
            body = random.choice(DAMAGE)(TAKEN, random)
            mocked.says(document(body, status=202))

            got = await submit(mocked.bank, ORDER)

            assert isinstance(got.outcome, Submitted | Unknown)
            assert says(body, expected) or got.outcome == Unknown(integrity=True), body
