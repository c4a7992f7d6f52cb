"""Run the gateway: one process, or several under a parent that starts them again."""

import asyncio
import os
import resource
import signal
import sys
from collections.abc import Iterator
from contextlib import AsyncExitStack, contextmanager

import structlog
from aiohttp import web

from gateway.app import Gateway, Role, database_address, open_gateway
from gateway.config import Settings
from gateway.domain.errors import NotReady
from gateway.http.server import HttpRunner
from gateway.ops.clock import SystemClock
from gateway.ops.crash import crash_checkpoint
from gateway.ops.garbage import full_collections_apart
from gateway.ops.log_writer import LogWriter
from gateway.store import confine

log = structlog.get_logger()

RESTART_WAIT_S = 1.0
NOTICE_S = 1.0
# Parts of the time for stopping, as in `app`.
NOTICED, ANSWERED = 0.1, 0.7


async def serve(
    settings: Settings, *, writer: LogWriter, role: Role = Role.ALL, processes: int = 1
) -> None:
    """Serve until SIGTERM or SIGINT, then drain. Raises NotReady when it cannot start.

    The metrics tell what `writer` had to drop.
    """
    async with database_address(settings) as url:
        if processes == 1:
            await serve_one(settings, role=role, url=url, writer=writer)
        else:
            await _serve_many(settings, role=role, url=url, processes=processes)


async def serve_one(settings: Settings, *, role: Role, url: str, writer: LogWriter) -> None:
    """Serve in this process until told to stop."""
    raise_file_limit()
    clock = SystemClock(settings.clock_shift_s)
    checkpoint = crash_checkpoint(settings.crash_at)
    with stop_signals() as stopped:
        async with (
            open_gateway(
                settings, url=url, clock=clock, role=role, checkpoint=checkpoint
            ) as gateway,
            AsyncExitStack() as stack,
        ):
            gateway.metrics.watch("log_records_dropped", lambda: writer.dropped)
            if role is not Role.WORKER:
                host, port = await listen(stack, gateway, settings)
                log.info("gateway.started", role=role, host=host, port=port)
            else:
                log.info("gateway.started", role=role, host="", port=0)
            await stack.enter_async_context(full_collections_apart())
            await _first(stopped, gateway.name_lost)
            gateway.begin_drain()
            log.info("gateway.draining")
            # Whoever balances the load reads it off /readyz before the port is closed.
            await asyncio.sleep(min(NOTICE_S * settings.time_scale, gateway.left_s(NOTICED)))


def raise_file_limit() -> None:
    """Let this process open as many files as it may: connections are files."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))


async def listen(stack: AsyncExitStack, gateway: Gateway, settings: Settings) -> tuple[str, int]:
    """Open the gateway's port; return the address. At the end, what has begun is answered."""
    runner = HttpRunner(gateway.http)
    await runner.setup()
    stack.push_async_callback(_stop_listening, runner, gateway)
    site = web.TCPSite(runner, settings.host, settings.port, reuse_port=settings.port != 0)
    try:
        await site.start()
    except OSError as error:
        raise NotReady(
            f"GATEWAY_PORT: {settings.host}:{settings.port} cannot be used ({error.strerror})"
        ) from error
    host, port = runner.addresses[0][:2]
    return host, port


async def _stop_listening(runner: HttpRunner, gateway: Gateway) -> None:
    gateway.begin_drain()
    await runner.end(gateway.left_s(ANSWERED))


@contextmanager
def stop_signals() -> Iterator[asyncio.Event]:
    """Give an event that SIGTERM and SIGINT set, instead of ending the process."""
    stopped = asyncio.Event()
    loop = asyncio.get_running_loop()
    signals = (signal.SIGTERM, signal.SIGINT)
    for number in signals:
        loop.add_signal_handler(number, stopped.set)
    try:
        yield stopped
    finally:
        for number in signals:
            loop.remove_signal_handler(number)


async def _first(*events: asyncio.Event) -> None:
    """Return when the first of the events is set."""
    waits = [asyncio.create_task(event.wait()) for event in events]
    _, pending = await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
    for task in pending:
        task.cancel()
    await asyncio.gather(*pending, return_exceptions=True)


async def _serve_many(settings: Settings, *, role: Role, url: str, processes: int) -> None:
    """Keep `processes` children on one port, each under a name of its own."""
    with stop_signals() as stopped:
        async with asyncio.TaskGroup() as group:
            for number in range(1, processes + 1):
                name = f"{settings.instance}.{number}"
                group.create_task(_keep_child(settings, role, url, name, stopped))


async def _keep_child(
    settings: Settings, role: Role, url: str, name: str, stopped: asyncio.Event
) -> None:
    environment = child_environment(settings, url, name)
    command = (
        *(sys.executable, "-m", "gateway", "serve", "--role", role.value),
        *("--parent", str(os.getpid())),
    )
    while not stopped.is_set():
        child = await asyncio.create_subprocess_exec(*command, env=environment)
        ended = asyncio.create_task(child.wait())
        stop = asyncio.create_task(stopped.wait())
        await asyncio.wait((ended, stop), return_when=asyncio.FIRST_COMPLETED)
        stop.cancel()
        if not stopped.is_set():
            log.error("process.ended", name=name, code=child.returncode)
            await asyncio.sleep(RESTART_WAIT_S)
            continue
        await _end_child(child, settings.drain_s)


def end_with_parent(parent: int) -> None:
    """Drain when the parent dies, however it dies (on Linux): nobody else would end this process.

    Its port and the names of its instances are free then for the next parent.
    """
    confine.end_with(parent, signal.SIGTERM)


def child_environment(settings: Settings, url: str, name: str) -> dict[str, str]:
    """Return the environment of a child: ours, its own name, and what ours was told otherwise."""
    # The address may have come from a file; a secret that is given twice stops the start.
    inherited = {k: v for k, v in os.environ.items() if k.upper() != "GATEWAY_DATABASE_URL_FILE"}
    return inherited | {
        "GATEWAY_INSTANCE": name,
        "GATEWAY_DATABASE_URL": url,
        "GATEWAY_HOST": settings.host,
        "GATEWAY_PORT": str(settings.port),
    }


async def _end_child(child: asyncio.subprocess.Process, seconds: float) -> None:
    if child.returncode is None:
        child.terminate()
    try:
        async with asyncio.timeout(seconds):
            await child.wait()
    except TimeoutError:
        child.kill()
        await child.wait()
