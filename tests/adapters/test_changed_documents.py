"""A bank that changes its documents fails loudly: unknown and an alert, never a wrong booking.

A field more at SMBC and MUFG is passed over, as their pages say; the other formats have no room.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass, replace

import pytest

from gateway.domain.bank import StatementUnavailable
from gateway.domain.outcome import Unknown
from tests.adapters.mutations.exchange import Exchange, MutatedBank, Raw, in_short
from tests.adapters.mutations.mizuho import MIZUHO
from tests.adapters.mutations.mufg import MUFG
from tests.adapters.mutations.paypay import PAYPAY
from tests.adapters.mutations.rakuten import RAKUTEN
from tests.adapters.mutations.smbc import SMBC
from tests.adapters.test_mutations import outcome

Change = Callable[[bytes], bytes]


@dataclass(frozen=True, slots=True)
class Changed:
    """What a bank changes in one of its answers."""

    bank: MutatedBank
    answer: str
    change: Change

    @property
    def exchange(self) -> Exchange:
        return next(it for it in self.bank.exchanges if it.name == self.answer)

    def raw(self) -> Raw:
        genuine = self.exchange.genuine
        changed = replace(genuine, body=self.change(genuine.body))
        assert changed.body != genuine.body
        return changed if self.bank.seal is None else self.bank.seal(self.exchange, changed)


def swap(old: str, new: str) -> Change:
    def change(body: bytes) -> bytes:
        return body.replace(old.encode("shift_jis"), new.encode("shift_jis"), 1)

    return change


def at(offset: int, new: bytes) -> Change:
    return lambda body: body[:offset] + new + body[offset + len(new) :]


def wider(pattern: bytes, added: bytes) -> Change:
    """Return a change that puts something behind the first place where a pattern matches."""
    return lambda body: re.sub(pattern, lambda found: found[0] + added, body, count=1)


LOUD = {
    "smbc, a new code": Changed(SMBC, "refused", swap("ACCOUNT_CLOSED", "ACCOUNT_DORMANT")),
    "smbc, a new state": Changed(SMBC, "done", swap("COMPLETED", "CONFIRMED")),
    "smbc, a new state asked for": Changed(SMBC, "was done", swap("COMPLETED", "ON_HOLD")),
    "smbc, a new end": Changed(SMBC, "cancelled", swap("CANCELLED", "SUSPENDED")),
    "smbc, a renamed field": Changed(SMBC, "done", swap("executedAt", "bookedAt")),
    "smbc, a longer number": Changed(SMBC, "done", wider(rb'"transferId":"', b"T" * 64)),
    "smbc, a longer reference": Changed(SMBC, "done", wider(rb'"clientReference":"\w+', b"-001")),
    "smbc, an amount with decimals": Changed(SMBC, "was done", swap('"10000"', '"10000.00"')),
    "smbc, a renamed refusal": Changed(SMBC, "refused", swap('"code"', '"errorCode"')),
    "mufg, a new code": Changed(MUFG, "was refused", swap("AC01", "AC99")),
    "mufg, a new code of the post": Changed(MUFG, "refused", swap("FF01", "FF99")),
    "mufg, a new state": Changed(MUFG, "was done", swap("ACSC", "ACWC")),
    "mufg, a new group state": Changed(MUFG, "taken", swap("ACTC", "ACCP")),
    "mufg, a new end": Changed(MUFG, "paid", swap("ACSC", "PART")),
    "mufg, a newer namespace": Changed(
        MUFG, "was done", swap("pain.002.001.03", "pain.002.001.10")
    ),
    "mufg, a renamed element": Changed(MUFG, "was done", lambda it: it.replace(b"TxSts", b"TxSt")),
    "mufg, a longer number": Changed(MUFG, "was done", wider(rb"<AcctSvcrRef>", b"M" * 35)),
    "mufg, an amount with decimals": Changed(MUFG, "was done", swap(">10000<", ">10000.00<")),
    "paypay, a new code": Changed(PAYPAY, "refused", swap("CODE=E11", "CODE=E15")),
    "paypay, a new state": Changed(PAYPAY, "was done", swap("STATE=DONE", "STATE=HELD")),
    "paypay, a new end": Changed(PAYPAY, "cancelled", swap("STATE=CANCEL", "STATE=PARTIAL")),
    "paypay, a new result": Changed(PAYPAY, "done", swap("RESULT=0", "RESULT=2")),
    "paypay, a new field": Changed(PAYPAY, "done", swap("RESULT=0", "FEE=0\r\nRESULT=0")),
    "paypay, a renamed field": Changed(PAYPAY, "done", swap("DONE_AT", "BOOKED_AT")),
    "paypay, a longer field": Changed(PAYPAY, "done", wider(rb"DONE_AT=\d+", b"120")),
    "mizuho, a new item code": Changed(MIZUHO, "was refused", at(113, b"5")),
    "mizuho, a new code in a file": Changed(MIZUHO, "not done", at(122 + 113, b"5")),
    "mizuho, a new end": Changed(MIZUHO, "not paid", at(111, b"5")),
    "mizuho, a longer record": Changed(MIZUHO, "was done", swap("\r\n", "      \r\n")),
    "mizuho, longer records": Changed(MIZUHO, "done", lambda it: it.replace(b"\r\n", b"  \r\n")),
    "mizuho, a renamed field": Changed(MIZUHO, "refused", swap('"record"', '"line"')),
    "rakuten, a new code": Changed(RAKUTEN, "refused", swap('"C"', '"K"')),
    "rakuten, a longer code": Changed(RAKUTEN, "done", swap('"0"', '"00"')),
    "rakuten, a new state": Changed(RAKUTEN, "was done", swap('"1","10000"', '"6","10000"')),
    "rakuten, a new end": Changed(RAKUTEN, "paid", swap('"2","10000"', '"6","10000"')),
    "rakuten, a new field": Changed(RAKUTEN, "done", swap("\r\n", ',"0"\r\n')),
    "rakuten, a longer field": Changed(RAKUTEN, "done", wider(rb'"20261125100000', b"120")),
    "rakuten, a new refusal": Changed(RAKUTEN, "was refused", swap('"C"', '"K"')),
}
UNREADABLE = {
    "smbc, a new kind of movement": Changed(SMBC, "statement", swap('"DEBIT"', '"FEE"')),
    "smbc, a renamed column": Changed(SMBC, "statement", swap('"amount"', '"yen"')),
    "mufg, an entry that is no movement": Changed(MUFG, "statement", swap("BOOK", "INFO")),
    "mufg, a new direction": Changed(MUFG, "statement", swap("DBIT", "FEES")),
    "paypay, a new column": Changed(PAYPAY, "statement", swap("\r\n", ",0\r\n")),
    "paypay, a new direction": Changed(PAYPAY, "statement", swap(",2,10000", ",3,10000")),
    "mizuho, a new direction": Changed(MIZUHO, "statement", at(202 + 21, b"3")),
    "mizuho, a new kind of record": Changed(MIZUHO, "statement", at(202, b"3")),
    "rakuten, a new column": Changed(RAKUTEN, "statement", swap("\r\n", ',"0"\r\n')),
    "rakuten, a new direction": Changed(RAKUTEN, "statement", swap('"2","10000"', '"3","10000"')),
}
PASSED_OVER = {
    "smbc, a new field": Changed(SMBC, "done", swap('{"', '{"fee":"0","')),
    "smbc, a new field of a movement": Changed(
        SMBC, "statement", swap('{"transactionId"', '{"channel":"API","transactionId"')
    ),
    "mufg, an element of ISO 20022 that we do not need": Changed(
        MUFG, "was done", swap("<AcctSvcrRef>", "<ClrSysRef>7</ClrSysRef><AcctSvcrRef>")
    ),
}


def rows(changes: dict[str, Changed]) -> pytest.MarkDecorator:
    params = [pytest.param(changed, id=name) for name, changed in changes.items()]
    return pytest.mark.parametrize("changed", params)


@rows(LOUD)
async def test_a_change_is_unknown_and_raises_an_alert(changed: Changed) -> None:
    async with changed.bank.open() as mocked:
        got = await outcome(changed.bank, mocked, changed.exchange, changed.raw())

    assert got == Unknown(integrity=True)


@rows(UNREADABLE)
async def test_a_changed_statement_is_not_half_read(changed: Changed) -> None:
    async with changed.bank.open() as mocked:
        got = await outcome(changed.bank, mocked, changed.exchange, changed.raw())

    assert isinstance(got, StatementUnavailable)


@rows(PASSED_OVER)
async def test_a_field_more_changes_nothing_where_the_page_has_room(changed: Changed) -> None:
    async with changed.bank.open() as mocked:
        wanted = await outcome(changed.bank, mocked, changed.exchange, changed.exchange.genuine)
        got = await outcome(changed.bank, mocked, changed.exchange, changed.raw())

    assert in_short(got) == in_short(wanted)
