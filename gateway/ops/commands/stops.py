"""`gateway ops hold | release | breaker`: what operators hold back, for all processes."""

import secrets
from datetime import datetime
from uuid import UUID

import structlog

from gateway.domain.account import BankCode
from gateway.domain.identifier import uuid7
from gateway.domain.operator import person
from gateway.services.read_restraints import Breaker
from gateway.store.database import Database
from gateway.store.sql import SQL
from gateway.store.stops import ALL_BANKS, Stop, hold, read_stop

RELEASE = SQL["ops.release"]
OVERRIDE_BREAKER = SQL["ops.override_breaker"]

log = structlog.get_logger()


async def hold_bank(
    db: Database, bank: BankCode | None, *, reason: str, by: str, now: datetime
) -> bool:
    """Stop sending to a bank, or to all (None); False if it is held for that reason already.

    Binds from its commit in all processes; inquiries go on.
    """
    name = bank or ALL_BANKS
    stop = Stop(_new_id(now), name, reason, person(by), now)
    is_new = await hold(db, stop)
    if is_new:
        log.warning("bank.held", bank=name)
    return is_new


async def release_bank(
    db: Database, bank: BankCode | None, *, by: str, now: datetime, reason: str | None = None
) -> list[Stop]:
    """Lift the stops of a bank (None: those that stop all), or the one for `reason`; return them.

    A stop of all banks and a stop of one are lifted one by one.
    """
    rows = await db.fetch(RELEASE, bank or ALL_BANKS, person(by), now, reason, _new_id(now))
    if rows:
        log.warning("bank.released", bank=bank or ALL_BANKS)
    return [read_stop(row) for row in rows]


async def override_breaker(db: Database, bank: BankCode, breaker: Breaker) -> None:
    """Overrule the breakers of all processes for a bank, or let them decide again (`auto`)."""
    await db.fetch(OVERRIDE_BREAKER, bank.value, breaker.value)
    log.warning("breaker.overruled", bank=bank, state=breaker)


def _new_id(now: datetime) -> UUID:
    return uuid7(now, secrets.token_bytes(10))
