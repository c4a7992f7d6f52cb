"""What the bench runs in processes of its own: `python -m bench.children gateway|sandbox|… …`.

Each prints its address when it is ready, and ends at SIGTERM.
"""

import argparse
import os
import sys
from contextlib import AsyncExitStack
from dataclasses import replace
from datetime import date

import orjson
import uvloop

from bench.a_day import book_day
from bench.day_cost import cost_of_day
from bench.quotes import EMPTY, answer_empty
from gateway.app import open_gateway
from gateway.config import load_settings
from gateway.domain.account import BankCode
from gateway.ops.clock import SystemClock
from gateway.ops.garbage import full_collections_apart
from gateway.ops.logging import configure_logging
from gateway.profiles import BankProfile, bank_profiles
from gateway.sandbox.server import running_sandbox
from gateway.serve import listen, stop_signals


def unlimited_profiles() -> dict[BankCode, BankProfile]:
    """Return the contracts without their limit of calls a second; all else is as it is."""
    return {code: replace(profile, per_second=0.0) for code, profile in bank_profiles().items()}


async def run_gateway(options: argparse.Namespace) -> None:
    """Serve as `gateway serve` does, without the contract's limit, its log written to nowhere."""
    bank_profiles().update(unlimited_profiles())
    settings = load_settings(
        database_url=options.database,
        smbc_base_url=options.bank,
        clock_shift_s=options.shift,
        instance=options.name,
        port=0,
        # A few hundred members at one address stand for a whole site.
        member_money_per_minute=0,
        member_writes_per_minute=0,
        member_streams_per_minute=0,
        source_requests_per_minute=0,
    )
    writer = configure_logging(settings, fd=os.open(os.devnull, os.O_WRONLY))
    clock = SystemClock(options.shift)
    with stop_signals() as stopped:
        async with (
            open_gateway(settings, url=options.database, clock=clock) as gateway,
            AsyncExitStack() as stack,
        ):
            gateway.http.router.add_post(EMPTY, answer_empty)
            host, port = await listen(stack, gateway, settings)
            await stack.enter_async_context(full_collections_apart())
            _say(f"http://{host}:{port}")
            await stopped.wait()
    writer.close()


async def run_full_bank(options: argparse.Namespace) -> None:
    """Run the emulator of one bank, in whose books there is a day of `--movements`."""
    clock = SystemClock(options.shift)
    with stop_signals() as stopped:
        async with running_sandbox(clock=clock, banks=(options.name,)) as sandbox:
            bank = sandbox.banks[options.name]
            book_day(bank, options.day, options.movements)
            # Pages are asked for as fast as they are read: `unlimited_profiles` holds nobody back.
            unlimited: dict[str, object] = {"rate_limits": {"money": 0, "inquiry": 0}}
            bank.emulation.settings = bank.emulation.settings.changed(unlimited)
            _say(sandbox.urls[options.name])
            await stopped.wait()


async def run_reconcile(options: argparse.Namespace) -> None:
    """Reconcile one day as `gateway ops reconcile` does, and print what that took, as JSON."""
    # The emulator shares this machine: how soon it begins to answer is none of the figure.
    patient = {
        code: replace(profile, deadline_s=120.0) for code, profile in unlimited_profiles().items()
    }
    bank_profiles().update(patient)
    settings = load_settings(
        database_url=options.database,
        clock_shift_s=options.shift,
        **{f"{options.name}_base_url": options.bank},
    )
    writer = configure_logging(settings, fd=os.open(os.devnull, os.O_WRONLY))
    _say(orjson.dumps(await cost_of_day(settings, BankCode(options.name), options.day)).decode())
    writer.close()


async def run_sandbox(options: argparse.Namespace) -> None:
    """Run the emulator; the bench lifts its limit through the control API."""
    with stop_signals() as stopped:
        async with running_sandbox(clock=SystemClock(options.shift)) as sandbox:
            _say(sandbox.urls["smbc"])
            await stopped.wait()


def _say(address: str) -> None:
    sys.stdout.write(f"{address}\n")
    sys.stdout.flush()


RUNS = {
    "gateway": run_gateway,
    "sandbox": run_sandbox,
    "full-bank": run_full_bank,
    "reconcile": run_reconcile,
}


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("what", choices=tuple(RUNS))
    parser.add_argument("--shift", type=float, default=0.0)
    parser.add_argument("--database")
    parser.add_argument("--bank")
    parser.add_argument("--name", default="bench-1")
    parser.add_argument("--day", type=date.fromisoformat)
    parser.add_argument("--movements", type=int)
    options = parser.parse_args()
    uvloop.run(RUNS[options.what](options))


if __name__ == "__main__":
    main()
