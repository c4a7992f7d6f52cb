"""The database commits a step and we do not hear of it: it is asked again, with one effect."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest

from gateway.app import Gateway, Role, open_gateway
from gateway.domain.ports import Point
from gateway.services.accept_transfer import TransferRequest, accept_transfer
from tests.flows.serving import all_at_rest, check_all, until
from tests.flows.world import World, open_world, request
from tests.store.tcp_proxy import Proxy, running_proxy

CUTS = 10
STEPS = (Point.ACCEPT_BEFORE_WRITE, Point.RECORD_BEFORE_WRITE)


class LoseAt:
    """Loses the database's next answer when a process comes to `point`, once it is armed."""

    def __init__(self, proxy: Proxy, point: Point) -> None:
        self._proxy = proxy
        self._point = point
        self.is_armed = False
        self.lost = 0

    def __call__(self, point: Point, /) -> None:
        if self.is_armed and point is self._point:
            self.is_armed = False
            self.lost += 1
            self._proxy.lose_answers(1)


@asynccontextmanager
async def behind(world: World, proxy: Proxy, checkpoint: LoseAt) -> AsyncIterator[Gateway]:
    """Run a gateway whose only statements are those of the transfers that a test sends."""
    settings = world.settings.model_copy(update={"instance": "behind"})
    async with open_gateway(
        settings, url=proxy.url, clock=world.clock, role=Role.API, checkpoint=checkpoint
    ) as gateway:
        yield gateway


async def accept_one(gateway: Gateway, owner: Any, wanted: TransferRequest) -> str:
    """Accept a transfer and wait, past the proxy, until it is settled; return its id."""
    accepted = await accept_transfer(gateway.desk, wanted)
    assert not accepted.is_replay
    await until(lambda: all_at_rest(owner))
    return str(accepted.transfer.id)


@pytest.mark.parametrize("point", STEPS)
async def test_a_commit_whose_acknowledgement_is_lost_is_one_transfer_and_one_payment(
    database_url: str, owner, point: Point
) -> None:
    async with open_world(database_url, owner) as world, running_proxy(database_url) as proxy:
        lose = LoseAt(proxy, point)
        member = await world.member(limit=10_000_000)
        async with behind(world, proxy, lose) as gateway:
            for number in range(CUTS):
                # The first of each two prepares the statements on the connection of the second.
                await accept_one(gateway, owner, request(member, key=f"warm-{number:020}"))
                lose.is_armed = True
                wanted = request(member, key=f"lost-{number:020}")
                transfer_id = await accept_one(gateway, owner, wanted)

                replay = await accept_transfer(gateway.desk, wanted)
                assert replay.is_replay
                assert str(replay.transfer.id) == transfer_id

        assert (lose.lost, proxy.answers_to_lose) == (CUTS, 0)
        states = await check_all(world, owner)
        assert list(states.values()) == ["settled"] * 2 * CUTS
        assert len((await world.books())["movements"]) == 2 * CUTS
