"""`python -m bench.days`: what reconciling a day of 10,000 and of 100,000 movements takes."""

import argparse
import asyncio
import tempfile
from collections.abc import Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any

import asyncpg
import orjson
import structlog
from rich.console import Console
from rich.table import Table

from bench.a_day import fill
from bench.stage import start_child
from gateway.app import apply_migrations
from gateway.domain.account import BankCode
from gateway.domain.hours import JST
from gateway.ops.clock import shift_to
from gateway.store.postgres import running_postgres

DAY = date(2026, 11, 24)
NOW = datetime(2026, 11, 25, 6, 0, tzinfo=JST)
BANKS = tuple(BankCode)
SIZES = (10_000, 100_000)
CPU_S_MAX, CPU_RATIO_MAX, MEMORY_RATIO_MAX = 90, 11, 1.2


@dataclass(frozen=True, slots=True)
class DayCost:
    """What one reconciliation found and took."""

    lines: int
    verdicts: dict[str, int]
    refused: str | None
    cpu_s: float
    peak_mib: float


async def cost(directory: Path, bank: BankCode, movements: int) -> DayCost:
    """Fill a new database and the bank's books, reconcile the day, and return what it took."""
    shift = shift_to(NOW)
    async with AsyncExitStack() as stack:
        postgres = await stack.enter_async_context(running_postgres(directory))
        await apply_migrations(postgres.owner_url)
        owner: asyncpg.Connection[Any] = await asyncpg.connect(postgres.owner_url)
        stack.push_async_callback(owner.close)
        await fill(owner, bank, DAY, movements)
        of_day = (f"--shift={shift}", f"--name={bank}", f"--day={DAY}", f"--movements={movements}")
        url, _ = await start_child(stack, "full-bank", *of_day)
        ways = (f"--database={postgres.app_url}", f"--bank={url}")
        written, _ = await start_child(stack, "reconcile", *of_day, *ways)
    return DayCost(**orjson.loads(written))


def main() -> None:
    parser = argparse.ArgumentParser(prog="bench.days", description=__doc__)
    parser.add_argument("--banks", nargs="+", type=BankCode, default=BANKS)
    parser.add_argument("--sizes", nargs="+", type=int, default=SIZES, help="movements of the day")
    options = parser.parse_args()
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(40))
    home = Path(".gateway")
    home.mkdir(mode=0o700, exist_ok=True)
    asyncio.run(_run(options.banks, options.sizes, home, Console(width=100)))


async def _run(
    banks: Sequence[BankCode], sizes: Sequence[int], home: Path, console: Console
) -> None:
    table = Table(title="Reconciling a day: the gateway's process alone")
    for name in ("bank", "movements", "found", "CPU s", "peak above start, MiB", "ratios to first"):
        table.add_column(name, justify="left" if name in {"bank", "found"} else "right")
    for bank in banks:
        first: DayCost | None = None
        for size in sizes:
            console.print(f"{size:,} movements at {bank} …", highlight=False)
            with tempfile.TemporaryDirectory(prefix="days-", dir=home) as directory:
                seen = await cost(Path(directory), bank, size)
            first = first or seen
            ratios = f"{seen.cpu_s / first.cpu_s:.2f} / {seen.peak_mib / first.peak_mib:.2f}"
            found = ", ".join(f"{count:,} {name}" for name, count in seen.verdicts.items())
            row = (bank, f"{size:,}", seen.refused or found)
            table.add_row(*row, f"{seen.cpu_s:.1f}", f"{seen.peak_mib:.1f}", ratios)
    aims = (f"≤ {CPU_S_MAX}", "", f"≤ {CPU_RATIO_MAX} / {MEMORY_RATIO_MAX}")
    table.add_row("aim", "", "all matched", *aims)
    console.print(table)


if __name__ == "__main__":
    main()
