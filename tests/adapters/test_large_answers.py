"""Large answers over a real socket: written to a file as they come, bounded in size and time."""

import asyncio
import hashlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx
import pytest

from gateway.adapters.spool import STATEMENT_BYTES_MAX, Body, PrivateFile
from gateway.adapters.transport import AnswerRefused, BankTransport, NotKept, bank_client
from tests.adapters.tcp_bank import Behaviour, Wire, tcp_bank

DEADLINE_S, WHOLE_S = 0.4, 1.5
MEBIBYTE = 1 << 20
HEAD = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"


class FullDisk(PrivateFile):
    def append(self, data: bytes | bytearray) -> None:
        del data
        raise OSError(28, "No space left on device")


def chunk(data: bytes) -> bytes:
    return b"%x\r\n%s\r\n" % (len(data), data)


@asynccontextmanager
async def asked(
    behave: Behaviour, file: type[PrivateFile] = PrivateFile
) -> AsyncIterator[asyncio.Task[httpx.Response]]:
    """Ask for a statement; yield the call."""
    body = Body(hashlib.sha256, file(None))
    transport = BankTransport("mizuho", deadline_s=DEADLINE_S, connect_timeout_s=DEADLINE_S)
    async with tcp_bank(behave) as server, bank_client(transport) as client:
        whole_at = asyncio.get_running_loop().time() + WHOLE_S
        request = httpx.Request("GET", server.url, extensions={"body": body, "whole_at": whole_at})
        yield asyncio.create_task(client.send(request))


def of_size(size: int, *, status: bytes = b"200 OK") -> Behaviour:
    async def behave(wire: Wire) -> None:
        await wire.say(b"HTTP/1.1 %s\r\nContent-Length: %d\r\n\r\n" % (status, size))
        for at in range(0, size, MEBIBYTE):
            await wire.say(b"x" * min(MEBIBYTE, size - at))

    return behave


async def without_end(wire: Wire) -> None:
    await wire.say(HEAD)
    while not wire.writer.is_closing() and not wire.ended.is_set():
        await wire.say(chunk(b" " * MEBIBYTE))


async def stands_still(wire: Wire) -> None:
    await wire.say(HEAD + chunk(b"begun"))
    await wire.hang()


async def never_begins(wire: Wire) -> None:
    await wire.hang()


async def drips(wire: Wire) -> None:
    await wire.say(HEAD)
    while not wire.ended.is_set():
        await wire.say(chunk(b"drop"))
        try:
            await asyncio.wait_for(wire.ended.wait(), DEADLINE_S / 4)
        except TimeoutError:
            continue


async def slowly_but_in_time(wire: Wire) -> None:
    await wire.say(HEAD)
    for _ in range(8):
        await wire.say(chunk(b"drop"))
        await asyncio.sleep(DEADLINE_S / 4)
    await wire.say(b"0\r\n\r\n")


@pytest.mark.parametrize("size", [0, 1, MEBIBYTE + 1, 3 * MEBIBYTE])
async def test_a_success_of_any_size_lies_in_the_file_and_not_in_memory(size: int) -> None:
    async with asked(of_size(size)) as call:
        answer = await call

    body: Body = answer.extensions["body"]
    assert answer.content == b""
    assert body.size == size
    assert body.sha256 == hashlib.sha256(b"x" * size).hexdigest()


async def test_an_answer_may_take_longer_than_a_call_if_it_never_stands_still() -> None:
    async with asked(slowly_but_in_time) as call:
        answer = await call

    assert answer.extensions["body"].read(0, 100) == b"drop" * 8


async def test_what_is_no_success_is_read_as_ever() -> None:
    async with asked(of_size(3, status=b"503 Busy")) as call:
        answer = await call

    assert (answer.content, "body" in answer.extensions) == (b"xxx", False)


@pytest.mark.parametrize(
    ("behave", "error"),
    [
        pytest.param(never_begins, httpx.ReadTimeout, id="does not begin"),
        pytest.param(stands_still, httpx.ReadTimeout, id="stands still"),
        pytest.param(drips, httpx.ReadTimeout, id="drips for ever"),
        pytest.param(
            of_size(MEBIBYTE + 1, status=b"500 X"), AnswerRefused, id="a refusal above 1 MiB"
        ),
    ],
)
async def test_an_answer_that_does_not_come_to_an_end_is_given_up(
    behave: Behaviour, error: type[Exception]
) -> None:
    async with asked(behave) as call:
        with pytest.raises(error):
            async with asyncio.timeout(WHOLE_S + 2):
                await call


async def test_an_answer_above_128_mib_is_refused() -> None:
    body = Body(hashlib.sha256, PrivateFile(None))
    body.size = STATEMENT_BYTES_MAX - MEBIBYTE  # so much has come already
    transport = BankTransport("mizuho", deadline_s=5, connect_timeout_s=1)
    async with tcp_bank(without_end) as server, bank_client(transport) as client:
        whole_at = asyncio.get_running_loop().time() + 5
        request = httpx.Request("GET", server.url, extensions={"body": body, "whole_at": whole_at})
        with pytest.raises(AnswerRefused, match="128 MiB"):
            await client.send(request)


async def test_a_full_disk_is_no_fault_of_the_bank() -> None:
    async with asked(of_size(1), FullDisk) as call:
        with pytest.raises(NotKept):
            await call
