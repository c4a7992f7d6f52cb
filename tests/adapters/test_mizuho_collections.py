"""Mizuho's collections: the Pay-easy link, how one ended, and what the bank calls with."""

import hmac
from base64 import b64encode
from dataclasses import replace
from datetime import UTC
from urllib.parse import parse_qsl

import httpx
import pytest

from gateway.adapters.mizuho.callbacks import COLLECTION_ENDED
from gateway.adapters.mizuho.collections import confirmation
from gateway.domain.bank import Callback
from gateway.domain.money import Yen
from gateway.domain.outcome import (
    Authorizing,
    CollectionOutcome,
    NotFound,
    NotSent,
    Paid,
    Pending,
    Redirect,
    Rejected,
    StartOutcome,
    Unknown,
)
from gateway.domain.reason import Reason
from tests.adapters.mocked_mizuho import (
    ANSWERS,
    COLLECTION,
    data_21,
    data_91,
    jis,
    mocked_mizuho,
    recorded,
)
from tests.adapters.stand_ins import REFERENCE
from tests.adapters.test_mizuho import OF_ANY_QUESTION, OF_ANY_SENDING
from tests.manual_clock import START

FORGED = Unknown(integrity=True)
SECRET = b"sandbox-mizuho-digest-secret"
PAGE = ANSWERS["303_page"]["headers"]["Location"]
OF_A_START: dict[str, StartOutcome] = {
    # Nobody signs a bare status: it proves nothing.
    **{
        name: Unknown(outcome.reason) if isinstance(outcome, NotSent) else outcome
        for name, outcome in OF_ANY_SENDING.items()
    },
    "303_page": Authorizing(Redirect(PAGE)),
    "409_bare": Unknown(Reason.DUPLICATE),
    "409_same_file": Unknown(Reason.DUPLICATE),
    "409_other_file": Unknown(Reason.DUPLICATE),
    **{
        name: Rejected(Reason.FORMAT_ERROR)
        for name in ANSWERS
        if name.startswith("400") and name != "400_no_json"
    },
}
OF_A_COLLECTION: dict[str, CollectionOutcome] = {
    **OF_ANY_QUESTION,
    "204_not_yet": Pending(),
    "404_not_found": NotFound(),
    "debit_0": Paid(START, Yen(30_000)),
    "debit_1": Rejected(Reason.INSUFFICIENT_FUNDS),
    "debit_2": Rejected(Reason.ACCOUNT_NOT_FOUND),
    "debit_3": Rejected(Reason.PAYER_CANCELLED),
    "debit_4": Rejected(Reason.AUTHENTICATION_FAILED),
    "debit_8": Rejected(Reason.SESSION_EXPIRED),
    "debit_9": Rejected(Reason.SESSION_EXPIRED),
}


@pytest.mark.parametrize("name", list(ANSWERS))
async def test_each_answer_to_a_start_means_one_outcome(name: str) -> None:
    async with mocked_mizuho() as mocked:
        mocked.says(recorded(name))

        got = await mocked.bank.start_collection(COLLECTION)

    assert got.outcome == OF_A_START.get(name, FORGED)


@pytest.mark.parametrize("name", list(ANSWERS))
async def test_each_answer_about_a_collection_means_one_outcome(name: str) -> None:
    async with mocked_mizuho() as mocked:
        mocked.says(recorded(name))

        got = await mocked.bank.inquire_collection(COLLECTION)

    assert got.outcome == OF_A_COLLECTION.get(name, FORGED)


async def test_a_collection_is_asked_for_in_a_form() -> None:
    async with mocked_mizuho() as mocked:
        mocked.says(recorded("303_page"))

        await mocked.bank.start_collection(COLLECTION)
        asked = mocked.asked()

    assert (asked.method, asked.url.path) == ("POST", "/mizuho/fb/payeasy/link")
    assert asked.headers["Content-Type"] == "application/x-www-form-urlencoded"
    assert dict(parse_qsl(asked.content.decode("ascii"), strict_parsing=True)) == {
        "SHUNO_KIKAN": "50001",
        "OKYAKU": REFERENCE,
        "KAKUNIN": confirmation(REFERENCE),
        "KINGAKU": "30000",
        "KIGEN": "20261125101500",
        "MODORI_URL": "https://lender.example/return?id=7",
        "TSUCHI_URL": "https://lender.example/callbacks/mizuho",
    }


async def test_a_collection_that_is_started_again_is_the_same_form() -> None:
    async with mocked_mizuho() as mocked:
        mocked.says(recorded("303_page"))
        await mocked.bank.start_collection(COLLECTION)
        first = mocked.asked().content
        in_utc = replace(COLLECTION, expires_at=COLLECTION.expires_at.astimezone(UTC))

        await mocked.bank.start_collection(in_utc)

    assert mocked.asked().content == first


@pytest.mark.parametrize(
    ("reference", "digits"),
    [
        pytest.param("AAAABBBBCCCCDDDD2345", "646991", id="as it was first"),
        pytest.param("A" * 20, "234285", id="another reference"),
    ],
)
def test_a_reference_has_one_confirmation_for_ever(reference: str, digits: str) -> None:
    assert confirmation(reference) == digits


@pytest.mark.parametrize(
    "address",
    [
        pytest.param("", id="none"),
        pytest.param("ftp://127.0.0.1:8104/page", id="no web address"),
        pytest.param("http://127.0.0.1:8104/a b", id="a blank"),
        pytest.param("http://127.0.0.1:8104/" + "a" * 2001, id="too long"),
        pytest.param("http://bank.example/page", id="another host"),
        pytest.param("//bank.example/page", id="another host, and the same scheme"),
        pytest.param("http://127.0.0.1:8105/page", id="another port"),
        pytest.param("http://127.0.0.1/page", id="the scheme's own port"),
        pytest.param("https://127.0.0.1:8104/page", id="another scheme"),
        pytest.param("http://127.0.0.1:8104@bank.example/page", id="the host as a name"),
        pytest.param("http://a@127.0.0.1:8104/page", id="somebody's name"),
        pytest.param("http://127.0.0.1.bank.example:8104/page", id="the host as a part"),
    ],
)
async def test_a_browser_is_sent_nowhere_else(address: str) -> None:
    async with mocked_mizuho() as mocked:
        mocked.says(httpx.Response(303, headers={"Location": address}))

        got = await mocked.bank.start_collection(COLLECTION)

    assert got.outcome == FORGED


@pytest.mark.parametrize(
    ("stated", "page"),
    [
        pytest.param("/approve/1?a=b", "http://127.0.0.1:8104/approve/1?a=b", id="a path"),
        pytest.param("1", "http://127.0.0.1:8104/mizuho/fb/payeasy/1", id="beside the call"),
        pytest.param("//127.0.0.1:8104/p", "http://127.0.0.1:8104/p", id="without a scheme"),
        pytest.param("HTTP://127.0.0.1:8104/p", "http://127.0.0.1:8104/p", id="in capitals"),
    ],
)
async def test_a_page_of_the_banks_may_be_named_from_where_we_are(stated: str, page: str) -> None:
    async with mocked_mizuho() as mocked:
        mocked.says(httpx.Response(303, headers={"Location": stated}))

        got = await mocked.bank.start_collection(COLLECTION)

    assert got.outcome == Authorizing(Redirect(page))


async def test_a_bank_that_is_reached_privately_has_a_private_page() -> None:
    async with mocked_mizuho(url="https://127.0.0.1:8104") as mocked:
        mocked.says(httpx.Response(303, headers={"Location": "http://127.0.0.1:8104/page"}))
        in_plain = await mocked.bank.start_collection(COLLECTION)
        mocked.says(httpx.Response(303, headers={"Location": "https://127.0.0.1:8104/page"}))
        private = await mocked.bank.start_collection(COLLECTION)

    assert in_plain.outcome == FORGED
    assert private.outcome == Authorizing(Redirect("https://127.0.0.1:8104/page"))


async def test_what_was_paid_is_what_the_bank_booked() -> None:
    async with mocked_mizuho() as mocked:
        mocked.says(httpx.Response(200, content=jis(data_91("0", day="081125", amount=1))))

        got = await mocked.bank.inquire_collection(COLLECTION)

    assert got.outcome == Paid(START, Yen(1))


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(jis(data_91("0")), id="paid, nobody knows when"),
        pytest.param(jis(data_91("0", day="081125", amount=0)), id="nothing paid"),
        pytest.param(jis(data_91("5")), id="an unlisted code"),
        pytest.param(jis(data_91("3", day="081125")), id="not paid, and yet debited"),
        pytest.param(jis(data_91("3", amount=29_999)), id="another amount that was not paid"),
        pytest.param(jis(data_91("3").replace(REFERENCE, "B" * 20)), id="another reference"),
        pytest.param(jis(data_91("3").replace("20001", "20009", 1)), id="another bank"),
        pytest.param(jis(data_91("3"), data_91("3")), id="two records"),
        pytest.param(jis(data_91("3"))[:-2], id="no CRLF"),
        pytest.param(b"", id="nothing"),
    ],
)
async def test_an_end_that_does_not_fit_is_unknown_with_an_alert(content: bytes) -> None:
    async with mocked_mizuho() as mocked:
        mocked.says(httpx.Response(200, content=content))

        got = await mocked.bank.inquire_collection(COLLECTION)

    assert got.outcome == FORGED


async def test_a_bank_that_cannot_be_reached_has_opened_nothing() -> None:
    async with mocked_mizuho() as mocked:
        mocked.route.mock(side_effect=httpx.ConnectError("refused"))

        got = await mocked.bank.start_collection(COLLECTION)

    assert got.outcome == NotSent(Reason.BANK_UNREACHABLE)


def digest(body: bytes, secret: bytes = SECRET) -> str:
    return "sha-256=" + b64encode(hmac.digest(secret, body, "sha256")).decode()


def letter(code: str) -> bytes:
    return jis(data_91(code, day="081125") if code == "0" else data_91(code))


LETTER = letter("0")


@pytest.mark.parametrize("name", ["X-Digest", "x-digest", "X-DIGEST"])
@pytest.mark.parametrize("code", ["0", "1", "2", "3", "4", "8", "9"])
async def test_a_genuine_call_names_the_collection_that_ended(code: str, name: str) -> None:
    body = letter(code)
    async with mocked_mizuho() as mocked:
        got = await mocked.bank.read_callback({name: digest(body)}, body)
        again = await mocked.bank.read_callback({name: digest(body)}, body)

    assert isinstance(got, Callback)
    assert (got.reference, got.kind) == (REFERENCE, COLLECTION_ENDED)
    assert again == got


async def test_another_end_is_another_event() -> None:
    async with mocked_mizuho() as mocked:
        events = {
            call.event_id
            for code in "013"
            if (body := letter(code))
            and (call := await mocked.bank.read_callback({"X-Digest": digest(body)}, body))
        }

    assert len(events) == 3


@pytest.mark.parametrize(
    ("headers", "body"),
    [
        pytest.param({}, LETTER, id="no digest"),
        pytest.param({"X-Digest": ""}, LETTER, id="an empty digest"),
        pytest.param({"X-Digest": digest(LETTER, b"another")}, LETTER, id="another secret"),
        pytest.param({"X-Digest": digest(LETTER[:120])}, LETTER, id="a digest without the CRLF"),
        pytest.param({"X-Digest": digest(LETTER)}, LETTER[:-3] + b".\r\n", id="a changed byte"),
        pytest.param({"X-Digest": digest(LETTER)[8:]}, LETTER, id="no name of the digest"),
        pytest.param({"X-Digest": digest(LETTER) + " "}, LETTER, id="a blank behind it"),
        pytest.param({"X-Digest": "sha-256=\udcff"}, LETTER, id="bytes that are no text"),
        pytest.param(
            {"X-Digest": digest(LETTER), "x-digest": digest(LETTER)}, LETTER, id="two digests"
        ),
        *(
            pytest.param({"X-Digest": digest(body)}, body, id=what)
            for what, body in (
                ("nothing", b""),
                ("a transfer", jis(data_21("0081125"))),
                ("two records", LETTER + LETTER),
                ("no day", jis(data_91("0"))),
                ("an unlisted end", jis(data_91("7"))),
            )
        ),
    ],
)
async def test_a_call_that_is_not_genuine_or_whole_is_none(
    headers: dict[str, str], body: bytes
) -> None:
    async with mocked_mizuho() as mocked:
        assert await mocked.bank.read_callback(headers, body) is None
