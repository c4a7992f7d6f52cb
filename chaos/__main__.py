"""`python -m chaos`: a run of the rig. Exit 0: nothing found. 1: findings, told with their story.

RIG_GATEWAY names the directory with the `gateway` and `python` of another checkout.
"""

import argparse
import asyncio
import os
import secrets
import sys
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

from chaos.acts import Acts, play
from chaos.calm import put_right, reconcile, see, until_at_rest
from chaos.focus import FOCUSES
from chaos.gateways import Program
from chaos.operators import Operators
from chaos.oracle import JST, judge
from chaos.plan import FIRST_ADVANCE, SHAPES, Shape, planned
from chaos.report import Result, show
from chaos.stage import Stage, Terms, open_stage
from chaos.tape import Tape
from gateway.ops.commands.audit_trace import Trace, watch_trace

# A Wednesday: every service is open, and a run of two sides lies around midnight.
OPEN_DAY = datetime(2026, 11, 25, 10, 0, tzinfo=JST)
MIDNIGHT = datetime(2026, 11, 26, 0, 0, tzinfo=JST)
FOCUS = Shape(transfers=0, repayments=0, members=5, lasts_s=0, rests_s=90)
# A sender that is held must still be able to send in what is left of its lease.
FOCUS_SCALES = {"voided-file": 0.5}
RESTED_S = 2.0
OWN_BINARIES = Path(sys.executable).parent


async def run(program: Program, seed: int, shape: Shape, focus: str, tape: Tape) -> Result:
    """Run one seed, and judge it."""
    begins = OPEN_DAY if focus else MIDNIGHT - timedelta(seconds=shape.lasts_s / 2 + 30)
    with tempfile.TemporaryDirectory(prefix="chaos-") as directory:
        async with open_stage(program, Path(directory), tape, Terms(seed, shape, begins)) as stage:
            return await _run_on(stage, Terms(seed, shape, begins), focus)


async def _run_on(stage: Stage, terms: Terms, focus: str) -> Result:
    """Do everything, let it come to rest, and judge what is seen then."""
    async with _trace(stage) as trace:
        await _treat(stage, terms, focus)
        before = judge(await see(stage))
        unread = [] if focus else await reconcile(stage, terms.begins)
        seen = await see(stage)
        verified, said = await stage.ops("ledger-verify")
        edges = [] if trace is None else [str(found) for found in await trace.findings()]
        held = None if trace is None else (trace.changes, trace.gaps)
    return Result(
        seen, judge(seen), len(before), unread, "" if verified == 0 else said, edges, held
    )


async def _treat(stage: Stage, terms: Terms, focus: str) -> None:
    """Do what the plan or the focus says, and put everything right again."""
    operators = Operators(stage, ("send_again",) if focus else ("send_again", "rejected"))
    acts = Acts(stage, operators)
    people = asyncio.create_task(operators.work())
    tasks: set[asyncio.Task[None]] = set()
    try:
        if focus:
            await FOCUSES[focus](acts)
        else:
            await lend(stage)
            tasks = await play(acts, planned(terms.shape, terms.seed))
        await put_right(acts)
        await until_at_rest(acts, tasks, terms.shape.rests_s)
        await asyncio.sleep(RESTED_S)
    finally:
        people.cancel()
        with suppress(asyncio.CancelledError):
            await people


@asynccontextmanager
async def _trace(stage: Stage) -> AsyncIterator[Trace | None]:
    """Hold every change of a row to the state tables; they are this checkout's, and no other's."""
    if stage.program.binaries != OWN_BINARIES:
        yield None
        return
    async with watch_trace(stage.server.admin_url) as trace:
        yield trace


async def lend(stage: Stage) -> None:
    """Lend to everybody while all is well, so that there is something to pay back."""
    banks = list(stage.banks.urls)
    crowd = stage.crowd
    async with asyncio.TaskGroup() as group:
        for number, member in enumerate(crowd.members):
            bank = banks[number % len(banks)]
            group.create_task(crowd.borrow(member, bank, FIRST_ADVANCE + number))


def options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m chaos", description=__doc__)
    parser.add_argument("--seed", type=int, default=secrets.randbelow(1_000_000))
    parser.add_argument("--shape", choices=list(SHAPES), default="long")
    parser.add_argument("--focus", choices=["", *FOCUSES], default="")
    parser.add_argument("--into", type=Path, default=Path("chaos-runs"), help="tapes and logs")
    parser.add_argument("--lasts", type=float, default=None, help="seconds, instead of the shape's")
    return parser.parse_args()


def main() -> int:
    asked = options()
    binaries = Path(os.environ.get("RIG_GATEWAY", OWN_BINARIES))
    name = asked.focus or asked.shape
    tape = Tape(asked.into / f"{name}-{asked.seed}" / "tape.jsonl")
    shape = SHAPES[asked.shape]
    if asked.focus:
        shape = replace(FOCUS, time_scale=FOCUS_SCALES.get(asked.focus, FOCUS.time_scale))
    if asked.lasts is not None:
        shape = replace(shape, lasts_s=asked.lasts)
    tape.write("begins", seed=asked.seed, what=name, gateway=str(binaries))
    sys.stdout.write(f"seed {asked.seed}, tape {tape.path}\n")
    sys.stdout.flush()
    try:
        result = asyncio.run(run(Program(binaries), asked.seed, shape, asked.focus, tape))
    finally:
        tape.close()
    show(result, tape, sys.stdout)
    return 1 if result.is_bad else 0


if __name__ == "__main__":
    sys.exit(main())
