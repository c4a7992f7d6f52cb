"""PayPay's own codes and messages about pay-outs, names and statements, one row each.

The answers in `recordings/paypay` are written from the profile and bear the sandbox secret's MAC.
"""

from dataclasses import replace
from datetime import date, datetime, timedelta

import httpx
import pytest

from gateway.adapters.paypay import codes
from gateway.adapters.paypay.opening import random_nonce
from gateway.adapters.paypay.pairs import Seal
from gateway.domain.bank import (
    Direction,
    Health,
    NameFound,
    NameRefused,
    Statement,
    StatementLine,
    StatementUnavailable,
)
from gateway.domain.hours import JST
from gateway.domain.kana import ALLOWED
from gateway.domain.money import Yen
from gateway.domain.outcome import NotFound, NotSent, Rejected, Returned, Settled, Unknown
from gateway.domain.reason import Reason
from tests.adapters.mocked_paypay import (
    ANSWERS,
    BASE,
    ENVELOPE,
    NONCE,
    PAYEE,
    PAYOUT,
    csv,
    lines,
    mac,
    mocked_paypay,
    recorded,
    says,
    sealed,
    text,
)
from tests.adapters.stand_ins import REFERENCE, submit
from tests.manual_clock import START, ManualClock

BOOKED = START
FORGED = Unknown(integrity=True)
DAY = date(2026, 11, 25)
RESUMES = datetime(2026, 11, 26, 3, 0, tzinfo=JST)

OF_A_SUBMIT = {
    "payout_done": Settled(BOOKED, "PP0123456789ABCD"),
    "e01": Rejected(Reason.FORMAT_ERROR),
    "e02": NotSent(Reason.CONTRACT_ERROR),
    "e03": NotSent(Reason.CONTRACT_ERROR),
    "e04": NotSent(Reason.OUT_OF_HOURS, RESUMES),
    "e05": Rejected(Reason.LIMIT_EXCEEDED),
    "e06": NotSent(Reason.THROTTLED),
    "e07": Unknown(Reason.DUPLICATE),
    "e11": Rejected(Reason.ACCOUNT_NOT_FOUND),
    "e12": Rejected(Reason.NAME_MISMATCH),
    "e13": Rejected(Reason.ACCOUNT_FROZEN),
    "e14": NotSent(Reason.SETTLEMENT_BALANCE_SHORT),
    "e99": Unknown(),
}
UNANSWERED = {
    **dict.fromkeys(["e01", "e04", "e06", "e99"], Unknown()),
    **dict.fromkeys(["e02", "e03"], Unknown(Reason.CONTRACT_ERROR)),
}
OF_AN_INQUIRY = {
    **UNANSWERED,
    "payout_state_done": Settled(BOOKED),
    "payout_state_returned": Returned(BOOKED, BOOKED + timedelta(seconds=5)),
    "payout_state_none": NotFound(),
}
OF_A_NAME = {
    "name": NameFound("ﾔﾏﾀﾞ ﾀﾛｳ"),
    "bare_e01": NameRefused(Reason.FORMAT_ERROR),
    "bare_e02": NameRefused(Reason.CONTRACT_ERROR),
    "bare_e03": NameRefused(Reason.CONTRACT_ERROR),
    "bare_e04": NameRefused(Reason.OUT_OF_HOURS),
    "bare_e06": NameRefused(Reason.THROTTLED),
    "bare_e11": NameRefused(Reason.ACCOUNT_NOT_FOUND),
}
NO_STATEMENT = {
    "bare_e01": StatementUnavailable(Reason.FORMAT_ERROR),
    "bare_e02": StatementUnavailable(Reason.CONTRACT_ERROR),
    "bare_e03": StatementUnavailable(Reason.CONTRACT_ERROR),
    "bare_e04": StatementUnavailable(Reason.OUT_OF_HOURS),
    "bare_e06": StatementUnavailable(Reason.THROTTLED),
}
IS_A_STATEMENT = {"statement", "statement_empty"}


@pytest.mark.parametrize("name", list(ANSWERS))
async def test_each_answer_to_a_submit_means_one_outcome(name: str) -> None:
    async with mocked_paypay() as mocked:
        mocked.answers(recorded(name))

        got = await submit(mocked.bank, PAYOUT)

    assert got.outcome == OF_A_SUBMIT.get(name, FORGED)


@pytest.mark.parametrize("name", list(ANSWERS))
async def test_each_answer_to_an_inquiry_means_one_outcome(name: str) -> None:
    async with mocked_paypay() as mocked:
        mocked.answers(recorded(name))

        got = await mocked.bank.inquire(PAYOUT)

    assert got.outcome == OF_AN_INQUIRY.get(name, FORGED)


@pytest.mark.parametrize("name", list(ANSWERS))
async def test_each_answer_about_a_name_means_one_thing(name: str) -> None:
    async with mocked_paypay() as mocked:
        mocked.answers(recorded(name))

        got = await mocked.bank.verify_name(PAYEE)

    assert got == OF_A_NAME.get(name, NameRefused(Reason.OUTCOME_UNKNOWN))


@pytest.mark.parametrize("name", [name for name in ANSWERS if name not in IS_A_STATEMENT])
async def test_an_answer_that_is_no_statement_says_why_or_nothing(name: str) -> None:
    async with mocked_paypay() as mocked:
        mocked.answers(recorded(name))

        got = await mocked.bank.statement(DAY)

    assert got == NO_STATEMENT.get(name, StatementUnavailable(Reason.OUTCOME_UNKNOWN))


def test_every_code_of_the_tables_has_a_recording() -> None:
    listed = {code.lower() for code in {*codes.PAYOUT, *codes.NAME}}

    assert listed <= set(ANSWERS)
    assert {f"bare_{code}" for code in listed} <= set(ANSWERS)


async def test_the_evidence_names_the_banks_code_or_state() -> None:
    async with mocked_paypay() as mocked:
        mocked.answers(recorded("e13"))
        refused = await submit(mocked.bank, PAYOUT)
        mocked.answers(recorded("payout_state_returned"))
        returned = await mocked.bank.inquire(PAYOUT)
        mocked.answers(says(RESULT="1", CODE="ﾃｽﾄ"))
        strange = await submit(mocked.bank, PAYOUT)

    assert refused.evidence.code == "E13"
    assert returned.evidence.code == "RETURNED"
    assert strange.evidence.code == "UNLISTED_CODE"


async def test_a_pay_out_is_asked_under_shop_instant_nonce_and_mac() -> None:
    async with mocked_paypay() as mocked:
        mocked.answers(recorded("payout_done"))

        await submit(mocked.bank, PAYOUT)

        request = mocked.route.calls.last.request
        assert str(request.url) == f"{BASE}/payout"
        assert request.headers["Content-Type"] == "application/x-www-form-urlencoded"
        assert b"NAME=%D4%CF%C0%DE%20%C0%DB%B3" in request.content
        assert mocked.asked() == sealed(
            {
                "SHOP_ID": "SHOP0001",
                "TRAN_ID": REFERENCE,
                "AMOUNT": "10000",
                "BRANCH": "002",
                "KIND": "1",
                "ACCOUNT": "1234567",
                "NAME": "ﾔﾏﾀﾞ ﾀﾛｳ",
                "DATETIME": "20261125100000",
                "NONCE": NONCE,
            }
        )


async def test_the_longest_name_is_sent_whole() -> None:
    """A name that were cut would be another one, and the bank takes only the equal one."""
    longest = "ｶﾞ" * 15
    async with mocked_paypay() as mocked:
        mocked.answers(recorded("payout_done"))

        await submit(mocked.bank, replace(PAYOUT, creditor=replace(PAYEE, holder=longest)))

        assert mocked.asked()["NAME"] == longest
    assert all(len(character.encode("shift_jis")) == 1 for character in ALLOWED)


async def test_every_question_has_a_nonce_of_its_own() -> None:
    nonces = {random_nonce() for _ in range(100)}

    assert len(nonces) == 100
    assert all(len(nonce) == 16 and nonce == nonce.lower() for nonce in nonces)


async def test_a_recorded_success_settles_no_other_pay_out() -> None:
    """The nonce, not only the reference, ties an answer to its question."""
    async with mocked_paypay(nonce="aaaaaaaaaaaaaaaa") as mocked:
        mocked.answers(recorded("payout_done"))

        got = await submit(mocked.bank, PAYOUT)

    assert got.outcome == FORGED
    assert got.evidence.code == "OTHER_NONCE"


DONE = {"RESULT": "0", "STATE": "DONE", "AMOUNT": "10000", "DONE_AT": "20261125100000"}
BACK = DONE | {"STATE": "RETURNED", "RETURNED_AT": "20261125100005"}


@pytest.mark.parametrize(
    "fields",
    [
        pytest.param(DONE | {"TRAN_ID": "B" * 20}, id="another reference"),
        pytest.param(DONE | {"TRAN_ID": REFERENCE.lower()}, id="the reference in lower case"),
        pytest.param(DONE | {"TRAN_ID": ""}, id="no reference"),
        pytest.param(DONE | {"REQ_NONCE": "0123456789ABCDEF"}, id="the nonce in upper case"),
        pytest.param(DONE | {"REQ_NONCE": ""}, id="no nonce of ours"),
        pytest.param(DONE | {"NONCE": ""}, id="no nonce of theirs"),
        pytest.param(DONE | {"DATETIME": "2026-11-25T10:00:00"}, id="another form of instant"),
        pytest.param(DONE | {"RESULT": "00"}, id="another result"),
        pytest.param(DONE | {"RESULT": ""}, id="no result"),
        pytest.param(DONE | {"MESSAGE": "ok"}, id="an unknown key"),
        pytest.param(DONE | {"CODE": ""}, id="a code beside a success"),
        pytest.param(DONE | {"STATE": "done"}, id="a state in lower case"),
        pytest.param(DONE | {"STATE": "PENDING"}, id="an unknown state"),
        pytest.param(DONE | {"STATE": "PAID"}, id="a state of a collection"),
        pytest.param(DONE | {"AMOUNT": "10001"}, id="another amount"),
        pytest.param(DONE | {"AMOUNT": "010000"}, id="an amount with a leading zero"),
        pytest.param(DONE | {"AMOUNT": "１００００"}, id="full-width digits"),
        pytest.param(DONE | {"AMOUNT": "-10000"}, id="a negative amount"),
        pytest.param(DONE | {"AMOUNT": ""}, id="no amount"),
        pytest.param(DONE | {"DONE_AT": ""}, id="done, nobody knows when"),
        pytest.param(DONE | {"DONE_AT": "20260230100000"}, id="a day that is not"),
        pytest.param(DONE | {"DONE_AT": "２０２６１１２５１０００００"}, id="full-width instant"),
        pytest.param(DONE | {"RETURNED_AT": "20261125100005"}, id="done and returned"),
        pytest.param(BACK | {"RETURNED_AT": ""}, id="returned, nobody knows when"),
        pytest.param(BACK | {"RETURNED_AT": "20261125095959"}, id="returned before it was done"),
        pytest.param(DONE | {"STATE": "NONE"}, id="none, and yet an amount and an instant"),
        pytest.param({"RESULT": "0", "AMOUNT": "10000"}, id="no state"),
        pytest.param({"RESULT": "1"}, id="a refusal without a code"),
        pytest.param({"RESULT": "1", "CODE": "E99", "STATE": "NONE"}, id="refused, and a state"),
        pytest.param(
            {"RESULT": "1", "CODE": "E04", "RESUMES_AT": "soon"}, id="open again, who knows when"
        ),
    ],
)
async def test_an_authentic_answer_that_does_not_fit_is_unknown_with_an_alert(
    fields: dict[str, str],
) -> None:
    async with mocked_paypay() as mocked:
        mocked.answers(says(**fields))

        got = await mocked.bank.inquire(PAYOUT)

    assert got.outcome == FORGED


async def test_an_empty_value_says_as_much_as_none() -> None:
    async with mocked_paypay() as mocked:
        mocked.answers(says(RESULT="0", STATE="NONE", AMOUNT="", DONE_AT="", RETURNED_AT=""))

        got = await mocked.bank.inquire(PAYOUT)

    assert got.outcome == NotFound()


async def test_an_answer_without_a_key_of_the_envelope_is_unknown() -> None:
    for missing in ENVELOPE:
        fields = {**DONE, "TRAN_ID": REFERENCE, **ENVELOPE}
        del fields[missing]
        async with mocked_paypay() as mocked:
            mocked.answers(text(lines(sealed(fields))))

            got = await mocked.bank.inquire(PAYOUT)

        assert got.outcome == FORGED, missing


BODY = lines(sealed({**DONE, "TRAN_ID": REFERENCE, **ENVELOPE}))


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(b"", id="nothing"),
        pytest.param(BODY[:-1], id="without the last LF"),
        pytest.param(BODY[:-2], id="without the last CRLF"),
        pytest.param(BODY.replace(b"\r\n", b"\n"), id="LF only"),
        pytest.param(BODY + BODY, id="twice"),
        pytest.param(b"RESULT=0\r\n" + BODY, id="a key twice"),
        pytest.param(BODY + b"\r\n", id="an empty line"),
        pytest.param(BODY.replace(b"STATE=", b"STATE:"), id="a line that is no pair"),
        pytest.param(BODY.replace(b"STATE=", b"state="), id="a key in lower case"),
        pytest.param(BODY.replace(b"10000\r\n", b"10001\r\n"), id="another amount, the old MAC"),
        pytest.param(BODY.upper(), id="the MAC in upper case"),
        pytest.param(BODY[: BODY.index(b"MAC=")], id="no MAC"),
        pytest.param(b"\xef\xbb\xbf" + BODY, id="a byte order mark"),
        pytest.param(b"<html>\x83\x81\x83\x93\x83e</html>", id="a page"),
    ],
)
async def test_what_is_no_message_or_bears_no_mac_is_unknown_with_an_alert(body: bytes) -> None:
    async with mocked_paypay() as mocked:
        mocked.answers(text(body))

        got = await mocked.bank.inquire(PAYOUT)

    assert got.outcome == FORGED


@pytest.mark.parametrize(
    "content_type",
    [
        pytest.param("text/html; charset=Shift_JIS", id="a page"),
        pytest.param("text/plain", id="no charset"),
        pytest.param("text/plain; charset=utf-8", id="another charset"),
        pytest.param("", id="none"),
    ],
)
async def test_another_content_type_is_unknown(content_type: str) -> None:
    async with mocked_paypay() as mocked:
        mocked.answers(text(BODY, content_type))

        got = await mocked.bank.inquire(PAYOUT)

    assert got.outcome == FORGED
    assert got.evidence.code == "BAD_CONTENT_TYPE"


@pytest.mark.parametrize("status", [204, 302, 400, 403, 404, 429, 500, 503])
async def test_only_a_200_is_an_answer_of_this_bank(status: int) -> None:
    async with mocked_paypay() as mocked:
        answer = recorded("payout_done")
        mocked.answers(httpx.Response(status, headers=answer.headers, content=answer.content))

        got = await submit(mocked.bank, PAYOUT)

    assert got.outcome == FORGED
    assert got.evidence.code == f"STATUS_{status}"


async def test_an_end_of_closing_in_the_far_future_is_not_believed() -> None:
    async with mocked_paypay() as mocked:
        mocked.answers(says(RESULT="1", CODE="E04", RESUMES_AT="20261205000000"))

        got = await submit(mocked.bank, PAYOUT)

    assert got.outcome == NotSent(Reason.OUT_OF_HOURS)


def movement(number: int, direction: Direction, amount: int, at: str) -> StatementLine:
    return StatementLine(
        bank_id=f"20261125-{number}",
        direction=direction,
        amount=Yen(amount),
        booked_at=datetime.fromisoformat(f"2026-11-25T{at}+09:00").astimezone(JST),
        value_date=DAY,
        reference=REFERENCE,
        counterparty="ﾔﾏﾀﾞ ﾀﾛｳ",
        is_return=False,
    )


async def test_a_statement_has_every_movement_of_the_day() -> None:
    async with mocked_paypay() as mocked:
        mocked.answers(recorded("statement"))

        got = await mocked.bank.statement(DAY)

        assert mocked.asked()["DATE"] == "20261125"
    assert isinstance(got, Statement)
    back = movement(2, Direction.IN, 10_000, "09:00:05")
    paid = movement(3, Direction.IN, 30_000, "09:30:00")
    funded = movement(4, Direction.IN, 165_000, "09:45:00")
    assert got.movements == (
        movement(1, Direction.OUT, 10_000, "09:00:00"),
        replace(back, counterparty="ｼｷﾝﾍﾝｷﾔｸ", is_return=True),
        replace(paid, reference="BBBBCCCCDDDDEEEE3456", counterparty="ｻﾄｳ ﾊﾅｺ"),
        replace(funded, reference=None, counterparty="ﾌﾟﾛﾐｽ"),
    )


async def test_a_day_without_movements_is_a_statement_too() -> None:
    async with mocked_paypay() as mocked:
        mocked.answers(recorded("statement_empty"))

        got = await mocked.bank.statement(DAY)

    assert isinstance(got, Statement)
    assert got.movements == ()


ROW = f"1,20261125090000,2,10000,{REFERENCE},ﾔﾏﾀﾞ ﾀﾛｳ\r\n"
END = "T,0,0,1,10000\r\n"


@pytest.mark.parametrize(
    "body",
    [
        pytest.param("", id="nothing"),
        pytest.param(ROW, id="no trailer"),
        pytest.param(ROW + END + END, id="two trailers"),
        pytest.param(END + ROW, id="the trailer first"),
        pytest.param(ROW + END[:-2], id="no CRLF at the end"),
        pytest.param(ROW.replace("\r\n", "\n") + END, id="LF only"),
        pytest.param("seq,datetime,a,b,c,d\r\n" + ROW + END, id="a heading"),
        pytest.param('"1"' + ROW[1:] + END, id="quotes"),
        pytest.param(ROW.replace("2,10000", "3,10000") + END, id="neither in nor out"),
        pytest.param(ROW.replace("10000", "0") + "T,0,0,1,0\r\n", id="a movement of nothing"),
        pytest.param(ROW.replace("20261125", "20261124") + END, id="another day"),
        pytest.param(ROW.replace("25090000", "25190000") + END, id="an hour that is still to come"),
        pytest.param(ROW.replace(REFERENCE, "no reference!") + END, id="no reference"),
        pytest.param(ROW.replace("ﾔﾏﾀﾞ", "ﾔﾏ,ﾀﾞ") + END, id="a column too many"),
        pytest.param(ROW + "T,0,0,2,10000\r\n", id="another count"),
        pytest.param(ROW + "T,0,0,1,10001\r\n", id="another sum"),
        pytest.param(ROW + "T,1,10000,0,0\r\n", id="the other direction"),
        pytest.param(ROW + "T,00,0,1,10000\r\n", id="a zero too many"),
        pytest.param(ROW + ROW + "T,0,0,2,20000\r\n", id="a number twice"),
    ],
)
async def test_a_statement_that_could_be_read_in_two_ways_is_refused_whole(body: str) -> None:
    async with mocked_paypay() as mocked:
        mocked.answers(csv(body))

        got = await mocked.bank.statement(DAY)

    assert got == StatementUnavailable(Reason.OUTCOME_UNKNOWN)


@pytest.mark.parametrize(
    "answer",
    [
        pytest.param(csv(ROW + END, signature=""), id="an empty MAC"),
        pytest.param(csv(ROW + END, signature=mac(ROW)), id="the MAC of another body"),
        pytest.param(csv(ROW + END, signature=mac(ROW + END).upper()), id="the MAC in upper case"),
        pytest.param(
            httpx.Response(500, headers=csv(ROW + END).headers, content=csv(ROW + END).content),
            id="another status",
        ),
        pytest.param(
            httpx.Response(
                200,
                headers={"X-MAC": mac(ROW + END), "Content-Type": "text/html"},
                content=(ROW + END).encode("shift_jis"),
            ),
            id="a page",
        ),
        pytest.param(
            httpx.Response(
                200,
                headers={
                    "X-MAC": Seal("sandbox-paypay-mac-secret").mac_of_bytes(b"\x87\x40").decode(),
                    "Content-Type": "text/csv; charset=Shift_JIS",
                },
                content=b"\x87\x40",
            ),
            id="a line that does not end",
        ),
    ],
)
async def test_a_statement_that_is_not_the_banks_is_refused(answer: httpx.Response) -> None:
    async with mocked_paypay() as mocked:
        mocked.answers(answer)

        got = await mocked.bank.statement(DAY)

    assert got == StatementUnavailable(Reason.OUTCOME_UNKNOWN)


def bare(**fields: str) -> httpx.Response:
    """Return an authentic answer to a question without a reference."""
    return text(lines(sealed({**ENVELOPE, **fields})))


async def test_a_success_that_brings_no_statement_is_none() -> None:
    async with mocked_paypay() as mocked:
        mocked.answers(bare(RESULT="0"))

        got = await mocked.bank.statement(DAY)

    assert got == StatementUnavailable(Reason.OUTCOME_UNKNOWN)


@pytest.mark.parametrize("name", ["", "ﾔ" * 101, "ﾔﾏﾀﾞ&X=1"])
async def test_a_name_that_nobody_bears_is_none(name: str) -> None:
    async with mocked_paypay() as mocked:
        mocked.answers(bare(RESULT="0", NAME=name))

        got = await mocked.bank.verify_name(PAYEE)

    assert got == NameRefused(Reason.OUTCOME_UNKNOWN)


@pytest.mark.parametrize("bank_id", ["", "P P", "領収", "P" * 65, "P&X=1"])
async def test_a_success_without_a_number_of_the_banks_is_unknown(bank_id: str) -> None:
    async with mocked_paypay() as mocked:
        mocked.answers(says(RESULT="0", BANK_ID=bank_id, DONE_AT="20261125100000"))

        got = await submit(mocked.bank, PAYOUT)

    assert got.outcome == FORGED


async def test_a_bank_that_nobody_asked_yet_is_up() -> None:
    async with mocked_paypay() as mocked:
        assert mocked.bank.health is Health.UP


async def test_the_banks_clock_is_read_off_any_answer() -> None:
    async with mocked_paypay(ManualClock()) as mocked:
        refused = httpx.Response(405, headers={"Date": "Wed, 25 Nov 2026 01:00:10 GMT"})
        mocked.answers(refused)

        assert await mocked.bank.clock_skew_s() == 10.5


async def test_the_secret_shows_nowhere() -> None:
    async with mocked_paypay() as mocked:
        mocked.answers(recorded("payout_done"))

        await submit(mocked.bank, PAYOUT)

        request = mocked.route.calls.last.request
        assert b"secret" not in request.content
        assert "secret" not in str(request.headers)
    assert "sandbox" not in repr(Seal("sandbox-paypay-mac-secret"))
