"""How far a bank's clock is from ours, by the Date header of its answers."""

from collections.abc import Awaitable, Callable
from datetime import timedelta
from email.utils import parsedate_to_datetime

import httpx

from gateway.domain.ports import Clock


async def clock_skew_s(ask: Callable[[], Awaitable[httpx.Response]], clock: Clock) -> float | None:
    """Return the bank's clock minus ours in seconds, None if it did not say."""
    before = clock.now()
    try:
        answer = await ask()
        theirs = parsedate_to_datetime(answer.headers.get("Date", ""))
    except (httpx.TransportError, ValueError):
        return None
    middle = before + (clock.now() - before) / 2
    # The header is cut to the whole second: on average half a second is missing.
    return (theirs + timedelta(seconds=0.5) - middle).total_seconds()
