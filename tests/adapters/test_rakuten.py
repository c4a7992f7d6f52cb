"""Rakuten's own characters and lines, one row each.

The answers in `recordings/rakuten` are written from the profile: one line of quoted fields each,
in the shapes of money calls (`…_money`), inquiries (`…_inquiry`) and short calls (`…_two`).
"""

import hashlib
from datetime import date, timedelta
from urllib.parse import quote

import httpx
import pytest
from structlog.testing import capture_logs

from gateway.adapters.numbers import Numbers
from gateway.adapters.rakuten import codes
from gateway.adapters.rakuten.channel import Channel, Credentials
from gateway.domain.account import BankCode
from gateway.domain.bank import (
    Health,
    NameFound,
    NameRefused,
    StatementUnavailable,
)
from gateway.domain.errors import Busy
from gateway.domain.money import Yen
from gateway.domain.outcome import (
    Authorizing,
    NotFound,
    NotSent,
    Paid,
    Pending,
    Redirect,
    Rejected,
    Returned,
    Settled,
    Submitted,
    Unknown,
)
from gateway.domain.reason import Reason
from tests.adapters.mocked_rakuten import (
    ANSWERS,
    BASE,
    COLLECTION,
    PAYEE,
    PAYOUT,
    mocked_rakuten,
    recorded,
    row,
    says,
)
from tests.adapters.stand_ins import REFERENCE, FreeLanes, submit
from tests.manual_clock import START

FORGED = Unknown(integrity=True)
DAY = date(2026, 11, 25)
RECEIPT = "RT0123456789ABCD"
BACK = START + timedelta(seconds=5)
PASSWORD = "sandbox-rakuten-password"

OF_A_SUBMIT = {
    "0_done": Settled(START, RECEIPT),
    "d_done_already": Settled(START, RECEIPT),
    "403": Unknown(Reason.CONTRACT_ERROR),
    "space_money": NotSent(Reason.SETTLEMENT_BALANCE_SHORT),
    "a_money": NotSent(Reason.OUT_OF_HOURS),
    "b_money": NotSent(Reason.CONTRACT_ERROR),
    "c_money": Rejected(Reason.ACCOUNT_NOT_FOUND),
    "e_money": NotSent(Reason.THROTTLED),
    "f_money": Unknown(),
    "g_money": Rejected(Reason.LIMIT_EXCEEDED),
    "h_money": Rejected(Reason.FORMAT_ERROR),
    "i_money": Unknown(),
    "n_money": Rejected(Reason.NAME_MISMATCH),
    "q_money": Unknown(Reason.CONTRACT_ERROR),
}
CONTRACT_TROUBLE = ["b_inquiry", "b_money", "q_inquiry", "q_money", "403"]
# A refused inquiry tells nothing, in the shape of an inquiry as in that of a money call.
UNANSWERED = {
    **{f"{code.lower()}_inquiry": Unknown() for code in codes.ASKED_WRONGLY},
    **{f"{code.lower()}_money": Unknown() for code in codes.ASKED_WRONGLY},
    **dict.fromkeys(CONTRACT_TROUBLE, Unknown(Reason.CONTRACT_ERROR)),
}
OF_AN_INQUIRY = {
    **UNANSWERED,
    "state_1": Settled(START, RECEIPT),
    "state_2": Submitted(RECEIPT),
    "state_3_space": Rejected(Reason.SETTLEMENT_BALANCE_SHORT),
    "state_3_c": Rejected(Reason.ACCOUNT_NOT_FOUND),
    "state_3_g": Rejected(Reason.LIMIT_EXCEEDED),
    "state_3_n": Rejected(Reason.NAME_MISMATCH),
    "state_4": Returned(BACK, BACK, None, RECEIPT),
    "state_9": NotFound(),
}
COLLECTED = {
    **UNANSWERED,
    "open": Pending(),
    "paid": Paid(START, Yen(10_000), RECEIPT),
    "state_3": Rejected(Reason.PAYER_CANCELLED),
    "failed": Rejected(Reason.INSUFFICIENT_FUNDS),
    "state_5": Rejected(Reason.SESSION_EXPIRED),
    "state_9": NotFound(),
}
STARTED = {
    "start": Authorizing(Redirect("http://127.0.0.1:8105/pay/7Q")),
    "403": Unknown(Reason.CONTRACT_ERROR),
    **{
        f"{code}_{shape}": outcome
        for shape in ("two", "money")
        for code, outcome in {
            "a": NotSent(Reason.OUT_OF_HOURS),
            "b": NotSent(Reason.CONTRACT_ERROR),
            "d": Unknown(Reason.DUPLICATE),
            "e": NotSent(Reason.THROTTLED),
            "f": Unknown(),
            "g": Rejected(Reason.LIMIT_EXCEEDED),
            "h": Rejected(Reason.FORMAT_ERROR),
            "i": Unknown(),
            "q": Unknown(Reason.CONTRACT_ERROR),
        }.items()
    },
    "d_done_already": Unknown(Reason.DUPLICATE),
}
NAME_REASONS = {**codes.ASKED_WRONGLY, "C": Reason.ACCOUNT_NOT_FOUND}
NAMED = {
    "name": NameFound("ﾔﾏﾀﾞ ﾀﾛｳ"),
    "start": NameFound("http://127.0.0.1:8105/pay/7Q"),  # whoever compares it finds no name
    "403": NameRefused(Reason.CONTRACT_ERROR),
    **{f"{code.lower()}_two": NameRefused(reason) for code, reason in NAME_REASONS.items()},
    **{f"{code.lower()}_money": NameRefused(reason) for code, reason in NAME_REASONS.items()},
}
NO_STATEMENT = {
    "403": StatementUnavailable(Reason.CONTRACT_ERROR),
    **{
        f"{code.lower()}_money": StatementUnavailable(reason)
        for code, reason in codes.ASKED_WRONGLY.items()
    },
}
IS_A_STATEMENT = {"statement", "statement_empty"}


@pytest.mark.parametrize("name", list(ANSWERS))
async def test_each_answer_to_a_submit_means_one_outcome(name: str) -> None:
    async with mocked_rakuten() as mocked:
        mocked.answers(recorded(name))

        got = await submit(mocked.bank, PAYOUT)

    assert got.outcome == OF_A_SUBMIT.get(name, FORGED)


@pytest.mark.parametrize("name", list(ANSWERS))
async def test_each_answer_to_an_inquiry_means_one_outcome(name: str) -> None:
    async with mocked_rakuten() as mocked:
        mocked.answers(recorded(name))

        got = await mocked.bank.inquire(PAYOUT)

    assert got.outcome == OF_AN_INQUIRY.get(name, FORGED)


@pytest.mark.parametrize("name", list(ANSWERS))
async def test_each_answer_about_a_collection_means_one_outcome(name: str) -> None:
    cancelled = {f"state_3_{code}" for code in ("space", "c", "g", "h", "n")}
    async with mocked_rakuten() as mocked:
        mocked.answers(recorded(name))

        got = await mocked.bank.inquire_collection(COLLECTION)

    wanted = COLLECTED["state_3"] if name in cancelled else COLLECTED.get(name, FORGED)
    assert got.outcome == wanted


@pytest.mark.parametrize("name", list(ANSWERS))
async def test_each_answer_to_a_start_means_one_outcome(name: str) -> None:
    async with mocked_rakuten() as mocked:
        mocked.answers(recorded(name))

        got = await mocked.bank.start_collection(COLLECTION)

    assert got.outcome == STARTED.get(name, FORGED)


@pytest.mark.parametrize("name", list(ANSWERS))
async def test_each_answer_about_a_name_means_one_thing(name: str) -> None:
    async with mocked_rakuten() as mocked:
        mocked.answers(recorded(name))

        got = await mocked.bank.verify_name(PAYEE)

    assert got == NAMED.get(name, NameRefused(Reason.OUTCOME_UNKNOWN))


@pytest.mark.parametrize("name", [name for name in ANSWERS if name not in IS_A_STATEMENT])
async def test_an_answer_that_is_no_statement_says_why_or_nothing(name: str) -> None:
    async with mocked_rakuten() as mocked:
        mocked.answers(recorded(name))

        got = await mocked.bank.statement(DAY)

    assert got == NO_STATEMENT.get(name, StatementUnavailable(Reason.OUTCOME_UNKNOWN))


def test_every_code_and_state_of_the_tables_has_a_recording() -> None:
    listed = {code.lower().replace(" ", "space") for code in {*codes.TRANSFER, *codes.NAME}}
    states = {code.lower().replace(" ", "space") for code in codes.REFUSED}

    for shape in ("money", "inquiry", "two"):
        assert {f"{code}_{shape}" for code in listed} <= set(ANSWERS)
    assert {f"state_3_{code}" for code in states} <= set(ANSWERS)
    assert {f"state_{state}" for state in codes.COLLECTION_REFUSED} <= set(ANSWERS)


@pytest.mark.parametrize(
    ("name", "code"),
    [
        pytest.param("0_done", "0", id="done"),
        pytest.param("d_done_already", "D", id="done already"),
        pytest.param("space_money", "SPACE", id="a space could be overlooked"),
        pytest.param("n_money", "N", id="a refusal"),
        pytest.param("z_money", "Z", id="an unlisted code"),
        pytest.param("403", "STATUS_403", id="the front door"),
    ],
)
async def test_the_evidence_names_the_banks_code(name: str, code: str) -> None:
    async with mocked_rakuten() as mocked:
        mocked.answers(recorded(name))

        got = await submit(mocked.bank, PAYOUT)

    assert got.evidence.code == code


async def test_a_code_that_is_none_is_not_put_into_the_evidence() -> None:
    async with mocked_rakuten() as mocked:
        mocked.answers(says(row("ｼｯﾊﾟｲ", "", "", "")))

        got = await submit(mocked.bank, PAYOUT)

    assert got.outcome == FORGED
    assert got.evidence.code == "UNLISTED_CODE"


async def test_a_transfer_is_asked_in_utf8_under_user_password_and_number() -> None:
    async with mocked_rakuten() as mocked:
        mocked.answers(recorded("0_done"))

        await submit(mocked.bank, PAYOUT)

        request = mocked.route.calls.last.request
        assert str(request.url) == f"{BASE}/furikomi"
        assert request.headers["Content-Type"] == "application/x-www-form-urlencoded"
        assert quote("ﾔﾏﾀﾞ ﾀﾛｳ").encode() in request.content
        assert mocked.asked() == [
            {
                "USER_ID": "LENDER01",
                "PASSWORD": PASSWORD,
                "SEQ": "000000000001",
                "REF": REFERENCE,
                "AMOUNT": "10000",
                "BRANCH": "201",
                "KIND": "1",
                "ACCOUNT": "1234567",
                "KANA": "ﾔﾏﾀﾞ ﾀﾛｳ",
                "IRAI_KANA": "ﾌﾟﾛﾐｽ",
            }
        ]


async def test_a_collection_is_asked_with_its_limit_in_japanese_time() -> None:
    async with mocked_rakuten() as mocked:
        mocked.answers(recorded("start"))

        await mocked.bank.start_collection(COLLECTION)

        (asked,) = mocked.asked()
    assert {key: asked[key] for key in ("REF", "AMOUNT", "ITEM", "RETURN_URL", "LIMIT")} == {
        "REF": REFERENCE,
        "AMOUNT": "10000",
        "ITEM": "ﾌﾟﾛﾐｽ ﾍﾝｻｲ",
        "RETURN_URL": "https://lender.example/return?id=7&x=1",
        "LIMIT": "20261125101500",
    }
    assert "callback" not in str(asked)


async def test_every_try_takes_a_number_of_its_own() -> None:
    async with mocked_rakuten() as mocked:
        mocked.answers(httpx.ConnectError("refused"), recorded("0_done"))

        got = await submit(mocked.bank, PAYOUT)
        await mocked.bank.inquire(PAYOUT)

        numbers = [asked["SEQ"] for asked in mocked.asked()]
    assert got.outcome == Settled(START, RECEIPT)
    assert numbers == ["000000000001", "000000000002", "000000000003"]


class NoNumbers(FreeLanes):
    async def take_numbers(self, bank: BankCode, *, count: int) -> int:
        del bank, count
        raise Busy(Reason.BANK_BUSY, retry_after_s=1)


async def test_without_a_number_nothing_is_sent() -> None:
    async with mocked_rakuten(lanes=NoNumbers()) as mocked:
        got = await submit(mocked.bank, PAYOUT)
        asked = await mocked.bank.inquire(PAYOUT)

        assert not mocked.route.called
    assert got.outcome == NotSent(Reason.BANK_BUSY)
    assert asked.outcome == Unknown()


async def test_a_number_has_twelve_digits_however_many_were_taken() -> None:
    lanes = FreeLanes(next_number=10**12 - 1)
    channel = Channel(Credentials("http://x", "u", "p"), Numbers(lanes, BankCode.RAKUTEN))

    got = [await channel.take_sequence() for _ in range(2)]

    assert got == ["999999999999", "000000000000"]


DONE = ("0", RECEIPT, "20261125100000", "", "1", "10000", "")
REFUSED = ("0", RECEIPT, "", "", "3", "10000", "C")


def with_field(fields: tuple[str, ...], position: int, value: str) -> str:
    changed = list(fields)
    changed[position] = value
    return row(*changed)


@pytest.mark.parametrize(
    "line",
    [
        pytest.param(with_field(DONE, 0, "00"), id="another code"),
        pytest.param(with_field(DONE, 0, "D"), id="done already is no answer to an inquiry"),
        pytest.param(with_field(DONE, 1, ""), id="done without a receipt"),
        pytest.param(with_field(DONE, 1, "領収"), id="a receipt that is none"),
        pytest.param(with_field(DONE, 2, ""), id="done, nobody knows when"),
        pytest.param(with_field(DONE, 2, "2026-11-25T10:00:00"), id="another form of instant"),
        pytest.param(with_field(DONE, 2, "20260230100000"), id="a day that is not"),
        pytest.param(with_field(DONE, 4, ""), id="no state"),
        pytest.param(with_field(DONE, 4, "0"), id="an unknown state"),
        pytest.param(with_field(DONE, 4, "１"), id="a full-width state"),
        pytest.param(with_field(DONE, 5, "10001"), id="another amount"),
        pytest.param(with_field(DONE, 5, ""), id="no amount"),
        pytest.param(with_field(DONE, 5, "10,000"), id="an amount with a comma"),
        pytest.param(with_field(DONE, 6, "C"), id="done and refused"),
        pytest.param(with_field(REFUSED, 6, ""), id="refused, nobody knows why"),
        pytest.param(with_field(REFUSED, 6, "F"), id="refused for not being known"),
        pytest.param(with_field(REFUSED, 6, "0"), id="refused for being done"),
        pytest.param(with_field(REFUSED, 5, "10001"), id="another amount was refused"),
        pytest.param(with_field(DONE, 4, "9"), id="none, and yet a receipt"),
        pytest.param(row("0", "", "20261125100000", "", "9", "", ""), id="none, and yet booked"),
        pytest.param(row("0", "", "", "", "9", "10000", ""), id="none, and yet an amount"),
        pytest.param(row("0", "", "", "", "9", "", "C"), id="none, and yet refused"),
        pytest.param(with_field(DONE, 4, "2"), id="in process, and yet booked"),
        pytest.param(with_field(REFUSED, 2, "20261125100000"), id="refused, and yet booked"),
        pytest.param(row("0", "領収", "", "", "2", "10000", ""), id="in process, no receipt"),
        pytest.param(row(*DONE, ""), id="a field too many"),
        pytest.param(row(*DONE[:6]), id="a field too few"),
        pytest.param(row(*DONE[:4]), id="a money line"),
        pytest.param(row(*DONE) + row(*DONE), id="two lines"),
    ],
)
async def test_an_inquiry_that_does_not_fit_is_unknown_with_an_alert(line: str) -> None:
    async with mocked_rakuten() as mocked:
        mocked.answers(says(line))

        got = await mocked.bank.inquire(PAYOUT)

    assert got.outcome == FORGED


@pytest.mark.parametrize(
    "line",
    [
        pytest.param(("D", "", "20261125100000", ""), id="done already without a receipt"),
        pytest.param(("D", RECEIPT, "", ""), id="done already, nobody knows when"),
        pytest.param(("0", "", "20261125100000", ""), id="done without a receipt"),
        pytest.param(("0", RECEIPT, "", ""), id="done, nobody knows when"),
    ],
)
async def test_a_success_that_does_not_say_which_is_unknown(line: tuple[str, ...]) -> None:
    async with mocked_rakuten() as mocked:
        mocked.answers(says(row(*line)))

        got = await submit(mocked.bank, PAYOUT)

    assert got.outcome == FORGED


LINE = row("0", RECEIPT, "20261125100000", "正常終了")


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(b"", id="nothing"),
        pytest.param(b"\r\n", id="an empty line"),
        pytest.param(LINE[:-2], id="no CRLF"),
        pytest.param(LINE[:-1], id="CR only"),
        pytest.param(LINE.replace("\r\n", "\n"), id="LF only"),
        pytest.param(LINE + "\r\n", id="an empty line more"),
        pytest.param(LINE.replace('"0"', "0"), id="a field without quotes"),
        pytest.param(LINE.replace('"0"', '"0'), id="a quote missing"),
        pytest.param(LINE.replace('"0"', '"0"0"'), id="a quote within a field"),
        pytest.param(LINE.replace('","', '", "', 1), id="a space after the comma"),
        pytest.param(LINE.replace("正常", "正\n常"), id="a line break in a field"),
        pytest.param("<html>メンテナンス</html>", id="a page"),
        pytest.param(LINE + LINE, id="two lines"),
    ],
)
async def test_what_could_be_read_in_two_ways_is_unknown_with_an_alert(body: str | bytes) -> None:
    async with mocked_rakuten() as mocked:
        mocked.answers(says(body))

        got = await submit(mocked.bank, PAYOUT)

    assert got.outcome == FORGED


async def test_a_doubled_quote_is_one() -> None:
    async with mocked_rakuten() as mocked:
        mocked.answers(says(LINE.replace("正常終了", '""OK""')))

        got = await submit(mocked.bank, PAYOUT)

    assert got.outcome == Settled(START, RECEIPT)


@pytest.mark.parametrize(
    "content_type",
    [
        pytest.param("text/html; charset=Shift_JIS", id="a page"),
        pytest.param("text/csv", id="no charset"),
        pytest.param("text/csv; charset=utf-8", id="another charset"),
        pytest.param("", id="none"),
    ],
)
async def test_another_content_type_is_unknown(content_type: str) -> None:
    async with mocked_rakuten() as mocked:
        mocked.answers(says(LINE, content_type=content_type))

        got = await submit(mocked.bank, PAYOUT)

    assert got.outcome == FORGED
    assert got.evidence.code == "BAD_CONTENT_TYPE"


@pytest.mark.parametrize("status", [201, 204, 302, 400, 401, 403, 404, 429, 500, 503])
async def test_only_a_200_is_an_answer_and_a_403_without_a_body_a_closed_door(status: int) -> None:
    async with mocked_rakuten() as mocked:
        mocked.answers(says(LINE, status=status))

        got = await submit(mocked.bank, PAYOUT)

    assert got.outcome == FORGED
    assert got.evidence.code == f"STATUS_{status}"


async def test_another_amount_that_was_paid_is_paid_all_the_same() -> None:
    async with mocked_rakuten() as mocked:
        mocked.answers(says(row("0", RECEIPT, "20261125100000", "", "2", "9999", "")))

        got = await mocked.bank.inquire_collection(COLLECTION)

    assert got.outcome == Paid(START, Yen(9_999), RECEIPT)


@pytest.mark.parametrize(
    "line",
    [
        pytest.param(("0", RECEIPT, "", "", "2", "10000", ""), id="paid, nobody knows when"),
        pytest.param(("0", "", "20261125100000", "", "2", "10000", ""), id="paid, no receipt"),
        pytest.param(("0", RECEIPT, "20261125100000", "", "2", "0", ""), id="nothing was paid"),
        pytest.param(("0", RECEIPT, "", "", "1", "9999", ""), id="another amount is open"),
        pytest.param(("0", RECEIPT, "", "", "3", "9999", ""), id="another one was cancelled"),
        pytest.param(("0", RECEIPT, "", "", "6", "10000", ""), id="an unknown state"),
        pytest.param(("0", RECEIPT, "", "", "9", "", ""), id="none, and yet a receipt"),
        pytest.param(("0", "", "", "", "9", "10000", ""), id="none, and yet an amount"),
        pytest.param(("0", "", "20261125100000", "", "9", "", ""), id="none, and yet paid"),
        pytest.param(
            ("0", RECEIPT, "20261125100000", "", "3", "10000", ""), id="cancelled, and yet paid"
        ),
        pytest.param(
            ("0", RECEIPT, "20261125100000", "", "1", "10000", ""), id="open, and yet paid"
        ),
    ],
)
async def test_a_collection_that_does_not_fit_is_unknown_with_an_alert(
    line: tuple[str, ...],
) -> None:
    async with mocked_rakuten() as mocked:
        mocked.answers(says(row(*line)))

        got = await mocked.bank.inquire_collection(COLLECTION)

    assert got.outcome == FORGED


@pytest.mark.parametrize(
    "address",
    [
        pytest.param("", id="none"),
        pytest.param("javascript:alert(1)", id="a script"),
        pytest.param("/pay/7Q", id="no host"),
        pytest.param("http://127.0.0.1/a b", id="a space"),
        pytest.param("https://楽天.jp/", id="no ASCII"),
    ],
)
async def test_a_browser_is_sent_to_a_web_address_only(address: str) -> None:
    async with mocked_rakuten() as mocked:
        mocked.answers(says(row("0", address)))

        got = await mocked.bank.start_collection(COLLECTION)

    assert got.outcome == FORGED


async def test_nobody_calls_from_this_bank() -> None:
    async with mocked_rakuten() as mocked:
        assert await mocked.bank.read_callback({"X": "y"}, b"REF=1") is None
        assert not mocked.route.called


@pytest.mark.parametrize("name", ["", "ﾔ" * 101])
async def test_a_name_that_nobody_bears_is_none(name: str) -> None:
    async with mocked_rakuten() as mocked:
        mocked.answers(says(row("0", name)))

        got = await mocked.bank.verify_name(PAYEE)

    assert got == NameRefused(Reason.OUTCOME_UNKNOWN)


async def test_a_bank_that_nobody_asked_yet_is_up() -> None:
    async with mocked_rakuten() as mocked:
        assert mocked.bank.health is Health.UP


async def test_the_banks_clock_is_read_off_any_answer() -> None:
    async with mocked_rakuten() as mocked:
        mocked.answers(httpx.Response(405, headers={"Date": "Wed, 25 Nov 2026 01:00:10 GMT"}))

        assert await mocked.bank.clock_skew_s() == 10.5
        assert b"PASSWORD" not in mocked.route.calls.last.request.content


async def test_the_password_shows_nowhere_and_is_in_no_hash() -> None:
    """A hash over a body of which all but the password is known lets one try passwords at home."""
    with capture_logs() as log:
        async with mocked_rakuten() as mocked:
            mocked.answers(recorded("0_done"))
            done = await submit(mocked.bank, PAYOUT)
            mocked.answers(httpx.ReadError("cut"))
            lost = await submit(mocked.bank, PAYOUT)

            body = mocked.route.calls[0].request.content

    assert PASSWORD.encode() in body
    without = body.removesuffix(b"&PASSWORD=" + PASSWORD.encode())
    assert done.evidence.request_sha256 == hashlib.sha256(without).hexdigest()
    assert PASSWORD not in repr((done, lost, log))
    assert PASSWORD not in repr(Credentials("http://x", "LENDER01", PASSWORD))


async def test_a_password_of_any_characters_arrives_as_it_is() -> None:
    async with mocked_rakuten(rakuten_password="a&b=c+d %é") as mocked:
        mocked.answers(recorded("0_done"))

        await submit(mocked.bank, PAYOUT)

        assert mocked.asked()[0]["PASSWORD"] == "a&b=c+d %é"
