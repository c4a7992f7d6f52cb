"""MUFG's camt.053: all movements of a day, or no statement at all."""

from datetime import date, datetime

import httpx
import pytest

from gateway.domain.account import BankCode
from gateway.domain.bank import Direction, Statement, StatementLine, StatementUnavailable
from gateway.domain.hours import JST
from gateway.domain.money import Yen
from gateway.domain.reason import Reason
from tests.adapters.mufg.mocked import altered, mocked_mufg, recorded
from tests.adapters.stand_ins import REFERENCE
from tests.manual_clock import START

DAY = date(2026, 11, 25)
BOOKED = datetime(2026, 11, 25, 10, 0, 0, 120_000, JST)
BACK = datetime(2026, 11, 25, 10, 0, 5, tzinfo=JST)
OUT, IN = Direction.OUT, Direction.IN


def line(
    bank_id: str,
    direction: Direction,
    amount: int,
    reference: str | None,
    counterparty: str,
    *,
    text: str = "",
    back: bool = False,
) -> StatementLine:
    at = BACK if back else BOOKED
    return StatementLine(
        bank_id, direction, Yen(amount), at, DAY, reference, counterparty, is_return=back, text=text
    )


async def test_a_statement_holds_every_entry_in_the_banks_order() -> None:
    async with mocked_mufg() as mocked:
        mocked.says(recorded("statement"))

        got = await mocked.bank.statement(DAY)
        asked = mocked.asked()

    assert got == Statement(
        BankCode.MUFG,
        DAY,
        (
            line("M0001", OUT, 10_000, REFERENCE, "ﾔﾏﾀﾞ ﾀﾛｳ", text="ﾌﾘｺﾐ"),
            line("M0002", IN, 5_000, "AAAABBBBCCCCDDDD6767", "ﾔﾏﾀﾞ ﾊﾅｺ", text="ﾌﾘｶｴ"),
            line("M0003", IN, 10_000, REFERENCE, "ﾔﾏﾀﾞ ﾀﾛｳ", text="ｼｷﾝﾍﾝｷﾔｸ", back=True),
            line("M0004", IN, 777, None, ""),
        ),
        (100_000_000, 100_005_777),
    )
    assert asked[0].url.path == "/mufg/statements/2026-11-25"


OPENING, CLOSING = ">100000000<", ">100005777<"
REVERSED = "<RvslInd>true</RvslInd>"
END = "</TxDtls></NtryDtls></Ntry>"
IN_WORDS = "<RmtInf><Ustrd>ｼｷﾝﾍﾝｷﾔｸ</Ustrd></RmtInf>"
SAID = "<AddtlNtryInf>ｼｷﾝﾍﾝｷﾔｸ</AddtlNtryInf>"


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        pytest.param([(REVERSED, "")], True, id="by its description only"),
        pytest.param([(SAID, "")], True, id="by its mark only"),
        pytest.param([(REVERSED, ""), (SAID, "")], False, id="by nothing"),
        pytest.param([(REVERSED, REVERSED.replace("true", "1"))], True, id="by the other true"),
        pytest.param(
            [(REVERSED, REVERSED.replace("true", "false")), (SAID, "")], False, id="marked as not"
        ),
        pytest.param(
            [
                (REVERSED, ""),
                (SAID, ""),
                (f"{END}<Ntry><NtryRef>M0004", f"{IN_WORDS}{END}<Ntry><NtryRef>M0004"),
            ],
            True,
            id="by its remittance text",
        ),
    ],
)
async def test_a_return_is_known_by_its_mark_or_by_the_banks_word(
    changes: list[tuple[str, str]], expected: bool
) -> None:
    async with mocked_mufg() as mocked:
        mocked.says(altered("statement", *changes))

        got = await mocked.bank.statement(DAY)

    assert isinstance(got, Statement)
    assert got.movements[2].is_return is expected


async def test_money_out_is_never_a_return() -> None:
    changes = (">10000</Amt><CdtDbtInd>CRDT", ">10000</Amt><CdtDbtInd>DBIT")
    async with mocked_mufg() as mocked:
        mocked.says(altered("statement", changes, (CLOSING, ">99985777<")))

        got = await mocked.bank.statement(DAY)

    assert isinstance(got, Statement)
    assert got.movements[2].direction is OUT
    assert not got.movements[2].is_return


async def test_a_reference_that_is_none_of_ours_is_none() -> None:
    async with mocked_mufg() as mocked:
        mocked.says(altered("statement", ("AAAABBBBCCCCDDDD6767", "NOTPROVIDED")))

        got = await mocked.bank.statement(DAY)

    assert isinstance(got, Statement)
    assert got.movements[1].reference is None


async def test_a_day_without_movements_is_a_statement() -> None:
    body = recorded("statement").text
    begin, end = body.index("<Ntry>"), body.rindex("</Ntry>") + len("</Ntry>")
    async with mocked_mufg() as mocked:
        mocked.says(altered("statement", (body[begin:end], ""), (CLOSING, OPENING)))

        got = await mocked.bank.statement(DAY)

    assert got == Statement(BankCode.MUFG, DAY, (), (100_000_000, 100_000_000))


@pytest.mark.parametrize(
    "changes",
    [
        pytest.param([("OPBD", "PRCD")], id="without an opening balance"),
        pytest.param([("CLBD", "ITBD")], id="in the middle of the day"),
        pytest.param([("<Cd>OPBD</Cd>", "<Prtry>OWN</Prtry>")], id="balances of the bank's own"),
        pytest.param([(OPENING, ">0<"), (CLOSING, ">5777<")], id="from nothing"),
        pytest.param(
            [
                (OPENING + "/Amt><CdtDbtInd>CRDT", ">6000</Amt><CdtDbtInd>DBIT"),
                (CLOSING + "/Amt><CdtDbtInd>CRDT", ">223</Amt><CdtDbtInd>DBIT"),
            ],
            id="overdrawn",
        ),
    ],
)
async def test_a_statement_that_balances_is_read(changes: list[tuple[str, str]]) -> None:
    async with mocked_mufg() as mocked:
        mocked.says(altered("statement", *changes))

        got = await mocked.bank.statement(DAY)

    assert isinstance(got, Statement)
    assert len(got.movements) == 4


async def test_a_statement_that_lost_a_line_is_refused() -> None:
    body = recorded("statement").text
    begin, end = body.index("<Ntry><NtryRef>M0002"), body.index("<Ntry><NtryRef>M0003")
    async with mocked_mufg() as mocked:
        mocked.says(altered("statement", (body[begin:end], "")))

        assert await mocked.bank.statement(DAY) == StatementUnavailable(Reason.OUTCOME_UNKNOWN)


async def test_a_balance_that_stands_alone_must_be_one_too() -> None:
    changes = ("<Cd>OPBD</Cd>", "<Cd>PRCD</Cd>"), (f'<Amt Ccy="JPY"{CLOSING}/Amt>', "")
    async with mocked_mufg() as mocked:
        mocked.says(altered("statement", *changes))

        assert await mocked.bank.statement(DAY) == StatementUnavailable(Reason.OUTCOME_UNKNOWN)


AT = "<DtTm>2026-11-25T10:00:05+09:00</DtTm>"
PAGES = "<MsgPgntn><PgNb>1</PgNb><LastPgInd>{}</LastPgInd></MsgPgntn></GrpHdr>"


@pytest.mark.parametrize(
    "changes",
    [
        pytest.param(("<NtryRef>M0002", "<NtryRef>M0001"), id="an entry twice"),
        pytest.param(("<NtryRef>M0002</NtryRef>", ""), id="an entry without a number"),
        pytest.param((AT, AT.replace("25T", "26T")), id="an entry of another day"),
        pytest.param((AT, "<DtTm>2026-11-25T15:00:05Z</DtTm>"), id="another day in Japan"),
        pytest.param((AT, AT.replace("10:00", "10:40")), id="an hour that is still to come"),
        pytest.param((AT, "<Dt>2026-11-24</Dt>"), id="a booking on another day"),
        pytest.param((AT, "<Dt>2026-11-31</Dt>"), id="a booking on a day that is not"),
        pytest.param((AT, "<Dt>2026-11-25+09:00</Dt>"), id="a day with an offset"),
        pytest.param((AT, AT + "<Dt>2026-11-25</Dt>"), id="a booking with an instant and a day"),
        pytest.param((AT, ""), id="a booking without an instant or a day"),
        pytest.param((AT, AT.replace("+09:00", "")), id="an instant without an offset"),
        pytest.param((">777<", ">777.5<"), id="a decimal amount"),
        pytest.param(('Ccy="JPY">777', 'Ccy="USD">777'), id="dollars"),
        pytest.param(("<CdtDbtInd>DBIT", "<CdtDbtInd>BOTH"), id="no direction"),
        pytest.param(("<Sts>BOOK", "<Sts>PDNG"), id="an entry that is not booked"),
        pytest.param((REVERSED, REVERSED.replace("true", "yes")), id="neither true nor false"),
        pytest.param((REVERSED, f"{REVERSED}{SAID}"), id="a description twice"),
        pytest.param(("<Id>19000001", "<Id>19000002"), id="another account"),
        pytest.param(("</GrpHdr>", PAGES.format("false")), id="a page of several"),
        pytest.param(("</Stmt>", "</Stmt><Stmt/>"), id="two statements"),
        pytest.param(("camt.053", "camt.052"), id="another report"),
        pytest.param((CLOSING, ">100005778<"), id="a closing balance that is another"),
        pytest.param((OPENING, ">-1<"), id="a balance that is none"),
        pytest.param((f'Ccy="JPY"{CLOSING}', f'Ccy="USD"{CLOSING}'), id="a balance in dollars"),
        pytest.param(("</Ntry></Stmt>", "</Ntry>"), id="cut"),
    ],
)
async def test_a_statement_with_one_fault_is_refused_whole(changes: tuple[str, str]) -> None:
    async with mocked_mufg() as mocked:
        mocked.says(altered("statement", changes))

        assert await mocked.bank.statement(DAY) == StatementUnavailable(Reason.OUTCOME_UNKNOWN)


async def test_a_booking_may_bear_its_day_only() -> None:
    """Then any instant of that day may be meant: the latest is taken that is not to come."""
    async with mocked_mufg() as mocked:
        mocked.says(altered("statement", (AT, "<Dt>2026-11-25</Dt>")))
        today = await mocked.bank.statement(DAY)
        mocked.clock.advance(86_400)
        later = await mocked.bank.statement(DAY)

    assert isinstance(today, Statement)
    assert isinstance(later, Statement)
    assert [one.booked_at for one in today.movements if one.is_return] == [START]
    last = datetime(2026, 11, 25, 23, 59, 59, 999_999, JST)
    assert [one.booked_at for one in later.movements if one.is_return] == [last]
    assert {one.value_date for one in later.movements} == {DAY}


async def test_the_last_page_is_a_whole_statement() -> None:
    async with mocked_mufg() as mocked:
        mocked.says(altered("statement", ("</GrpHdr>", PAGES.format("true"))))

        assert isinstance(await mocked.bank.statement(DAY), Statement)


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        pytest.param(recorded("429"), Reason.THROTTLED, id="throttled"),
        pytest.param(recorded("401_invalid_token"), Reason.CONTRACT_ERROR, id="no token holds"),
        pytest.param(recorded("500"), Reason.OUTCOME_UNKNOWN, id="500"),
        pytest.param(httpx.Response(404), Reason.OUTCOME_UNKNOWN, id="404"),
        pytest.param(
            httpx.Response(200, content=recorded("statement").content),
            Reason.OUTCOME_UNKNOWN,
            id="no content type",
        ),
    ],
)
async def test_a_statement_that_cannot_be_had_says_why(
    answer: httpx.Response, reason: Reason
) -> None:
    async with mocked_mufg() as mocked:
        mocked.says(answer)

        assert await mocked.bank.statement(DAY) == StatementUnavailable(reason)
