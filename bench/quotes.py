"""What a quote costs over HTTP, beside a route that does nothing but find out who is calling."""

import statistics
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from time import perf_counter

import aiohttp
from aiohttp import web

from bench.stage import BenchStage, Member
from gateway.domain.identifier import public_id
from gateway.http.caller import caller_of

EMPTY = "/v1/bench/empty"
OK, CREATED = 200, 201


@dataclass(frozen=True, slots=True)
class QuoteCost:
    """Milliseconds of one request at a time, the median."""

    empty_ms: float
    quote_ms: float

    @property
    def ratio(self) -> float:
        return self.quote_ms / self.empty_ms


async def answer_empty(request: web.Request) -> web.Response:
    """Find out who is calling, and say nothing. The bench's gateway has this route, no other."""
    await request.read()
    await caller_of(request)
    return web.json_response({})


async def cost_of_a_quote(stage: BenchStage, *, seconds: float) -> QuoteCost:
    """Ask for both by turns, so that whatever else the machine does slows both alike."""
    member = stage.members[0]
    took: tuple[list[float], list[float]] = ([], [])
    async with aiohttp.ClientSession(stage.gateways[0]) as client:
        asks = (_empty(client, member), _quote(client, member))
        ends = perf_counter() + seconds
        while perf_counter() < ends:
            for ask, times in zip(asks, took, strict=True):
                begun = perf_counter()  # the loop's own clock counts whole milliseconds only
                await ask()
                times.append((perf_counter() - begun) * 1000)
    empty, quote = (statistics.median(times) for times in took)
    return QuoteCost(empty, quote)


def _empty(client: aiohttp.ClientSession, member: Member) -> Callable[[], Awaitable[None]]:
    return _asking(client, member, EMPTY, OK)


def _quote(client: aiohttp.ClientSession, member: Member) -> Callable[[], Awaitable[None]]:
    return _asking(client, member, "/v1/transfer_quotes", CREATED)


def _asking(
    client: aiohttp.ClientSession, member: Member, path: str, status: int
) -> Callable[[], Awaitable[None]]:
    """Return how to ask; the body is the same, so that only what is done with it differs."""
    headers = {"Authorization": f"Bearer {member.token}"}
    body = {"account_id": public_id("ac", member.account_id), "amount": 1}

    async def ask() -> None:
        async with client.post(path, json=body, headers=headers) as answer:
            await answer.read()
            if answer.status != status:
                raise RuntimeError(f"{path} answered {answer.status}")

    return ask
