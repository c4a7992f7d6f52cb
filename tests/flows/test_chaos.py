"""Twenty seeds of forty movements through all banks, one call in five gone wrong, one process dead.

`make faults` does five thousand under the banks' real limits.
"""

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest

from gateway.adapters.registry import BANKS
from tests.flows.chaos import run_round
from tests.flows.chaos_repayments import lend
from tests.flows.paying import free_port
from tests.flows.world import World, open_world

ROUNDS, TRANSFERS, REPAYMENTS = 5, 27, 13
MOVEMENTS = TRANSFERS + REPAYMENTS
REVIEW_SHARE_MAX = 0.01
LONG = int(os.environ.get("CHAOS_TRANSFERS", "5000"))


@asynccontextmanager
async def chaotic_world(url: str, owner: Any) -> AsyncIterator[World]:
    """All banks, which call back at one address that holds for the whole round."""
    port = free_port()
    address = f"http://127.0.0.1:{port}"
    async with open_world(url, owner, banks=tuple(BANKS), port=port, public_url=address) as world:
        yield world


@pytest.mark.timeout(300)
@pytest.mark.parametrize("first_seed", range(0, 20, ROUNDS))
async def test_every_movement_comes_to_rest_and_all_books_agree(
    database_url: str, owner: Any, first_seed: int
) -> None:
    async with chaotic_world(database_url, owner) as world:
        advances = await lend(world, REPAYMENTS)
        outcomes = [
            await run_round(world, seed, transfers=TRANSFERS, advances=advances)
            for seed in range(first_seed, first_seed + ROUNDS)
        ]

    in_review = sum(outcome.in_review for outcome in outcomes)
    assert sum(outcome.movements for outcome in outcomes) == ROUNDS * MOVEMENTS
    assert in_review <= ROUNDS * MOVEMENTS * REVIEW_SHARE_MAX


@pytest.mark.long
@pytest.mark.timeout(7200)
async def test_thousands_of_movements_come_to_rest_and_all_books_agree(
    database_url: str, owner: Any
) -> None:
    size = 250
    in_review = 0
    async with chaotic_world(database_url, owner) as world:
        for seed in range(LONG // size):
            advances = await lend(world, size // 3)
            outcome = await run_round(
                world, 1_000 + seed, transfers=size - len(advances), advances=advances
            )
            in_review += outcome.in_review

    assert in_review <= LONG * REVIEW_SHARE_MAX
