"""`gateway demo`: the whole system until Ctrl-C, its addresses and credentials on the screen."""

import asyncio
from datetime import datetime

from rich.console import Console

from gateway.config import Settings
from gateway.demo.stage import (
    DEMO_BRANCHES,
    DEMO_NUMBER,
    DEMO_PASSWORD,
    MEMBER_NUMBER,
    MEMBER_PIN,
    Stage,
    open_stage,
)
from gateway.domain.hours import LENDER_CLOSED, closed_until
from gateway.ops.clock import SystemClock, shift_to
from gateway.profiles import bank_profiles
from gateway.serve import stop_signals


async def run_demo(
    settings: Settings, *, at: datetime | None, port_base: int, console: Console
) -> None:
    """Run the demo until SIGINT or SIGTERM; the data in `settings.data_dir` outlives it."""
    shift_s = settings.clock_shift_s if at is None else shift_to(at)
    clock = SystemClock(shift_s)
    books_dir = settings.data_dir / "books"
    await asyncio.to_thread(books_dir.mkdir, mode=0o700, parents=True, exist_ok=True)
    with stop_signals() as stopped:
        console.print("Starting PostgreSQL, the bank sandbox and the gateway …")
        async with open_stage(
            settings, clock=clock, sandbox_port=port_base, books_dir=books_dir
        ) as stage:
            await _print_welcome(console, stage, settings, clock)
            await stopped.wait()
            console.print("\nStopping …")
    console.print(f"Stopped. The data stays in {settings.data_dir}/.")


async def _print_welcome(
    console: Console, stage: Stage, settings: Settings, clock: SystemClock
) -> None:
    now = clock.now()
    rows = {
        "API": stage.address,
        "its description": f"{stage.address}/docs",
        **{f"{bank} sandbox": url for bank, url in stage.sandbox.urls.items()},
        "log": str(settings.data_dir / "gateway.log"),
        "member number": MEMBER_NUMBER,
        "PIN": MEMBER_PIN,
        "payer": f"account {DEMO_NUMBER}, password {DEMO_PASSWORD}, on the banks' pages",
        "branch": f"001; {', '.join(f'{bank} {no}' for bank, no in DEMO_BRANCHES.items())}",
        "now": now.isoformat(timespec="seconds"),
    }
    for name, value in rows.items():
        console.print(f"  {name:<15} {value}", highlight=False)
    for name, reopens_at in _closed(now):
        console.print(f"  {name:<15} closed until {reopens_at:%Y-%m-%d %H:%M}")
    console.print(
        "Ready. README.md has the first calls with curl: borrow, and pay back. Ctrl-C stops.",
        highlight=False,
    )


def _closed(now: datetime) -> list[tuple[str, datetime]]:
    services = {"member service": LENDER_CLOSED} | {
        code.value: profile.windows for code, profile in bank_profiles().items()
    }
    return [
        (name, reopens_at)
        for name, windows in services.items()
        if (reopens_at := closed_until(windows, now)) is not None
    ]
