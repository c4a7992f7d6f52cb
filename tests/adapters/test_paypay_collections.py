"""PayPay's collections: the form that the payer's browser posts, the inquiry, the bank's call."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from urllib.parse import quote

import pytest

from gateway.adapters.paypay import codes
from gateway.adapters.paypay.pairs import Unreadable, read_form
from gateway.domain.bank import Callback
from gateway.domain.money import Yen
from gateway.domain.outcome import (
    Authorizing,
    NotFound,
    Paid,
    Pending,
    Redirect,
    Rejected,
    Unknown,
)
from gateway.domain.reason import Reason
from tests.adapters.mocked_paypay import (
    ANSWERS,
    BASE,
    COLLECTION,
    NONCE,
    mocked_paypay,
    recorded,
    says,
    sealed,
)
from tests.adapters.stand_ins import REFERENCE
from tests.manual_clock import START, ManualClock

FORGED = Unknown(integrity=True)
FORM = sealed(
    {
        "SHOP_ID": "SHOP0001",
        "TRAN_ID": REFERENCE,
        "AMOUNT": "10000",
        "ITEM": "ﾌﾟﾛﾐｽ ﾍﾝｻｲ",
        "RETURN_URL": "https://lender.example/return?id=7",
        "CALLBACK_URL": "https://lender.example/callbacks/paypay",
        "LIMIT": "20261125101500",
        "DATETIME": "20261125100000",
        "NONCE": NONCE,
    }
)


async def test_the_form_is_made_here_and_nothing_is_sent() -> None:
    async with mocked_paypay() as mocked:
        got = await mocked.bank.start_collection(COLLECTION)

        assert not mocked.route.called
    assert got.outcome == Authorizing(Redirect(f"{BASE}/start", tuple(FORM.items()), "Shift_JIS"))
    assert got.evidence.request_sha256 is None


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        pytest.param(
            {"return_url": "https://lender.example/?a=1&b=2"},
            Reason.FORMAT_ERROR,
            id="an ampersand would end the pair",
        ),
        pytest.param({"description": "ﾍﾝｻｲ\r\nX=1"}, Reason.FORMAT_ERROR, id="a line break"),
        pytest.param({"description": "①"}, Reason.FORMAT_ERROR, id="no JIS X 0208"),
        pytest.param({"description": "ﾍ" * 21}, Reason.FORMAT_ERROR, id="21 bytes"),
        pytest.param({"description": "返" * 11}, Reason.FORMAT_ERROR, id="11 characters, 22 bytes"),
        pytest.param({"amount": Yen(10_000_001)}, Reason.LIMIT_EXCEEDED, id="above the limit"),
        pytest.param({"expires_at": START}, Reason.SESSION_EXPIRED, id="expired now"),
    ],
)
async def test_a_form_that_the_bank_would_refuse_is_not_made(
    changed: dict[str, object], reason: Reason
) -> None:
    order = replace(COLLECTION, **changed)  # type: ignore[arg-type]  # rows of a table
    async with mocked_paypay() as mocked:
        got = await mocked.bank.start_collection(order)

    assert got.outcome == Rejected(reason)


@pytest.mark.parametrize(
    "changed",
    [
        pytest.param({"description": "ﾍ" * 20}, id="20 bytes"),
        pytest.param({"amount": Yen(10_000_000)}, id="the limit itself"),
        pytest.param({"expires_at": START + timedelta(seconds=1)}, id="a second left"),
    ],
)
async def test_the_edges_are_still_taken(changed: dict[str, object]) -> None:
    order = replace(COLLECTION, **changed)  # type: ignore[arg-type]  # rows of a table
    async with mocked_paypay() as mocked:
        got = await mocked.bank.start_collection(order)

    assert isinstance(got.outcome, Authorizing)


OF_AN_INQUIRY = {
    "collection_open": Pending(),
    "collection_paid": Paid(START, Yen(10_000)),
    "collection_cancel": Rejected(Reason.PAYER_CANCELLED),
    "collection_fail": Rejected(Reason.INSUFFICIENT_FUNDS),
    "collection_expired": Rejected(Reason.SESSION_EXPIRED),
    "payout_state_none": NotFound(),
    **dict.fromkeys(["e01", "e04", "e06", "e99"], Unknown()),
    **dict.fromkeys(["e02", "e03"], Unknown(Reason.CONTRACT_ERROR)),
}


@pytest.mark.parametrize("name", list(ANSWERS))
async def test_each_answer_to_an_inquiry_means_one_outcome(name: str) -> None:
    async with mocked_paypay() as mocked:
        mocked.answers(recorded(name))

        got = await mocked.bank.inquire_collection(COLLECTION)

    assert got.outcome == OF_AN_INQUIRY.get(name, FORGED)


def test_every_end_of_a_collection_has_a_recording() -> None:
    assert {f"collection_{state.lower()}" for state in codes.COLLECTION_REFUSED} <= set(ANSWERS)


PAID = {"RESULT": "0", "STATE": "PAID", "AMOUNT": "10000", "PAID_AT": "20261125100000"}


async def test_another_amount_that_was_paid_is_paid_all_the_same() -> None:
    async with mocked_paypay() as mocked:
        mocked.answers(says(**PAID | {"AMOUNT": "9999"}))

        got = await mocked.bank.inquire_collection(COLLECTION)

    assert got.outcome == Paid(START, Yen(9_999))


@pytest.mark.parametrize(
    "fields",
    [
        pytest.param(PAID | {"TRAN_ID": "B" * 20}, id="another reference"),
        pytest.param(PAID | {"STATE": "paid"}, id="a state in lower case"),
        pytest.param(PAID | {"STATE": "DONE"}, id="a state of a pay-out"),
        pytest.param(PAID | {"PAID_AT": ""}, id="paid, nobody knows when"),
        pytest.param(PAID | {"AMOUNT": ""}, id="paid, nobody knows how much"),
        pytest.param(PAID | {"AMOUNT": "0"}, id="nothing was paid"),
        pytest.param(PAID | {"STATE": "OPEN"}, id="open and paid"),
        pytest.param(PAID | {"STATE": "CANCEL"}, id="cancelled and paid"),
        pytest.param(PAID | {"STATE": "OPEN", "PAID_AT": "", "AMOUNT": "9999"}, id="other amount"),
        pytest.param(
            PAID | {"STATE": "CANCEL", "PAID_AT": "", "AMOUNT": "9999"}, id="cancelled another"
        ),
        pytest.param({"RESULT": "0", "STATE": "OPEN"}, id="open without an amount"),
        pytest.param({"RESULT": "0", "STATE": "NONE", "AMOUNT": "10000"}, id="none of 10,000"),
        pytest.param(PAID | {"DONE_AT": ""}, id="an unknown key"),
    ],
)
async def test_an_authentic_answer_that_does_not_fit_is_unknown_with_an_alert(
    fields: dict[str, str],
) -> None:
    async with mocked_paypay() as mocked:
        mocked.answers(says(**fields))

        got = await mocked.bank.inquire_collection(COLLECTION)

    assert got.outcome == FORGED


CALL = {
    "SHOP_ID": "SHOP0001",
    "TRAN_ID": REFERENCE,
    "STATE": "PAID",
    "AMOUNT": "10000",
    "PAID_AT": "20261125100000",
    "DATETIME": "20261125100000",
    "NONCE": "fedcba9876543210",
}
FORM_TYPE = {"Content-Type": "application/x-www-form-urlencoded"}
CANCELLED = {key: value for key, value in CALL.items() if key != "PAID_AT"} | {"STATE": "CANCEL"}


def form(fields: Mapping[str, str]) -> bytes:
    quoted = (f"{key}={quote(value, safe='', encoding='cp932')}" for key, value in fields.items())
    return "&".join(quoted).encode("ascii")


async def called(
    body: bytes, headers: Mapping[str, str] = FORM_TYPE, *, later_s: float = 0
) -> Callback | None:
    clock = ManualClock()
    clock.advance(later_s)
    async with mocked_paypay(clock) as mocked:
        return await mocked.bank.read_callback(headers, body)


@pytest.mark.parametrize(
    ("fields", "event", "kind"),
    [
        pytest.param(CALL, f"{REFERENCE}-PAID", "PAYMENT_ORDER_UPDATED", id="paid"),
        pytest.param(CANCELLED, f"{REFERENCE}-CANCEL", "PAYMENT_ORDER_UPDATED", id="cancelled"),
        pytest.param(
            CANCELLED | {"STATE": "FAIL", "PAID_AT": ""},
            f"{REFERENCE}-FAIL",
            "PAYMENT_ORDER_UPDATED",
            id="failed, with an empty instant",
        ),
        pytest.param(
            CANCELLED | {"STATE": "EXPIRED"},
            f"{REFERENCE}-EXPIRED",
            "PAYMENT_ORDER_UPDATED",
            id="expired",
        ),
        pytest.param(
            CANCELLED | {"STATE": "RETURNED"},
            f"{REFERENCE}-RETURNED",
            "TRANSFER_RETURNED",
            id="a pay-out came back",
        ),
    ],
)
async def test_a_call_is_known_by_reference_and_state(
    fields: dict[str, str], event: str, kind: str
) -> None:
    assert await called(form(sealed(fields))) == Callback(event, REFERENCE, kind)


async def test_a_second_delivery_is_built_anew_and_is_the_same_event() -> None:
    again = CALL | {"DATETIME": "20261125100030", "NONCE": "0011223344556677"}

    first, second = await called(form(sealed(CALL))), await called(form(sealed(again)))

    assert first == second


def test_a_plus_in_a_form_is_a_space_too() -> None:
    assert read_form(b"ITEM=A+B%20C%2B&X=") == {b"ITEM": b"A B C+", b"X": b""}


@pytest.mark.parametrize("value", [b"%26", b"%0D", b"%0A"])
def test_a_value_that_would_end_its_pair_under_the_mac_is_refused(value: bytes) -> None:
    with pytest.raises(Unreadable):
        read_form(b"ITEM=A" + value + b"B=C&X=")


@pytest.mark.parametrize(
    ("later_s", "is_taken"),
    [
        pytest.param(300, True, id="300 s old"),
        pytest.param(301, False, id="301 s old"),
        pytest.param(-300, True, id="300 s ahead"),
        pytest.param(-301, False, id="301 s ahead"),
    ],
)
async def test_a_call_is_fresh_for_five_minutes(later_s: int, is_taken: bool) -> None:
    assert (await called(form(sealed(CALL)), later_s=later_s) is not None) is is_taken


@pytest.mark.parametrize(
    "fields",
    [
        pytest.param(CALL | {"SHOP_ID": "SHOP0002"}, id="another shop"),
        pytest.param(CALL | {"TRAN_ID": "AAAA"}, id="no reference"),
        pytest.param(CALL | {"STATE": "OPEN"}, id="a state that is no end"),
        pytest.param(CALL | {"STATE": "paid"}, id="a state in lower case"),
        pytest.param(CALL | {"STATE": "CANCEL"}, id="cancelled and paid"),
        pytest.param(CALL | {"PAID_AT": ""}, id="paid, nobody knows when"),
        pytest.param(CALL | {"PAID_AT": "yesterday"}, id="no instant"),
        pytest.param(CALL | {"AMOUNT": "1e4"}, id="no amount"),
        pytest.param(CALL | {"NONCE": "FEDCBA9876543210"}, id="a nonce in upper case"),
        pytest.param(CALL | {"DATETIME": "now"}, id="no time"),
        pytest.param(CALL | {"EXTRA": ""}, id="an unknown key"),
        *[
            pytest.param({k: v for k, v in CALL.items() if k != missing}, id=f"no {missing}")
            for missing in CALL
        ],
    ],
)
async def test_an_authentic_call_that_does_not_fit_is_refused(fields: dict[str, str]) -> None:
    assert await called(form(sealed(fields))) is None


BODY = form(sealed(CALL))


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(b"", id="nothing"),
        pytest.param(form(CALL), id="no MAC"),
        pytest.param(BODY.replace(b"AMOUNT=10000", b"AMOUNT=10001"), id="altered"),
        pytest.param(BODY + b"&AMOUNT=10000", id="a key twice"),
        pytest.param(BODY + b"&", id="an empty pair"),
        pytest.param(BODY + b" ", id="a space"),
        pytest.param(BODY.replace(b"AMOUNT=1", b"AMOUNT=%1"), id="a bad escape"),
        pytest.param(BODY + b"&X=\x83\x81", id="bytes that are not escaped"),
        pytest.param(form(CALL | {"MAC": "ﾔ" * 64}), id="a MAC that is no hex"),
        pytest.param(BODY[:-64] + BODY[-64:].upper(), id="the MAC in upper case"),
    ],
)
async def test_a_call_that_is_not_the_banks_is_refused(body: bytes) -> None:
    assert await called(body) is None


@pytest.mark.parametrize(
    ("headers", "is_taken"),
    [
        pytest.param(
            {"content-type": "application/x-www-form-urlencoded; charset=Shift_JIS"},
            True,
            id="with the charset",
        ),
        pytest.param({"Content-Type": "application/json"}, False, id="another type"),
        pytest.param({}, False, id="no type"),
    ],
)
async def test_a_call_is_a_form(headers: dict[str, str], is_taken: bool) -> None:
    assert (await called(BODY, headers) is not None) is is_taken
