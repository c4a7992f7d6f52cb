"""What the lender has at a bank is known without adding up all postings, and to the yen."""

import asyncio
from datetime import UTC, date, datetime
from pathlib import Path
from uuid import UUID, uuid4

import asyncpg
import pytest

from gateway.domain.account import BankCode
from gateway.domain.ledger import FUNDING, NIL_MEMBER, PRINCIPAL, Posting, settlement_cash
from gateway.domain.money import Yen
from gateway.store.database import Database
from gateway.store.ledger import SettlementBalance, measure_settlement, post_house
from gateway.store.migrate import migrate
from gateway.store.sql import sql_directory

CASH = settlement_cash(BankCode.SMBC)
DAY = date(2026, 11, 25)
LOW_WATER = 10_000


async def post(db: Database, debit: str, credit: str, amount: int) -> None:
    posting = Posting(uuid4(), uuid4(), debit, credit, Yen(amount), DAY)
    # Business time may be any: here it lies far back.
    assert await post_house(db, [posting], now=datetime(2020, 1, 1, tzinfo=UTC)) == 1


async def measure(
    db: Database, *, margin_s: float = 600, step: UUID | None = None, bank: BankCode = BankCode.SMBC
) -> SettlementBalance:
    return await measure_settlement(
        db, bank, low_water=LOW_WATER, step=step or uuid4(), margin_s=margin_s
    )


@pytest.mark.parametrize("margin_s", [0, 600], ids=["counted for good", "counted each time"])
async def test_the_balance_is_what_came_in_minus_what_went_out(
    database: Database, owner, margin_s: float
) -> None:
    sums = []
    for debit, credit, amount in (
        (CASH, FUNDING, 50_000),
        (PRINCIPAL, CASH, 20_000),
        (CASH, PRINCIPAL, 5_000),
        (settlement_cash(BankCode.MUFG), FUNDING, 7),
    ):
        await post(database, debit, credit, amount)
        sums.append((await measure(database, margin_s=margin_s)).balance)

    assert sums == [50_000, 30_000, 35_000, 35_000]
    kept = await owner.fetchval("SELECT balance FROM settlement_marks WHERE bank = 'smbc'")
    assert kept == (35_000 if margin_s == 0 else 0)


async def test_what_is_younger_than_the_margin_is_not_counted_for_good(
    database: Database, owner
) -> None:
    await post(database, CASH, FUNDING, 50_000)
    await owner.execute("UPDATE postings SET written_at = written_at - interval '601 seconds'")
    await post(database, PRINCIPAL, CASH, 20_000)

    measured = await measure(database)

    assert measured.balance == 30_000
    assert await owner.fetchval("SELECT balance FROM settlement_marks") == 50_000


async def test_a_statement_that_began_before_the_mark_is_counted_all_the_same(
    database: Database, owner_url: str
) -> None:
    slow = await asyncpg.connect(owner_url)
    writing = slow.transaction()
    await writing.start()
    await slow.execute(
        "INSERT INTO postings (member_id, id, journal, debit, credit, amount, effective_on,"
        " recorded_at) VALUES ($1, $2, $2, $3, 'funding', 50000, $4, now())",
        *(NIL_MEMBER, uuid4(), CASH, DAY),
    )

    before = await measure(database)
    await writing.commit()
    await slow.close()

    assert before.balance == 0
    assert (await measure(database)).balance == 50_000


async def test_a_clock_that_was_set_back_counts_nothing_twice(database: Database) -> None:
    await post(database, CASH, FUNDING, 50_000)
    await measure(database, margin_s=0)

    assert (await measure(database, margin_s=3600)).balance == 50_000


async def test_processes_that_measure_at_the_same_time_count_nothing_twice(
    database: Database,
) -> None:
    await post(database, CASH, FUNDING, 50_000)

    measured = await asyncio.gather(*(measure(database, margin_s=0) for _ in range(8)))

    assert {one.balance for one in measured} == {50_000}
    assert (await measure(database)).balance == 50_000


async def test_one_step_is_told_that_the_balance_fell_and_again_after_it_was_above(
    database: Database,
) -> None:
    told = [(await measure(database)).has_fallen]  # nothing was ever booked
    for debit, credit, amount in (
        (CASH, FUNDING, LOW_WATER),
        (PRINCIPAL, CASH, 1),
        (PRINCIPAL, CASH, 1),
        (CASH, FUNDING, 2),
        (PRINCIPAL, CASH, LOW_WATER),
    ):
        await post(database, debit, credit, amount)
        told.append((await measure(database)).has_fallen)

    assert told == [False, False, True, False, False, True]


async def test_a_step_whose_answer_was_lost_is_told_again(database: Database) -> None:
    await post(database, CASH, FUNDING, LOW_WATER - 1)
    step = uuid4()

    assert [(await measure(database, step=step)).has_fallen for _ in range(2)] == [True, True]
    assert not (await measure(database)).has_fallen


async def test_only_one_of_many_is_told(database: Database) -> None:
    await post(database, CASH, FUNDING, LOW_WATER - 1)

    measured = await asyncio.gather(*(measure(database) for _ in range(8)))

    assert [one.has_fallen for one in measured].count(True) == 1


async def test_what_was_booked_before_there_were_marks_is_in_them(
    empty_database_url: str, tmp_path: Path
) -> None:
    connection = await asyncpg.connect(empty_database_url)
    await migrate(connection, directory=_schema_before_marks(tmp_path))
    await connection.execute(
        "INSERT INTO postings (member_id, id, journal, debit, credit, amount, effective_on,"
        " recorded_at) VALUES ($1, $2, $2, $3, 'funding', 50000, $4, now())",
        *(NIL_MEMBER, uuid4(), CASH, DAY),
    )

    await migrate(connection)

    rows = await connection.fetch("SELECT bank, balance FROM settlement_marks")
    assert [tuple(row) for row in rows] == [("smbc", 50_000)]
    found = await connection.fetchrow("SELECT * FROM measure_settlement('smbc', 0, 0, $1)", uuid4())
    assert dict(found or {}) == {"balance": 50_000, "has_fallen": False}
    await connection.close()


def _schema_before_marks(directory: Path) -> Path:
    for kind in ("migrations", "functions"):
        (directory / kind).mkdir()
        for path in (sql_directory() / kind).glob("*.sql"):
            # A later one grants rights on the marks.
            lacks = {"0005_settlement_marks", "0020_three_roles", "measure_settlement"}
            if path.stem not in lacks:
                (directory / kind / path.name).write_text(path.read_text("utf-8"))
    return directory
