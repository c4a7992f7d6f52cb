"""Two gateway processes at all banks, one call in five gone wrong, and SIGKILL in the middle."""

import asyncio
import os
from collections import Counter
from contextlib import suppress
from dataclasses import replace
from typing import Any

import aiohttp
import pytest

from gateway.adapters.registry import BANKS
from gateway.demo.stage import DEMO_BRANCHES
from gateway.domain.account import AccountType, BankAccount, BankCode
from gateway.domain.identifier import public_id, uuid7
from gateway.store.accounts import add_account
from tests.flows.chaos import FAULTS, begin_faults, end_faults
from tests.flows.serving import (
    ACCOUNT,
    KANA,
    Caller,
    calling,
    check_all,
    enrol,
    new_key,
    running,
    until,
)
from tests.flows.world import World, open_world

TRANSFERS, AMOUNT = 40, 1_000
# Nobody tells this gateway of returns: reading statements finds them.
LOSSES = [rule for rule in FAULTS if rule["action"] != {"kind": "return_after", "seconds": 5}]


async def accounts_everywhere(world: World, owner: Any) -> dict[BankCode, str]:
    """Enrol the member with an account at every bank; return their public ids."""
    await enrol(world, limit=TRANSFERS * AMOUNT)
    member = await owner.fetchval("SELECT member_id FROM members")
    ids = {}
    async with world.process(name="enrolment") as gateway:
        for bank in BANKS:
            now, branch = world.clock.now(), DEMO_BRANCHES.get(bank, "001")
            account = BankAccount(bank, branch, AccountType.ORDINARY, ACCOUNT, KANA)
            identifier = uuid7(now, os.urandom(10))
            kept = await add_account(gateway.desk.db, member, identifier, account, now=now)
            ids[bank] = public_id("ac", kept.id)
    return ids


async def ask_until_accepted(caller: Caller, addresses: list[str], key: str) -> None:
    """Ask at one address after the other, always under the same key, until one has taken it."""
    for attempt in range(100):
        with suppress(aiohttp.ClientError):
            address = addresses[attempt % len(addresses)]
            reply = await replace(caller, address=address).ask(key, amount=AMOUNT)
            if reply.status == 202:
                return
        await asyncio.sleep(0.05)
    raise AssertionError(f"nobody took {key}")


@pytest.mark.timeout(180)
@pytest.mark.parametrize("seed", [1, 2])
async def test_a_process_killed_amid_forty_transfers_at_all_banks_loses_nothing(
    database_url: str, owner: Any, seed: int
) -> None:
    keys = [new_key() for _ in range(TRANSFERS)]
    async with open_world(database_url, owner, banks=tuple(BANKS)) as world:
        accounts = await accounts_everywhere(world, owner)
        await begin_faults(world, seed, LOSSES)
        async with (
            running(world, "survivor") as survivor,
            running(world, "mortal") as mortal,
            calling(await survivor.up(), "") as caller,
        ):
            addresses = [await mortal.up(), await survivor.up()]
            asked = [
                asyncio.create_task(
                    ask_until_accepted(
                        replace(caller, account_id=accounts[list(BANKS)[number % len(BANKS)]]),
                        addresses if number % 2 else addresses[::-1],
                        key,
                    )
                )
                for number, key in enumerate(keys)
            ]

            async def has_sent_some() -> bool:
                return mortal.count("bank.answered") >= 8

            await until(has_sent_some)
            mortal.child.kill()
            await asyncio.gather(*asked)
            async with running(world, "mortal") as again:
                await again.up()
                states = await check_all(world, owner)
                await end_faults(world)

    assert set(states) == set(keys)
    assert Counter(states.values()) == {"settled": TRANSFERS}
