"""One running bank: answers on its base path, and can be set back to its first day."""

import asyncio
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from aiohttp import ClientSession, TCPConnector, web

from gateway.domain.ports import Clock
from gateway.sandbox import approval
from gateway.sandbox.accounts import as_accounts, as_record
from gateway.sandbox.books import Account, Books
from gateway.sandbox.clock import BankClock
from gateway.sandbox.collections import APPROVAL_PREFIX
from gateway.sandbox.emulation import Emulation, EmulationEnded
from gateway.sandbox.exchange import CUT, Reply
from gateway.sandbox.journal import FIRST_DAY, Journal
from gateway.sandbox.movements import MOVEMENT, replay_movement
from gateway.sandbox.profile import BankSpec, Emulator
from gateway.sandbox.tls import is_the_lender


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What a bank is given from outside; none of it changes with a reset."""

    machine: Clock
    environ: Mapping[str, str]
    time_scale: float
    books_path: Path | None
    tls_dir: Path | None


class RunningBank:
    """Holds the present emulation, and begins a new one at a reset."""

    def __init__(self, name: str, spec: BankSpec, surroundings: Surroundings) -> None:
        self.name = name
        self.spec = spec
        self.surroundings = surroundings
        # Each callback on a connection of its own: a kept one may have died with its receiver.
        self._client = ClientSession(connector=TCPConnector(force_close=True))
        self._journal = Journal(surroundings.books_path)
        self.identity = secrets.token_hex(16)
        self.emulation, self.emulator = self._first_day()

    async def open_books(self) -> None:
        """Show what was booked before the emulator was last stopped, as the bank of those books."""
        books_path = self.surroundings.books_path
        if books_path is not None:
            path = books_path.with_suffix(".identity")
            self.identity = await asyncio.to_thread(_kept_identity, path, self.identity)
        for record in await asyncio.to_thread(self._journal.read):
            if record["kind"] == "accounts":
                self.emulation.books.put(as_accounts(record["accounts"]))
            elif record["kind"] == MOVEMENT:
                replay_movement(self.emulation.books, record)
            else:
                self.emulator.replay(record)
        self.emulator.resume()

    async def put_accounts(self, accounts: list[Account]) -> None:
        """Add or replace accounts, for good."""
        self.emulation.books.put(accounts)
        records = [as_record(account) for account in accounts]
        self.emulation.note({"kind": "accounts", "accounts": records})
        await self._journal.flush()

    async def reset(self) -> None:
        """Go back to the first day: nothing is remembered, whoever still waits is cut off."""
        ended = self.emulation
        self.emulation, self.emulator = self._first_day()
        self._journal.append(FIRST_DAY)
        await ended.end()
        await self._journal.flush()

    async def stop_waiting(self) -> None:
        """Cut off whoever waits, and drop what was to happen later."""
        await self.emulation.end()

    async def close(self) -> None:
        """Put the last lines on file. Called when nothing is answered any more."""
        await self.emulation.end()
        await self._journal.flush()
        await self._client.close()

    async def serve(self, request: web.Request) -> web.StreamResponse:
        """Answer a request outside the control API."""
        if request.path.startswith(APPROVAL_PREFIX):
            return await self._show_approval(request)
        base = self.spec.base_path
        if request.path != base and not request.path.startswith(f"{base}/"):
            return web.Response(status=404)
        emulation, at = self.emulation, self.emulation.clock.now()
        reply = await self._reply(request, emulation)
        status = None if reply.is_cut else reply.status
        await emulation.requests.add(request, at=at, status=status)
        return _cut(request) if reply.is_cut else _response(reply)

    async def _reply(self, request: web.Request, emulation: Emulation) -> Reply:
        is_guarded = self.surroundings.tls_dir is not None and self.spec.demands_certificate
        if is_guarded and not is_the_lender(request):
            return Reply(403, is_bare=True)
        try:
            reply = await self.emulator.answer(request)
            if reply.wait_s:
                await emulation.pause(reply.wait_s)
        except EmulationEnded:
            return CUT
        return reply

    async def _show_approval(self, request: web.Request) -> web.StreamResponse:
        """Let a payer decide: a person with a browser, of whom no certificate is asked."""
        try:
            return await approval.page(self.emulator.collections, request)
        except EmulationEnded:
            return _cut(request)

    def _first_day(self) -> tuple[Emulation, Emulator]:
        around, spec = self.surroundings, self.spec
        books = Books(spec.settlement)
        books.put(spec.seed_accounts)
        emulation = Emulation(
            books=books,
            clock=BankClock(around.machine),
            settings=spec.settings.changed({"time_scale": around.time_scale}),
            journal=self._journal,
            environ=around.environ,
            demo_account=next((account.key for account in spec.seed_accounts), None),
            title=spec.title,
        )
        return emulation, spec.open(emulation, self._client)


def _response(reply: Reply) -> web.Response:
    return web.Response(status=reply.status, body=reply.body, headers=reply.headers)


def _kept_identity(path: Path, new: str) -> str:
    """Return which bank the books beside `path` are of; `new` if they are begun now."""
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(new, "utf-8")
    return path.read_text("utf-8")


def _cut(request: web.Request) -> web.Response:
    if request.transport is not None:
        request.transport.abort()
    # aiohttp wants an answer from every handler; this one finds no connection to go out on.
    return web.Response(status=500)
