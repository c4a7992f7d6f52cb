"""The book of pay-outs that every emulated bank keeps: taken now, settled later."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from gateway.sandbox.books import Account, AccountKey, Books
from gateway.sandbox.clock import BankClock
from gateway.sandbox.creditors import Trouble, check_creditor
from gateway.sandbox.emulation import Emulation
from gateway.sandbox.faults import CallbackPlan
from gateway.sandbox.journal import Journal
from gateway.sandbox.kana import names_agree
from gateway.sandbox.payouts import PayOut, PayOutOrder, PayOuts, PayOutState
from gateway.sandbox.settings import Settings, limits
from tests.manual_clock import ManualClock

PAYEE = AccountKey("001", "1", "1234567")


class Bank:
    """A bank of three lines on top of the shared book."""

    def __init__(self, clock: ManualClock, path: Path | None, time_scale: float) -> None:
        books = Books(Account(AccountKey("001", "1", "9000001"), "ﾌﾟﾛﾐｽ", 1_000))
        books.put([Account(PAYEE, "ﾔﾏﾀﾞ ﾀﾛｳ", 0)])
        settings = Settings(rate_limits=limits(50), time_scale=time_scale)
        self.journal = Journal(path)
        self.emulation = Emulation(books, BankClock(clock), settings, self.journal, {})
        self.returned: asyncio.Queue[tuple[PayOut, CallbackPlan]] = asyncio.Queue()
        self.payouts = PayOuts(
            self.emulation,
            numbered=lambda key: f"N{key}",
            returned=self.tell,
            outcome=self.outcome,
            reasons=("closed",),
        )

    async def tell(self, payout: PayOut, plan: CallbackPlan) -> None:
        self.returned.put_nowait((payout, plan))

    def outcome(self, payout: PayOut) -> str:
        order, books = payout.order, self.emulation.books
        trouble = check_creditor(
            books, order.creditor, "ﾔﾏﾀﾞ ﾀﾛｳ", order.amount, names_agree=names_agree
        )
        return "" if trouble is None else trouble.value

    async def came_to_rest(self, key: str) -> PayOut:
        async with asyncio.timeout(5):
            while True:
                payout = self.payouts.find(key)
                if payout is not None and payout.state is not PayOutState.PENDING:
                    return payout
                await self.emulation.pause_unscaled(0.001)


@asynccontextmanager
async def open_bank(
    clock: ManualClock, path: Path | None = None, time_scale: float = 0.001
) -> AsyncIterator[Bank]:
    bank = Bank(clock, path, time_scale)
    for record in await asyncio.to_thread(bank.journal.read):
        bank.payouts.replay(record)
    bank.payouts.resume()
    try:
        yield bank
    finally:
        await bank.emulation.end()
        await bank.journal.flush()


def order(reference: str = "A", amount: int = 100, number: str = "1234567", item: str = ""):
    return PayOutOrder(reference, amount, AccountKey("001", "1", number), {"own": "field"}, item)


async def test_an_accepted_pay_out_settles_later_and_moves_the_money(clock: ManualClock):
    async with open_bank(clock) as bank:
        taken = await bank.payouts.accept(order())
        balance = bank.emulation.books.settlement.balance
        done = await bank.came_to_rest("A")

    assert (taken.state, taken.booked_at, balance) == (PayOutState.PENDING, None, 1_000)
    assert (done.state, done.holder, done.booked_at) == (
        PayOutState.DONE,
        "ﾔﾏﾀﾞ ﾀﾛｳ",
        clock.now(),
    )
    assert bank.emulation.books.settlement.balance == 900


@pytest.mark.parametrize(
    ("wanted", "told", "code"),
    [
        pytest.param(order(number="7654321"), "", "account_not_found", id="asked of the bank"),
        pytest.param(order(amount=1_001), "", "balance_short", id="no money"),
        pytest.param(order(), "AC04", "AC04", id="told by a rule"),
    ],
)
async def test_what_settles_badly_is_refused_and_stays_known(clock, wanted, told, code):
    async with open_bank(clock) as bank:
        await bank.payouts.accept(wanted, told=told)
        refused = await bank.came_to_rest("A")

    assert (refused.state, refused.code) == (PayOutState.REFUSED, code)
    assert bank.emulation.books.movements == []


async def test_a_restarted_bank_goes_on_settling_and_returning(clock: ManualClock, tmp_path: Path):
    path = tmp_path / "bank.jsonl"
    async with open_bank(clock, path, time_scale=100) as bank:
        await bank.payouts.accept(order("A"))
        await bank.payouts.accept(order("B"), told="AC04")
        await bank.payouts.book(order("C"), "ﾔﾏﾀﾞ ﾀﾛｳ", return_after_s=5)
        assert bank.returned.empty()

    async with open_bank(clock, path) as bank:
        settled = [await bank.came_to_rest(key) for key in ("A", "B")]
        async with asyncio.timeout(5):
            returned, plan = await bank.returned.get()

    assert [payout.state for payout in settled] == [PayOutState.DONE, PayOutState.REFUSED]
    assert settled[0].order == order("A")
    assert (returned.reference, returned.state, returned.code) == (
        "C",
        PayOutState.RETURNED,
        "closed",
    )
    assert not plan.before_answer
    async with open_bank(clock, path) as bank:
        ids = [movement.booking.bank_id for movement in bank.emulation.books.movements]
        states = [found.state for key in "ABC" if (found := bank.payouts.find(key))]
    assert sorted(ids) == ["NA", "NC", "NC/return"]
    assert states == [PayOutState.DONE, PayOutState.REFUSED, PayOutState.RETURNED]


async def test_items_may_share_a_reference_where_the_bank_files_them_otherwise(
    clock: ManualClock, tmp_path: Path
):
    async with open_bank(clock, tmp_path / "bank.jsonl") as bank:
        for item in ("file/1", "file/2"):
            bank.payouts.put_in_line(order(item=item), settle_s=0)
        await bank.journal.flush()
        paid = [await bank.came_to_rest(item) for item in ("file/1", "file/2")]

    assert [payout.reference for payout in paid] == ["A", "A"]
    assert bank.payouts.find("A") is None
    assert bank.emulation.books.settlement.balance == 800


async def test_delays_follow_from_seed_and_reference(clock: ManualClock):
    async with open_bank(clock) as one, open_bank(clock) as other:
        drawn = [[bank.emulation.settle_s(key) for key in "ABC"] for bank in (one, other)]

    assert drawn[0] == drawn[1]
    assert len(set(drawn[0])) == 3
    assert all(0.2 <= delay_s <= 2.0 for delay_s in drawn[0])


def test_the_checks_of_a_creditor_have_their_order():
    books = Books(Account(AccountKey("001", "1", "9000001"), "ﾌﾟﾛﾐｽ", 1_000))
    books.put([Account(PAYEE, "ﾔﾏﾀﾞ ﾀﾛｳ", 0)])

    def trouble(number: str, name: str, amount: int) -> Trouble | None:
        key = AccountKey("001", "1", number)
        return check_creditor(books, key, name, amount, names_agree=names_agree)

    assert trouble("0000001", "ｱ", 10_000_001) is Trouble.ACCOUNT_NOT_FOUND
    assert trouble("0000003", "ｱ", 10_000_001) is Trouble.ACCOUNT_FROZEN
    assert trouble("1234567", "ｱ", 10_000_001) is Trouble.NAME_MISMATCH
    assert trouble("1234567", "ﾔﾏﾀ ﾀﾛｳ", 10_000_001) is Trouble.LIMIT_EXCEEDED
    assert trouble("0000005", "ｱ", 10_000_000) is Trouble.BALANCE_SHORT
    assert trouble("1234567", "ﾔﾏﾀﾞ ﾀﾛｳ", 1_000) is None
