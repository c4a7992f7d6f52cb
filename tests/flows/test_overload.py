"""More work than there is room for: a refusal that comes soon and says when to come back."""

import asyncio

from tests.flows.serving import Caller, Reply, check_all, new_key, page, until
from tests.flows.world import open_world

SLOW_BANK = [{"operation": "submit", "times": 0, "action": {"kind": "delay", "seconds": 4}}]


async def timed(caller: Caller, key: str) -> tuple[float, Reply]:
    loop = asyncio.get_running_loop()
    began = loop.time()
    reply = await caller.ask(key)
    return loop.time() - began, reply


async def test_requests_that_find_no_database_connection_are_refused_within_a_second(
    database_url: str, owner
) -> None:
    async with open_world(database_url, owner, pool_size=2) as world:
        async with page(world, limit=1_000_000) as caller:
            keys = [new_key() for _ in range(12)]
            # Whoever asks now waits behind the owner's lock, and holds a connection meanwhile.
            async with owner.transaction():
                await owner.execute("LOCK TABLE sessions IN ACCESS EXCLUSIVE MODE")
                asking = [asyncio.create_task(timed(caller, key)) for key in keys]
                done, waiting = await asyncio.wait(asking, timeout=1.5)
                refusals = [task.result() for task in done]
            await asyncio.gather(*waiting)

            # Two have a connection each; one more may get it while it waits for its turn.
            assert len(refusals) >= 9
            assert all(reply.is_honest_refusal for _, reply in refusals)
            assert {reply.body["code"] for _, reply in refusals} == {"busy"}
            assert max(seconds for seconds, _ in refusals) < 1.2
            again = [await caller.ask(key) for key in keys]

        assert [reply.status for reply in again] == [202] * 12
        assert await check_all(world, owner) == dict.fromkeys(keys, "settled")


async def test_what_a_busy_process_cannot_send_at_once_is_scheduled_and_settled_later(
    database_url: str, owner
) -> None:
    async with open_world(database_url, owner, in_flight_max=1) as world:
        async with page(world) as caller:
            await world.put("faults", SLOW_BANK)
            first = await caller.ask(new_key())
            others = [await caller.ask(new_key()) for _ in range(3)]

        assert first.body["state"] == "submitting"
        assert [reply.body["state"] for reply in others] == ["scheduled"] * 3
        states = await check_all(world, owner)
    assert list(states.values()) == ["settled"] * 4


async def test_beyond_what_may_wait_nothing_is_accepted_until_some_of_it_has_left(
    database_url: str, owner
) -> None:
    async with open_world(database_url, owner, in_flight_max=1, scheduled_max=2) as world:
        async with page(world) as caller:
            await world.put("faults", SLOW_BANK)
            keys = [new_key() for _ in range(4)]
            replies = [await caller.ask(key) for key in keys]

            assert [reply.status for reply in replies] == [202, 202, 202, 503]
            assert replies[3].is_honest_refusal
            assert await owner.fetchval("SELECT count(*) FROM transfers") == 3

            async def is_accepted() -> bool:
                reply = await caller.ask(keys[3])
                assert reply.status == 202 or reply.is_honest_refusal
                return reply.status == 202

            await until(is_accepted)
        states = await check_all(world, owner)
    assert states == dict.fromkeys(keys, "settled")
