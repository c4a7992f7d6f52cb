"""The name of a running instance, held as an advisory lock on a connection of its own."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import asyncpg

from gateway.domain.errors import NotReady
from gateway.store.sql import SQL

LOCK = SQL["instances.lock"]
CONNECT_TIMEOUT_S = 5.0


@asynccontextmanager
async def holding_name(url: str, name: str) -> AsyncIterator[asyncio.Event]:
    """Hold an instance's name; the event is set when the connection that holds it is lost.

    Whoever holds it may take over at once what a former run of that name was sending. Raises
    NotReady when another process has the name.
    """
    lost = asyncio.Event()
    connection = await asyncpg.connect(
        url, timeout=CONNECT_TIMEOUT_S, server_settings={"application_name": f"name of {name}"}
    )
    try:
        if not await connection.fetchval(LOCK, name):
            raise NotReady(f"GATEWAY_INSTANCE: another process runs as {name!r}; give each its own")
        connection.add_termination_listener(lambda _: lost.set())
        yield lost
    finally:
        connection.terminate()
