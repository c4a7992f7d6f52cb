"""Plan anew what is scheduled, after operators added or removed a window."""

from collections.abc import Sequence
from datetime import datetime
from functools import partial

import structlog

from gateway.domain.account import BankCode
from gateway.domain.decision import Decision, after_window
from gateway.domain.errors import Busy, CommitUnknown, StaleTransfer
from gateway.domain.transfer import State, Transfer
from gateway.services.apart import apart
from gateway.services.desk import TransferDesk
from gateway.services.quote_transfer import foresee_at
from gateway.services.record_decision import record_decision
from gateway.store.queues import waiting_rows
from gateway.store.stops import Stop, changed_stops, known_stops, mark_replanned
from gateway.store.transfers import read_transfer

# Whoever read before a change may write as long after it, and is then planned again.
MARGIN_S = 5.0

log = structlog.get_logger()


async def replan_transfers(desk: TransferDesk) -> int:
    """Let everything scheduled follow the windows as they now are; return how many were moved."""
    at = desk.clock.now()
    margin_s = MARGIN_S * desk.settings.time_scale
    changed = await changed_stops(desk.db, margin_s=margin_s)
    moved = 0
    for bank in desk.profiles:
        of_bank = [stop for stop in changed if stop.is_of(bank)]
        if of_bank:
            work, told = partial(_replan_bank, desk, bank, of_bank), {"bank": bank.value}
            moved += await apart(desk, "replan_transfers", bank, work=work, told=told) or 0
    for stop in changed:
        await mark_replanned(desk.db, stop, at=at)
    return moved


async def _replan_bank(desk: TransferDesk, bank: BankCode, changed: Sequence[Stop]) -> int:
    known = await known_stops(desk.db, now=desk.clock.now())
    stops = tuple(stop for stop in known if stop.is_of(bank))
    ends = {stop.ends_at for stop in changed}
    moved = 0
    async for row in waiting_rows(desk.db, bank):
        try:
            transfer = read_transfer(row)
        except ValueError:
            continue  # whoever comes to send it puts it aside and raises the alarm
        # What waits to be tried again is deferred when it comes due; a window's end is no longer
        # what it waits for, if the window is gone.
        if transfer.attempt == 0 or transfer.due_at in ends:
            work, told = partial(_replan, desk, transfer, stops), {"transfer_id": str(transfer.id)}
            moved += bool(await apart(desk, "replan_transfers", transfer.id, work=work, told=told))
    return moved


async def _replan(desk: TransferDesk, transfer: Transfer, stops: tuple[Stop, ...]) -> bool:
    now = desk.clock.now()
    due_at = _due_at(desk, transfer, stops, now)

    def decide(row: Transfer) -> Decision | None:
        # Somebody may have sent it since.
        is_same = row.state is State.SCHEDULED and row.due_at == transfer.due_at
        if not is_same or row.due_at is None or row.due_at == due_at:
            return None
        return after_window(row, reopens_at=due_at, now=row.due_at)

    try:
        after = await record_decision(desk, transfer, decide)
    except (Busy, CommitUnknown, StaleTransfer) as error:
        # A window binds without it: the statement that takes a transfer tests it again.
        log.warning("transfer.deferred", transfer_id=str(transfer.id), error=type(error).__name__)
        return False
    if after.due_at == transfer.due_at:
        return False
    log.info("hours.replanned", transfer_id=str(after.id), bank=after.bank, until=due_at)
    return True


def _due_at(
    desk: TransferDesk, transfer: Transfer, stops: tuple[Stop, ...], now: datetime
) -> datetime:
    """Return when it leaves: as told at acceptance by today's windows, or else as told now."""
    for asked_at in (transfer.accepted_at, now):
        prospect = foresee_at(desk, transfer.bank, stops, asked_at)
        if not prospect.is_at_once and prospect.due_at > now:
            return prospect.due_at
    return min(now, transfer.due_at or now)
