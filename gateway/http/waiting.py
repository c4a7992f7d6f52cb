"""`Prefer: wait=N` (RFC 7240): the answer waits for the last word on a transfer or repayment."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Protocol, TypeVar

from aiohttp import web

from gateway.domain.errors import Busy
from gateway.http.deps import deps_of
from gateway.http.headers import wait_s_of

LOOK_FIRST_S, LOOK_MAX_S = 0.05, 0.5


class Ending(Protocol):
    """What has a last state."""

    @property
    def is_final(self) -> bool: ...


Awaited = TypeVar("Awaited", bound=Ending)


async def awaited(
    request: web.Request, found: Awaited, look: Callable[[], Awaitable[Awaited | None]]
) -> Awaited:
    """Return it once it is final, or as it is when the caller waits no longer.

    Between looks no database connection is held; a draining process lets nobody wait.
    """
    loop, deps = asyncio.get_running_loop(), deps_of(request)
    ends, look_s = loop.time() + wait_s_of(request), LOOK_FIRST_S
    while not found.is_final and loop.time() < ends and not deps.is_draining():
        await asyncio.sleep(min(look_s, max(0.0, ends - loop.time())))
        look_s = min(look_s * 2, LOOK_MAX_S)
        try:
            found = await look() or found
        except Busy:
            # It would be told as "nothing was done", of something that was accepted.
            break
    return found


def headers_of(request: web.Request, found: Ending) -> dict[str, str]:
    """Return what the answer says of waiting: how long it did, and when to look again."""
    headers = {}
    if wait_s := wait_s_of(request):
        headers["Preference-Applied"] = f"wait={wait_s}"
    if not found.is_final:
        headers["Retry-After"] = "1"
    return headers
