"""Row ids, public ids and the reference that a bank sees."""

import hashlib
import hmac
from base64 import b32encode
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.domain.hours import JST
from gateway.domain.identifier import parse_public_id, public_id, reference_for, uuid7

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
NOON = datetime(2026, 11, 25, 12, 0, 0, 123456, tzinfo=JST)
MEMBER = UUID("019ab000-0000-7000-8000-000000000001")

microseconds = st.integers(min_value=0, max_value=250_000_000_000_000_000)
instants = microseconds.map(lambda us: EPOCH + timedelta(microseconds=us))
random_bytes = st.binary(min_size=10, max_size=10)
keys = st.text(st.characters(min_codepoint=0x21, max_codepoint=0x7E), min_size=16, max_size=64)


@given(instants, random_bytes)
def test_a_row_id_is_a_uuid_of_version_7_and_the_rfc_variant(now: datetime, random: bytes) -> None:
    identifier = uuid7(now, random)

    assert identifier.version == 7
    assert identifier.variant == "specified in RFC 4122"


@given(instants, random_bytes)
def test_a_row_id_begins_with_the_millisecond(now: datetime, random: bytes) -> None:
    whole = (now - EPOCH) // timedelta(milliseconds=1)

    assert uuid7(now, random).int >> 80 == whole


@given(instants, random_bytes)
def test_a_row_id_keeps_74_random_bits(now: datetime, random: bytes) -> None:
    kept = uuid7(now, random).int & ((0xFFF << 64) | ((1 << 62) - 1))

    assert kept == int.from_bytes(random, "big") & ((0xFFF << 64) | ((1 << 62) - 1))


def test_the_example_of_rfc_9562_is_made_again() -> None:
    now = datetime(2022, 2, 22, 19, 22, 22, tzinfo=UTC)
    random = bytes.fromhex("7cc398c4dc0c0c07398f")

    assert uuid7(now, random) == UUID("017f22e2-79b0-7cc3-98c4-dc0c0c07398f")


@given(instants, instants, random_bytes, random_bytes)
def test_row_ids_of_different_milliseconds_are_in_their_order(
    one: datetime, other: datetime, low: bytes, high: bytes
) -> None:
    earlier, later = sorted((one, other))
    later += timedelta(milliseconds=1)

    assert uuid7(earlier, low) < uuid7(later, high)


def test_a_row_id_does_not_depend_on_the_time_zone() -> None:
    assert uuid7(NOON, b"0123456789") == uuid7(NOON.astimezone(UTC), b"0123456789")


@pytest.mark.parametrize("count", [0, 9, 11])
def test_a_row_id_takes_exactly_ten_random_bytes(count: int) -> None:
    with pytest.raises(ValueError, match="10 random bytes"):
        uuid7(NOON, bytes(count))


def test_a_public_id_is_a_prefix_and_32_hex_digits() -> None:
    assert public_id("tr", MEMBER) == "tr_019ab000000070008000000000000001"


@given(st.uuids(), st.sampled_from(["tr", "rp", "ac", "qt"]))
def test_a_public_id_can_be_read_back(identifier: UUID, prefix: str) -> None:
    assert parse_public_id(prefix, public_id(prefix, identifier)) == identifier


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("", id="nothing"),
        pytest.param("tr", id="a prefix only"),
        pytest.param("019ab000000070008000000000000001", id="no prefix"),
        pytest.param("ac_019ab000000070008000000000000001", id="another prefix"),
        pytest.param("TR_019ab000000070008000000000000001", id="an upper-case prefix"),
        pytest.param("tr_019AB000000070008000000000000001", id="upper-case digits"),
        pytest.param("tr_019ab000-0000-7000-8000-000000000001", id="hyphens"),
        pytest.param("tr_019ab00000007000800000000000000", id="31 digits"),
        pytest.param("tr_019ab0000000700080000000000000001", id="33 digits"),
        pytest.param("tr__019ab000000070008000000000000001", id="two underscores"),
        pytest.param("tr_019ab00000007000800000000000000g", id="not a digit"),
        pytest.param("tr_０19ab000000070008000000000000001", id="a full-width digit"),
        pytest.param("tr_019ab000000070008000000000000001\n", id="a line feed after it"),
        pytest.param(" tr_019ab000000070008000000000000001", id="a space before it"),
    ],
)
def test_only_the_canonical_public_id_is_read(text: str) -> None:
    assert parse_public_id("tr", text) is None


def reference(
    secret: bytes = b"secret", member: UUID = MEMBER, flow: str = "transfer", key: str = "key-1"
) -> str:
    return reference_for(secret, member_id=member, flow=flow, idempotency_key=key)


def test_a_reference_is_20_base32_characters_of_hmac_sha256() -> None:
    digest = hmac.new(b"secret", MEMBER.bytes + b"transfer\x00key-1", hashlib.sha256).digest()

    assert reference() == b32encode(digest).decode("ascii")[:20]


@given(st.binary(min_size=1, max_size=64), st.uuids(), keys)
def test_a_reference_is_20_characters_that_every_bank_takes(
    secret: bytes, member: UUID, key: str
) -> None:
    made = reference(secret, member, key=key)

    assert len(made) == 20
    assert set(made) <= set("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567")


def test_the_same_request_has_the_same_reference() -> None:
    assert reference() == reference()


@pytest.mark.parametrize(
    "other",
    [
        pytest.param(reference(secret=b"other"), id="another secret"),
        pytest.param(reference(member=UUID(int=MEMBER.int + 1)), id="another member"),
        pytest.param(reference(flow="repayment"), id="another flow"),
        pytest.param(reference(key="key-2"), id="another key"),
        pytest.param(reference(flow="transferkey", key="-1"), id="flow and key cut elsewhere"),
    ],
)
def test_another_request_has_another_reference(other: str) -> None:
    assert other != reference()
