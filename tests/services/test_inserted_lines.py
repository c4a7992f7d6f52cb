"""A statement in which a line stands between others is taken on a word, and nothing books twice."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from gateway.domain.bank import StatementLine, StatementUnavailable
from gateway.domain.inserted_lines import in_kept_order
from gateway.domain.ledger import settlement_cash
from gateway.domain.operator import NameMissing
from gateway.domain.reason import Reason
from gateway.domain.review import Resolution
from gateway.ops.commands.ledger_verify import verify_ledger
from gateway.services.accept_statement import (
    StatementNotAccepted,
    accept_statement,
    look_for_insertion,
)
from gateway.services.read_today import read_today
from gateway.store.review_items import list_items
from tests.manual_clock import START, ManualClock
from tests.services.conftest import Member
from tests.services.house_books import open_account
from tests.services.stating_bank import BANK, IN, OUT, TODAY, Morning, at_stating_bank
from tests.services.test_house_money import resolve
from tests.services.test_transfers import accepted

CASH = settlement_cash(BANK)


@pytest.fixture
def morning(desk, clock: ManualClock) -> Morning:
    return at_stating_bank(desk, clock)


def numbered(morning: Morning) -> None:
    """Number the lines by their places, as PayPay and Rakuten do."""
    morning.bank.lines[:] = [
        replace(line, bank_id=f"20261125-{number}")
        for number, line in enumerate(morning.bank.lines, start=1)
    ]


def insert(morning: Morning, place: int, amount: int, *, minutes: int) -> StatementLine:
    line = morning.bank.state(None, IN, amount, at=START + timedelta(minutes=minutes))
    morning.bank.lines.insert(place, morning.bank.lines.pop())
    return line


async def cash(morning: Morning) -> int:
    report = await verify_ledger(morning.desk.db)
    assert report.findings == ()
    return report.balances.get(CASH, 0)


@pytest.mark.parametrize("shifts", [True, False], ids=["numbers are places", "numbers stay"])
async def test_a_line_between_others_is_taken_on_a_word_and_nothing_books_twice(
    morning: Morning, member: Member, owner: Any, shifts: bool
) -> None:
    transfer = await accepted(morning.desk, member)
    morning.bank.state(transfer.reference)
    morning.bank.state(None, IN, 5_000, at=START + timedelta(minutes=10))
    morning.bank.state(None, OUT, 330, at=START + timedelta(minutes=20))
    if shifts:
        numbered(morning)
    await morning.reconcile()
    top_up = next(item for item in await list_items(morning.desk.db) if item.amount == 5_000)
    await resolve(morning, top_up, Resolution.FUNDING)
    insert(morning, 1, 70, minutes=5)
    if shifts:
        numbered(morning)
    assert (await morning.reconcile()).refused == "changed"

    found = await accept_statement(morning.desk, BANK, TODAY, by="sato", note="the bank, ticket 9")
    first = await morning.reconcile()
    again = await morning.reconcile()

    assert [line.amount.amount for line in found.inserted] == [70]
    assert (first.refused, first.set_aside, first.raised) == (None, 1, 1)
    assert (again.refused, again.set_aside, again.raised) == (None, 0, 0)
    assert await cash(morning) == -10_000 + 5_000 - 330 + 70
    waiting = {item.amount for item in await list_items(morning.desk.db)}
    assert waiting == {330, 70}
    kept = await owner.fetch(
        "SELECT line_no, bank_id, amount FROM statement_lines ORDER BY line_no"
    )
    assert [row["amount"] for row in kept] == [10_000, 5_000, 330, 70]
    assert len({row["bank_id"] for row in kept}) == 4
    (act,) = await owner.fetch(
        "SELECT operator, details FROM operator_actions WHERE action = 'statement_accept'"
    )
    assert act["operator"] == "sato"


async def test_a_word_holds_for_the_lines_it_was_given_about(morning: Morning) -> None:
    morning.bank.state(None, IN, 1)
    morning.bank.state(None, IN, 2, at=START + timedelta(minutes=9))
    await morning.reconcile()
    insert(morning, 1, 3, minutes=3)
    await accept_statement(morning.desk, BANK, TODAY, by="sato", note="n")
    assert (await morning.reconcile()).refused is None

    morning.bank.state(None, IN, 4, at=START + timedelta(hours=1))
    at_the_end = await morning.reconcile()
    insert(morning, 1, 5, minutes=2)
    between = await morning.reconcile()
    await accept_statement(morning.desk, BANK, TODAY, by="suzuki", note="n")
    taken = await morning.reconcile()

    assert (at_the_end.refused, between.refused, taken.refused) == (None, "changed", None)
    assert await cash(morning) == 15


async def test_a_line_put_into_a_day_that_goes_on_waits_for_a_word_too(morning: Morning) -> None:
    morning.bank.state(None, IN, 1)
    morning.bank.state(None, IN, 2)
    numbered(morning)
    morning.clock.advance(7_200)
    await open_account(morning.desk, BANK, 100)
    await read_today(morning.desk)
    insert(morning, 0, 3, minutes=0)
    numbered(morning)
    morning.clock.advance(3_600)
    await read_today(morning.desk)
    assert await cash(morning) == 103

    await accept_statement(morning.desk, BANK, TODAY, by="sato", note="n")
    morning.clock.advance(3_600)
    await read_today(morning.desk)

    assert await cash(morning) == 106


@pytest.mark.parametrize(
    ("change", "says"),
    [
        pytest.param(lambda lines: lines.pop(0), "on it no more", id="a line is gone"),
        pytest.param(
            lambda lines: lines.append(replace(lines[0], bank_id="x")),
            "nothing stands between",
            id="a line more at the end",
        ),
        pytest.param(
            lambda lines: lines.append(lines[0]), "line_twice", id="a number on two lines"
        ),
    ],
)
async def test_what_no_word_helps_is_refused_with_what_to_do(
    morning: Morning, owner: Any, change: Any, says: str
) -> None:
    morning.bank.state(None, IN, 1)
    morning.bank.state(None, IN, 2)
    await morning.reconcile()
    change(morning.bank.lines)

    with pytest.raises(StatementNotAccepted, match=says):
        await look_for_insertion(morning.desk, BANK, TODAY)
    with pytest.raises(StatementNotAccepted, match=says):
        await accept_statement(morning.desk, BANK, TODAY, by="sato", note="n")

    assert await owner.fetchval("SELECT count(*) FROM statement_words") == 0


async def test_a_word_has_a_name_and_a_reason(morning: Morning) -> None:
    with pytest.raises(StatementNotAccepted, match="--note"):
        await accept_statement(morning.desk, BANK, TODAY, by="sato", note=" ")
    with pytest.raises(NameMissing):
        await accept_statement(morning.desk, BANK, TODAY, by=" ", note="n")


def test_of_equal_lines_the_one_of_the_same_instant_is_the_same(morning: Morning) -> None:
    kept = [morning.bank.state(None, IN, 70, at=START + timedelta(minutes=9))]
    earlier = replace(kept[0], booked_at=START)
    now = [earlier, replace(kept[0], bank_id="line-2")]

    found = in_kept_order(now, kept)

    assert found is not None
    assert found.lines[0] == kept[0]
    assert [(line.booked_at, line.bank_id) for line in found.inserted] == [(START, "line-1+2")]


async def test_a_word_does_not_hold_once_a_line_that_was_read_after_it_is_gone(
    morning: Morning,
) -> None:
    morning.bank.state(None, IN, 1)
    morning.bank.state(None, IN, 2, at=START + timedelta(minutes=9))
    await morning.reconcile()
    insert(morning, 1, 3, minutes=3)
    await accept_statement(morning.desk, BANK, TODAY, by="sato", note="n")
    await morning.reconcile()
    morning.bank.state(None, IN, 4, at=START + timedelta(hours=1))
    assert (await morning.reconcile()).refused is None

    morning.bank.lines.pop()

    assert (await morning.reconcile()).refused == "changed"
    assert await cash(morning) == 10


async def test_a_statement_that_cannot_be_had_is_not_accepted(morning: Morning, owner: Any) -> None:
    morning.bank.refuses = StatementUnavailable(Reason.MAINTENANCE)

    with pytest.raises(StatementNotAccepted, match=f"cannot be had: {Reason.MAINTENANCE}"):
        await accept_statement(morning.desk, BANK, TODAY, by="sato", note="n")

    assert await owner.fetchval("SELECT count(*) FROM statement_words") == 0
