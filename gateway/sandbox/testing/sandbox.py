"""All banks of a test at once: started in a moment, on free ports, each test on a first day."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime

from gateway.domain.ports import Clock
from gateway.sandbox.registry import BANKS
from gateway.sandbox.server import Sandbox, start_sandbox
from gateway.sandbox.testing.bank import SandboxBank
from gateway.sandbox.testing.clock import SandboxClock
from gateway.sandbox.testing.thread import BankThread


class BankSandbox:
    """Every bank by its name (`sandbox.smbc`, `sandbox["smbc"]`), under one clock."""

    def __init__(self, running: Sandbox, thread: BankThread, machine: Clock) -> None:
        self.clock = SandboxClock(machine, running.banks.values, thread)
        self.banks: Mapping[str, SandboxBank] = {
            name: SandboxBank(bank, running.urls[name], thread, self.clock)
            for name, bank in running.banks.items()
        }
        self._thread = thread

    def __getitem__(self, name: str) -> SandboxBank:
        return self.banks[name]

    def __getattr__(self, name: str) -> SandboxBank:
        bank = self.__dict__.get("banks", {}).get(name)
        if bank is None:
            raise AttributeError(f"{name}: no such bank; there are {', '.join(BANKS)}")
        return bank  # type: ignore[no-any-return]

    @property
    def environ(self) -> Mapping[str, str]:
        """Return the banks' addresses as a gateway's settings."""
        return {f"GATEWAY_{name.upper()}_BASE_URL": bank.url for name, bank in self.banks.items()}

    def begin(self, starts_at: datetime | None) -> None:
        """Give every bank its first day, at that instant (None: in real time), the clock going."""
        self._thread.call(self._begin())
        self.clock.real()
        if starts_at is not None:
            self.clock.set(starts_at)

    async def _begin(self) -> None:
        for bank in self.banks.values():
            await bank.begin()


@contextmanager
def banks_in_thread(machine: Clock, *, time_scale: float) -> Iterator[BankSandbox]:
    """Run all banks in a thread of their own, on free ports, for as long as the block lasts.

    `machine` is the clock under the banks' own. Raises `SandboxRefused` in production.
    """
    thread = BankThread()
    try:
        starting = start_sandbox(
            clock=machine, banks=tuple(BANKS), port_base=0, time_scale=time_scale
        )
        running = thread.call(starting)
        try:
            yield BankSandbox(running, thread, machine)
        finally:
            thread.call(running.close())
    finally:
        thread.close()
