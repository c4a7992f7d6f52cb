"""What is read of statements is read in one thread, one after the other."""

import asyncio
import threading

import pytest

from gateway.services.reader import in_reader


async def test_one_thread_reads_whatever_is_asked_at_the_same_time() -> None:
    threads = await asyncio.gather(*(in_reader(threading.current_thread) for _ in range(20)))

    assert len(set(threads)) == 1
    assert threads[0] is not threading.current_thread()


async def test_a_fault_reaches_who_asked_and_nobody_else() -> None:
    failed, read = await asyncio.gather(
        in_reader(int, "x"), in_reader(int, "7"), return_exceptions=True
    )

    assert isinstance(failed, ValueError)
    assert read == 7


async def test_who_gives_up_waiting_holds_nobody_up() -> None:
    begun, may_end = threading.Event(), threading.Event()

    def wait() -> bool:
        begun.set()
        return may_end.wait(10)

    slow = asyncio.create_task(in_reader(wait))
    await asyncio.to_thread(begun.wait)
    behind = asyncio.create_task(in_reader(int, "7"))
    await asyncio.sleep(0)
    slow.cancel()
    with pytest.raises(asyncio.CancelledError):
        await slow
    may_end.set()

    assert await behind == 7
