"""Runs one command: an event loop, and a log that ends with it."""

import asyncio
from collections.abc import Coroutine, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

import uvloop

from gateway.config import Settings
from gateway.ops.log_writer import LogWriter
from gateway.ops.logging import configure_logging

Result = TypeVar("Result")


def run(main: Coroutine[Any, Any, Result]) -> Result:
    """Return what `main` returns."""
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return runner.run(main)


@contextmanager
def logging_to(settings: Settings, *, fd: int) -> Iterator[LogWriter]:
    """Write the log to a descriptor: 1 for a server, 2 where stdout is the command's answer."""
    writer = configure_logging(settings, fd=fd)
    try:
        yield writer
    finally:
        writer.close()
