"""Settings that cannot work stop the start; keys that can, sign."""

from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
)

from gateway.adapters.jws import split, verify
from gateway.domain.errors import NotReady
from gateway.domain.outcome import NotSent, Settled, Unknown
from gateway.domain.ports import Point
from gateway.domain.reason import Reason
from tests.adapters.stand_ins import open_smbc_at, submit
from tests.adapters.tcp_bank import says_completed, tcp_bank


def pem(key: ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey) -> bytes:
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


async def test_our_own_key_signs_when_there_is_one(tmp_path: Path) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    path = tmp_path / "key.pem"
    path.write_bytes(pem(key))

    async with (
        tcp_bank(says_completed) as server,
        open_smbc_at(server.url, smbc_client_key=path) as bank,
    ):
        got = await submit(bank)

    assert isinstance(got.outcome, Settled)
    head, _, body = server.requests[0].partition(b"\r\n\r\n")
    [line] = [line for line in head.split(b"\r\n") if line.lower().startswith(b"x-jws-signature")]
    header, raw = split(line.partition(b":")[2].strip().decode())
    verify(header, raw, body, key.public_key())


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(b"", id="empty"),
        pytest.param(b"-----BEGIN PRIVATE KEY-----\n", id="no key"),
        pytest.param(pem(rsa.generate_private_key(65537, 2048)), id="RSA"),
        pytest.param(pem(ec.generate_private_key(ec.SECP384R1())), id="another curve"),
    ],
)
async def test_a_key_that_cannot_sign_stops_the_start(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "key.pem"
    path.write_bytes(content)

    with pytest.raises(NotReady, match="GATEWAY_SMBC_CLIENT_KEY"):
        async with open_smbc_at("http://127.0.0.1:1", smbc_client_key=path):
            pass


@pytest.mark.parametrize("setting", ["smbc_ca", "smbc_client_cert"])
async def test_a_certificate_that_cannot_be_read_stops_the_start(
    tmp_path: Path, setting: str
) -> None:
    path = tmp_path / "bad.pem"
    path.write_bytes(b"no certificate")
    settings: dict[str, Any] = {setting: path}
    if setting == "smbc_client_cert":
        settings["smbc_client_cert_key"] = path

    with pytest.raises(NotReady, match="GATEWAY_SMBC_CA"):
        async with open_smbc_at("https://127.0.0.1:1", **settings):
            pass


class Slip(Exception):
    """A mistake of our own, in the middle of a call."""


@pytest.mark.parametrize(
    ("point", "expected", "seen"),
    [
        pytest.param(Point.SUBMIT_BEFORE_SLOT, NotSent(Reason.BANK_BUSY), 0, id="before its turn"),
        pytest.param(
            Point.SUBMIT_BEFORE_REQUEST, NotSent(Reason.BANK_UNREACHABLE), 0, id="before it left"
        ),
        pytest.param(Point.SUBMIT_HEADERS_SENT, Unknown(), 0, id="as it leaves"),
        pytest.param(Point.SUBMIT_ANSWER_BEGUN, Unknown(), 1, id="as the answer begins"),
        pytest.param(Point.SUBMIT_ANSWERED, Unknown(), 1, id="with the answer in hand"),
    ],
)
async def test_our_own_mistake_never_hides_a_request_that_left(
    point: Point, expected: object, seen: int
) -> None:
    def slip(reached: Point, /) -> None:
        if reached is point:
            raise Slip

    async with (
        tcp_bank(says_completed) as server,
        open_smbc_at(server.url, checkpoint=slip) as bank,
    ):
        got = await submit(bank)

    assert got.outcome == expected
    assert got.evidence.code == "INTERNAL_ERROR"
    assert len(server.requests) == seen
