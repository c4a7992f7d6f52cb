"""Runs an operators' command on the database."""

from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import TypeVar

from gateway.config import load_settings
from gateway.operators.demo_note import beside_demo
from gateway.operators.reports import operators_database
from gateway.operators.running import commands_log, run
from gateway.ops.clock import SystemClock
from gateway.store.database import Database

Result = TypeVar("Result")


def operate(work: Callable[[Database, datetime], Awaitable[Result]]) -> Result:
    """Return what `work` returns, given the database and the instant; its log goes to `ops.log`."""
    settings = beside_demo(load_settings())

    async def on_database() -> Result:
        async with operators_database(settings) as db:
            return await work(db, SystemClock(settings.clock_shift_s).now())

    with commands_log(settings):
        return run(on_database())
