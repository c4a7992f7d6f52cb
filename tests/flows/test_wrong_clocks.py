"""A bank whose clock is wrong: its money is believed, and two people give the day."""

from typing import Any

import pytest
from structlog.testing import capture_logs

from gateway.app import Gateway
from gateway.domain.account import BankCode
from gateway.domain.ledger import settlement_cash
from gateway.domain.reason import Reason
from gateway.domain.repayment import State as RepaymentState
from gateway.domain.review import Resolution, ReviewKind
from gateway.domain.transfer import State
from gateway.ops.commands.ledger_verify import verify_ledger
from gateway.services.accept_transfer import accept_transfer
from gateway.services.resolve_review import confirm_resolution, propose_resolution
from gateway.store.review_items import Confirmation, Proposal, ReviewItem, list_items
from tests.flows.paying import PAID, paying
from tests.flows.serving import until
from tests.flows.world import open_world, request
from tests.manual_clock import START

TODAY = START.date().isoformat()
YEAR_BACK_S = -365 * 86_400
# SMBC's emulator refuses the value date of such an order, and books nothing.
CLOCKS = [
    pytest.param(BankCode.SMBC, YEAR_BACK_S, id="smbc a year back"),
    pytest.param(BankCode.RAKUTEN, YEAR_BACK_S, id="rakuten a year back"),
    pytest.param(BankCode.MIZUHO, YEAR_BACK_S, id="mizuho a year back, without a time"),
]


async def distrusted(gateway: Gateway) -> ReviewItem:
    """Return the item about a date, once it is there."""

    async def is_there() -> bool:
        return bool(await list_items(gateway.desk.db))

    await until(is_there)
    (item,) = await list_items(gateway.desk.db)
    assert item.kind is ReviewKind.DATE_NOT_BELIEVED
    return item


async def two_people_say(gateway: Gateway, item: ReviewItem, word: Resolution) -> None:
    said, now = {"booked_at": TODAY}, gateway.desk.clock.now()
    proposal = Proposal(word, "the bank's paper says so", "sato", said)
    await propose_resolution(gateway.desk.db, item.id, proposal, now=now)
    confirmation = Confirmation(word, "suzuki", "seen", said)
    await confirm_resolution(gateway.desk.db, item.id, confirmation, now=now)


@pytest.mark.parametrize(("bank", "shift_s"), CLOCKS[1:])
async def test_a_pay_out_by_a_wrong_clock_waits_until_two_people_give_its_day(
    database_url: str, owner: Any, bank: BankCode, shift_s: int
) -> None:
    with capture_logs() as records:
        async with (
            open_world(database_url, owner, banks=(bank,)) as world,
            world.process() as gateway,
        ):
            member = await world.member(bank=bank)
            await world.put("clock", {"shift_s": shift_s}, bank=bank)
            wanted = await accept_transfer(gateway.desk, request(member))
            waiting = await world.until_at_rest(gateway, wanted.transfer)

            assert (waiting.state, waiting.reason) == (State.REVIEW, Reason.DATE_NOT_BELIEVED)
            item = await distrusted(gateway)
            assert (await verify_ledger(gateway.desk.db)).balances == {}
            assert await owner.fetchval("SELECT count(*) FROM loan_entries") == 0
            await two_people_say(gateway, item, Resolution.SETTLED)

            async def is_settled() -> bool:
                return bool(await owner.fetchval("SELECT state = 'settled' FROM transfers"))

            await until(is_settled)
            settled = await world.until_at_rest(gateway, waiting)
            days = await owner.fetch("SELECT effective_on::text FROM loan_entries")
            assert [row["effective_on"] for row in days] == [TODAY]
            await world.check(gateway, settled)
    assert "date_not_believed" in {record.get("code") for record in records}


@pytest.mark.parametrize(("bank", "shift_s"), CLOCKS)
async def test_a_repayment_by_a_wrong_clock_waits_until_two_people_give_its_day(
    database_url: str, owner: Any, bank: BankCode, shift_s: int
) -> None:
    with capture_logs() as records:
        async with paying(database_url, owner, bank, is_clock_right=False) as payer:
            repayment = await payer.opens()
            await payer.world.put("clock", {"shift_s": shift_s}, bank=bank)
            await payer.is_booked(repayment)
            before = await payer.owes()

            item = await distrusted(payer.gateway)
            marked = await payer.now(repayment)
            assert (marked.state, marked.reason, item.amount) == (
                RepaymentState.AUTHORIZING,
                Reason.DATE_NOT_BELIEVED,
                PAID,
            )
            assert await payer.owes() == before
            await two_people_say(payer.gateway, item, Resolution.PAID)

            await payer.until(repayment, RepaymentState.SETTLED)
            entries = await owner.fetch(
                "SELECT amount, effective_on::text FROM loan_entries WHERE kind = 'payment'"
            )
            assert [tuple(row) for row in entries] == [(PAID, TODAY)]
            report = await verify_ledger(payer.gateway.desk.db)
            assert report.findings == ()
            books = await payer.world.books(bank)
            balance = int(books["settlement"]["balance"])
            assert report.balances[settlement_cash(bank)] == balance - 100_000_000
    assert "date_not_believed" in {record.get("code") for record in records}
