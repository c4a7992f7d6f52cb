"""Directed actors: each brings about one way in which money was paid twice at a bank of files."""

import asyncio
import signal
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from time import monotonic
from types import MappingProxyType
from typing import Any

from chaos.acts import LEASE_S, Acts
from chaos.plan import FIRST_ADVANCE, rule
from chaos.proxy import Hook, Session, is_write

BANK = "mizuho"
# The statements that the actor waits for: a file is stored; a place in the bank's queue is taken.
STORES, QUEUES = "store_file", "take_slot"
VOIDED_WITHIN_S = 5.0
SENT_WITHIN_S = 4.0
ROUND_WITHIN_S = 30.0
ROUNDS = 4
# Until people look: 1,800 s, at the run's time scale, and as much again.
REVIEWED_WITHIN_S, ACTED_WITHIN_S = 3_600.0, 3.0
LAST_FILE = "SELECT file_id, state, fence, tries FROM bank_files ORDER BY stored_at DESC LIMIT 1"


@dataclass(slots=True)
class Sender:
    """The process that is held, and since when it has been frozen (monotonic)."""

    machine: int
    pid: int
    is_awake: bool = False
    has_voided: bool = False
    frozen_at: float = 0.0


async def _borrow(acts: Acts, number: int) -> None:
    crowd = acts.stage.crowd
    member = crowd.members[number % len(crowd.members)]
    await crowd.borrow(member, BANK, FIRST_ADVANCE // 2 + number)


class VoidedFile:
    """Freezes a sender between storing a file and sending it, and once more when it has voided it.

    In between, another process has read the file as stored, and waits for its place in the bank's
    queue: the proxy keeps that answer back until the sender, awake for a moment, has said its word.
    """

    def __init__(self, acts: Acts) -> None:
        self._acts, self._stage = acts, acts.stage
        self._lease_s = LEASE_S * acts.stage.time_scale
        self._sender: Sender | None = None
        self._has_voided = asyncio.Event()
        self._waiting: asyncio.Task[None] | None = None
        self.is_over = asyncio.Event()
        for number, proxy in enumerate(acts.stage.proxies):
            proxy.before, proxy.after = self._before(number), self._after(number)

    def _after(self, number: int) -> Hook:
        async def answered(session: Session) -> None:
            if self._sender is None and STORES in session.statement:
                await self._stored(number, session)
            elif is_write(session.statement) and self._is_senders(number, session):
                await self._said(session)

        return answered

    def _before(self, number: int) -> Hook:
        async def asked(session: Session) -> None:
            sender = self._sender
            if sender is None or sender.is_awake or sender.has_voided:
                return
            if QUEUES not in session.statement:
                return
            if monotonic() < sender.frozen_at + self._lease_s or BANK.encode() not in session.asked:
                return
            if not self._is_senders(number, session):
                await self._keep_back(number)

        return asked

    def _is_senders(self, number: int, session: Session) -> bool:
        sender = self._sender
        if sender is None or number != sender.machine:
            return False
        if session.pid is None:
            session.pid = self._stage.machines[number].process_of(session.port)
        return session.pid == sender.pid

    async def _stored(self, number: int, session: Session) -> None:
        """Freeze whoever has stored a file, before it hears that it has."""
        pid = self._stage.machines[number].process_of(session.port)
        if pid is not None:
            self._sender = Sender(number, pid)
            await self._freeze("stored and not sent")

    async def _said(self, session: Session) -> None:
        """Freeze the sender again once the file is void."""
        sender = self._sender
        if sender is None or not sender.is_awake or "file" not in session.statement:
            return
        if (await self._last_file()).get("state") == "void":
            sender.has_voided = True
            await self._freeze("voided")
            self._has_voided.set()

    async def _keep_back(self, number: int) -> None:
        self._note("kept_back", machine=number)
        self._thaw()
        with suppress(TimeoutError):
            async with asyncio.timeout(VOIDED_WITHIN_S):
                await self._has_voided.wait()
        self._note("let_go", machine=number, file=await self._last_file())
        self._waiting = asyncio.create_task(self._end())

    async def _end(self) -> None:
        """Let the sender go on once the other has had time to take the file and send it."""
        await asyncio.sleep(SENT_WITHIN_S)
        self._note("goes_on", file=await self._last_file())
        self.let_go()

    async def _freeze(self, when: str) -> None:
        sender = self._sender
        if sender is not None:
            self._stage.machines[sender.machine].signal(signal.SIGSTOP, sender.pid)
            sender.is_awake, sender.frozen_at = False, monotonic()
            file = await self._last_file()
            self._note("freeze_one", machine=sender.machine, pid=sender.pid, when=when, file=file)

    def _thaw(self) -> None:
        sender = self._sender
        if sender is not None:
            sender.is_awake = True
            self._stage.machines[sender.machine].signal(signal.SIGCONT, sender.pid)
            self._note("thawed", machine=sender.machine, pid=sender.pid)

    def let_go(self) -> None:
        """Let everything go on as it would."""
        self._thaw()
        self._sender = None
        self._has_voided.clear()
        self.is_over.set()

    def _note(self, act: str, **details: object) -> None:
        self._stage.tape.write(act, **details)

    async def _last_file(self) -> dict[str, Any]:
        rows = await self._stage.rows(LAST_FILE)
        return rows[0] if rows else {}

    async def round(self, number: int) -> None:
        """Let one transfer be gathered, and wait until the sender has been let go."""
        self.is_over.clear()
        wish = asyncio.create_task(_borrow(self._acts, number))
        with suppress(TimeoutError):
            async with asyncio.timeout(ROUND_WITHIN_S):
                await self.is_over.wait()
        self.let_go()
        with suppress(TimeoutError):
            async with asyncio.timeout(ROUND_WITHIN_S):
                await wish


async def voided_file(acts: Acts) -> None:
    actor = VoidedFile(acts)
    for number in range(ROUNDS):
        await actor.round(number)


async def send_again(acts: Acts) -> None:
    """Let no file arrive until its transfer is in review, and people have said what they saw."""
    stage = acts.stage
    never = [rule("submit", "status", 1.0, status=502, done=False)]
    await stage.banks.control(BANK, "PUT", "faults", never)
    stage.tape.write("faults", bank=BANK, rules=never)
    wishes = [asyncio.create_task(_borrow(acts, number)) for number in range(2)]
    with suppress(TimeoutError):
        async with asyncio.timeout(REVIEWED_WITHIN_S * stage.time_scale):
            await acts.operators.has_decided.wait()
    await asyncio.sleep(ACTED_WITHIN_S)
    await stage.banks.control(BANK, "PUT", "faults", [])
    stage.tape.write("faults", bank=BANK, rules=[])
    with suppress(TimeoutError):
        async with asyncio.timeout(ROUND_WITHIN_S * 3):
            await asyncio.gather(*wishes)


async def bare_answers(acts: Acts) -> None:
    """Let the bank take a file, and something in front of it answer: bare, unsigned, and no."""
    stage = acts.stage
    for number, status in enumerate((429, 401, 403, 503, 502)):
        once = [rule("submit", "status", 1.0, status=status, done=True) | {"times": 1}]
        await stage.banks.control(BANK, "PUT", "faults", once)
        stage.tape.write("faults", bank=BANK, rules=once)
        with suppress(TimeoutError):
            async with asyncio.timeout(30):
                await _borrow(acts, number)


FOCUSES: Mapping[str, Callable[[Acts], Awaitable[None]]] = MappingProxyType(
    {"voided-file": voided_file, "send-again": send_again, "bare-answers": bare_answers}
)
