"""The bank's statement of a day: all of it, as the books say, or not at all."""

from datetime import timedelta

from gateway.conformance.case import Case, a, equal
from gateway.conformance.cases.collections import approve, ended, opened
from gateway.conformance.rig import Rig
from gateway.domain.bank import Direction, Statement, StatementUnavailable
from gateway.domain.outcome import Returned, Settled
from gateway.domain.reason import Reason

GROUP = "statements"
LIFTED = {"rate_limits": {"money": 0, "inquiry": 0}}


async def agrees_with_the_books(rig: Rig) -> None:
    await rig.emulator.put("settings", LIFTED)
    await rig.became(rig.order(amount=1_000))
    back = rig.order("0000005", amount=2_000)
    await rig.became(back)
    await rig.asked(back, lambda asked: isinstance(asked, Returned))
    collected = await opened(rig)
    await approve(rig, collected)
    await ended(rig, collected)
    await _compare(rig)


async def _compare(rig: Rig) -> None:
    statement = a(Statement, await rig.bank.statement(rig.clock.now().date()))
    ours = [
        (line.direction.value, line.reference, line.amount.amount, line.is_return)
        for line in statement.movements
    ]
    books = [
        (row["direction"], row["reference"], row["amount"], row["kind"] == "return")
        for row in await rig.emulator.movements()
    ]
    equal(ours, books, "lines")
    equal({line.value_date for line in statement.movements}, {rig.clock.now().date()}, "days")
    bank_ids = [line.bank_id for line in statement.movements]
    equal(len(set(bank_ids)), len(bank_ids), "different bank ids")


async def has_what_nobody_asked_for(rig: Rig) -> None:
    """A line without a reference stands where the bank booked it, with what the bank printed."""
    await rig.became(rig.order())
    earlier = (rig.clock.now() - timedelta(minutes=5)).isoformat()
    for line in (
        {"direction": "out", "amount": 3_300, "text": "ﾃｽｳﾘﾖｳ"},
        {"direction": "in", "amount": 5_000_000, "counterparty": "ﾌﾟﾛﾐｽ", "at": earlier},
        {"direction": "in", "amount": 1, "counterparty": "ｽｽﾞｷ ﾊﾅｺ", "text": "ﾌﾘｺﾐ"},
    ):
        await rig.emulator.post("movements", line)
    statement = a(Statement, await rig.bank.statement(rig.clock.now().date()))
    first, _, *last = statement.movements
    equal(
        [(one.direction.value, one.amount.amount, one.reference) for one in (first, *last)],
        [("in", 5_000_000, None), ("out", 3_300, None), ("in", 1, None)],
        "lines without a reference",
    )
    equal([one.counterparty for one in (first, last[1])], ["ﾌﾟﾛﾐｽ", "ｽｽﾞｷ ﾊﾅｺ"], "names")
    equal("ﾃｽｳﾘﾖｳ" in {last[0].counterparty, last[0].text}, True, "the text is read")
    if statement.balances is not None:
        before, after = statement.balances
        equal(after - before, 5_000_000 - 3_300 + 1 - 10_000, "what the balances lie apart")


async def has_all_its_pages(rig: Rig) -> None:
    await rig.emulator.put("settings", LIFTED)
    rows = (rig.expected.statement_rows_a_page or 100) + 5
    orders = [rig.order(amount=1_000 + number) for number in range(rows)]
    await rig.submit_all(orders)
    statement = a(Statement, await rig.bank.statement(rig.clock.now().date()))
    equal(
        sorted(line.amount.amount for line in statement.movements),
        [order.amount.amount for order in orders],
        "amounts",
    )
    equal({line.direction for line in statement.movements}, {Direction.OUT}, "directions")


async def a_page_that_cannot_be_read_refuses_it_all(rig: Rig) -> None:
    await rig.emulator.put("settings", LIFTED)
    rows = (rig.expected.statement_rows_a_page or 100) + 1
    await rig.submit_all([rig.order(amount=1) for _ in range(rows)])
    rules = [{"operation": "statement", "nth": 2, "action": {"kind": "garbage"}}]
    await rig.emulator.put("faults", rules)
    statement = await rig.bank.statement(rig.clock.now().date())
    equal(statement, StatementUnavailable(Reason.OUTCOME_UNKNOWN))


async def a_day_without_movements_is_empty(rig: Rig) -> None:
    one = rig.order()
    settled = await rig.became(one)
    a(Settled, settled)
    yesterday = rig.clock.now().date() - timedelta(days=1)
    equal(a(Statement, await rig.bank.statement(yesterday)).movements, (), "yesterday")


async def an_overdrawn_account_has_one_too(rig: Rig) -> None:
    await rig.became(rig.order())
    await rig.emulator.put("settings", {"balances": {"settlement": -1}})
    equal(len(a(Statement, await rig.bank.statement(rig.clock.now().date())).movements), 1)


CASES = (
    Case(GROUP, "an overdrawn account has one too", an_overdrawn_account_has_one_too),
    Case(GROUP, "it agrees with the books", agrees_with_the_books),
    Case(GROUP, "it has what nobody asked for", has_what_nobody_asked_for),
    Case(GROUP, "it has all its pages", has_all_its_pages),
    Case(
        GROUP,
        "a page that cannot be read refuses it all",
        a_page_that_cannot_be_read_refuses_it_all,
        lambda expected: expected.statement_rows_a_page is not None,
    ),
    Case(GROUP, "a day without movements is empty", a_day_without_movements_is_empty),
)
