"""SMBC's payment orders: each answer to a start and to an inquiry, signed as the bank signs."""

import json
from datetime import datetime, timedelta
from typing import Any

import httpx
import pytest

from gateway.adapters.smbc import codes
from gateway.domain.bank import CollectionOrder
from gateway.domain.hours import JST
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
from tests.adapters.mocked_smbc import mocked_smbc
from tests.adapters.stand_ins import REFERENCE
from tests.adapters.test_smbc import signed
from tests.manual_clock import START

FORGED = Unknown(integrity=True)
COLLECTION = CollectionOrder(
    reference=REFERENCE,
    amount=Yen(30_000),
    description="ﾌﾟﾛﾐｽ ﾍﾝｻｲ",
    return_url="https://lender.example/return?id=7",
    callback_url="https://lender.example/callbacks/smbc",
    expires_at=START + timedelta(minutes=15),
)
PAGE = "http://127.0.0.1:8101/smbc/approve/PO1"
OPENED = {"orderId": "PO1", "redirectUrl": PAGE, "expiresAt": "2026-11-25T10:15:00+09:00"}
STATE: dict[str, Any] = {
    "orderId": "PO1",
    "clientReference": REFERENCE,
    "amount": "30000",
    "status": "CREATED",
    "failureReason": None,
    "paidAt": None,
    "valueDate": None,
    "payerName": None,
}
PAID = {"status": "PAID", "paidAt": "2026-11-25T09:59:58+09:00", "valueDate": "2026-11-25"}
PAID_AT = datetime(2026, 11, 25, 9, 59, 58, tzinfo=JST)
REFUSALS: dict[tuple[int, str], StartOutcome] = {
    (400, "INVALID_REQUEST"): Rejected(Reason.FORMAT_ERROR),
    (401, "INVALID_API_KEY"): NotSent(Reason.CONTRACT_ERROR),
    (401, "INVALID_SIGNATURE"): NotSent(Reason.CONTRACT_ERROR),
    (401, "INVALID_TIMESTAMP"): NotSent(Reason.CONTRACT_ERROR),
    (409, "REFERENCE_REUSED"): Unknown(Reason.DUPLICATE),
    (422, "LIMIT_EXCEEDED"): Rejected(Reason.LIMIT_EXCEEDED),
    (429, "TOO_MANY_REQUESTS"): NotSent(Reason.THROTTLED),
    (500, "SYSTEM_ERROR"): Unknown(),
    (503, "OUT_OF_SERVICE_HOURS"): NotSent(Reason.OUT_OF_HOURS),
}
ENDS: dict[tuple[str, str | None], Reason] = {
    ("CANCELLED", None): Reason.PAYER_CANCELLED,
    ("EXPIRED", None): Reason.SESSION_EXPIRED,
    ("FAILED", "INSUFFICIENT_FUNDS"): Reason.INSUFFICIENT_FUNDS,
    ("FAILED", "AUTHENTICATION_FAILED"): Reason.AUTHENTICATION_FAILED,
    ("FAILED", "ACCOUNT_FROZEN"): Reason.ACCOUNT_FROZEN,
}


def refusal(status: int, code: str) -> httpx.Response:
    return signed({"error": {"code": code, "message": "refused"}}, status=status)


async def started(answer: httpx.Response) -> StartOutcome:
    async with mocked_smbc() as mocked:
        mocked.says(answer)
        return (await mocked.bank.start_collection(COLLECTION)).outcome


async def asked(answer: httpx.Response) -> CollectionOutcome:
    async with mocked_smbc() as mocked:
        mocked.says(answer)
        return (await mocked.bank.inquire_collection(COLLECTION)).outcome


async def test_an_order_is_asked_for_as_the_profile_says() -> None:
    async with mocked_smbc() as mocked:
        mocked.says(signed(OPENED, status=201))

        got = await mocked.bank.start_collection(COLLECTION)
        request = mocked.route.calls.last.request

    assert got.outcome == Authorizing(Redirect(PAGE), "PO1")
    assert (request.method, request.url.path) == ("POST", "/smbc/api/v1/payment-orders")
    assert json.loads(request.content) == {
        "clientReference": REFERENCE,
        "amount": "30000",
        "description": "ﾌﾟﾛﾐｽ ﾍﾝｻｲ",
        "returnUrl": "https://lender.example/return?id=7",
        "notifyUrl": "https://lender.example/callbacks/smbc",
        "expiresAt": "2026-11-25T10:15:00+09:00",
    }


@pytest.mark.parametrize(("status", "code"), list(codes.COLLECTION))
async def test_each_refusal_of_a_start_means_one_outcome(status: int, code: str) -> None:
    assert await started(refusal(status, code)) == REFUSALS[status, code]


@pytest.mark.parametrize(
    "answer",
    [
        pytest.param(signed(OPENED), id="opened, but not created"),
        pytest.param(signed(OPENED | {"redirectUrl": "/approve"}, status=201), id="no address"),
        pytest.param(signed(OPENED | {"redirectUrl": ""}, status=201), id="an empty address"),
        pytest.param(signed(OPENED | {"orderId": 7}, status=201), id="a number for an id"),
        pytest.param(
            httpx.Response(201, json=OPENED, headers={"X-Jws-Signature": "a..b"}), id="unsigned"
        ),
        pytest.param(refusal(422, "SOMETHING_NEW"), id="an unlisted code"),
        pytest.param(refusal(404, "ORDER_NOT_FOUND"), id="not found"),
    ],
)
async def test_what_is_no_answer_to_a_start_is_unknown_with_an_alert(
    answer: httpx.Response,
) -> None:
    assert await started(answer) == FORGED


@pytest.mark.parametrize(("status", "failure"), list(codes.ORDER_ENDS))
async def test_each_end_without_money_means_one_reason(status: str, failure: str | None) -> None:
    ended = STATE | {"status": status, "failureReason": failure}

    assert await asked(signed(ended)) == Rejected(ENDS[status, failure])


@pytest.mark.parametrize(
    ("answer", "outcome"),
    [
        pytest.param(signed(STATE), Pending(), id="open"),
        pytest.param(signed(STATE | PAID), Paid(PAID_AT, Yen(30_000), "PO1"), id="paid"),
        pytest.param(
            signed(STATE | PAID | {"amount": "29999"}),
            Paid(PAID_AT, Yen(29_999), "PO1"),
            id="another amount that was paid counts as it is",
        ),
        pytest.param(refusal(404, "ORDER_NOT_FOUND"), NotFound(), id="not found"),
        pytest.param(
            refusal(401, "INVALID_API_KEY"), Unknown(Reason.CONTRACT_ERROR), id="contract"
        ),
        pytest.param(refusal(500, "SYSTEM_ERROR"), Unknown(), id="a system error"),
        pytest.param(refusal(429, "TOO_MANY_REQUESTS"), Unknown(), id="throttled"),
    ],
)
async def test_an_order_became_what_the_bank_says(
    answer: httpx.Response, outcome: CollectionOutcome
) -> None:
    assert await asked(answer) == outcome


@pytest.mark.parametrize(
    "answer",
    [
        pytest.param(signed(STATE | {"clientReference": "B" * 20}), id="another reference"),
        pytest.param(signed(STATE | PAID | {"clientReference": "B" * 20}), id="another's money"),
        pytest.param(signed(STATE | {"amount": "29999"}), id="open for another amount"),
        pytest.param(
            signed(STATE | {"status": "CANCELLED", "amount": "29999"}),
            id="cancelled for another amount",
        ),
        pytest.param(signed(STATE | {"status": "PAID"}), id="paid, nobody knows when"),
        pytest.param(signed(STATE | PAID | {"status": "CANCELLED"}), id="cancelled and paid"),
        pytest.param(
            signed(STATE | PAID | {"failureReason": "INSUFFICIENT_FUNDS"}), id="paid and failed"
        ),
        pytest.param(signed(STATE | {"failureReason": "INSUFFICIENT_FUNDS"}), id="open and failed"),
        pytest.param(signed(STATE | {"status": "FAILED"}), id="failed, nobody knows why"),
        pytest.param(
            signed(STATE | {"status": "FAILED", "failureReason": "SOMETHING_NEW"}),
            id="failed for a new reason",
        ),
        pytest.param(signed(STATE | {"status": "SETTLED"}), id="an unlisted state"),
        pytest.param(signed(STATE | PAID | {"amount": "0"}), id="nothing paid"),
        pytest.param(refusal(404, "TRANSFER_NOT_FOUND"), id="no such transfer"),
        pytest.param(refusal(400, "ORDER_NOT_FOUND"), id="not found under another status"),
        pytest.param(httpx.Response(404, json={"error": {"code": "ORDER_NOT_FOUND"}}), id="bare"),
    ],
)
async def test_an_answer_about_an_order_that_does_not_fit_is_unknown_with_an_alert(
    answer: httpx.Response,
) -> None:
    assert await asked(answer) == FORGED
