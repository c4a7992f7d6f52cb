"""Call people when there is more misuse than usual, over all members, sources and processes."""

import structlog

from gateway.domain.misuse import WATCHES, is_high, seen
from gateway.services.desk import TransferDesk
from gateway.store.misuse import note_high, read_counts

log = structlog.get_logger()


async def watch_misuse(desk: TransferDesk) -> int:
    """Raise the alarms of the episodes that begin; return how many misuses are too many now."""
    now = desk.clock.now()
    counts = await read_counts(desk.db, now=now)
    high = 0
    for kind, watch in WATCHES.items():
        found = seen(watch, counts.get(kind, {}), now)
        if not is_high(watch, found):
            continue
        high += 1
        if await note_high(desk.db, kind, now=now, sight=desk.new_id()):
            log.error(
                "alert.raised",
                code=watch.alarm,
                severity="page",
                runbook=f"docs/runbook.md#{watch.alarm}",
                times=found.lately,
                usual=round(found.usual, 1),
            )
    return high
