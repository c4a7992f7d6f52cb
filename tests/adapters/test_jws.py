"""Signatures over exact bytes, held against joserfc as an independent reader, and the key ring."""

import asyncio
import json
from base64 import urlsafe_b64encode

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from joserfc import jws as joserfc_jws
from joserfc.jwk import ECKey

from gateway.adapters.jws import (
    REFETCH_GAP_S,
    BadSignature,
    KeyRing,
    PublicKeys,
    read_keys,
    read_kid,
    split,
    verify,
)
from gateway.adapters.strict_json import NotStrict
from tests.adapters.stand_ins import Seconds, bank_signer, jwks, key_of

KID = "smbc-sandbox-1"
BODY = '{"holderName":"ﾔﾏﾀﾞ ﾀﾛｳ"}'.encode()


def check(signature: str | None, body: bytes) -> None:
    header, raw = split(signature)
    verify(header, raw, body, read_keys(jwks(KID))[read_kid(header)])


def header_of(**claims: object) -> str:
    full = {"alg": "ES256", "b64": False, "crit": ["b64"], "kid": KID} | claims
    return urlsafe_b64encode(json.dumps(full).encode()).decode().rstrip("=")


def test_joserfc_accepts_what_we_sign() -> None:
    jwk = ECKey.import_key(json.loads(jwks(KID))["keys"][0])

    read = joserfc_jws.deserialize_compact(
        bank_signer().sign(BODY), jwk, algorithms=["ES256"], payload=BODY
    )

    assert read.payload == BODY


def test_we_accept_what_joserfc_signs() -> None:
    protected = {"alg": "ES256", "b64": False, "crit": ["b64"], "kid": KID}
    signature = joserfc_jws.serialize_compact(
        protected, BODY, ECKey.import_key(key_of(KID)), algorithms=["ES256"]
    )

    check(signature, BODY)
    with pytest.raises(BadSignature):
        check(signature, BODY + b" ")


@pytest.mark.parametrize(
    "changed",
    [
        pytest.param({"alg": "none"}, id="no algorithm"),
        pytest.param({"alg": "HS256"}, id="a symmetric algorithm"),
        pytest.param({"alg": "ES384"}, id="another curve"),
        pytest.param({"b64": True}, id="an encoded payload"),
        pytest.param({"b64": 0}, id="zero instead of false"),
        pytest.param({"crit": []}, id="b64 not critical"),
        pytest.param({"crit": ["b64", "exp"]}, id="something critical that we do not know"),
        pytest.param({"kid": None}, id="no key name"),
    ],
)
def test_a_header_that_says_anything_else_is_refused(changed: dict[str, object]) -> None:
    with pytest.raises(BadSignature):
        read_kid(header_of(**changed))


def test_a_claim_that_comes_twice_is_refused() -> None:
    twice = b'{"alg":"ES256","b64":false,"crit":["b64"],"kid":"a","kid":"b"}'

    with pytest.raises(BadSignature):
        read_kid(urlsafe_b64encode(twice).decode().rstrip("="))


GOOD = bank_signer().sign(BODY)
GOOD_HEADER, _, GOOD_RAW = GOOD.split(".")


@pytest.mark.parametrize(
    "signature",
    [
        pytest.param(None, id="missing"),
        pytest.param("", id="empty"),
        pytest.param(GOOD_HEADER, id="header only"),
        pytest.param(f"{GOOD_HEADER}.e30.{GOOD_RAW}", id="attached payload"),
        pytest.param(f"{GOOD_HEADER}..{GOOD_RAW[:-2]}", id="too short"),
        pytest.param(f"{GOOD_HEADER}..{GOOD_RAW}=", id="padded"),
        pytest.param(f"{GOOD_HEADER}..{GOOD_RAW}.", id="four parts"),
        pytest.param(f"{GOOD_HEADER}..{'A' * 86}", id="zeros"),
        pytest.param(f"{GOOD_HEADER}..é{GOOD_RAW[1:]}", id="not ASCII"),
        pytest.param(f"é{GOOD_HEADER}..{GOOD_RAW}", id="header not ASCII"),
        pytest.param(f"{'A' * 1001}..{GOOD_RAW}", id="a long header"),
        pytest.param(f"{GOOD}, {GOOD}", id="the header field twice"),
    ],
)
def test_anything_but_one_detached_signature_is_refused(signature: str | None) -> None:
    with pytest.raises(BadSignature):
        check(signature, BODY)


def test_a_signature_holds_for_its_very_bytes_only() -> None:
    check(GOOD, BODY)
    for body in (BODY + b" ", BODY[:-1], b"", BODY.replace(b":", b": ")):
        with pytest.raises(BadSignature):
            check(GOOD, body)


def test_another_key_of_the_same_name_does_not_sign_for_the_bank() -> None:
    stranger = ec.generate_private_key(ec.SECP256R1()).public_key()
    header, raw = split(GOOD)

    with pytest.raises(BadSignature):
        verify(header, raw, BODY, stranger)


@pytest.mark.parametrize(
    "document",
    [
        pytest.param(b"", id="nothing"),
        pytest.param(b"[]", id="a list"),
        pytest.param(b'{"keys":{}}', id="keys that are no list"),
        pytest.param(b'{"keys":[],"keys":[]}', id="keys twice"),
        pytest.param(
            b'{"keys":[{"kty":"EC","crv":"P-256","kid":"a","x":"AA","y":"AA"}]}', id="no point"
        ),
    ],
)
def test_a_key_set_that_cannot_be_read_is_refused_whole(document: bytes) -> None:
    with pytest.raises(NotStrict):
        read_keys(document)


def test_keys_of_other_kinds_are_left_out() -> None:
    document = json.loads(jwks(KID))
    document["keys"].append({"kty": "RSA", "kid": "other", "n": "AQAB", "e": "AQAB"})

    assert list(read_keys(json.dumps(document).encode())) == [KID]


class Publisher:
    """Publishes keys when it is let, and counts how often it was asked."""

    def __init__(self, *kids: str) -> None:
        self.kids = kids
        self.asked = 0
        self.may_answer = asyncio.Event()
        self.may_answer.set()

    async def __call__(self) -> PublicKeys:
        self.asked += 1
        await self.may_answer.wait()
        if not self.kids:
            raise ConnectionError("nobody there")
        return read_keys(jwks(*self.kids))


async def test_a_hundred_callers_fetch_the_keys_once() -> None:
    publisher = Publisher(KID)
    publisher.may_answer.clear()
    ring = KeyRing(publisher, Seconds())

    waiting = [asyncio.create_task(ring.find(KID)) for _ in range(100)]
    waiting.append(asyncio.create_task(ring.ready()))
    await asyncio.wait(waiting, timeout=0)
    publisher.may_answer.set()
    found = await asyncio.gather(*waiting)

    assert publisher.asked == 1
    assert all(key is not None for key in found[:100])


async def test_a_caller_that_gives_up_does_not_end_the_fetch_for_the_others() -> None:
    publisher = Publisher(KID)
    publisher.may_answer.clear()
    ring = KeyRing(publisher, Seconds())
    impatient, patient = asyncio.create_task(ring.ready()), asyncio.create_task(ring.find(KID))
    await asyncio.wait([impatient, patient], timeout=0)

    impatient.cancel()
    publisher.may_answer.set()

    assert await patient is not None
    assert publisher.asked == 1


async def test_a_new_key_is_found_by_asking_once_more() -> None:
    publisher, seconds = Publisher(KID), Seconds()
    ring = KeyRing(publisher, seconds)
    await ring.ready()
    publisher.kids = (KID, "smbc-sandbox-2")
    seconds.at += REFETCH_GAP_S

    assert await ring.find("smbc-sandbox-2") is not None
    assert publisher.asked == 2


async def test_an_unknown_name_asks_once_and_a_flood_of_them_not_more() -> None:
    publisher, seconds = Publisher(KID), Seconds()
    ring = KeyRing(publisher, seconds)
    await ring.ready()
    seconds.at += REFETCH_GAP_S

    for number in range(100):
        assert await ring.find(f"forged-{number}") is None

    assert publisher.asked == 2


async def test_a_withdrawn_key_signs_nothing_any_more() -> None:
    publisher, seconds = Publisher(KID), Seconds()
    ring = KeyRing(publisher, seconds)
    await ring.ready()
    publisher.kids = ("smbc-sandbox-2",)
    seconds.at += REFETCH_GAP_S
    await ring.find("smbc-sandbox-2")
    seconds.at += REFETCH_GAP_S

    assert await ring.find(KID) is None


async def test_keys_that_could_not_be_fetched_are_asked_for_again() -> None:
    publisher = Publisher()
    ring = KeyRing(publisher, Seconds())
    with pytest.raises(ConnectionError):
        await ring.ready()
    publisher.kids = (KID,)

    await ring.ready()

    assert publisher.asked == 2


async def test_closing_ends_a_fetch_that_nobody_waits_for_any_more() -> None:
    publisher = Publisher(KID)
    publisher.may_answer.clear()
    ring = KeyRing(publisher, Seconds())
    impatient = asyncio.create_task(ring.ready())
    await asyncio.wait([impatient], timeout=0)
    before = asyncio.all_tasks()
    impatient.cancel()

    await ring.aclose()

    assert publisher.asked == 1
    assert [task for task in before if not task.done() and task is not asyncio.current_task()] == []
