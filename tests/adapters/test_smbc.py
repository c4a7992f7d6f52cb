"""SMBC's own codes and messages, one row each.

The answers in `recordings/smbc` are written from the profile and signed with the sandbox's key.
"""

import json
from datetime import date, datetime, timedelta
from typing import Any

import httpx
import pytest

from gateway.adapters.smbc import codes
from gateway.adapters.smbc.channel import Credentials
from gateway.domain.bank import Callback, NameFound, NameRefused, Statement, StatementUnavailable
from gateway.domain.hours import JST
from gateway.domain.money import Yen
from gateway.domain.outcome import (
    NotFound,
    NotSent,
    Rejected,
    Returned,
    Settled,
    Unknown,
)
from gateway.domain.reason import Reason
from tests.adapters.mocked_smbc import ANSWERS, URL, mocked_smbc, recorded
from tests.adapters.stand_ins import (
    BANK_KID,
    DEMO,
    ORDER,
    REFERENCE,
    bank_signer,
    jwks,
    key_of,
    submit,
)
from tests.manual_clock import START, ManualClock

BOOKED = datetime(2026, 11, 25, 10, 0, 0, 120_000, JST)
DONE = Settled(BOOKED, "TEDFCAAC579024F57")
FORGED = Unknown(integrity=True)
DAY = date(2026, 11, 25)

OF_A_SUBMIT = {
    "completed": DONE,
    "completed_again": DONE,
    "400_invalid_request": Rejected(Reason.FORMAT_ERROR),
    "401_invalid_api_key": NotSent(Reason.CONTRACT_ERROR),
    "401_invalid_signature": NotSent(Reason.CONTRACT_ERROR),
    "401_invalid_timestamp": NotSent(Reason.CONTRACT_ERROR),
    "403_forbidden": NotSent(Reason.CONTRACT_ERROR),
    "404_account_not_found": FORGED,
    "404_transfer_not_found": FORGED,
    "409_reference_reused": Unknown(Reason.DUPLICATE),
    "422_account_closed": Rejected(Reason.ACCOUNT_CLOSED),
    "422_account_frozen": Rejected(Reason.ACCOUNT_FROZEN),
    "422_account_not_found": Rejected(Reason.ACCOUNT_NOT_FOUND),
    "422_limit_exceeded": Rejected(Reason.LIMIT_EXCEEDED),
    "422_name_mismatch": Rejected(Reason.NAME_MISMATCH),
    "422_settlement_balance_short": NotSent(Reason.SETTLEMENT_BALANCE_SHORT),
    "422_something_new": FORGED,
    "429_too_many_requests": NotSent(Reason.THROTTLED, START + timedelta(seconds=3)),
    "429_verification_limit": FORGED,
    "500_system_error": Unknown(),
    "503_out_of_service_hours": NotSent(
        Reason.OUT_OF_HOURS, datetime(2026, 11, 30, 7, 0, tzinfo=JST)
    ),
    "inquiry_completed": DONE,
    "inquiry_returned": FORGED,
    "inquiry_returned_for_a_new_reason": FORGED,
    "name_found": FORGED,
}
BACK = datetime(2026, 11, 25, 10, 0, 5, tzinfo=JST)
OF_AN_INQUIRY = {
    "completed": FORGED,  # without an amount
    "completed_again": FORGED,
    "404_transfer_not_found": NotFound(),
    "inquiry_completed": DONE,
    "inquiry_returned": Returned(BOOKED, BACK, Reason.ACCOUNT_CLOSED, "TEDFCAAC579024F57"),
    "inquiry_returned_for_a_new_reason": Returned(BOOKED, BACK, None, "TEDFCAAC579024F57"),
    "400_invalid_request": Unknown(),
    "401_invalid_api_key": Unknown(Reason.CONTRACT_ERROR),
    "401_invalid_signature": Unknown(Reason.CONTRACT_ERROR),
    "401_invalid_timestamp": Unknown(Reason.CONTRACT_ERROR),
    "403_forbidden": Unknown(Reason.CONTRACT_ERROR),
    "429_too_many_requests": Unknown(),
    "500_system_error": Unknown(),
    "503_out_of_service_hours": Unknown(),
}
OF_A_NAME = {
    "name_found": NameFound("ﾔﾏﾀﾞ ﾀﾛｳ"),
    "404_account_not_found": NameRefused(Reason.ACCOUNT_NOT_FOUND),
    "429_verification_limit": NameRefused(Reason.LIMIT_EXCEEDED),
    "400_invalid_request": NameRefused(Reason.FORMAT_ERROR),
    "401_invalid_api_key": NameRefused(Reason.CONTRACT_ERROR),
    "401_invalid_signature": NameRefused(Reason.CONTRACT_ERROR),
    "401_invalid_timestamp": NameRefused(Reason.CONTRACT_ERROR),
    "403_forbidden": NameRefused(Reason.CONTRACT_ERROR),
    "429_too_many_requests": NameRefused(Reason.THROTTLED),
    "503_out_of_service_hours": NameRefused(Reason.OUT_OF_HOURS),
}


@pytest.mark.parametrize("name", list(ANSWERS))
async def test_each_answer_to_a_submit_means_one_outcome(name: str) -> None:
    async with mocked_smbc() as mocked:
        mocked.says(recorded(name))

        got = await submit(mocked.bank)

    assert got.outcome == OF_A_SUBMIT[name]


@pytest.mark.parametrize("name", list(ANSWERS))
async def test_each_answer_to_an_inquiry_means_one_outcome(name: str) -> None:
    async with mocked_smbc() as mocked:
        mocked.says(recorded(name))

        got = await mocked.bank.inquire(ORDER)

    assert got.outcome == OF_AN_INQUIRY.get(name, FORGED)


@pytest.mark.parametrize("name", list(ANSWERS))
async def test_each_answer_about_a_name_means_one_thing(name: str) -> None:
    async with mocked_smbc() as mocked:
        mocked.says(recorded(name))

        got = await mocked.bank.verify_name(DEMO)

    assert got == OF_A_NAME.get(name, NameRefused(Reason.OUTCOME_UNKNOWN))


def test_every_code_of_the_tables_has_a_recording() -> None:
    listed = {*codes.TRANSFER, *codes.VERIFICATION, codes.TRANSFER_NOT_FOUND}

    assert {f"{status}_{code.lower()}" for status, code in listed} <= set(ANSWERS)
    assert set(OF_A_SUBMIT) == set(ANSWERS)


def test_the_api_key_stands_in_no_representation() -> None:
    credentials = Credentials(URL, "canary-7f3a", BANK_KID, key_of(BANK_KID))

    assert "canary-7f3a" not in repr(credentials)


async def test_the_evidence_names_the_banks_code() -> None:
    async with mocked_smbc() as mocked:
        mocked.says(recorded("422_account_closed"))

        got = await submit(mocked.bank)

    assert got.evidence.code == "ACCOUNT_CLOSED"


def signed(
    document: object, *, status: int = 200, headers: dict[str, str] | None = None
) -> httpx.Response:
    body = document if isinstance(document, bytes) else json.dumps(document).encode()
    fields = {"Content-Type": "application/json; charset=utf-8"} | (headers or {})
    fields = {"X-Jws-Signature": bank_signer().sign(body)} | fields
    return httpx.Response(status, headers=fields, content=body)


COMPLETED: dict[str, Any] = json.loads(ANSWERS["inquiry_completed"]["body"])


@pytest.mark.parametrize(
    "changed",
    [
        pytest.param({"clientReference": "B" * 20}, id="another reference"),
        pytest.param({"clientReference": REFERENCE.lower()}, id="the reference in lower case"),
        pytest.param({"clientReference": None}, id="no reference"),
        pytest.param({"status": "ACCEPTED"}, id="an unknown status"),
        pytest.param({"status": "completed"}, id="a status in lower case"),
        pytest.param({"status": ["COMPLETED"]}, id="a list for a status"),
        pytest.param({"amount": "10001"}, id="another amount"),
        pytest.param({"amount": 10000}, id="an amount that is a number"),
        pytest.param({"amount": "010000"}, id="an amount with a leading zero"),
        pytest.param({"amount": "１００００"}, id="full-width digits"),
        pytest.param({"amount": "10000.0"}, id="a decimal amount"),
        pytest.param({"amount": "-10000"}, id="a negative amount"),
        pytest.param({"executedAt": "2026-11-25T10:00:00"}, id="an instant without an offset"),
        pytest.param({"executedAt": "2026-11-25"}, id="a date for an instant"),
        pytest.param({"executedAt": "2026-02-30T10:00:00Z"}, id="a day that is not"),
        pytest.param({"executedAt": "0001-01-01T00:00:00+09:00"}, id="before the calendar"),
        pytest.param({"executedAt": 1795572000}, id="seconds for an instant"),
        pytest.param({"valueDate": "20261125"}, id="another form of date"),
        pytest.param({"transferId": ""}, id="an empty number"),
        pytest.param({"transferId": 7}, id="a number that is a number"),
        pytest.param({"transferId": "a\nb"}, id="a line break"),
        pytest.param({"returnedAt": "2026-11-25T10:00:05+09:00"}, id="completed and returned"),
        pytest.param({"returnReason": "ACCOUNT_CLOSED"}, id="completed, and why it came back"),
        pytest.param({"status": "RETURNED"}, id="returned, nobody knows when"),
        pytest.param(
            {"status": "RETURNED", "returnedAt": "2026-11-25T09:59:59+09:00"},
            id="returned before it was done",
        ),
    ],
)
async def test_an_authentic_inquiry_that_does_not_fit_is_unknown_with_an_alert(
    changed: dict[str, object],
) -> None:
    async with mocked_smbc() as mocked:
        mocked.says(signed(COMPLETED | changed))

        got = await mocked.bank.inquire(ORDER)

    assert got.outcome == FORGED


BODY = json.dumps(COMPLETED).encode()


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(b"", id="nothing"),
        pytest.param(b"null", id="null"),
        pytest.param(BODY[:-1], id="truncated"),
        pytest.param(BODY + BODY, id="two documents"),
        pytest.param(b"\xef\xbb\xbf" + BODY, id="a byte order mark"),
        pytest.param(BODY.decode().encode("utf-16"), id="UTF-16"),
        pytest.param(
            json.dumps(COMPLETED | {"x": "三井"}, ensure_ascii=False).encode("cp932"), id="cp932"
        ),
        pytest.param(
            BODY.replace(b'"amount"', b'"status": "COMPLETED", "amount"'), id="a key twice"
        ),
        pytest.param(BODY.replace(b'"10000"', b"1e4"), id="a float"),
        pytest.param(BODY.replace(b"{", b'{"x": NaN, ', 1), id="no number"),
        pytest.param(BODY.replace(b"{", b'{"x": ' + b"9" * 5000 + b", ", 1), id="a huge number"),
        pytest.param(
            BODY.replace(b"{", b'{"x": ' + b"[" * 9999 + b"]" * 9999 + b",", 1), id="deep"
        ),
        pytest.param(b"[" * 500_000, id="half a million brackets"),
        pytest.param(b"<html>\xe3\x83\xa1\xe3\x83\xb3\xe3\x83\x86</html>", id="a page"),
    ],
)
async def test_what_is_signed_but_could_be_read_in_two_ways_is_unknown(body: bytes) -> None:
    async with mocked_smbc() as mocked:
        mocked.says(signed(body))

        got = await mocked.bank.inquire(ORDER)

    assert got.outcome == FORGED


@pytest.mark.parametrize(
    "content_type",
    [
        pytest.param("text/html; charset=utf-8", id="a page"),
        pytest.param("application/json", id="no charset"),
        pytest.param("application/json; charset=shift_jis", id="another charset"),
        pytest.param("application/problem+json; charset=utf-8", id="another JSON"),
        pytest.param("", id="none"),
    ],
)
async def test_another_content_type_is_unknown(content_type: str) -> None:
    async with mocked_smbc() as mocked:
        mocked.says(signed(COMPLETED, headers={"Content-Type": content_type}))

        got = await submit(mocked.bank)

    assert got.outcome == FORGED
    assert got.evidence.code == "BAD_CONTENT_TYPE"


async def test_a_field_that_we_do_not_know_is_passed_over() -> None:
    async with mocked_smbc() as mocked:
        mocked.says(signed(COMPLETED | {"campaign": {"id": 1}}))

        assert (await submit(mocked.bank)).outcome == DONE


async def test_a_key_that_the_bank_does_not_publish_signs_nothing() -> None:
    body = json.dumps(COMPLETED).encode()
    signature = bank_signer("somebody-else").sign(body)
    async with mocked_smbc() as mocked:
        mocked.says(signed(body, headers={"X-Jws-Signature": signature}))

        got = await mocked.bank.inquire(ORDER)

    assert got.outcome == FORGED
    assert got.evidence.code == "UNKNOWN_KID"
    assert mocked.keys.call_count == 1  # fetched just now: asking again would bring the same


@pytest.mark.parametrize(
    "answer",
    [
        pytest.param(httpx.Response(503), id="503"),
        pytest.param(httpx.Response(200, content=b"{}"), id="no key set"),
        pytest.param(httpx.Response(200, content=jwks()), id="an empty key set"),
        pytest.param(httpx.Response(302, headers={"Location": f"{URL}/x"}), id="a redirect"),
    ],
)
async def test_without_the_banks_keys_no_money_is_sent(answer: httpx.Response) -> None:
    """No answer could be believed, so the question is not asked."""
    async with mocked_smbc() as mocked:
        mocked.keys.mock(return_value=answer)

        got = await submit(mocked.bank)

        assert got.outcome == NotSent(Reason.BANK_UNREACHABLE)
        assert mocked.route.call_count == 0
        mocked.keys.respond(content=jwks(BANK_KID))
        mocked.says(recorded("completed"))
        assert (await submit(mocked.bank)).outcome == DONE


MIDNIGHT = datetime(2026, 11, 26, 0, 0, tzinfo=JST)
AFTER_IT = NotSent(Reason.BANK_BUSY, MIDNIGHT + timedelta(seconds=300))


@pytest.mark.parametrize(
    ("seconds", "expected"),
    [
        pytest.param(-301, Rejected(Reason.FORMAT_ERROR), id="well before midnight"),
        pytest.param(-300, AFTER_IT, id="our day may be over at the bank"),
        pytest.param(-1, AFTER_IT, id="right before midnight"),
        pytest.param(0, AFTER_IT, id="midnight"),
        pytest.param(299, AFTER_IT, id="the bank may still be in yesterday"),
        pytest.param(300, Rejected(Reason.FORMAT_ERROR), id="well after midnight"),
    ],
)
async def test_a_format_error_around_midnight_is_not_the_members_end(
    seconds: float, expected: object
) -> None:
    """valueDate must be the bank's date of receipt, and the two clocks may differ."""
    async with mocked_smbc(ManualClock(MIDNIGHT + timedelta(seconds=seconds))) as mocked:
        mocked.says(recorded("400_invalid_request"))

        assert (await submit(mocked.bank)).outcome == expected


@pytest.mark.parametrize(
    "header",
    ["-1", "1.5", "１", "Wed, 25 Nov 2026 10:00:00 GMT", "9999999", "999999", "soon"],
)
async def test_a_senseless_retry_after_names_no_instant(header: str) -> None:
    error = {"error": {"code": "TOO_MANY_REQUESTS", "message": ""}}
    fields = signed(error).headers.raw
    fields.append((b"Retry-After", header.encode()))
    answer = httpx.Response(429, headers=fields, content=signed(error).content)
    async with mocked_smbc() as mocked:
        mocked.says(answer)

        assert (await submit(mocked.bank)).outcome == NotSent(Reason.THROTTLED)


def row(number: int, **changed: object) -> dict[str, object]:
    return {
        "transactionId": f"T{number}",
        "type": "DEBIT",
        "amount": "10000",
        "executedAt": "2026-11-25T10:00:00+09:00",
        "valueDate": "2026-11-25",
        "clientReference": REFERENCE,
        "counterpartyName": "ﾔﾏﾀﾞ ﾀﾛｳ",
        "description": "ﾌﾘｺﾐ",
    } | changed


def pages(*contents: dict[str, object]) -> list[httpx.Response]:
    return [signed(content) for content in contents]


async def test_a_return_is_a_credit_with_the_banks_own_word_for_it() -> None:
    rows = [
        row(1),
        row(2, type="CREDIT", description="ｼｷﾝﾍﾝｷﾔｸ"),
        row(3, type="CREDIT", description="ﾌﾘｺﾐ", clientReference=None, counterpartyName=None),
        row(4, description="ｼｷﾝﾍﾝｷﾔｸ"),
    ]
    async with mocked_smbc() as mocked:
        mocked.says(signed({"transactions": rows, "nextPage": None}))

        statement = await mocked.bank.statement(DAY)

    assert isinstance(statement, Statement)
    assert [line.is_return for line in statement.movements] == [False, True, False, False]
    assert statement.movements[2].reference is None
    assert statement.movements[2].counterparty == ""
    assert statement.movements[0].amount == Yen(10_000)


@pytest.mark.parametrize(
    "answers",
    [
        pytest.param(
            pages({"transactions": [row(1)], "nextPage": 3}), id="the next page is not the next"
        ),
        pytest.param(pages({"transactions": [row(1)], "nextPage": 1}), id="the same page for ever"),
        pytest.param(
            pages(
                {"transactions": [row(1)], "nextPage": 2},
                {"transactions": [row(1)], "nextPage": None},
            ),
            id="a line twice",
        ),
        pytest.param(pages({"transactions": [row(1)]}), id="no word on the next page"),
        pytest.param(pages({"nextPage": None}), id="no lines"),
        pytest.param(
            pages({"transactions": [row(1, amount="1.0")], "nextPage": None}), id="a decimal"
        ),
        pytest.param(
            pages(
                {
                    "transactions": [row(1, executedAt="2026-11-26T00:00:00+09:00")],
                    "nextPage": None,
                }
            ),
            id="a line of another day",
        ),
        pytest.param(
            pages({"transactions": [row(1, type="BOTH")], "nextPage": None}), id="no direction"
        ),
    ],
)
async def test_a_statement_with_one_fault_is_refused_whole(answers: list[httpx.Response]) -> None:
    async with mocked_smbc() as mocked:
        mocked.route.mock(side_effect=answers)

        statement = await mocked.bank.statement(DAY)

    assert statement == StatementUnavailable(Reason.OUTCOME_UNKNOWN)


EVENT: dict[str, object] = {
    "eventId": "0192a",
    "type": "TRANSFER_RETURNED",
    "occurredAt": "2026-11-25T10:00:00+09:00",
    "transferId": "T1",
    "clientReference": REFERENCE,
    "status": "RETURNED",
    "amount": "10000",
    "returnedAt": "2026-11-25T10:00:00+09:00",
}
GOOD_CALL = Callback("0192a", REFERENCE, "TRANSFER_RETURNED")


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        pytest.param({}, GOOD_CALL, id="as it should be"),
        pytest.param({"occurredAt": "2026-11-25T09:55:00+09:00"}, GOOD_CALL, id="300 s old"),
        pytest.param({"occurredAt": "2026-11-25T09:54:59+09:00"}, None, id="301 s old"),
        pytest.param({"occurredAt": "2026-11-25T10:05:01+09:00"}, None, id="301 s ahead"),
        pytest.param({"type": "SOMETHING_ELSE"}, None, id="an unknown type"),
        pytest.param({"transferId": None}, None, id="no transfer"),
        pytest.param({"returnedAt": None}, None, id="no instant of the return"),
        pytest.param({"clientReference": "x"}, None, id="no reference"),
        pytest.param({"amount": 10000}, None, id="an amount that is a number"),
        pytest.param(
            {"type": "PAYMENT_ORDER_UPDATED", "orderId": "O1", "returnedAt": None},
            Callback("0192a", REFERENCE, "PAYMENT_ORDER_UPDATED"),
            id="a collection",
        ),
        pytest.param(
            {"type": "PAYMENT_ORDER_UPDATED", "returnedAt": None}, None, id="no collection"
        ),
    ],
)
async def test_a_callback_is_a_hint_or_nothing(
    changed: dict[str, object], expected: Callback | None
) -> None:
    answer = signed(EVENT | changed)
    async with mocked_smbc() as mocked:
        got = await mocked.bank.read_callback(dict(answer.headers), answer.content)

    assert got == expected


@pytest.mark.parametrize(
    "strange",
    [
        pytest.param({"User-Agent": "三井\udcff"}, id="elsewhere"),
        pytest.param({"X-Jws-Signature": "三井\udcff"}, id="in the signature"),
        pytest.param({"Content-Type": "application/json; charset=\udcff"}, id="in the type"),
    ],
)
async def test_a_callback_with_strange_headers_raises_nothing(strange: dict[str, str]) -> None:
    answer = signed(EVENT)
    async with mocked_smbc() as mocked:
        good = {"X-JWS-SIGNATURE": answer.headers["X-Jws-Signature"]}
        good["content-type"] = answer.headers["Content-Type"]
        others = {name: value for name, value in good.items() if name.title() not in strange}
        got = await mocked.bank.read_callback(others | strange, answer.content)

    assert got == (GOOD_CALL if "User-Agent" in strange else None)


@pytest.mark.parametrize(
    "date_header", [None, "yesterday", "2026-11-25T10:00:00Z"], ids=["none", "no date", "ISO"]
)
async def test_a_clock_that_cannot_be_read_has_no_skew(date_header: str | None) -> None:
    headers = {} if date_header is None else {"Date": date_header}
    async with mocked_smbc() as mocked:
        mocked.keys.mock(return_value=httpx.Response(200, headers=headers))

        assert await mocked.bank.clock_skew_s() is None


async def test_a_signature_over_other_bytes_is_named_in_the_evidence() -> None:
    answer = recorded("completed")
    changed = answer.content.replace(b"COMPLETED", b"RETURNED", 1)
    async with mocked_smbc() as mocked:
        mocked.says(httpx.Response(200, headers=answer.headers, content=changed))

        got = await submit(mocked.bank)

    assert (got.outcome, got.evidence.code) == (FORGED, "BAD_SIGNATURE")
