"""MUFG's camt.054 callbacks: hints under an HMAC, or nothing."""

import hashlib
import hmac
from base64 import b64encode

import pytest

from gateway.domain.bank import Callback
from tests.adapters.mufg.mocked import ANSWERS, XML, mocked_mufg
from tests.adapters.stand_ins import REFERENCE

SECRET = b"sandbox-mufg-callback-secret"
RETURN: str = ANSWERS["callback_return"]["body"]
PAID: str = ANSWERS["callback_collection"]["body"]
MADE = "<CreDtTm>2026-11-25T10:00:01+09:00</CreDtTm>"


def signed(body: str) -> dict[str, str]:
    made = hmac.digest(SECRET, body.encode(), hashlib.sha256)
    return {"Content-Type": XML, "X-Signature": b64encode(made).decode()}


async def called(body: str, headers: dict[str, str] | None = None) -> Callback | None:
    async with mocked_mufg() as mocked:
        return await mocked.bank.read_callback(headers or signed(body), body.encode())


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        pytest.param("callback_return", "TRANSFER_RETURNED", id="a return"),
        pytest.param("callback_collection", "COLLECTION_PAID", id="a collection"),
    ],
)
async def test_a_genuine_callback_names_what_it_is_about(name: str, kind: str) -> None:
    got = await called(ANSWERS[name]["body"], ANSWERS[name]["headers"])

    assert got is not None
    assert (got.reference, got.kind) == (REFERENCE, kind)


async def test_every_delivery_of_one_booking_is_the_same_event() -> None:
    again = RETURN.replace(MADE, MADE.replace(":01+", ":17+")).replace(">N1<", ">N2<")

    first, second = await called(RETURN), await called(again)

    assert first == second is not None


@pytest.mark.parametrize(
    "change",
    [
        pytest.param(("M0002", "M0009"), id="another entry"),
        pytest.param((">5000<", ">5001<"), id="another amount"),
        pytest.param((REFERENCE, "B" * 20), id="another reference"),
        pytest.param(("<DtTm>2026-11-25T10:00:00", "<DtTm>2026-11-25T09:59:59"), id="another time"),
        pytest.param(("<Sts>", "<RvslInd>true</RvslInd><Sts>"), id="a return instead"),
    ],
)
async def test_another_booking_is_another_event(change: tuple[str, str]) -> None:
    first, other = await called(PAID), await called(PAID.replace(*change))

    assert first is not None
    assert other is not None
    assert first.event_id != other.event_id


@pytest.mark.parametrize(
    "change",
    [
        pytest.param((MADE, MADE.replace("10:00:01", "09:54:59")), id="301 s old"),
        pytest.param((MADE, MADE.replace("10:00:01", "10:05:01")), id="301 s ahead"),
        pytest.param((MADE, ""), id="nobody knows from when"),
        pytest.param(("CRDT", "DBIT"), id="money out"),
        pytest.param((f"<EndToEndId>{REFERENCE}</EndToEndId>", ""), id="no reference"),
        pytest.param((REFERENCE, "x"), id="a reference of another form"),
        pytest.param(("<Ntry>", "<Ntry/><Ntry>"), id="two entries"),
        pytest.param((">10000<", ">0<"), id="no amount"),
        pytest.param(("BOOK", "PDNG"), id="not booked"),
        pytest.param(("camt.054", "camt.053"), id="another message"),
        pytest.param(("</Document>", ""), id="cut"),
        pytest.param(("<Document", '<!DOCTYPE x SYSTEM "http://127.0.0.1:1/"><Document'), id="DTD"),
    ],
)
async def test_a_signed_callback_that_does_not_fit_is_none(change: tuple[str, str]) -> None:
    assert change[0] in RETURN

    assert await called(RETURN.replace(*change)) is None


GOOD = signed(RETURN)


@pytest.mark.parametrize(
    "headers",
    [
        pytest.param({"Content-Type": XML}, id="unsigned"),
        pytest.param(GOOD | {"X-Signature": ""}, id="an empty signature"),
        pytest.param(GOOD | {"X-Signature": signed(RETURN + " ")["X-Signature"]}, id="another's"),
        pytest.param(GOOD | {"X-Signature": GOOD["X-Signature"].rstrip("=")}, id="no padding"),
        pytest.param(GOOD | {"X-Signature": GOOD["X-Signature"] + "\n"}, id="a line break"),
        pytest.param(GOOD | {"X-Signature": "三井\udcff"}, id="no ASCII"),
        pytest.param(GOOD | {"X-Signature": "A" * 10_000}, id="a very long one"),
        pytest.param(GOOD | {"Content-Type": "text/xml"}, id="another type"),
        pytest.param(GOOD | {"Content-Type": f"{XML}\udcff"}, id="a strange type"),
    ],
)
async def test_a_callback_in_another_envelope_is_none(headers: dict[str, str]) -> None:
    assert await called(RETURN, headers) is None


async def test_an_altered_body_is_none() -> None:
    async with mocked_mufg() as mocked:
        body = RETURN.replace("10000", "10001").encode()

        assert await mocked.bank.read_callback(GOOD, body) is None


@pytest.mark.parametrize(
    "headers",
    [
        pytest.param({name.lower(): value for name, value in GOOD.items()}, id="lower case"),
        pytest.param({name.upper(): value for name, value in GOOD.items()}, id="upper case"),
        pytest.param(GOOD | {"User-Agent": "三井\udcff"}, id="strange headers beside them"),
    ],
)
async def test_the_headers_are_found_whatever_surrounds_them(headers: dict[str, str]) -> None:
    assert await called(RETURN, headers) is not None
