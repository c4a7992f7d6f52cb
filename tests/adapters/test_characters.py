"""Text that is only shown never makes a statement or an answer unreadable."""

import hashlib
import hmac
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import date
from typing import Any

import httpx
import pytest
from structlog.testing import capture_logs

from gateway.domain.bank import NameFound, Statement
from gateway.domain.outcome import Authorizing, Rejected, Settled
from tests.adapters import mocked_mizuho as mizuho
from tests.adapters import mocked_paypay as paypay
from tests.adapters import mocked_rakuten as rakuten
from tests.adapters.mocked_smbc import mocked_smbc
from tests.adapters.mufg.mocked import altered, mocked_mufg
from tests.adapters.stand_ins import REFERENCE, submit
from tests.adapters.test_smbc import row, signed
from tests.manual_clock import START

DAY = date(2026, 11, 25)
SEAL = paypay.SECRET

# What a bank that writes Shift_JIS sends in a name, and what is shown of it.
NAMES = [
    pytest.param("山田太郎".encode("cp932"), "山田太郎", 0, id="JIS X 0208"),
    pytest.param(b"\xee\xe0\x8b\xb4", "髙橋", 0, id="NEC's row of IBM's characters"),
    pytest.param(b"\xfb\xfc\x8b\xb4", "髙橋", 0, id="IBM's own row"),
    pytest.param("山﨑".encode("cp932"), "山﨑", 0, id="a variant of a character"),
    pytest.param("①㈱Ⅲ㍻№".encode("cp932"), "①㈱Ⅲ㍻№", 0, id="NEC's row 13"),
    pytest.param("ⅲ￤＇＂".encode("cp932"), "ⅲ￤＇＂", 0, id="IBM's marks"),
    pytest.param(b"\x81\x60\x81\x7c\x81\x61", "～－∥", 0, id="cells with two names in Unicode"),
    pytest.param(b"\x81\x91\x81\x92\x81\xca\x81\x50", "￠￡￢￣", 0, id="more of them"),
    pytest.param("ﾊﾟﾋﾞﾌﾟﾞﾟｶﾞ".encode("cp932"), "ﾊﾟﾋﾞﾌﾟﾞﾟｶﾞ", 0, id="half-width kana"),
    pytest.param("ガﾔヴ―".encode("cp932"), "ガﾔヴ―", 0, id="both widths"),
    pytest.param("表ソ能十".encode("cp932"), "表ソ能十", 0, id="second bytes that are marks"),
    pytest.param(b"\x5c\x7e", "\\~", 0, id="yen sign and overline"),
    pytest.param(b"\xf0\x40\xf9\xfc", "\ue000\ue757", 0, id="characters of the bank's own"),
    pytest.param(b"\x85\x40\xd4", "\ufffdﾔ", 1, id="a cell that is empty"),
    pytest.param(b"\xfc\x4c\xeb\x40", "\ufffd\ufffd", 2, id="cells past the end"),
    pytest.param(b"\x80\xa0\xfd\xfe\xff", "\ufffd" * 5, 5, id="bytes that are no character"),
    pytest.param(b"\xd4\x8e", "ﾔ\ufffd", 1, id="a character that was cut in two"),
    pytest.param(b"\x8e \xd4", "\ufffd ﾔ", 1, id="half a character within"),
    pytest.param(b"\x00\x07\x1b\x7f\x09\xd4", "\ufffd" * 5 + "ﾔ", 5, id="control characters"),
    pytest.param("山田".encode(), "螻ｱ逕ｰ", 0, id="another charset"),
]


def replaced(logs: Sequence[Mapping[str, Any]]) -> int:
    return sum(one["characters"] for one in logs if one["event"] == "bank.characters_replaced")


@pytest.mark.parametrize(("written", "shown", "lost"), NAMES)
async def test_rakutens_statement_shows_any_name(written: bytes, shown: str, lost: int) -> None:
    line = rakuten.row("1", "20261125090000", "1", "5", REFERENCE, "@").encode()
    body = line.replace(b"@", written) + rakuten.row("END", "1").encode()
    async with rakuten.mocked_rakuten() as mocked:
        mocked.answers(rakuten.says(body))
        with capture_logs() as logs:
            got = await mocked.bank.statement(DAY)

    assert isinstance(got, Statement)
    assert [one.counterparty for one in got.movements] == [shown]
    assert replaced(logs) == lost


@pytest.mark.parametrize(("written", "shown", "lost"), NAMES)
async def test_paypays_statement_shows_any_name(written: bytes, shown: str, lost: int) -> None:
    body = b"1,20261125090000,1,5,%s,%s\r\nT,1,5,0,0\r\n" % (REFERENCE.encode(), written)
    async with paypay.mocked_paypay() as mocked:
        mocked.answers(_sheet(body))
        with capture_logs() as logs:
            got = await mocked.bank.statement(DAY)

    assert isinstance(got, Statement)
    assert [one.counterparty for one in got.movements] == [shown]
    assert replaced(logs) == lost


def _sheet(body: bytes, content_type: str = "text/csv; charset=Shift_JIS") -> httpx.Response:
    mac = hmac.new(SEAL, body, hashlib.sha256).hexdigest()
    return httpx.Response(200, headers={"Content-Type": content_type, "X-MAC": mac}, content=body)


@pytest.mark.parametrize(("written", "shown", "lost"), NAMES)
async def test_rakutens_answer_is_read_whatever_its_message_holds(
    written: bytes, shown: str, lost: int
) -> None:
    del shown
    line = rakuten.row("0", "RT0001", "20261125100000", "@").encode()
    async with rakuten.mocked_rakuten() as mocked:
        mocked.answers(rakuten.says(line.replace(b"@", written)))
        with capture_logs() as logs:
            got = await submit(mocked.bank, rakuten.PAYOUT)

    assert got.outcome == Settled(START, "RT0001")
    assert replaced(logs) == lost


@pytest.mark.parametrize(("written", "shown", "lost"), NAMES)
async def test_a_holders_name_is_handed_on_as_it_is(written: bytes, shown: str, lost: int) -> None:
    fields = {"RESULT": b"0", "NAME": written} | {
        key: value.encode() for key, value in paypay.ENVELOPE.items()
    }
    async with paypay.mocked_paypay() as mocked:
        mocked.answers(paypay.text(_lines(fields)))
        at_paypay = await mocked.bank.verify_name(paypay.PAYEE)
    line = rakuten.row("0", "@").encode()
    async with rakuten.mocked_rakuten() as other:
        other.answers(rakuten.says(line.replace(b"@", written)))
        at_rakuten = await other.bank.verify_name(rakuten.PAYEE)

    assert (at_paypay, at_rakuten) == (NameFound(shown), NameFound(shown))
    assert shown.count("\ufffd") == lost


def _lines(fields: dict[str, bytes]) -> bytes:
    joined = b"&".join(b"%s=%s" % (key.encode(), fields[key]) for key in sorted(fields))
    sealed = fields | {"MAC": hmac.new(SEAL, joined, hashlib.sha256).hexdigest().encode()}
    return b"".join(b"%s=%s\r\n" % (key.encode(), value) for key, value in sealed.items())


@pytest.mark.parametrize(
    ("written", "shown", "lost"),
    [
        pytest.param(b"\xd4\x80\xcf", "ﾔ\ufffdﾏ", 1, id="no character of JIS X 0201"),
        pytest.param(b"\xfb\xfc\x8b\xb4", "\ufffd\ufffd\ufffdｴ", 3, id="kanji"),
        pytest.param(b"\x00\x1b\x7f", "\ufffd\ufffd\ufffd", 3, id="control characters"),
        pytest.param(b"\x5c\x7e", "¥‾", 0, id="yen sign and overline"),
        pytest.param("ｶﾞﾊﾟｦｰ｡｢｣､･".encode("cp932"), "ｶﾞﾊﾟｦｰ｡｢｣､･", 0, id="every kind of kana"),
    ],
)
@pytest.mark.parametrize("at", [26, 44, 202 + 81, 202 + 159])
async def test_mizuhos_statement_shows_any_name(
    at: int, written: bytes, shown: str, lost: int
) -> None:
    book = mizuho.recorded("statement").content
    content = book[:at] + written + book[at + len(written) :]
    async with mizuho.mocked_mizuho() as mocked:
        mocked.says(httpx.Response(200, content=content))
        with capture_logs() as logs:
            got = await mocked.bank.statement(DAY)

    assert isinstance(got, Statement)
    first = got.movements[0]
    if at == 202 + 81:
        assert first.counterparty.startswith(shown)
    if at == 202 + 159:
        assert first.text.startswith(shown)
    assert replaced(logs) == lost


async def test_mizuhos_answer_to_a_collection_is_read_whatever_the_payers_name() -> None:
    record = mizuho.jis(mizuho.data_91("1"))
    content = record[:50] + b"\xfb\xfc\x00" + record[53:]
    async with mizuho.mocked_mizuho() as mocked:
        mocked.says(httpx.Response(200, content=content))
        with capture_logs() as logs:
            got = await mocked.bank.inquire_collection(mizuho.COLLECTION)

    assert isinstance(got.outcome, Rejected)
    assert replaced(logs) == 3


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        pytest.param("髙橋", "髙橋", id="outside JIS X 0208"),
        pytest.param("ﾔﾏﾀﾞ\x00", "ﾔﾏﾀﾞ\ufffd", id="NUL"),
        pytest.param("ﾔ\ud800", "ﾔ\ufffd", id="half a pair"),
        pytest.param("𠮷野", "𠮷野", id="outside the first plane"),
    ],
)
async def test_smbcs_statement_shows_any_name(name: str, shown: str) -> None:
    async with mocked_smbc() as mocked:
        line = row(1, counterpartyName=name, description=name)
        mocked.says(signed({"transactions": [line], "nextPage": None}))
        with capture_logs() as logs:
            got = await mocked.bank.statement(DAY)

    assert isinstance(got, Statement)
    assert [(one.counterparty, one.text) for one in got.movements] == [(shown, shown)]
    assert replaced(logs) == 2 * shown.count("\ufffd")


async def test_mufgs_statement_shows_any_name() -> None:
    async with mocked_mufg() as mocked:
        mocked.says(altered("statement", ("ﾔﾏﾀﾞ ﾊﾅｺ", "髙﨑①㈱")))

        got = await mocked.bank.statement(DAY)

    assert isinstance(got, Statement)
    assert "髙﨑①㈱" in {one.counterparty for one in got.movements}


SPELLINGS = [
    *("Shift_JIS", "shift_jis", "SHIFT_JIS", "Windows-31J", "windows-31j", "MS932", "ms932"),
    *("CP932", "cp932", "sjis", "SJIS", "Shift-JIS", "x-sjis", "MS_Kanji", "csWindows31J"),
]
FORMS: list[Callable[[str], str]] = [
    lambda name: f"; charset={name}",
    lambda name: f';charset="{name}"',
    lambda name: f" ; Charset={name} ",
    lambda name: f"; header=absent; charset={name}",
]


@pytest.mark.parametrize("spelled", FORMS, ids=["plain", "quoted", "spaced", "the second"])
@pytest.mark.parametrize("name", SPELLINGS)
async def test_every_name_of_the_charset_is_that_charset(
    name: str, spelled: Callable[[str], str]
) -> None:
    stated = spelled(name)
    body = b"1,20261125090000,1,5,,\xee\xe0\r\nT,1,5,0,0\r\n"
    page = rakuten.row("END", "0")
    done = rakuten.row("0", "RT0001", "20261125100000", "")
    async with paypay.mocked_paypay() as mocked:
        mocked.answers(_sheet(body, f"text/csv{stated}"))
        assert isinstance(await mocked.bank.statement(DAY), Statement)
        answer = paypay.says(RESULT="0", BANK_ID="PP1", DONE_AT="20261125100000")
        mocked.answers(paypay.text(answer.content, f"text/plain{stated}"))
        assert (await submit(mocked.bank, paypay.PAYOUT)).outcome == Settled(START, "PP1")
    async with rakuten.mocked_rakuten() as other:
        other.answers(rakuten.says(page, content_type=f"text/csv{stated}"))
        assert isinstance(await other.bank.statement(DAY), Statement)
        other.answers(rakuten.says(done, content_type=f"text/csv{stated}"))
        assert (await submit(other.bank, rakuten.PAYOUT)).outcome == Settled(START, "RT0001")


async def test_a_browser_posts_the_bytes_that_the_mac_is_over() -> None:
    """Browsers write Shift_JIS by CP932's table, which has the wave dash under another name."""
    order = replace(paypay.COLLECTION, description="ご返済〜−")
    async with paypay.mocked_paypay() as mocked:
        got = await mocked.bank.start_collection(order)

    assert isinstance(got.outcome, Authorizing)
    fields = {key: value.encode("cp932") for key, value in got.outcome.redirect.fields}
    assert fields["ITEM"] == "ご返済〜−".encode("shift_jis")
    mac = fields.pop("MAC")
    sealed = _lines(fields).rpartition(b"MAC=")[2].strip()
    assert mac == sealed
