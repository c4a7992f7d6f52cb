"""A gateway process that sends files is killed with SIGKILL at each point of a file's life."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from gateway.app import Gateway, Role, open_gateway
from gateway.domain.account import BankCode
from gateway.domain.ports import Point
from gateway.domain.transfer import State
from gateway.services.accept_transfer import accept_transfer
from tests.flows.test_sigkill import running
from tests.flows.world import World, open_world, request

POINTS = [point for point in Point if point.startswith("file.")]


@asynccontextmanager
async def front(world: World) -> AsyncIterator[Gateway]:
    """Run a gateway that accepts, and sends nothing that waits for a file."""
    settings = world.settings.model_copy(update={"instance": "front"})
    async with open_gateway(settings, url=world.url, clock=world.clock, role=Role.API) as gateway:
        yield gateway


@pytest.mark.parametrize("point", POINTS)
async def test_a_process_killed_while_it_sends_a_file_loses_nothing_and_pays_nothing_twice(
    database_url: str, owner, point: Point
) -> None:
    async with (
        open_world(database_url, owner, banks=[BankCode.MIZUHO]) as world,
        front(world) as gateway,
    ):
        wanted = [request(await world.member(bank=BankCode.MIZUHO)) for _ in range(3)]
        transfers = [(await accept_transfer(gateway.desk, one)).transfer for one in wanted]

        async with running(world, "a", crash_at=point) as process:
            await process.killed()
        async with running(world, "a") as again:
            await again.up()
            async with asyncio.timeout(30):
                found = [await world.until_at_rest(gateway, one) for one in transfers]

        assert {transfer.state for transfer in found} == {State.SETTLED}
        await world.check(gateway, *found)
