"""Log records: one JSON object a line, complete, redacted, and never in anybody's way."""

import asyncio
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

import orjson
import pytest
from structlog.testing import capture_logs

from gateway.domain.identifier import ID_PREFIXES
from gateway.http.middlewares import tell
from gateway.ops.fields import FIELDS
from gateway.ops.log_writer import LogWriter
from gateway.ops.redaction import MASK
from tests.services.conftest import NoMetrics

PREAMBLE = """
import asyncio, logging, os, sys, threading
import structlog
from structlog.contextvars import bound_contextvars
from gateway.config import Settings
from gateway.ops.logging import configure_logging
settings = Settings(instance="worker-7", log_level=os.environ.get("LEVEL", "info"))
writer = configure_logging(settings)
log = structlog.get_logger()
"""
# Every request writes 400 records of about 500 bytes: a pipe is full before the first answer.
SERVER = (
    PREAMBLE
    + """
async def serve(reader, writer_):
    while await reader.readline():
        for attempt in range(400):
            log.info("request.answered", attempt=attempt, logger="x " * 200)
        writer_.write(b"%d\\n" % writer.dropped)
        await writer_.drain()

async def main():
    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], file=sys.stderr, flush=True)
    async with server:
        await server.serve_forever()

asyncio.run(main())
"""
)


def records(program: str, **environment: str) -> list[dict[str, Any]]:
    """Run a program that logs; return its records."""
    finished = subprocess.run(  # noqa: S603 - our own program
        [sys.executable, "-c", PREAMBLE + program],
        capture_output=True,
        timeout=30,
        check=False,
        env=os.environ | environment,
    )
    assert finished.stderr == b""
    return [orjson.loads(line) for line in finished.stdout.splitlines()]


def test_a_record_has_what_every_record_has() -> None:
    (record,) = records('log.info("bank.answered", bank="smbc", attempt=2)')

    assert record.pop("timestamp").endswith("Z")
    assert record == {
        "event": "bank.answered",
        "level": "info",
        "worker_id": "worker-7",
        "trace_id": None,
        "bank": "smbc",
        "attempt": 2,
    }


def test_what_is_bound_to_the_context_is_in_every_record_of_it() -> None:
    first, second = records("""
async def work():
    log.info("bank.answered", bank="smbc")
async def main():
    with bound_contextvars(request_id="ab" * 16, trace_id="cd" * 16):
        await asyncio.create_task(work())
    log.info("transfer.moved")
asyncio.run(main())
""")

    assert (first["request_id"], first["trace_id"]) == ("ab" * 16, "cd" * 16)
    assert "worker_id" not in first
    assert "request_id" not in second


def test_an_exception_shows_types_and_places_but_nothing_it_quotes() -> None:
    (record,) = records("""
try:
    try:
        int("4711 YAMADA")
    except ValueError as error:
        raise RuntimeError("account 1234567 of ﾔﾏﾀﾞ") from error
except RuntimeError:
    log.exception("transfer.moved")
""")

    assert record["error"] == "RuntimeError"
    assert f"ValueError: invalid literal for int() with base 10: {MASK}" in record["exception"]
    assert not {"4711", "YAMADA", "1234567", "ﾔﾏﾀﾞ"} & set(record["exception"].split())


def test_libraries_log_the_same_way() -> None:
    (record,) = records("""
logging.getLogger("aiohttp.access").warning("GET /v1/loan")
logging.getLogger("aiohttp.server").info("too chatty")
logging.getLogger("asyncpg").error("password=%s", "hunter2")
""")

    assert (record["event"], record["logger"]) == ("library.logged", "asyncpg")
    assert record["message"] == MASK


def test_a_crash_of_the_process_is_a_record() -> None:
    (record,) = records('raise RuntimeError("nothing to be done")')

    assert (record["event"], record["level"]) == ("process.crashed", "critical")
    assert record["error"] == "RuntimeError"


def test_the_level_is_a_setting() -> None:
    program = 'log.info("bank.answered"); log.warning("transfer.moved")'

    assert [r["event"] for r in records(program, LEVEL="warning")] == ["transfer.moved"]


def test_a_forked_process_writes_through_a_thread_of_its_own() -> None:
    lines = records("""
log.info("bank.answered", attempt=1)
writer.close()
child = os.fork()
if child == 0:
    log.info("bank.answered", attempt=2)
    writer.close()
    os._exit(0)
os.waitpid(child, 0)
""")

    assert [line["attempt"] for line in lines] == [1, 2]


def test_a_line_feed_cannot_forge_a_record() -> None:
    (record,) = records(r"""log.info("bank.answered", logger='x\n{"event": "forged"}')""")

    assert record["event"] == "bank.answered"


async def test_an_unread_pipe_stalls_no_request() -> None:
    """Without a queue a server stood still after 112 requests whose log nobody read."""
    server = await asyncio.create_subprocess_exec(
        sys.executable,
        "-c",
        SERVER,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        limit=1,  # so that this side's reader stops at once, and the pipe fills
    )
    try:
        assert server.stderr is not None
        async with asyncio.timeout(60):
            port = int(await server.stderr.read(16))
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            dropped = [await answer(reader, writer) for _ in range(60)]
            writer.close()
    finally:
        server.send_signal(signal.SIGKILL)
        await server.communicate()

    assert dropped[0] == 0
    assert dropped[-1] > dropped[-2] > 0


async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> int:
    writer.write(b"\n")
    await writer.drain()
    return int(await reader.readline())


@contextmanager
def pipe() -> Iterator[tuple[int, int]]:
    reading, writing = os.pipe()
    try:
        yield reading, writing
    finally:
        os.close(reading)
        os.close(writing)


def test_what_was_dropped_is_reported_when_the_pipe_flows_again() -> None:
    reported: list[int] = []
    is_reported = threading.Event()

    def report(dropped: int) -> None:
        reported.append(dropped)
        is_reported.set()

    with pipe() as (reading, writing):
        writer = LogWriter(fd=writing, records_max=10, report=report)
        for _ in range(500):
            writer.write(b"x" * 1_000)
        dropped = writer.dropped
        os.set_blocking(reading, False)  # the report comes after the last byte
        while not is_reported.wait(0.01):
            with suppress(BlockingIOError):
                os.read(reading, 65_536)
        writer.close()

    assert dropped > 0
    assert sum(reported) == writer.dropped


def test_closing_writes_out_what_is_queued() -> None:
    with pipe() as (reading, writing):
        writer = LogWriter(fd=writing)
        for number in range(100):
            writer.write(b"%d" % number)
        writer.close()

        assert os.read(reading, 65_536).split() == [b"%d" % number for number in range(100)]


def test_closing_waits_no_longer_than_it_says() -> None:
    with pipe() as (reading, writing):
        writer = LogWriter(fd=writing)
        for _ in range(200):
            writer.write(b"x" * 1_000)
        writer.close(wait_s=0.05)

        while os.read(reading, 65_536)[-1:] != b"\n":  # let the thread go before the pipe does
            pass
        writer.close()


def test_a_pipe_closed_at_the_other_end_loses_records_and_nothing_else() -> None:
    reading, writing = os.pipe()
    os.close(reading)
    writer = LogWriter(fd=writing)

    writer.write(b"lost")
    writer.close()
    os.close(writing)

    assert writer.dropped == 1


@pytest.mark.parametrize("is_blocking", [True, False])
def test_a_pipe_that_somebody_made_non_blocking_is_written_all_the_same(
    *, is_blocking: bool
) -> None:
    with pipe() as (reading, writing):
        os.set_blocking(writing, is_blocking)
        writer = LogWriter(fd=writing)
        for _ in range(300):
            writer.write(b"x" * 999)
        total = 0
        while total < 300_000:
            total += len(os.read(reading, 65_536))
        writer.close()

    assert total == 300_000
    assert writer.dropped == 0


def test_an_answers_line_tells_tenths_of_milliseconds() -> None:
    with capture_logs() as lines:
        tell(NoMetrics(), 200, method="GET", route="/v1/loan", seconds=0.012345)

    assert [line["duration_ms"] for line in lines] == [12.3]


def test_ids_are_shown_as_the_api_shows_them_in_every_field_that_has_one() -> None:
    program = """
from uuid import UUID
from gateway.domain.identifier import ID_PREFIXES
from gateway.ops.fields import FIELDS
for name in ID_PREFIXES.keys() & FIELDS.keys():
    for form in (UUID(int=7), str(UUID(int=7)), UUID(int=7).hex):
        with bound_contextvars(**{name: form}):
            log.info("transfer.moved")
writer.close()
"""
    told = records(program)

    named = ID_PREFIXES.keys() & FIELDS.keys()
    assert {"transfer_id", "repayment_id", "account_id", "token_id"} <= named
    for name in named:
        shown = [record[name] for record in told if name in record]
        assert shown == [f"{ID_PREFIXES[name]}_{7:032x}"] * 3
