"""All that one emulated bank remembers between two resets, and its way of waiting."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import NoReturn

from gateway.sandbox.books import AccountKey, Books
from gateway.sandbox.clock import BankClock
from gateway.sandbox.faults import Action, Call, Faults, Rule
from gateway.sandbox.journal import Journal, Record
from gateway.sandbox.requests import Requests
from gateway.sandbox.seeds import Choices
from gateway.sandbox.settings import Settings
from gateway.sandbox.throttle import Throttle


class EmulationEnded(Exception):
    """A reset or the stop of the emulator came while a request was waiting: answer nobody."""


def _no_faults() -> Faults:
    return Faults([])


@dataclass(slots=True)
class Emulation:
    """The parts that every emulated bank has. A reset ends one and begins another."""

    books: Books
    clock: BankClock
    settings: Settings
    journal: Journal
    environ: Mapping[str, str]
    faults: Faults = field(default_factory=_no_faults)
    choices: Choices = field(default_factory=Choices)
    requests: Requests = field(default_factory=Requests)
    money: Throttle = field(default_factory=Throttle)
    inquiries: Throttle = field(default_factory=Throttle)
    demo_account: AccountKey | None = None
    title: str = "銀行"
    _ended: asyncio.Event = field(default_factory=asyncio.Event)
    _tasks: set[asyncio.Task[None]] = field(default_factory=set)

    def take_fault(
        self, call: Call, among: Callable[[Rule], bool] = lambda _: True
    ) -> Action | None:
        """Return what is to go wrong with this call; its random choices depend on the seed."""
        reference = (call.references or call.accounts or ("",))[0]
        number = self.choices.count_call(call.operation, reference)

        def draw(label: str) -> float:
            return self.choices.draw(call.operation, reference, number, label)

        return self.faults.take(call, draw, among)

    def refuse_for(self, *, is_money: bool) -> int:
        """Return 0 and count the call, or after how many seconds it may be tried again."""
        rates = self.settings.rate_limits
        lane, per_second = (
            (self.money, rates.money) if is_money else (self.inquiries, rates.inquiry)
        )
        return lane.refuse_for(asyncio.get_running_loop().time(), per_second)

    def settle_s(self, key: str) -> float:
        """Return how long this pay-out or collection takes to settle, as yet unscaled."""
        low, high = self.settings.settle_s_min, self.settings.settle_s_max
        return low + (high - low) * self.choices.draw("submit", key, 1, "settling")

    def visibility_s(self, key: str) -> float:
        """Return how long inquiries do not know it yet, in real seconds."""
        low, high = self.settings.visibility_s_min, self.settings.visibility_s_max
        drawn = self.choices.draw("submit", key, 1, "visibility")
        return (low + (high - low) * drawn) * self.settings.time_scale

    def note(self, record: Record) -> None:
        """Put in line for the journal what was just done; an ended emulation leaves no trace."""
        if not self._ended.is_set():
            self.journal.append(record)

    async def pause(self, seconds: float) -> None:
        """Wait in real time × time_scale; `EmulationEnded` if that comes first."""
        await self.pause_unscaled(seconds * self.settings.time_scale)

    async def pause_unscaled(self, seconds: float) -> None:
        """Wait in real time; `EmulationEnded` if that comes first."""
        if self._ended.is_set():
            raise EmulationEnded
        sleeper = asyncio.create_task(asyncio.sleep(seconds))
        self._keep(sleeper)
        try:
            await asyncio.wait({sleeper})
        finally:
            sleeper.cancel()
        if sleeper.cancelled():
            raise EmulationEnded

    async def hang(self) -> NoReturn:
        """Wait until this emulation ends."""
        await self._ended.wait()
        raise EmulationEnded

    def later(self, seconds: float, act: Callable[[], Awaitable[None]]) -> None:
        """Do something after a pause, unless this emulation ends before."""

        async def wait_and_act() -> None:
            with suppress(EmulationEnded):
                await self.pause(seconds)
                await act()

        self._keep(asyncio.create_task(wait_and_act()))

    async def end(self) -> None:
        """Wake all that wait and stop all that was to happen later."""
        self._ended.set()
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _keep(self, task: asyncio.Task[None]) -> None:
        """Hold a task until it is done, and cancel it when this emulation ends."""
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
