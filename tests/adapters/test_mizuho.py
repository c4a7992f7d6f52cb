"""Mizuho's own codes and messages, one row each.

The answers in `recordings/mizuho` are written from the profile.
"""

from base64 import b64decode
from dataclasses import replace
from datetime import date, datetime, timedelta

import httpx
import pytest

from gateway.adapters.mizuho import codes
from gateway.domain.bank import (
    Direction,
    FileBank,
    InstantBank,
    NameRefused,
    Statement,
    StatementLine,
    StatementUnavailable,
    TransferOrder,
)
from gateway.domain.hours import JST
from gateway.domain.money import Yen
from gateway.domain.outcome import (
    FileAccepted,
    FileRejected,
    FileResult,
    NotFound,
    NotSent,
    Pending,
    Rejected,
    Returned,
    Settled,
    Submitted,
    TurnedAway,
    Unknown,
)
from gateway.domain.reason import Reason
from tests.adapters.mocked_mizuho import (
    ANSWERS,
    END_21,
    FILE_ID,
    PAYEE,
    PAYOUT,
    RECEIPT,
    SECOND,
    data_21,
    header_21,
    jis,
    mocked_mizuho,
    recorded,
    trailer_21,
)
from tests.adapters.stand_ins import REFERENCE
from tests.manual_clock import START, ManualClock

DAY = date(2026, 11, 25)
TODAY = "081125"
FORGED = Unknown(integrity=True)
RESUMES = datetime(2026, 11, 29, 8, 0, tzinfo=JST)

OF_ANY_SENDING: dict[str, NotSent | Unknown] = {
    "401_unauthorized": NotSent(Reason.CONTRACT_ERROR),
    "403_forbidden": NotSent(Reason.CONTRACT_ERROR),
    "429_throttled": NotSent(Reason.THROTTLED, START + timedelta(seconds=1)),
    "500_error": Unknown(),
    "503_hours": NotSent(Reason.OUT_OF_HOURS, RESUMES),
    "503_bare": Unknown(),
}
OF_A_FILE = {
    # Nobody signed them: what stands in front of the bank may have passed the file on.
    **{
        name: TurnedAway(outcome.reason, outcome.not_before)
        if isinstance(outcome, NotSent)
        else outcome
        for name, outcome in OF_ANY_SENDING.items()
    },
    "202_accepted": FileAccepted(RECEIPT),
    "409_same_file": FileAccepted(RECEIPT),
    "400_barred": FileRejected(Reason.FILE_REFUSED),
    "400_header": FileRejected(Reason.FORMAT_ERROR),
    "400_header_day": FileRejected(Reason.FORMAT_ERROR),
    "400_item": FileRejected(Reason.FORMAT_ERROR, REFERENCE),
    "400_trailer": FileRejected(Reason.FORMAT_ERROR),
}
OF_ANY_QUESTION = {name: Unknown() for name in OF_ANY_SENDING} | dict.fromkeys(
    ["401_unauthorized", "403_forbidden"], Unknown(Reason.CONTRACT_ERROR)
)
ITEM_ENDS: dict[str, Settled | Rejected | NotSent] = {
    "0": Settled(START),
    "1": Rejected(Reason.ACCOUNT_NOT_FOUND),
    "2": Rejected(Reason.NAME_MISMATCH),
    "3": Rejected(Reason.ACCOUNT_FROZEN),
    "4": Rejected(Reason.LIMIT_EXCEEDED),
    "8": NotSent(Reason.SETTLEMENT_BALANCE_SHORT),
    "9": Rejected(Reason.CREDIT_REFUSED),
}
OF_A_RESULT = {
    **OF_ANY_QUESTION,
    "204_not_yet": Pending(),
    **{f"result_{code}": FileResult({REFERENCE: end}) for code, end in ITEM_ENDS.items()},
}
OF_AN_ITEM = {
    **OF_ANY_QUESTION,
    "204_not_yet": Submitted(),
    "404_not_found": NotFound(),
    **{f"item_{code}": end for code, end in ITEM_ENDS.items()},
    "item_8": Unknown(),
    "item_r": Returned(START, START),
}


@pytest.mark.parametrize("name", list(ANSWERS))
async def test_each_answer_to_a_file_means_one_outcome(name: str) -> None:
    async with mocked_mizuho() as mocked:
        mocked.says(recorded(name))

        got = await mocked.sends()

    assert got.outcome == OF_A_FILE.get(name, FORGED)


@pytest.mark.parametrize("name", list(ANSWERS))
async def test_each_answer_about_a_result_means_one_outcome(name: str) -> None:
    async with mocked_mizuho() as mocked:
        mocked.says(recorded(name))

        got = await mocked.bank.fetch_result(mocked.file(), RECEIPT)

    assert got.outcome == OF_A_RESULT.get(name, FORGED)


@pytest.mark.parametrize("name", list(ANSWERS))
async def test_each_answer_about_an_item_means_one_outcome(name: str) -> None:
    async with mocked_mizuho() as mocked:
        mocked.says(recorded(name))

        got = await mocked.bank.inquire(PAYOUT)

    assert got.outcome == OF_AN_ITEM.get(name, FORGED)


def test_every_code_of_the_tables_has_a_recording() -> None:
    for code in codes.ITEM_REFUSALS:
        assert {f"item_{code}", f"result_{code}"} <= set(ANSWERS)
    assert {f"debit_{code}" for code in codes.DEBIT_REFUSALS} <= set(ANSWERS)
    statuses = {str(answer["status"]) for answer in ANSWERS.values()}
    assert {str(status) for status in {**codes.BY_STATUS, **codes.START_BY_STATUS}} <= statuses


async def test_it_takes_files_and_no_single_instructions() -> None:
    async with mocked_mizuho() as mocked:
        assert isinstance(mocked.bank, FileBank)
        assert not isinstance(mocked.bank, InstantBank)
        assert mocked.bank.items_max == 100


async def test_a_file_goes_out_as_the_bytes_under_its_id() -> None:
    async with mocked_mizuho() as mocked:
        mocked.says(recorded("202_accepted"))
        file = mocked.bank.encode_file(FILE_ID, [PAYOUT, SECOND])

        got = await mocked.sends(file)
        asked = mocked.asked()

    second = data_21(reference=SECOND.reference, amount=5)
    expected = jis(header_21(), data_21(), second, trailer_21(2, 10_005), END_21)
    assert asked.content == file.content == expected
    assert (asked.method, asked.url.path) == ("POST", "/mizuho/fb/sougou")
    assert asked.headers["X-File-Id"] == FILE_ID
    assert asked.headers["Content-Type"] == "application/octet-stream"
    scheme, _, known_as = asked.headers["Authorization"].partition(" ")
    assert (scheme, b64decode(known_as)) == ("Basic", b"lender-sandbox:sandbox-mizuho-password")
    assert got.evidence.code == "HTTP_202"


async def test_the_same_orders_make_the_same_bytes() -> None:
    async with mocked_mizuho() as mocked:
        assert mocked.file() == mocked.file()


async def test_a_file_bears_the_japanese_date() -> None:
    clock = ManualClock(datetime(2026, 12, 31, 23, 59, 59, tzinfo=JST))
    async with mocked_mizuho(clock) as mocked:
        old = mocked.file().content
        clock.advance(1)
        new = mocked.file().content

    assert (old[54:58], new[54:58]) == (b"1231", b"0101")


@pytest.mark.parametrize(
    ("file_id", "orders"),
    [
        pytest.param(FILE_ID, [], id="no item"),
        pytest.param(FILE_ID, [PAYOUT] * 101, id="a hundred and one"),
        pytest.param(FILE_ID, [PAYOUT, PAYOUT], id="a reference twice"),
        pytest.param(FILE_ID, [replace(PAYOUT, amount=Yen(0))], id="nothing to pay"),
        pytest.param(FILE_ID, [replace(PAYOUT, amount=Yen(10**10))], id="too much for its field"),
        pytest.param("A" * 21, [PAYOUT], id="a long id"),
        pytest.param("", [PAYOUT], id="no id"),
        pytest.param("A_1", [PAYOUT], id="an id with a strange character"),
        pytest.param("A1\n", [PAYOUT], id="an id with a line break"),
    ],
)
async def test_what_the_bank_would_not_take_is_not_made(
    file_id: str, orders: list[TransferOrder]
) -> None:
    async with mocked_mizuho() as mocked:
        with pytest.raises(ValueError, match=r"file|item|reference|金額"):
            mocked.bank.encode_file(file_id, orders)


async def test_a_file_that_may_not_leave_any_more_was_not_sent() -> None:
    async with mocked_mizuho() as mocked:
        mocked.route.mock(side_effect=httpx.ConnectError("refused"))

        got = await mocked.sends()

    assert got.outcome == NotSent(Reason.BANK_UNREACHABLE)


async def test_a_lost_answer_to_a_file_is_unknown() -> None:
    async with mocked_mizuho() as mocked:
        mocked.route.mock(side_effect=httpx.ReadTimeout("late"))

        got = await mocked.sends()

    assert got.outcome == Unknown()


@pytest.mark.parametrize(
    "place",
    [
        pytest.param("/mizuho/fb/files/A1", id="a path"),
        pytest.param("files/A1", id="beside the call"),
        pytest.param("./files/A1", id="beside the call, in full"),
        pytest.param("//127.0.0.1:8104/mizuho/fb/files/A1", id="without a scheme"),
        pytest.param("http://127.0.0.1:8104/mizuho/fb/files/A1", id="absolute"),
        pytest.param("HTTP://127.0.0.1:8104/mizuho/fb/files/A1", id="absolute, in capitals"),
    ],
)
async def test_a_receipt_may_be_named_from_where_we_are_or_absolutely(place: str) -> None:
    async with mocked_mizuho() as mocked:
        answer = recorded("202_accepted")
        answer.headers["Location"] = place
        mocked.says(answer)

        got = await mocked.sends()

    assert got.outcome == FileAccepted("A1")


@pytest.mark.parametrize(
    "place",
    [
        pytest.param("", id="none"),
        pytest.param("/mizuho/fb/files/", id="no receipt"),
        pytest.param("/mizuho/fb/files/r1", id="lower case"),
        pytest.param(f"/mizuho/fb/files/{'A' * 21}", id="too long"),
        pytest.param("/mizuho/fb/files/A1/..", id="more than a receipt"),
        pytest.param("/other/files/A1", id="another place"),
        pytest.param("http://bank.example/mizuho/fb/files/A1", id="another host"),
        pytest.param("//bank.example/mizuho/fb/files/A1", id="another host, the same scheme"),
        pytest.param("http://127.0.0.1:8105/mizuho/fb/files/A1", id="another port"),
        pytest.param("https://127.0.0.1:8104/mizuho/fb/files/A1", id="another scheme"),
        pytest.param("http://a:b@127.0.0.1:8104/mizuho/fb/files/A1", id="somebody's name"),
        pytest.param("http://127.0.0.1:8104/mizuho/fb/files/A1?x=1", id="a query"),
        pytest.param("http://127.0.0.1:8104/mizuho/fb/files/A1#x", id="a fragment"),
        pytest.param("http://127.0.0.1:8104/mizuho/fb/files/%41", id="another spelling"),
    ],
)
@pytest.mark.parametrize("name", ["202_accepted", "409_same_file"])
async def test_an_answer_without_a_receipt_is_unknown_with_an_alert(name: str, place: str) -> None:
    async with mocked_mizuho() as mocked:
        answer = recorded(name)
        answer.headers["Location"] = place
        mocked.says(answer)

        got = await mocked.sends()

    assert got.outcome == FORGED


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        pytest.param("{}", "application/json", id="an empty object"),
        pytest.param("[]", "application/json", id="a list"),
        pytest.param("{", "application/json", id="no JSON"),
        pytest.param(
            '{"record":0,"offset":0,"field":"x","message":"x"}', "application/json", id="line 0"
        ),
        pytest.param(
            '{"record":true,"offset":0,"field":"x","message":"x"}', "application/json", id="true"
        ),
        pytest.param(
            '{"record":"2","offset":0,"field":"x","message":"x"}', "application/json", id="text"
        ),
        pytest.param(
            '{"record":2,"offset":-1,"field":"x","message":"x"}', "application/json", id="offset -1"
        ),
        pytest.param(
            '{"record":2,"offset":0,"field":"","message":"x"}', "application/json", id="no field"
        ),
        pytest.param(
            '{"record":2,"offset":0,"field":"x\\n","message":"x"}', "application/json", id="a line"
        ),
        pytest.param('{"record":2,"offset":0,"field":"x"}', "application/json", id="no message"),
        pytest.param(
            '{"record":2,"offset":0,"field":"x","message":"x"}', "text/html", id="a web page"
        ),
    ],
)
async def test_a_refusal_that_is_not_well_formed_refuses_nothing(body: str, kind: str) -> None:
    async with mocked_mizuho() as mocked:
        mocked.says(httpx.Response(400, headers={"Content-Type": kind}, content=body.encode()))

        got = await mocked.sends()

    assert got.outcome == FORGED


@pytest.mark.parametrize(
    ("made_at", "refused_at", "reason"),
    [
        pytest.param("12:00:00", "12:00:01", Reason.FORMAT_ERROR, id="at noon it is our fault"),
        pytest.param("23:55:00", "23:55:00", Reason.BANK_BUSY, id="their clock is on tomorrow"),
        pytest.param("00:04:59", "00:04:59", Reason.BANK_BUSY, id="their clock is on yesterday"),
        pytest.param("00:05:00", "00:05:00", Reason.FORMAT_ERROR, id="midnight is over"),
    ],
)
async def test_a_date_that_is_not_the_banks_around_midnight_is_nobodys_fault(
    made_at: str, refused_at: str, reason: Reason
) -> None:
    clock = ManualClock(datetime.fromisoformat(f"2026-11-25T{made_at}+09:00"))
    async with mocked_mizuho(clock) as mocked:
        mocked.says(recorded("400_header_day"))
        file = mocked.file()
        clock.instant = datetime.fromisoformat(f"2026-11-25T{refused_at}+09:00")

        got = await mocked.sends(file)

    assert got.outcome == FileRejected(reason)


async def test_a_file_that_is_repeated_on_a_later_day_is_nobodys_fault() -> None:
    clock = ManualClock()
    async with mocked_mizuho(clock) as mocked:
        mocked.says(recorded("400_header_day"))
        file = mocked.file()
        clock.advance(86_400)

        got = await mocked.sends(file)

    assert got.outcome == FileRejected(Reason.BANK_BUSY)


@pytest.mark.parametrize(
    ("header", "not_before"),
    [
        pytest.param({"X-Resumes-At": "2026-11-29T08:00:00+09:00"}, RESUMES, id="Japanese time"),
        pytest.param({"X-Resumes-At": "2026-11-28T23:00:00Z"}, RESUMES, id="another zone"),
        pytest.param({"X-Resumes-At": "2026-12-29T08:00:00+09:00"}, None, id="too far to believe"),
    ],
)
async def test_a_closed_bank_says_when_it_opens(
    header: dict[str, str], not_before: datetime | None
) -> None:
    async with mocked_mizuho() as mocked:
        mocked.says(httpx.Response(503, headers=header))

        got = await mocked.sends()

    assert got.outcome == TurnedAway(Reason.OUT_OF_HOURS, not_before)


@pytest.mark.parametrize(
    "text", ["", "soon", "2026-11-29", "2026-11-29T08:00:00", "2026-02-30T08:00:00+09:00"]
)
async def test_a_503_without_an_instant_is_unknown(text: str) -> None:
    async with mocked_mizuho() as mocked:
        mocked.says(httpx.Response(503, headers={"X-Resumes-At": text}))

        got = await mocked.sends()

    assert got.outcome == Unknown()


@pytest.mark.parametrize("text", ["", "x", "-1", "999999999", "999999", "１"])
async def test_a_throttled_file_waits_only_as_long_as_can_be_believed(text: str) -> None:
    async with mocked_mizuho() as mocked:
        headers = [(b"Retry-After", text.encode())]
        mocked.says(httpx.Response(429, headers=headers))

        got = await mocked.sends()

    assert got.outcome == TurnedAway(Reason.THROTTLED)


THIRD = replace(PAYOUT, reference="CCCCDDDDEEEEFFFF4567", amount=Yen(300))
ORDERS = [PAYOUT, SECOND, THIRD]


def result_of(
    *results: str,
    header: str = header_21(),
    trailer: str | None = None,
    end: str = END_21,
) -> httpx.Response:
    amounts = [order.amount.amount for order in ORDERS]
    items = [
        data_21(result, reference=order.reference, amount=order.amount.amount)
        for order, result in zip(ORDERS, results, strict=True)
    ]
    done = [a for a, result in zip(amounts, results, strict=True) if result[0] == "0"]
    failed = [a for a, result in zip(amounts, results, strict=True) if result[0] != "0"]
    totals = trailer_21(
        3, sum(amounts), done=(len(done), sum(done)), failed=(len(failed), sum(failed))
    )
    return httpx.Response(200, content=jis(header, *items, trailer or totals, end))


async def test_a_result_tells_every_item_its_own_end() -> None:
    async with mocked_mizuho() as mocked:
        mocked.says(result_of(f"0{TODAY}", "2", "8000000"))

        got = await mocked.bank.fetch_result(mocked.bank.encode_file(FILE_ID, ORDERS), RECEIPT)

    assert got.outcome == FileResult(
        {
            PAYOUT.reference: Settled(START),
            SECOND.reference: Rejected(Reason.NAME_MISMATCH),
            THIRD.reference: NotSent(Reason.SETTLEMENT_BALANCE_SHORT),
        }
    )


GOOD = result_of(f"0{TODAY}", "2", "8").content
LINE = 122
TOTALS = {"done": (1, 10_000), "failed": (2, 305)}


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(GOOD[: 2 * LINE] + GOOD[3 * LINE :], id="an item is missing"),
        pytest.param(GOOD[: 2 * LINE] + GOOD[LINE : 2 * LINE] + GOOD[3 * LINE :], id="one twice"),
        pytest.param(
            GOOD[:LINE] + GOOD[2 * LINE : 3 * LINE] + GOOD[LINE : 2 * LINE] + GOOD[3 * LINE :],
            id="another order",
        ),
        pytest.param(GOOD.replace(b"0000010000", b"0000010001"), id="other amounts"),
        pytest.param(GOOD.replace(b"11234567", b"11234568"), id="another account"),
        pytest.param(GOOD.replace(REFERENCE.encode(), b"Z" * 20), id="another reference"),
        pytest.param(b"1211" + GOOD[4:], id="EBCDIC"),
        pytest.param(GOOD.replace(b"1125", b"1126", 1), id="another day in the header"),
        pytest.param(GOOD[:-3] + b".\r\n", id="another end"),
        pytest.param(GOOD[:-LINE], id="no end"),
        pytest.param(GOOD[:-1], id="a byte short"),
        pytest.param(GOOD.replace(b"\r\n", b"\n"), id="LF alone"),
        pytest.param(GOOD.replace(b"Y2", b"Y5"), id="an unlisted result"),
        pytest.param(GOOD.replace(b"Y2", b"YR" + TODAY.encode(), 1), id="too long a result"),
        pytest.param(GOOD.replace(b"Y0081125", b"Y0000000"), id="done, nobody knows when"),
        pytest.param(
            GOOD.replace(b"Y8      ", b"Y8081125"), id="our account was short, and yet booked"
        ),
        pytest.param(GOOD.replace(b"Y2      ", b"Y2081125"), id="refused, and yet booked"),
        pytest.param(
            result_of(f"0{TODAY}", "2", "8", trailer=trailer_21(3, 10_305)).content,
            id="no totals of what was done",
        ),
        *(
            pytest.param(
                result_of(f"0{TODAY}", "2", "8", trailer=trailer_21(count, total, **parts)).content,
                id=f"totals {count} {total} {parts}",
            )
            for count, total, parts in (
                (2, 10_305, TOTALS),
                (3, 10_306, TOTALS),
                (3, 10_305, TOTALS | {"done": (2, 10_000)}),
                (3, 10_305, TOTALS | {"done": (1, 10_001)}),
                (3, 10_305, TOTALS | {"failed": (1, 305)}),
                (3, 10_305, TOTALS | {"failed": (2, 304)}),
            )
        ),
        pytest.param(b"", id="nothing"),
        pytest.param(b"<html>", id="a web page"),
    ],
)
async def test_a_result_that_does_not_balance_is_not_believed(content: bytes) -> None:
    async with mocked_mizuho() as mocked:
        mocked.says(httpx.Response(200, content=content))

        got = await mocked.bank.fetch_result(mocked.bank.encode_file(FILE_ID, ORDERS), RECEIPT)

    assert got.outcome == FORGED


async def test_the_result_of_other_orders_is_not_believed() -> None:
    async with mocked_mizuho() as mocked:
        mocked.says(recorded("result_0"))
        file = replace(mocked.file(), orders=(SECOND,))

        got = await mocked.bank.fetch_result(file, RECEIPT)

    assert got.outcome == FORGED


async def test_a_result_is_asked_for_by_its_receipt() -> None:
    async with mocked_mizuho() as mocked:
        mocked.says(recorded("204_not_yet"))

        await mocked.bank.fetch_result(mocked.file(), RECEIPT)
        asked = mocked.asked()

    assert (asked.method, asked.url.path) == ("GET", f"/mizuho/fb/files/{RECEIPT}")


@pytest.mark.parametrize(
    ("asked_at", "booked_on", "booked_at"),
    [
        pytest.param("2026-11-25T10:00:00", "081125", "2026-11-25T10:00:00", id="today"),
        pytest.param("2026-11-26T10:00:00", "081125", "2026-11-25T23:59:59.999999", id="yesterday"),
        pytest.param("2026-11-25T23:56:00", "081126", "2026-11-26T00:00:00", id="their tomorrow"),
        pytest.param("2025-01-10T10:00:00", "061231", "2024-12-31T23:59:59.999999", id="last year"),
    ],
)
async def test_a_booking_is_kept_within_the_banks_day(
    asked_at: str, booked_on: str, booked_at: str
) -> None:
    clock = ManualClock(datetime.fromisoformat(f"{asked_at}+09:00"))
    async with mocked_mizuho(clock) as mocked:
        mocked.says(httpx.Response(200, content=jis(data_21(f"0{booked_on}"))))

        got = await mocked.bank.inquire(PAYOUT)

    assert got.outcome == Settled(datetime.fromisoformat(f"{booked_at}+09:00"))


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(jis(data_21(f"0{TODAY}", amount=10_001)), id="another amount"),
        pytest.param(jis(data_21(f"0{TODAY}", number="1234568")), id="another account"),
        pytest.param(jis(data_21(f"0{TODAY}", reference="B" * 20)), id="another reference"),
        pytest.param(jis(data_21("0")), id="done, nobody knows when"),
        pytest.param(jis(data_21("R")), id="returned, nobody knows when"),
        pytest.param(jis(data_21(f"1{TODAY}")), id="refused, and yet booked"),
        pytest.param(jis(data_21("")), id="no result"),
        pytest.param(jis(data_21(f"0{TODAY}"))[:-2], id="no CRLF"),
        pytest.param(jis(data_21(f"0{TODAY}"), data_21(f"0{TODAY}")), id="two records"),
        pytest.param(jis(header_21()), id="a header"),
        pytest.param(b"", id="nothing"),
    ],
)
async def test_an_item_that_does_not_fit_is_unknown_with_an_alert(content: bytes) -> None:
    async with mocked_mizuho() as mocked:
        mocked.says(httpx.Response(200, content=content))

        got = await mocked.bank.inquire(PAYOUT)

    assert got.outcome == FORGED


async def test_an_item_is_asked_about_by_its_reference() -> None:
    async with mocked_mizuho() as mocked:
        mocked.says(recorded("item_0"))

        got = await mocked.bank.inquire(PAYOUT)
        asked = mocked.asked()

    assert (asked.method, asked.url.path) == ("GET", f"/mizuho/fb/items/{REFERENCE}")
    assert got.evidence.code == "RESULT_0"


async def test_this_bank_is_not_asked_for_names() -> None:
    async with mocked_mizuho() as mocked:
        got = await mocked.bank.verify_name(PAYEE)

        assert not mocked.route.called

    assert got == NameRefused(Reason.NOT_OFFERED)


@pytest.mark.parametrize("name", list(ANSWERS))
async def test_each_answer_about_a_statement_means_one_thing(name: str) -> None:
    reasons = {
        "401_unauthorized": Reason.CONTRACT_ERROR,
        "403_forbidden": Reason.CONTRACT_ERROR,
        "429_throttled": Reason.THROTTLED,
        "503_hours": Reason.OUT_OF_HOURS,
    }
    async with mocked_mizuho() as mocked:
        mocked.says(recorded(name))

        got = await mocked.bank.statement(DAY)

    if name.startswith("statement"):
        assert isinstance(got, Statement)
    else:
        assert got == StatementUnavailable(reasons.get(name, Reason.OUTCOME_UNKNOWN))


async def test_a_statement_is_the_day_as_the_bank_booked_it() -> None:
    async with mocked_mizuho() as mocked:
        mocked.says(recorded("statement"))

        got = await mocked.bank.statement(DAY)
        asked = mocked.asked()

    assert str(asked.url).endswith("/mizuho/fb/meisai?date=20261125")
    assert isinstance(got, Statement)
    assert got.movements[0] == StatementLine(
        bank_id="20261125-00000001",
        direction=Direction.OUT,
        amount=Yen(10_000),
        booked_at=START,
        value_date=DAY,
        reference=REFERENCE,
        counterparty="ﾔﾏﾀﾞ ﾀﾛｳ",
        is_return=False,
    )
    assert got.balances == (100_000_000, 100_195_000)
    told = [(line.direction, line.amount.amount, line.is_return) for line in got.movements]
    assert told[1:] == [("in", 10_000, True), ("in", 30_000, False), ("in", 165_000, False)]
    assert [line.reference for line in got.movements][1:] == [
        REFERENCE,
        "BBBBCCCCDDDDEEEE3456",
        None,
    ]


BOOK = ANSWERS["statement"]["body"].encode("shift_jis")
RECORD = 202


@pytest.mark.parametrize(
    ("at", "text"),
    [
        pytest.param(10, "081124081124", id="another day"),
        pytest.param(16, "081126", id="two days"),
        pytest.param(41, "002", id="another branch"),
        pytest.param(62, "2", id="another kind of account"),
        pytest.param(63, "0009000002", id="another account"),
        pytest.param(RECORD + 9, "081124", id="a line of the day before"),
        pytest.param(2 * RECORD + 1, "00000001", id="a number twice"),
        pytest.param(RECORD + 24, "000000010001", id="what does not add up"),
    ],
)
async def test_a_statement_that_is_not_of_our_day_and_account_is_refused(
    at: int, text: str
) -> None:
    content = BOOK[:at] + text.encode() + BOOK[at + len(text) :]
    async with mocked_mizuho() as mocked:
        mocked.says(httpx.Response(200, content=content))

        got = await mocked.bank.statement(DAY)

    assert got == StatementUnavailable(Reason.OUTCOME_UNKNOWN)


async def test_a_line_may_have_a_later_accounting_day() -> None:
    at = RECORD + 9
    async with mocked_mizuho() as mocked:
        mocked.says(httpx.Response(200, content=BOOK[:at] + b"081127" + BOOK[at + 6 :]))

        got = await mocked.bank.statement(DAY)

    assert isinstance(got, Statement)
    assert got.movements[0].value_date == date(2026, 11, 27)
    assert got.movements[0].booked_at.date() == DAY


async def test_the_banks_clock_is_read_from_any_answer() -> None:
    async with mocked_mizuho() as mocked:
        mocked.says(httpx.Response(404, headers={"Date": "Wed, 25 Nov 2026 01:00:07 GMT"}))

        got = await mocked.bank.clock_skew_s()

    assert got == pytest.approx(7.5)
