"""Starting and stopping the emulators: one port a bank, loopback only, never in production."""

import asyncio
import os
import ssl
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import UTC
from email.utils import format_datetime
from ipaddress import IPv6Address, ip_address
from pathlib import Path

from aiohttp import web

from gateway.domain.ports import Clock
from gateway.sandbox import control
from gateway.sandbox.bank import RunningBank, Surroundings
from gateway.sandbox.registry import BANKS
from gateway.sandbox.tls import make_tls_directory, server_context

__all__ = ["Sandbox", "SandboxRefused", "make_tls_directory", "running_sandbox", "start_sandbox"]

FIRST_PORT = 8101
SHUTDOWN_S = 0.5
KEEP_ALIVE_S = 75.0
ROUNDS_TO_LET_IN = 5
BODY_BYTES_MAX = 1024 * 1024


class SandboxRefused(RuntimeError):
    """Emulated banks have no place here; nothing was started."""


@dataclass(frozen=True, slots=True)
class Sandbox:
    """The running banks by name: `urls` without the profile's base path, and what keeps them."""

    urls: Mapping[str, str]
    banks: Mapping[str, RunningBank]
    _stack: AsyncExitStack

    async def close(self) -> None:
        """Cut all connections off and free the ports."""
        await self._stack.aclose()


async def start_sandbox(  # noqa: PLR0913 - settings of one start, all by name
    *,
    clock: Clock,
    banks: Sequence[str] = ("smbc",),
    host: str = "127.0.0.1",
    port_base: int = FIRST_PORT,
    tls_dir: Path | None = None,
    books_dir: Path | None = None,
    time_scale: float = 1.0,
    environ: Mapping[str, str] = os.environ,
) -> Sandbox:
    """Start emulators and return them running.

    `port_base` 0 takes free ports. `tls_dir` (see `make_tls_directory`) turns on TLS at the banks
    that want a client certificate. With `books_dir` the books survive a restart. `environ` may
    name other sandbox values (`GATEWAY_SMBC_API_KEY` …). Raises `SandboxRefused` in production
    and beyond loopback, KeyError for an unknown bank.
    """
    _refuse_outside(environ, host)
    specs = {name: BANKS[name] for name in banks}
    stack = AsyncExitStack()
    urls, running = {}, {}
    try:
        for name, spec in specs.items():
            around = Surroundings(
                machine=clock,
                environ=environ,
                time_scale=time_scale,
                books_path=None if books_dir is None else books_dir / f"{name}.jsonl",
                tls_dir=tls_dir if spec.demands_certificate else None,
            )
            bank = RunningBank(name, spec, around)
            running[name] = bank
            stack.push_async_callback(bank.close)
            await bank.open_books()
            port = port_base + spec.port_offset if port_base else 0
            urls[name] = await _listen(stack, bank, host, port)
    except BaseException:
        await stack.aclose()
        raise
    return Sandbox(urls, running, stack)


@asynccontextmanager
async def running_sandbox(
    *,
    clock: Clock,
    banks: Sequence[str] = ("smbc",),
    port_base: int = 0,
    tls_dir: Path | None = None,
    books_dir: Path | None = None,
    time_scale: float = 1.0,
) -> AsyncIterator[Sandbox]:
    """Run emulators for as long as the block lasts, on free ports unless told otherwise."""
    sandbox = await start_sandbox(
        clock=clock,
        banks=banks,
        port_base=port_base,
        tls_dir=tls_dir,
        books_dir=books_dir,
        time_scale=time_scale,
    )
    try:
        yield sandbox
    finally:
        await sandbox.close()


def _refuse_outside(environ: Mapping[str, str], host: str) -> None:
    if environ.get("GATEWAY_ENVIRONMENT", "").strip().lower() == "production":
        raise SandboxRefused("emulated banks are not started in production")
    if not _is_loopback(host):
        raise SandboxRefused(f"emulated banks listen on loopback only, not on {host}")


def _is_loopback(host: str) -> bool:
    """Return whether an address is of this machine only, IPv4's however IPv6 writes it."""
    try:
        address = ip_address(host)
    except ValueError:
        return False
    mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
    return (mapped or address).is_loopback


async def _listen(stack: AsyncExitStack, bank: RunningBank, host: str, port: int) -> str:
    app = web.Application(client_max_size=BODY_BYTES_MAX)

    async def answer(request: web.Request) -> web.StreamResponse:
        if request.path.startswith(f"{control.PREFIX}/"):
            return await control.control(bank, request)
        return await bank.serve(request)

    async def show_the_banks_time(_: web.Request, response: web.StreamResponse) -> None:
        now = bank.emulation.clock.now().astimezone(UTC)
        response.headers["Date"] = format_datetime(now, usegmt=True)

    app.router.add_route("*", "/{path:.*}", answer)
    app.on_response_prepare.append(show_the_banks_time)
    runner = web.AppRunner(
        app, access_log=None, shutdown_timeout=SHUTDOWN_S, keepalive_timeout=KEEP_ALIVE_S
    )
    await runner.setup()
    stack.push_async_callback(runner.cleanup)
    # Whoever still waits for an answer is cut off before the server waits for its handlers.
    stack.push_async_callback(bank.stop_waiting)
    stack.push_async_callback(_stop_accepting, runner)
    context = await _tls(bank)
    site = web.TCPSite(runner, host, port, ssl_context=context)
    await site.start()
    bound = runner.addresses[0][1]
    scheme = "http" if context is None else "https"
    name = f"[{host}]" if ":" in host else host
    return f"{scheme}://{name}:{bound}"


async def _stop_accepting(runner: web.AppRunner) -> None:
    """Let nobody in any more; who was just coming in is there then, and cut off with the others."""
    for site in list(runner.sites):
        await site.stop()
    for _ in range(ROUNDS_TO_LET_IN):
        await asyncio.sleep(0)


async def _tls(bank: RunningBank) -> ssl.SSLContext | None:
    directory = bank.surroundings.tls_dir
    return None if directory is None else await asyncio.to_thread(server_context, directory)
