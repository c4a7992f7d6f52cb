"""Runs one command: an event loop, and a log that ends with it."""

import asyncio
import os
import sys
from collections.abc import Coroutine, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

import typer
import uvloop

from gateway.config import Settings
from gateway.domain.errors import GatewayError
from gateway.domain.frozen_table import TableDamaged
from gateway.ops.log_writer import LogWriter
from gateway.ops.logging import configure_logging

Result = TypeVar("Result")
CRASHED = 1
COMMANDS_LOG = "ops.log"


def run(main: Coroutine[Any, Any, Result]) -> Result:
    """Return what `main` returns."""
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return runner.run(main)


@contextmanager
def logging_to(settings: Settings, *, fd: int) -> Iterator[LogWriter]:
    """Write the log to a descriptor: 1 for a server, a file where people look at the screen."""
    writer = configure_logging(settings, fd=fd)
    try:
        yield writer
    except (GatewayError, TableDamaged, typer.Exit, typer.BadParameter):
        raise
    except Exception as error:  # noqa: BLE001 - the last resort of every command
        # The hook writes the scrubbed traceback to the log, which closes with this command.
        sys.excepthook(type(error), error, error.__traceback__)
        typer.echo(f"gateway: ended by {type(error).__name__}; the log says more", err=True)
        raise SystemExit(CRASHED) from None
    finally:
        writer.close()


@contextmanager
def commands_log(settings: Settings) -> Iterator[None]:
    """Keep the screen for people: a command's log goes to `ops.log` in the data directory.

    Where that cannot be written, and where a database is looked for that is not there, there is
    none.
    """
    fd = _open_log(settings)
    try:
        with logging_to(settings, fd=fd):
            yield
    finally:
        os.close(fd)


def _open_log(settings: Settings) -> int:
    directory = settings.data_dir
    try:
        if settings.database_url is not None:
            directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND
        return os.open(directory / COMMANDS_LOG, flags, 0o600)
    except OSError:
        return os.open(os.devnull, os.O_WRONLY)
