"""Runs one command: an event loop, and a log that ends with it."""

import asyncio
import sys
from collections.abc import Coroutine, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

import typer
import uvloop

from gateway.config import Settings
from gateway.domain.errors import GatewayError
from gateway.ops.log_writer import LogWriter
from gateway.ops.logging import configure_logging

Result = TypeVar("Result")
CRASHED = 1


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
    except (GatewayError, typer.Exit, typer.BadParameter):
        raise
    except Exception as error:  # noqa: BLE001 - the last resort of every command
        # The hook writes the scrubbed traceback to the log, which closes with this command.
        sys.excepthook(type(error), error, error.__traceback__)
        typer.echo(f"gateway: ended by {type(error).__name__}; the log says more", err=True)
        raise SystemExit(CRASHED) from None
    finally:
        writer.close()
