"""Lines of a day on which they cannot have been booked: set aside at once, and taken back later."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from gateway.domain.bank import Direction
from gateway.domain.ledger import TO_GIVE_BACK, UNIDENTIFIED, settlement_cash
from gateway.domain.outcome import Rejected, Settled, Unknown
from gateway.domain.reason import Reason
from gateway.domain.resolution import ResolutionRefused
from gateway.domain.review import Resolution, ReviewKind
from gateway.domain.transfer import State, Transfer
from gateway.domain.why import PartKind
from gateway.ops.commands.ledger_verify import verify_ledger
from gateway.services.inquire_transfer import inquire_transfer
from gateway.services.reconcile import reconcile_day
from gateway.services.run_mornings import run_day, run_mornings
from gateway.store.database import Database
from gateway.store.review_items import ReviewItem, list_items
from gateway.store.sql import SQL
from gateway.store.transfers import find_transfer
from tests.manual_clock import START, ManualClock
from tests.services.conftest import Member
from tests.services.stating_bank import BANK, IN, OUT, TODAY, Morning, at_stating_bank
from tests.services.test_resolve_review import propose, resolve
from tests.services.test_transfers import accepted
from tests.services.test_why import asked

R = Resolution
DAY = timedelta(days=1)
TOO_EARLY = START - DAY
REFERENCE, ID = "R" * 20, UUID(int=9)
SAID = TODAY.isoformat()


@pytest.fixture
def morning(desk, clock: ManualClock) -> Morning:
    return at_stating_bank(desk, clock)


@dataclass(frozen=True)
class Early:
    """What a bank booked too early, and what two people then say of it."""

    begin: Callable[[Morning, Member, Any], Awaitable[None]]
    word: Resolution
    said: dict[str, str]


async def pay_out(morning: Morning, member: Member, _: Any) -> None:
    morning.bank.submits.append(Settled(TOO_EARLY, "B-7"))
    transfer = await accepted(morning.desk, member)
    morning.bank.state(transfer.reference, OUT, at=TOO_EARLY)


async def lost_pay_out(morning: Morning, member: Member, _: Any) -> None:
    morning.bank.submits.append(Unknown())
    transfer = await accepted(morning.desk, member)
    morning.bank.state(transfer.reference, OUT, at=TOO_EARLY)


async def refused_pay_out(morning: Morning, member: Member, _: Any) -> None:
    morning.bank.submits.append(Rejected(Reason.ACCOUNT_CLOSED))
    transfer = await accepted(morning.desk, member)
    morning.bank.state(transfer.reference, OUT, at=TOO_EARLY)


async def come_back(morning: Morning, member: Member, _: Any) -> None:
    transfer = await accepted(morning.desk, member)
    morning.bank.state(transfer.reference, OUT)
    morning.bank.state(transfer.reference, IN, at=TOO_EARLY)


async def pay_and_come_back(morning: Morning, member: Member, owner: Any) -> None:
    await lost_pay_out(morning, member, owner)
    morning.bank.state(morning.bank.lines[0].reference, IN, at=TOO_EARLY)


async def pay_in(morning: Morning, member: Member, owner: Any) -> None:
    advance = await accepted(morning.desk, member, amount=50_000)
    morning.bank.state(advance.reference, OUT, 50_000)
    await owner.execute(
        "INSERT INTO repayments (member_id, id, bank, reference, kind, amount, description,"
        " return_url, request_id, accepted_at, expires_at, state, step, start_until, watch_until)"
        " VALUES ($1, $2, 'smbc', $3, 'amount', 10000, 'ｺﾞﾍﾝｻｲ', 'https://member.example', 'req',"
        " $4, $4, 'authorizing', $2, $4, $4)",
        *(member.id, ID, REFERENCE, START),
    )
    morning.bank.state(REFERENCE, IN, at=TOO_EARLY)


class Meanwhile(Database):
    """Lets something happen before one of its reads."""

    def __init__(
        self, database: Database, before: str, happen: Callable[[], Awaitable[None]]
    ) -> None:
        super().__init__(database._pool, wait_s=60, lost_s=1)
        self._before, self._happen = before, happen

    async def fetch(self, sql: str, *args: object) -> Any:
        if sql == self._before:
            await self._happen()
        return await super().fetch(sql, *args)


CAME_BACK = {"booked_at": SAID, "returned_at": SAID}
EARLY = [
    pytest.param(Early(pay_out, R.SETTLED, {"booked_at": SAID}), id="a pay-out"),
    pytest.param(Early(lost_pay_out, R.SETTLED, {"booked_at": SAID}), id="a lost pay-out"),
    pytest.param(Early(refused_pay_out, R.SETTLED, {"booked_at": SAID}), id="a refused pay-out"),
    pytest.param(Early(come_back, R.RETURNED, CAME_BACK), id="a return"),
    pytest.param(Early(pay_and_come_back, R.RETURNED, CAME_BACK), id="a pay-out and its return"),
    pytest.param(Early(pay_in, R.PAID, {"booked_at": SAID}), id="a repayment"),
]


def stated(morning: Morning) -> int:
    """Return what the bank's lines come to, in counted positive."""
    return sum(
        line.amount.amount if line.direction is Direction.IN else -line.amount.amount
        for line in morning.bank.lines
    )


async def agrees(morning: Morning) -> int:
    """Return what is set aside, once the ledger has proved itself and cash equals the lines."""
    report = await verify_ledger(morning.desk.db)
    assert report.findings == ()
    assert report.balances.get(settlement_cash(BANK), 0) == stated(morning)
    return -report.balances.get(UNIDENTIFIED, 0)


async def of_kind(morning: Morning, kind: ReviewKind) -> ReviewItem:
    (item,) = [one for one in await list_items(morning.desk.db) if one.kind is kind]
    return item


async def mornings(morning: Morning) -> int:
    """Let all that is due by itself be run, until nothing is."""
    morning.clock.instant = max(morning.clock.instant, START.replace(hour=7) + DAY)
    ran = 0
    while now_ran := await run_mornings(morning.desk):
        ran += now_ran
        assert ran < 20
    return ran


@pytest.mark.parametrize("early", EARLY)
async def test_a_line_of_a_day_that_cannot_be_is_set_aside_until_people_have_said_the_day(
    morning: Morning, member: Member, owner: Any, early: Early
) -> None:
    await run_day(morning.desk, BANK, TOO_EARLY.date())  # before any of it was booked
    await early.begin(morning, member, owner)
    await mornings(morning)
    # What the statement alone told of had its day run by hand.
    await morning.reconcile(TOO_EARLY.date())
    lines = [line for line in morning.bank.lines if line.booked_at == TOO_EARLY]
    aside = sum(line.amount.amount * (1 if line.direction is IN else -1) for line in lines)

    assert await agrees(morning) == aside
    told = await asked(morning, settlement_cash(BANK), on=TOO_EARLY.date())
    assert [part.kind for part in told.parts] == [PartKind.LINE] * len(lines)
    assert told.is_explained

    await resolve(
        morning, await of_kind(morning, ReviewKind.DATE_NOT_BELIEVED), early.word, **early.said
    )
    assert await mornings(morning) >= 1

    assert await agrees(morning) == 0
    entries = await owner.fetch("SELECT effective_on FROM loan_entries")
    assert {row["effective_on"] for row in entries} == {TODAY}
    kept = await owner.fetch("SELECT id FROM postings ORDER BY id")
    assert (await morning.reconcile(TOO_EARLY.date())).booked == 0
    assert await owner.fetch("SELECT id FROM postings ORDER BY id") == kept
    assert await mornings(morning) == 0


async def early_pay_out(morning: Morning, member: Member) -> Transfer:
    """Return a transfer in review whose line of the day before is set aside."""
    await pay_out(morning, member, None)
    await mornings(morning)
    assert await agrees(morning) == -10_000
    item = await of_kind(morning, ReviewKind.DATE_NOT_BELIEVED)
    assert item.transfer_id is not None
    found = await find_transfer(morning.desk.db, member_id=member.id, transfer_id=item.transfer_id)
    assert found is not None
    assert found.state is State.REVIEW
    return found


async def test_a_better_answer_of_the_bank_takes_back_what_was_set_aside(
    morning: Morning, member: Member
) -> None:
    transfer = await early_pay_out(morning, member)
    morning.bank.inquiries.append(Settled(START))
    settled = await inquire_transfer(morning.desk, transfer)

    assert settled.state is State.SETTLED
    assert await mornings(morning) == 2  # the day of the line, and that of the entry
    assert await agrees(morning) == 0


async def test_of_two_lines_the_one_of_the_day_that_people_say_is_its_own(
    morning: Morning, member: Member
) -> None:
    transfer = await early_pay_out(morning, member)
    morning.bank.state(transfer.reference, OUT, at=START + timedelta(minutes=1))
    await morning.reconcile()
    assert await agrees(morning) == -20_000
    item = await of_kind(morning, ReviewKind.DATE_NOT_BELIEVED)

    await resolve(morning, item, R.SETTLED, booked_at=SAID)
    await mornings(morning)

    assert await agrees(morning) == -10_000
    doubled = [i for i in await list_items(morning.desk.db) if i.kind is ReviewKind.DOUBLED]
    assert {one.booked_on for one in doubled} == {TODAY, TOO_EARLY.date()}


async def test_a_day_on_which_it_was_booked_while_it_was_set_aside_is_looked_at_once_more(
    morning: Morning, member: Member
) -> None:
    """Another process books after the last look at the row, and before the item is there."""
    await pay_out(morning, member, None)
    transfer = (await list_items(morning.desk.db))[0].transfer_id
    assert transfer is not None
    desk = morning.desk
    row = await find_transfer(desk.db, member_id=member.id, transfer_id=transfer)
    assert row is not None

    async def book() -> None:
        morning.bank.inquiries.append(Settled(START))
        await inquire_transfer(desk, row)

    meanwhile = Meanwhile(desk.db, SQL["house_money.rules_of"], book)
    await reconcile_day(replace(desk, db=meanwhile), BANK, TOO_EARLY.date())

    assert await agrees(morning) == 0


async def test_what_people_made_of_the_line_stays_until_the_row_is_booked(
    morning: Morning, member: Member
) -> None:
    await early_pay_out(morning, member)
    item = await of_kind(morning, ReviewKind.LEDGER_DIFFERS)
    await resolve(morning, item, R.GIVEN_BACK)
    await mornings(morning)
    balances = (await verify_ledger(morning.desk.db)).balances
    assert (balances[TO_GIVE_BACK], balances.get(UNIDENTIFIED, 0)) == (10_000, 0)

    item = await of_kind(morning, ReviewKind.DATE_NOT_BELIEVED)
    await resolve(morning, item, R.SETTLED, booked_at=SAID)
    await mornings(morning)

    assert await agrees(morning) == 0
    assert (await verify_ledger(morning.desk.db)).balances.get(TO_GIVE_BACK, 0) == 0
    await of_kind(morning, ReviewKind.EXPLAINED_LATER)


async def test_a_second_credit_of_a_day_that_cannot_be_books_nothing(
    morning: Morning, member: Member, owner: Any
) -> None:
    await pay_in(morning, member, owner)
    morning.bank.state(REFERENCE, IN)
    await mornings(morning)
    await morning.reconcile(TOO_EARLY.date())

    assert await agrees(morning) == 10_000
    entries = await owner.fetch("SELECT effective_on FROM loan_entries")
    assert [row["effective_on"] for row in entries] == [TODAY, TODAY]
    await of_kind(morning, ReviewKind.LEDGER_DIFFERS)


@pytest.mark.parametrize("early", [EARLY[0], EARLY[-1]])
@pytest.mark.parametrize("has_line", [True, False], ids=["its own line", "a line elsewhere"])
async def test_no_entry_is_redated_to_a_day_before_its_acceptance(
    morning: Morning, member: Member, owner: Any, early: Early, has_line: bool
) -> None:
    await early.begin(morning, member, owner)
    await morning.reconcile(TOO_EARLY.date())
    item = await of_kind(morning, ReviewKind.DATE_NOT_BELIEVED)
    await resolve(morning, item, early.word, **early.said)
    await mornings(morning)
    if not has_line:
        await owner.execute("UPDATE review_items SET details = details - 'booked_at'")
    item = await of_kind(morning, ReviewKind.DATE_DIFFERS)

    with pytest.raises(ResolutionRefused, match="the line says 2026-11-24, which cannot be"):
        await propose(morning, item, R.REDATED)
