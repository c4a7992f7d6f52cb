"""Full garbage collections at quiet times only: whatever they walk stands still meanwhile.

Python begins one whenever enough was made, so in the middle of work: with a thousand event streams
open that stops the process for a tenth of a second, with four thousand for half of one.
"""

import asyncio
import gc
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass

import structlog

LOOK_S = 1.0
NEVER = 1_000_000_000
RIPE = 10  # middle collections after which a full one is worth it: as Python itself has it
CALM = (
    0.15  # of a core: a thousand streams without news take a tenth, twenty requests a second more
)
REST_S = 300.0
LATEST_S = 3600.0  # for then garbage waits no longer, calm or not

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Seen:
    """One look: seconds of a clock, those of processor time, and what was collected.

    `middle` are the middle collections since the last full one.
    """

    at: float
    used: float
    middle: int


class QuietTimes:
    """Chooses when to collect everything, from look to look."""

    def __init__(self, seen: Seen) -> None:
        self._seen = seen
        self._last = seen.at

    def is_one(self, seen: Seen) -> bool:
        """Return whether to collect now."""
        is_calm = seen.used - self._seen.used <= CALM * (seen.at - self._seen.at)
        self._seen = seen
        if seen.middle < RIPE or seen.at - self._last < (REST_S if is_calm else LATEST_S):
            return False
        self._last = seen.at
        return True


@asynccontextmanager
async def full_collections_apart(
    *, look_s: float = LOOK_S, now: Callable[[], float] = time.monotonic
) -> AsyncIterator[None]:
    """Keep full collections out of the way from here to the end: begin when all has started.

    What was made before is left out of all collections: it stays until the end.
    """
    before = gc.get_threshold()
    spare_what_stays()
    gc.set_threshold(before[0], before[1], NEVER)
    looks = asyncio.create_task(_collect_at_quiet_times(look_s, now))
    try:
        yield
    finally:
        looks.cancel()
        with suppress(asyncio.CancelledError):
            await looks
        gc.set_threshold(*before)
        gc.unfreeze()


def spare_what_stays() -> None:
    """Leave what was made so far out of garbage collections."""
    gc.collect()
    gc.freeze()


async def _collect_at_quiet_times(look_s: float, now: Callable[[], float]) -> None:
    times = QuietTimes(_look(now))
    while True:
        await asyncio.sleep(look_s)
        if times.is_one(_look(now)):
            began = time.perf_counter()
            gc.collect()
            took_ms = (time.perf_counter() - began) * 1000
            log.info("garbage.collected", duration_ms=round(took_ms, 1))


def _look(now: Callable[[], float]) -> Seen:
    return Seen(now(), time.process_time(), gc.get_count()[2])
