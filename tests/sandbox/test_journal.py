"""The journal keeps what was noted, whoever stops waiting for it."""

import asyncio
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Event

from gateway.sandbox.journal import Journal


async def test_a_line_outlives_whoever_waited_for_it(tmp_path: Path):
    """A stop cut off a booking that waited for its line, and the line was never written."""
    journal = Journal(tmp_path / "bank.jsonl")
    loop = asyncio.get_running_loop()
    is_free = Event()
    loop.set_default_executor(ThreadPoolExecutor(max_workers=1))
    busy = loop.run_in_executor(None, is_free.wait)

    journal.append({"kind": "accounts"})
    waiting = asyncio.create_task(journal.flush())
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    waiting.cancel()
    await asyncio.gather(waiting, return_exceptions=True)
    is_free.set()
    await busy
    await journal.flush()

    assert waiting.cancelled()
    assert await asyncio.to_thread(journal.read) == [{"kind": "accounts"}]
