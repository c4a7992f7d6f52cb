"""The plan's steps as acts: one function each, which writes to the tape what it did."""

import asyncio
import signal
from collections.abc import Awaitable, Callable, Mapping, Sequence
from time import monotonic
from types import MappingProxyType
from typing import Any

from chaos.gateways import Machine
from chaos.members import Payer
from chaos.operators import Operators
from chaos.plan import Step
from chaos.proxy import Proxy, Session
from chaos.stage import Stage

# Lease of a bank call: its deadline of 8 s and 4 s more, at the run's time scale.
LEASE_S = 12.0
DOWN_S = 1.0
PROCESS_TRIES = 100
Details = Mapping[str, Any]


class Acts:
    """Carries out steps; `one_at_a_time` keeps PostgreSQL from being stopped twice."""

    def __init__(self, stage: Stage, operators: Operators) -> None:
        self.stage = stage
        self.operators = operators
        self._database = asyncio.Lock()
        self._machines = [asyncio.Lock() for _ in stage.machines]
        for number, proxy in enumerate(stage.proxies):
            proxy.on_lost = self._note_lost(number)

    def _note_lost(self, number: int) -> Callable[[Session], None]:
        def note(session: Session) -> None:
            statement = " ".join(session.statement.split())[:120]
            self.stage.tape.write("answer_lost", machine=number, statement=statement)

        return note

    async def do(self, step: Step) -> None:
        await DOINGS[step.act](self, step.details)

    async def borrow(self, details: Details) -> None:
        crowd = self.stage.crowd
        member = crowd.members[details["member"]]
        await crowd.borrow(member, details["bank"], details["amount"])

    async def pay_back(self, details: Details) -> None:
        crowd = self.stage.crowd
        member = crowd.members[details["member"]]
        payer = Payer[details["payer"]]
        await crowd.pay_back(member, details["bank"], details["amount"], payer)

    async def kill_one(self, details: Details) -> None:
        machine, pid = await self._process(details)
        machine.signal(signal.SIGKILL, pid)
        self.stage.tape.write("kill_one", machine=machine.name, pid=pid)

    async def kill_machine(self, details: Details) -> None:
        machine = self.stage.machines[details["machine"]]
        async with self._machines[details["machine"]]:
            machine.kill()
            self.stage.tape.write("kill_machine", machine=machine.name)
            await asyncio.sleep(DOWN_S)
            machine.start()
            self.stage.tape.write("machine_started", machine=machine.name)

    async def freeze_one(self, details: Details) -> None:
        machine, pid = await self._process(details)
        await self._freeze(machine, pid, details["leases"])

    async def freeze_machine(self, details: Details) -> None:
        async with self._machines[details["machine"]]:
            machine = self.stage.machines[details["machine"]]
            await self._freeze(machine, None, details["leases"])

    async def _freeze(self, machine: Machine, pid: int | None, leases: float) -> None:
        seconds = leases * LEASE_S * self.stage.time_scale
        act = "freeze_machine" if pid is None else "freeze_one"
        machine.signal(signal.SIGSTOP, pid)
        self.stage.tape.write(act, machine=machine.name, pid=pid, seconds=round(seconds, 2))
        await asyncio.sleep(seconds)
        machine.signal(signal.SIGCONT, pid)
        self.stage.tape.write("thawed", machine=machine.name, pid=pid)

    async def _process(self, details: Details) -> tuple[Machine, int]:
        """Return the process that was chosen, once its machine has any."""
        machine = self.stage.machines[details["machine"]]
        for _ in range(PROCESS_TRIES):
            if pids := machine.processes():
                return machine, pids[details["process"] % len(pids)]
            await asyncio.sleep(0.2)
        raise RuntimeError(f"{machine.name} has no process")

    async def stop_postgres(self, details: Details) -> None:
        async with self._database:
            await self.stage.server.stop()
            self.stage.tape.write("stop_postgres", mode="immediate")
            await asyncio.sleep(details["seconds"])
            await self.stage.server.start()
            self.stage.tape.write("postgres_started")

    async def lose_writes(self, details: Details) -> None:
        proxy = self._proxy(details)
        proxy.to_lose += details["times"]
        self.stage.tape.write("lose_writes", **details)

    async def lose_reads(self, details: Details) -> None:
        proxy = self._proxy(details)
        proxy.to_lose_reads += details["times"]
        self.stage.tape.write("lose_reads", **details)

    async def cut(self, details: Details) -> None:
        number = self._proxy(details).cut()
        self.stage.tape.write("cut", machine=details["machine"], connections=number)

    async def slow(self, details: Details) -> None:
        proxy = self._proxy(details)
        proxy.delay_s = details["delay_s"]
        self.stage.tape.write("slow", **details)
        await asyncio.sleep(details["seconds"])
        proxy.delay_s = 0.0

    async def cut_off(self, details: Details) -> None:
        """Let the machine's database be out of reach for a while."""
        proxy = self._proxy(details)
        proxy.is_refusing = True
        proxy.cut()
        self.stage.tape.write("cut_off", **details)
        await asyncio.sleep(details["seconds"])
        proxy.is_refusing = False

    def _proxy(self, details: Details) -> Proxy:
        return self.stage.proxies[details["machine"]]

    async def faults(self, details: Details) -> None:
        await self.stage.banks.control(details["bank"], "PUT", "faults", details["rules"])
        self.stage.tape.write("faults", **details)

    async def hold(self, details: Details) -> None:
        self.stage.tape.write("hold", **details)
        await self.operators.hold(details["bank"], details["seconds"])

    async def window(self, details: Details) -> None:
        self.stage.tape.write("window", **details)
        await self.operators.announce(details["bank"], details["seconds"])


Doing = Callable[[Acts, Details], Awaitable[None]]
DOINGS: Mapping[str, Doing] = MappingProxyType(
    {
        name: getattr(Acts, name)
        for name in (
            "borrow", "pay_back", "kill_one", "kill_machine", "freeze_one", "freeze_machine",
            "stop_postgres", "lose_writes", "lose_reads", "cut", "slow", "cut_off", "faults",
            "hold", "window",
        )
    }
)  # fmt: skip


async def play(acts: Acts, steps: Sequence[Step]) -> set[asyncio.Task[None]]:
    """Begin each step at its time; return the tasks that are not over when the last has begun."""
    began = monotonic()
    tasks: set[asyncio.Task[None]] = set()
    for step in steps:
        await asyncio.sleep(max(0.0, began + step.at_s - monotonic()))
        tasks.add(asyncio.create_task(acts.do(step)))
    return tasks
