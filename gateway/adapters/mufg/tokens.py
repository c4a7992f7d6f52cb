"""The access token (OAuth 2 client credentials), shared by all calls and renewed in time.

It is asked for before a request is built, so that nothing of ours leaves without one. A token that
ends early shows as a 401 `invalid_token`, which took nothing: renewed once, the same request goes
out once more.
"""

import asyncio
import re
from collections.abc import AsyncGenerator, Awaitable, Callable
from dataclasses import dataclass, field

import httpx

from gateway.adapters.failure import BankUnavailable, unsigned
from gateway.adapters.line import NothingLeft
from gateway.adapters.mufg.codes import INVALID_TOKEN

MARGIN_S = 30.0
MARGIN_RATIO = 0.1  # of a token that lives so shortly that the margin would be most of its life
CHALLENGE = re.compile(r'Bearer\s(.*,)?\s*error="([a-z_]+)"\s*(,.*)?', re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Token:
    value: str = field(repr=False)
    lasts_s: float


class Tokens:
    """Keeps one token; one renewal serves all who wait for it."""

    def __init__(
        self, fetch: Callable[[], Awaitable[Token]], monotonic: Callable[[], float]
    ) -> None:
        self._fetch = fetch
        self._now = monotonic
        self._value: str | None = None
        self._renew_at = float("-inf")
        self._renewing: asyncio.Task[str] | None = None

    async def current(self) -> str:
        """Return a token that holds for a while yet; raises what `fetch` raises."""
        if self._value is None or self._now() >= self._renew_at:
            return await self._renew()
        return self._value

    def forget(self, refused: str) -> None:
        """Let the next caller renew, unless somebody did so since."""
        if self._value == refused:
            self._value = None

    async def aclose(self) -> None:
        """End a renewal that nobody waits for any more."""
        if self._renewing is not None:
            self._renewing.cancel()
            await asyncio.gather(self._renewing, return_exceptions=True)

    async def _renew(self) -> str:
        if self._renewing is None or self._renewing.done():
            self._renewing = asyncio.create_task(self._replace())
            self._renewing.add_done_callback(_retrieve)
        # Many wait for one renewal: a caller that gives up must not end it for the others.
        # Each gets what it waited for, even if the first of them has found it refused since.
        return await asyncio.shield(self._renewing)

    async def _replace(self) -> str:
        asked_at = self._now()
        token = await self._fetch()
        self._value = token.value
        self._renew_at = asked_at + token.lasts_s - min(MARGIN_S, token.lasts_s * MARGIN_RATIO)
        return token.value


class Bearer(httpx.Auth):
    """Puts the token on a request, and on the same request once more after an early refusal."""

    def __init__(self, tokens: Tokens) -> None:
        self._tokens = tokens

    async def async_auth_flow(
        self, request: httpx.Request
    ) -> AsyncGenerator[httpx.Request, httpx.Response]:
        token = await self._bear(request)
        answer = yield request
        if is_invalid_token(answer):
            self._tokens.forget(token)
            try:
                await self._bear(request)
            except BankUnavailable as error:
                # Nobody signed the 401: the first request may have been taken all the same.
                raise unsigned(error) from error
            yield request

    async def _bear(self, request: httpx.Request) -> str:
        try:
            async with asyncio.timeout_at(request.extensions.get("deadline_at")):
                token = await self._tokens.current()
        except TimeoutError:
            raise NothingLeft("TOKEN_NOT_IN_TIME") from None
        request.headers["Authorization"] = f"Bearer {token}"
        return token


def is_invalid_token(answer: httpx.Response) -> bool:
    """Whether this is the challenge of RFC 6750 for a token that does not hold (any more)."""
    if answer.status_code != httpx.codes.UNAUTHORIZED:
        return False
    challenge = CHALLENGE.fullmatch(answer.headers.get("WWW-Authenticate", "").strip())
    return challenge is not None and challenge[2] == INVALID_TOKEN


def _retrieve(task: asyncio.Task[str]) -> None:
    """Look at the error, so that one which every caller gave up on is not reported as unseen."""
    if not task.cancelled():
        task.exception()
