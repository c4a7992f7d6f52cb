"""Gives operators' commands what they need: database and banks, for as long as they run."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import asynccontextmanager
from datetime import timedelta
from functools import partial

import typer

from gateway.adapters.registry import open_banks
from gateway.app import database_name, existing_address, schema_problems
from gateway.config import Settings
from gateway.domain.account import BankCode
from gateway.domain.bank import Bank, Statement
from gateway.domain.errors import NotReady
from gateway.domain.hours import JST
from gateway.domain.ports import Clock
from gateway.domain.reconciliation import Movement, signed
from gateway.domain.set_aside import fundings
from gateway.operators.demo_note import refuse_strangers, strangers
from gateway.ops.clock import SystemClock
from gateway.ops.commands.check import Check
from gateway.ops.commands.doctor import (
    check_banks,
    check_branches,
    check_calendar,
    check_database,
    check_disk,
    check_schema,
    check_settings,
    unreachable,
)
from gateway.ops.commands.ledger_verify import LedgerReport, compared_since, verify_ledger
from gateway.ops.crash import no_checkpoint
from gateway.ops.metrics import PrometheusMetrics
from gateway.store.connections import PoolRole, check_pooling
from gateway.store.database import Database, open_database
from gateway.store.lanes import StoredLanes
from gateway.store.statements import house_postings


@asynccontextmanager
async def operators_database(
    settings: Settings, *, role: PoolRole = PoolRole.OPERATOR
) -> AsyncIterator[Database]:
    """Yield the gateway's database, which is named on stderr first.

    The embedded server is started for it if nobody runs it. Raises NotReady where there is no
    database, a pooler of transactions is in between, or its schema is another version's.
    """
    await name_database(settings)
    async with existing_address(settings) as url:
        await check_pooling(url)
        problems = await schema_problems(url)
        if problems:
            raise NotReady("\n".join(problems))
        async with open_database(url, role=role, size=2, wait_s=5.0) as db:
            yield db


async def name_database(settings: Settings) -> None:
    """Say which database a command is about: an operator may stand in another's directory."""
    name = await asyncio.to_thread(database_name, settings)
    typer.echo(f"database: {name}", err=True)


@asynccontextmanager
async def open_operators_banks(
    settings: Settings, db: Database
) -> AsyncIterator[dict[BankCode, Bank]]:
    """Yield the banks as the settings name them."""
    async with open_banks(
        settings,
        clock=SystemClock(settings.clock_shift_s),
        metrics=PrometheusMetrics(),
        lanes=StoredLanes(db),
        checkpoint=no_checkpoint,
    ) as banks:
        yield banks


async def doctor_report(settings: Settings) -> list[Check]:
    """Examine everything that the gateway needs, as far as it can be reached."""
    await name_database(settings)
    today = SystemClock(settings.clock_shift_s).now().astimezone(JST).date()
    checks = [*check_settings(settings), await asyncio.to_thread(check_calendar, today)]
    checks.append(await asyncio.to_thread(check_branches))
    checks.append(await asyncio.to_thread(check_disk, settings.data_dir))
    try:
        async with (
            existing_address(settings) as url,
            _as_the_gateway(settings, url) as db,
            open_operators_banks(settings, db) as banks,
        ):
            checks += await check_database(db, pool_size=settings.pool_size)
            checks += check_schema(await schema_problems(url))
            checks += await check_banks(banks.values())
            checks += _strangers(await strangers(settings))
    except NotReady as error:
        checks += unreachable(error)
    return checks


def _strangers(found: Mapping[str, str]) -> list[Check]:
    mend = "Start this directory's demo, or unset the bank's address."
    return [Check(f"demo's {bank}", False, what, mend) for bank, what in found.items()]


@asynccontextmanager
async def _as_the_gateway(settings: Settings, url: str) -> AsyncIterator[Database]:
    """Yield as many connections as the gateway's loops have."""
    await check_pooling(url)
    wait_s = settings.pool_wait_s + 1.0
    async with open_database(url, size=settings.pool_size, wait_s=wait_s) as db:
        yield db


async def ledger_report(settings: Settings, *, with_banks: bool) -> LedgerReport:
    """Verify the ledger; `with_banks`: compare it with every bank's statements since the first day.

    Statements name what is booked by now: while transfers are on their way, the two may differ.
    """
    async with operators_database(settings) as db:
        if not with_banks:
            return await verify_ledger(db)
        await refuse_strangers(settings)
        async with open_operators_banks(settings, db) as banks:
            return await verify_with_banks(db, banks, SystemClock(settings.clock_shift_s))


async def verify_with_banks(
    db: Database, banks: Mapping[BankCode, Bank], clock: Clock
) -> LedgerReport:
    """Verify the ledger, and compare it with what these banks state."""
    totals = {code: partial(_statement_total, bank, db, clock) for code, bank in banks.items()}
    return await verify_ledger(db, statement_totals=totals)


async def _statement_total(bank: Bank, db: Database, clock: Clock) -> int | None:
    """Return in minus out at the bank since money moves there; None if it cannot be read."""
    today = clock.now().astimezone(JST).date()
    day = await compared_since(db, bank.code) or today
    total = 0
    while day <= today:
        statement = await bank.statement(day)
        if not isinstance(statement, Statement):
            return None
        total += _moved(statement, fundings(bank.code, await house_postings(db, bank.code, day)))
        day += timedelta(days=1)
    return total


def _moved(statement: Statement, funded: Iterable[Movement]) -> int:
    """Return in minus out on a day, without what the lender moved itself."""
    own = Counter(signed(movement) for movement in funded)
    total = 0
    for line in statement.movements:
        if line.reference is None and own[signed(line)]:
            own[signed(line)] -= 1
        else:
            total += signed(line)
    return total
