"""Two thousand damaged answers: none may settle a transfer that the bank did not say was done."""

import json
from collections.abc import Callable
from random import Random

import httpx
import pytest

from gateway.domain.outcome import Settled, Unknown
from tests.adapters.mocked_smbc import ANSWERS, mocked_smbc
from tests.adapters.stand_ins import REFERENCE, bank_signer, submit

COUNT = 1_000
BODY: bytes = ANSWERS["completed"]["body"].encode()
HEADERS: dict[str, str] = ANSWERS["completed"]["headers"]
SCRAPS = [b'"', b"{", b"}", b",", b"\x00", b"\xff", b"1", b'"status":"COMPLETED",', b"null", b"\n"]


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


def exchange_values(body: bytes, random: Random) -> bytes:
    document = json.loads(body)
    one, other = random.sample(sorted(document), 2)
    document[one], document[other] = document[other], document[one]
    return json.dumps(document).encode()


def replace_value(body: bytes, random: Random) -> bytes:
    document = json.loads(body)
    document[random.choice(sorted(document))] = random.choice([None, 0, "", [], {}, True, "X" * 20])
    return json.dumps(document).encode()


BLUNT: list[Callable[[bytes, Random], bytes]] = [flip, cut_out, repeat, insert]
SHARP = [*BLUNT, exchange_values, replace_value]


def says_it_is_done(body: bytes) -> bool:
    """Whether a plain reader would take these bytes for the bank's word that it is done."""
    try:
        pairs = json.loads(body, object_pairs_hook=list)
    except ValueError:
        return False
    found = [(k, v) for k, v in pairs if k in {"status", "clientReference"}]
    return sorted(found) == [("clientReference", REFERENCE), ("status", "COMPLETED")]


@pytest.mark.parametrize("seed", range(4))
async def test_damaged_bytes_under_the_banks_signature_settle_nothing(seed: int) -> None:
    random = Random(seed)  # noqa: S311 - repeatable damage, no secret
    async with mocked_smbc() as mocked:
        for _ in range(COUNT // 4):
            body = random.choice(SHARP)(BODY, random)
            mocked.says(httpx.Response(200, headers=HEADERS, content=body))

            got = await submit(mocked.bank)

            assert isinstance(got.outcome, Settled if body == BODY else Unknown), body


@pytest.mark.parametrize("seed", range(4))
async def test_damage_that_the_bank_itself_signed_settles_only_what_it_says(seed: int) -> None:
    random = Random(seed)  # noqa: S311 - repeatable damage, no secret
    signer = bank_signer()
    async with mocked_smbc() as mocked:
        for _ in range(COUNT // 4):
            body = random.choice(SHARP)(BODY, random)
            headers = HEADERS | {"X-Jws-Signature": signer.sign(body)}
            mocked.says(httpx.Response(200, headers=headers, content=body))

            got = await submit(mocked.bank)

            assert isinstance(got.outcome, Settled | Unknown)
            assert says_it_is_done(body) or not isinstance(got.outcome, Settled), body


@pytest.mark.parametrize("seed", range(2))
async def test_a_damaged_signature_settles_nothing(seed: int) -> None:
    random = Random(seed)  # noqa: S311 - repeatable damage, no secret
    signature = HEADERS["X-Jws-Signature"].encode()
    async with mocked_smbc() as mocked:
        for _ in range(100):
            damaged = random.choice(BLUNT)(signature, random)
            fields = [(b"Content-Type", HEADERS["Content-Type"].encode())]
            fields.append((b"X-Jws-Signature", damaged))
            mocked.says(httpx.Response(200, headers=fields, content=BODY))

            got = await submit(mocked.bank)

            expected = Settled if damaged == signature else Unknown
            assert isinstance(got.outcome, expected), damaged
