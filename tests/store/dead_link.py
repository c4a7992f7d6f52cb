"""A program: how long until a dead link is noticed, by a waiting and by an idle session?

Prints both in seconds. Exits with 77 where the system refuses a network namespace, which is asked
for first, before there is any thread.
"""

import asyncio
import ctypes
import fcntl
import socket
import struct
import sys

from gateway.domain.errors import Busy
from gateway.store.database import open_database
from tests.store.tcp_proxy import running_proxy

CLONE_NEWUSER, CLONE_NEWNET = 0x10000000, 0x40000000
SIOCSIFFLAGS, IFF_UP = 0x8914, 1
REFUSED = 77


def set_loopback(flags: int) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as control:
        fcntl.ioctl(control, SIOCSIFFLAGS, struct.pack("16sH14x", b"lo", flags))


async def seconds_until_busy(statement) -> float:
    loop = asyncio.get_running_loop()
    began = loop.time()
    try:
        await statement
    except Busy:
        return loop.time() - began
    raise AssertionError("the statement was answered")


async def main(url: str) -> None:
    async with running_proxy(url) as proxy, open_database(proxy.url, size=2) as database:
        await asyncio.gather(database.fetch("SELECT 1"), database.fetch("SELECT 1"))
        waiting = asyncio.create_task(seconds_until_busy(database.fetch("SELECT pg_sleep(9)")))
        while not (await database.fetch(RUNNING))[0]["is_running"]:
            pass
        set_loopback(0)
        idle = asyncio.create_task(seconds_until_busy(database.fetch("SELECT 2")))
        sys.stdout.write(f"{await waiting} {await idle}\n")
        set_loopback(IFF_UP)


RUNNING = """
SELECT count(*) > 0 AS is_running FROM pg_stat_activity
WHERE wait_event = 'PgSleep' AND datname = current_database()
"""

if __name__ == "__main__":
    if ctypes.CDLL(None).unshare(CLONE_NEWUSER | CLONE_NEWNET) != 0:
        sys.exit(REFUSED)
    set_loopback(IFF_UP)
    asyncio.run(main(sys.argv[1]))
