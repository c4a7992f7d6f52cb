"""Twenty seeds of forty transfers through all banks, one call in five gone wrong, one process dead.

`make chaos` does five thousand under the banks' real limits.
"""

import os
from typing import Any

import pytest

from gateway.adapters.registry import BANKS
from tests.flows.chaos import run_round
from tests.flows.world import open_world

ROUNDS, TRANSFERS = 5, 40
REVIEW_SHARE_MAX = 0.01
LONG = int(os.environ.get("CHAOS_TRANSFERS", "5000"))


@pytest.mark.timeout(300)
@pytest.mark.parametrize("first_seed", range(0, 20, ROUNDS))
async def test_every_transfer_comes_to_rest_and_all_books_agree(
    database_url: str, owner: Any, first_seed: int
) -> None:
    async with open_world(database_url, owner, banks=tuple(BANKS)) as world:
        outcomes = [
            await run_round(world, seed, transfers=TRANSFERS)
            for seed in range(first_seed, first_seed + ROUNDS)
        ]

    in_review = sum(outcome.in_review for outcome in outcomes)
    assert sum(outcome.transfers for outcome in outcomes) == ROUNDS * TRANSFERS
    assert in_review <= ROUNDS * TRANSFERS * REVIEW_SHARE_MAX


@pytest.mark.long
@pytest.mark.timeout(7200)
async def test_thousands_of_transfers_come_to_rest_and_all_books_agree(
    database_url: str, owner: Any
) -> None:
    size = 250
    in_review = 0
    async with open_world(database_url, owner, banks=tuple(BANKS)) as world:
        for seed in range(LONG // size):
            in_review += (await run_round(world, 1_000 + seed, transfers=size)).in_review

    assert in_review <= LONG * REVIEW_SHARE_MAX
