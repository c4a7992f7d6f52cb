"""A program that runs a server with one row in it until it is killed."""

import asyncio
import sys
from pathlib import Path

import asyncpg

from gateway.store.postgres import running_postgres


async def main(directory: Path) -> None:
    async with running_postgres(directory) as postgres:
        connection = await asyncpg.connect(postgres.owner_url)
        await connection.execute("CREATE TABLE kept AS SELECT 42 AS answer")
        await connection.close()
        sys.stdout.write("ready\n")
        sys.stdout.flush()
        await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1])))
