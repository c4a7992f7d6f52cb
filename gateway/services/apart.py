"""Work each thing apart: one that cannot be worked stands aside, and the others go on."""

from collections.abc import Awaitable, Callable, Hashable, Mapping
from types import MappingProxyType
from typing import TypeVar

import structlog
from structlog.contextvars import bound_contextvars

from gateway.domain.errors import Busy, CommitUnknown, StaleTransfer
from gateway.services.desk import TransferDesk

R = TypeVar("R")
# A member is not named in logs: `gateway ops ledger-verify` says whose books cannot be read.
NOTHING_TOLD: Mapping[str, str] = MappingProxyType({})
log = structlog.get_logger()


async def apart(
    desk: TransferDesk,
    loop: str,
    about: Hashable,
    *,
    work: Callable[[], Awaitable[R]],
    told: Mapping[str, str] = NOTHING_TOLD,
) -> R | None:
    """Return what `work` returns; None where it stands aside, or comes again in a later round.

    Whatever it raises, people are called and it stands aside, longer each time. Raises Busy: the
    database is short then, and no row of it is at fault. `told` names the thing in the alarm.
    """
    key = (loop, about)
    if desk.aside.is_left_alone(key, desk.clock.now()):
        return None
    with bound_contextvars(**told):
        return await _worked(desk, key, work)


async def _worked(
    desk: TransferDesk, key: tuple[str, Hashable], work: Callable[[], Awaitable[R]]
) -> R | None:
    loop, _ = key
    try:
        result = await work()
    except Busy:
        raise
    except (CommitUnknown, StaleTransfer) as error:
        log.warning("round.deferred", loop=loop, error=type(error).__name__)
        return None
    except Exception:
        until = desk.aside.put(key, desk.clock.now())
        log.exception(
            "alert.raised",
            code="stands_aside",
            severity="page",
            runbook="docs/runbook.md#stands_aside",
            loop=loop,
            until=until,
        )
        return None
    desk.aside.forget(key)
    return result
