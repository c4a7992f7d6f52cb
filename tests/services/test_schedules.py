"""When a transfer leaves: hours at acceptance and at the claim, stops, caps, and new plans."""

import asyncio
from dataclasses import replace
from datetime import date, datetime, time, timedelta

import pytest

from gateway.domain.account import BankCode
from gateway.domain.errors import Busy, DayCapReached
from gateway.domain.hours import JST, OneOffWindow
from gateway.domain.outcome import NotSent, Rejected
from gateway.domain.reason import Reason
from gateway.domain.service_hours import CoreHours, Profile
from gateway.domain.transfer import Promise, State, Transfer
from gateway.ops.commands.stops import hold_bank
from gateway.ops.commands.windows import add_window, list_windows, remove_window
from gateway.services.accept_transfer import accept_transfer
from gateway.services.cancel_transfer import cancel_transfer
from gateway.services.desk import TransferDesk
from gateway.services.replan_transfers import replan_transfers
from gateway.services.work_transfers import send_due
from gateway.store.transfers import find_transfer
from tests.manual_clock import ManualClock
from tests.services.conftest import Member, ToldBank, new_member, request

SMBC = BankCode.SMBC
LEGACY = Profile(
    date(2018, 1, 1), CoreHours(opens_at=time(9), cutoff=time(14, 50), credited_at=time(9, 30))
)


@pytest.fixture
def legacy(desk: TransferDesk) -> TransferDesk:
    """A desk whose bank is back on the hours before 24-hour transfers."""
    profile = desk.profiles[SMBC]
    hours = replace(profile.hours, profiles=(LEGACY,), windows=())
    return replace(desk, profiles={SMBC: replace(profile, hours=hours)})


def jst(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=JST)


async def now(desk: TransferDesk, transfer: Transfer) -> Transfer:
    found = await find_transfer(desk.db, member_id=transfer.member_id, transfer_id=transfer.id)
    assert found is not None
    return found


async def accept(desk: TransferDesk, member: Member, *, key: int = 1, amount: int = 100):
    wanted = request(member, amount=amount, key=f"key-{key:016}")
    transfer = (await accept_transfer(desk, wanted)).transfer
    await desk.senders.drain(10)
    return await now(desk, transfer)


async def send_what_is_due(desk: TransferDesk) -> None:
    await send_due(desk)
    await desk.senders.drain(10)


@pytest.mark.parametrize(
    ("accepted", "credited"),
    [
        pytest.param("2025-11-21T08:59:59", "2025-11-21T09:30", id="before nine: at 9:30"),
        pytest.param("2025-11-21T09:00:00", None, id="from nine: at once"),
        pytest.param("2025-11-21T14:50:00", None, id="the cut-off is in time"),
        pytest.param("2025-11-21T14:50:00.999", None, id="a second is whole"),
        pytest.param("2025-11-21T14:50:01", "2025-11-25T09:30", id="after it: past the holidays"),
        pytest.param("2026-01-02T12:00:00", "2026-01-05T09:30", id="the first days of a year"),
    ],
)
async def test_past_a_cut_off_a_transfer_is_accepted_and_scheduled(
    legacy: TransferDesk, member: Member, clock: ManualClock, accepted: str, credited: str | None
) -> None:
    clock.instant = jst(accepted)

    transfer = await accept(legacy, member)

    if credited is None:
        second = clock.now().replace(microsecond=0)
        assert transfer.state is State.SETTLED
        assert transfer.promise == Promise(
            second + timedelta(seconds=10), second + timedelta(seconds=60)
        )
        return
    assert (transfer.state, transfer.due_at) == (State.SCHEDULED, jst(credited))
    assert transfer.promise == Promise(jst(credited), jst(credited) + timedelta(seconds=60))


async def test_a_scheduled_transfer_leaves_when_its_instant_comes_and_not_before(
    legacy: TransferDesk, member: Member, clock: ManualClock, bank: ToldBank
) -> None:
    clock.instant = jst("2025-11-21T14:50:01")
    transfer = await accept(legacy, member)

    clock.instant = jst("2025-11-25T09:29:59.999")
    await send_what_is_due(legacy)
    assert bank.sent == []
    clock.instant = jst("2025-11-25T09:30")
    await send_what_is_due(legacy)

    assert (await now(legacy, transfer)).state is State.SETTLED


async def test_hours_are_tested_again_when_a_transfer_is_claimed(
    legacy: TransferDesk, member: Member, clock: ManualClock, bank: ToldBank
) -> None:
    clock.instant = jst("2025-11-21T08:00")
    transfer = await accept(legacy, member)

    clock.instant = jst("2025-11-21T14:50:01")  # nobody was there to send it
    await send_what_is_due(legacy)

    after = await now(legacy, transfer)
    assert (after.state, after.due_at, bank.sent) == (
        State.SCHEDULED,
        jst("2025-11-25T09:30"),
        [],
    )
    assert after.promise == transfer.promise


async def test_what_waits_for_its_instant_can_be_cancelled_and_what_left_cannot(
    legacy: TransferDesk, member: Member, clock: ManualClock
) -> None:
    clock.instant = jst("2025-11-22T12:00")
    transfer = await accept(legacy, member)

    after = await cancel_transfer(legacy, member_id=member.id, transfer_id=transfer.id)

    assert after.state is State.CANCELLED


async def test_the_promise_of_what_waits_grows_with_the_queue(
    legacy: TransferDesk, member: Member, clock: ManualClock
) -> None:
    """45 a second are promised of a limit of 50: the 46th is told one second more."""
    clock.instant = jst("2025-11-22T12:00")
    transfers = [await accept(legacy, member, key=number) for number in range(46)]

    promises = [transfer.promise for transfer in transfers]
    reaches = [(p.credited_by - p.credited_at).total_seconds() for p in promises if p is not None]
    assert reaches == [60.0] + [61.0] * 45


async def test_a_kept_promise_and_a_broken_one_are_told_apart(
    legacy: TransferDesk, member: Member, clock: ManualClock, owner
) -> None:
    clock.instant = jst("2025-11-21T08:00")
    kept = await accept(legacy, member, key=1)
    clock.instant = jst("2025-11-21T09:30:30")
    await send_what_is_due(legacy)
    clock.instant = jst("2025-11-22T08:00")
    broken = await accept(legacy, member, key=2)
    clock.instant = jst("2025-11-25T09:31:01")
    await send_what_is_due(legacy)

    rows = await owner.fetch(
        "SELECT transfer_id, data FROM events WHERE kind = 'transfer.settled' ORDER BY no"
    )
    said = {row["transfer_id"]: '"promise_kept": true' in row["data"] for row in rows}
    assert said == {kept.id: True, broken.id: False}


async def test_a_window_added_since_a_transfer_fell_due_keeps_it_back(
    desk: TransferDesk, member: Member, clock: ManualClock, bank: ToldBank
) -> None:
    await hold_bank(desk.db, SMBC, reason="drill", by="sato", now=clock.now())
    transfer = await accept(desk, member)
    window = OneOffWindow("臨時", clock.now(), clock.now() + timedelta(hours=1))
    await add_window(desk.db, SMBC, window, by="sato", now=clock.now())
    await desk.db.fetch("UPDATE bank_stops SET released_at = $1 WHERE ends_at IS NULL", clock.now())

    await send_what_is_due(desk)
    assert bank.sent == []
    clock.instant = window.ends
    await send_what_is_due(desk)

    assert (await now(desk, transfer)).state is State.SETTLED


async def test_a_window_binds_although_the_instant_was_read_before_it_was_written(
    desk: TransferDesk, member: Member, clock: ManualClock, bank: ToldBank
) -> None:
    """A process reads its clock, an operator's window commits, the process accepts."""
    later = clock.now() + timedelta(seconds=1)
    window = OneOffWindow("臨時", later, later + timedelta(hours=1))
    await add_window(desk.db, SMBC, window, by="sato", now=later)

    async def accepted_at_once() -> None:
        async with asyncio.timeout(5):
            await accept(desk, member)

    with pytest.raises(Busy):
        await accepted_at_once()
    assert bank.sent == []


async def test_a_removed_window_lets_go_what_waited_for_its_end(
    desk: TransferDesk, member: Member, clock: ManualClock
) -> None:
    window = OneOffWindow("臨時", clock.now(), clock.now() + timedelta(hours=5))
    added = await add_window(desk.db, None, window, by="sato", now=clock.now())
    transfer = await accept(desk, member)
    assert transfer.due_at == window.ends

    assert await remove_window(desk.db, added.id, by="sato", now=clock.now())
    assert await replan_transfers(desk) == 1
    assert await replan_transfers(desk) == 0
    await send_what_is_due(desk)

    assert (await now(desk, transfer)).state is State.SETTLED
    assert await list_windows(desk.db, now=clock.now()) == []
    assert await remove_window(desk.db, added.id, by="sato", now=clock.now()) is None


async def test_a_plan_that_was_made_is_looked_at_until_nobody_can_write_by_the_old_one(
    desk: TransferDesk, clock: ManualClock, owner
) -> None:
    window = OneOffWindow("臨時", clock.now(), clock.now() + timedelta(hours=5))
    await add_window(desk.db, SMBC, window, by="sato", now=clock.now())

    async def is_planned() -> bool:
        await replan_transfers(desk)
        at = await owner.fetchval("SELECT replanned_at FROM bank_stops")
        return bool(at >= window.begins + timedelta(seconds=5 * desk.settings.time_scale))

    assert not await is_planned()
    clock.advance(1)
    assert await is_planned()


async def test_what_waits_to_be_tried_again_keeps_its_instant(
    desk: TransferDesk, member: Member, clock: ManualClock, bank: ToldBank
) -> None:
    """Its bank may be closed by then: the claim finds that out."""
    bank.submits.append(NotSent(Reason.BANK_UNREACHABLE))
    transfer = await accept(desk, member)
    window = OneOffWindow("臨時", clock.now(), clock.now() + timedelta(hours=1))
    await add_window(desk.db, SMBC, window, by="sato", now=clock.now())

    assert await replan_transfers(desk) == 0
    assert (await now(desk, transfer)).due_at == transfer.due_at


async def test_a_row_that_cannot_be_read_keeps_no_other_from_its_new_plan(
    desk: TransferDesk, member: Member, clock: ManualClock, owner
) -> None:
    window = OneOffWindow("臨時", clock.now(), clock.now() + timedelta(hours=1))
    await add_window(desk.db, SMBC, window, by="sato", now=clock.now())
    broken, whole = [await accept(desk, member, key=key) for key in (1, 2)]
    await owner.execute("UPDATE transfers SET number = 'none' WHERE id = $1", broken.id)
    longer = OneOffWindow("延長", clock.now(), clock.now() + timedelta(hours=2))
    await add_window(desk.db, None, longer, by="sato", now=clock.now())

    assert await replan_transfers(desk) == 1
    assert (await now(desk, whole)).due_at == longer.ends


@pytest.mark.parametrize(
    ("begins", "lasts", "message"),
    [
        pytest.param(-7200, 3600, "ended", id="one that has ended"),
        pytest.param(0.5, 3600, "whole second", id="one that begins between seconds"),
    ],
)
async def test_a_window_that_cannot_be_is_refused(
    desk: TransferDesk, clock: ManualClock, begins: float, lasts: float, message: str
) -> None:
    start = clock.now() + timedelta(seconds=begins)
    window = OneOffWindow("臨時", start, start + timedelta(seconds=lasts))

    with pytest.raises(ValueError, match=message):
        await add_window(desk.db, SMBC, window, by="sato", now=clock.now())


@pytest.mark.parametrize(
    "caps",
    [
        pytest.param({"day_amount_max": 1_000}, id="by amount"),
        pytest.param({"day_transfers_max": 2}, id="by number"),
    ],
)
async def test_a_members_day_has_a_cap_and_begins_again_at_midnight(
    desk: TransferDesk, member: Member, clock: ManualClock, bank: ToldBank, caps: dict[str, int]
) -> None:
    capped = replace(desk, settings=desk.settings.model_copy(update=caps))
    bank.submits.append(Rejected(Reason.ACCOUNT_CLOSED))
    await accept(capped, member, key=0, amount=900)  # refused by the bank: it does not count
    for key in (1, 2):
        await accept(capped, member, key=key, amount=500)

    with pytest.raises(DayCapReached):
        await accept(capped, member, key=3, amount=1)
    clock.instant = jst("2026-11-25T23:59:59.999")
    with pytest.raises(DayCapReached):
        await accept(capped, member, key=3, amount=1)
    clock.instant = jst("2026-11-26T00:00")

    assert (await accept(capped, member, key=3, amount=1)).state is State.SETTLED


async def test_a_cap_is_never_passed_by_many_at_once(
    desk: TransferDesk, owner, clock: ManualClock
) -> None:
    member = await new_member(owner, clock, limit=1_000_000)
    capped = replace(desk, settings=desk.settings.model_copy(update={"day_transfers_max": 10}))

    answers = await asyncio.gather(
        *(accept(capped, member, key=number) for number in range(40)), return_exceptions=True
    )

    assert sum(isinstance(answer, Transfer) for answer in answers) == 10
    assert sum(isinstance(answer, DayCapReached) for answer in answers) == 30
