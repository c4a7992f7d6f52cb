"""Calling the client back: several tries, each built and signed anew."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import aiohttp

from gateway.sandbox.emulation import Emulation
from gateway.sandbox.faults import CallbackPlan

Build = Callable[[bool], tuple[bytes, Mapping[str, str]]]
"""Returns body and headers of one delivery; the argument asks for a bad signature."""

SUCCESS = 2
ANSWER_BYTES_MAX = 1024


def is_success(status: int, _: bytes) -> bool:
    """Whether a status is 2xx, whatever the body says."""
    return status // 100 == SUCCESS


@dataclass(frozen=True, slots=True)
class Insistence:
    """How long a bank waits for its answer, after which gaps it tries again, what satisfies it.

    Both in seconds; `is_taken` judges status and body (its first KiB) of the answer.
    """

    answer_within_s: float
    gaps_s: tuple[float, ...]
    is_taken: Callable[[int, bytes], bool] = is_success


@dataclass(frozen=True, slots=True)
class Delivery:
    """One event on its way to one address."""

    emulation: Emulation
    client: aiohttp.ClientSession
    insistence: Insistence
    address: Callable[[], str | None]
    build: Build

    async def run(self, plan: CallbackPlan) -> None:
        """Deliver the event as planned: at once and once, unless a rule says otherwise."""
        if plan.lose:
            return
        if plan.seconds:
            await self.emulation.pause(plan.seconds)
        for _ in range(plan.times):
            await self._deliver(plan.bad_signature)

    async def _deliver(self, is_badly_signed: bool) -> None:
        for gap_s in (0.0, *self.insistence.gaps_s):
            if gap_s:
                await self.emulation.pause(gap_s)
            url = self.address()
            if url is None or await self._is_taken(url, is_badly_signed):
                return

    async def _is_taken(self, url: str, is_badly_signed: bool) -> bool:
        body, headers = self.build(is_badly_signed)
        try:
            async with self.client.post(
                url,
                data=body,
                headers=headers,
                allow_redirects=False,
                timeout=aiohttp.ClientTimeout(total=self.insistence.answer_within_s),
            ) as answer:
                said = await _first_bytes(answer.content)
                return self.insistence.is_taken(answer.status, said)
        except (aiohttp.ClientError, TimeoutError, OSError):
            return False


async def _first_bytes(content: aiohttp.StreamReader) -> bytes:
    """Return the beginning of a body; a receiver that never stops talking is cut off."""
    said = b""
    while len(said) < ANSWER_BYTES_MAX and (chunk := await content.readany()):
        said += chunk
    return said[:ANSWER_BYTES_MAX]
