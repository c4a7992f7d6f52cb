"""What the database refuses for its own lack is said at once, told once, and was not done."""

from typing import Any

import pytest
from structlog.testing import capture_logs

from gateway.domain.errors import Busy
from gateway.store.database import Database
from gateway.store.lacks import lack_watch

STEP = "INSERT INTO things (n) VALUES ($1) RETURNING n"
# Disk full, memory, connections, limits of the configuration and of the program, statements too
# complex, transaction numbers used up, the system beneath, its files, no service, no primary.
STATES = ["53000", "53100", "53200", "53300", "53400", "54000", "54001", "54011", "54023"]
STATES += ["58000", "58030", "58P01", "58P02", "57P03", "25006"]


async def refuse(owner: Any, state: str) -> None:
    """Let every insert fail with that SQLSTATE."""
    await owner.execute("CREATE TABLE IF NOT EXISTS things (n integer)")
    await owner.execute("GRANT ALL ON things TO gateway_app")
    await owner.execute(
        "CREATE OR REPLACE FUNCTION boom() RETURNS trigger LANGUAGE plpgsql AS"
        f" $$ BEGIN RAISE EXCEPTION 'x' USING ERRCODE = '{state}'; END $$"
    )
    await owner.execute(
        "CREATE OR REPLACE TRIGGER boom BEFORE INSERT ON things"
        " FOR EACH ROW EXECUTE FUNCTION boom()"
    )


async def mend(owner: Any) -> None:
    await owner.execute("DROP TRIGGER boom ON things")


@pytest.mark.parametrize("state", STATES)
async def test_a_lack_of_the_database_is_busy_at_once_and_nothing_is_done(
    database: Database, owner: Any, state: str
) -> None:
    await refuse(owner, state)

    with pytest.raises(Busy, match="refuses") as refused:
        await database.step(STEP, 1)
    assert refused.value.retry_after_s == 10

    await mend(owner)
    await database.step(STEP, 2)
    assert await owner.fetchval("SELECT array_agg(n) FROM things") == [2]


async def test_people_are_called_once_an_episode_and_told_which_database_it_is(
    database: Database, database_url: str, owner: Any
) -> None:
    await refuse(owner, "53100")

    with capture_logs() as records:
        for number in range(3):
            with pytest.raises(Busy, match="refuses"):
                await database.step(STEP, number)

    (told,) = [one for one in records if one["event"] == "alert.raised"]
    assert (told["code"], told["severity"]) == ("database_refuses", "page")
    assert told["sqlstate"] == "53100"
    name = await owner.fetchval("SELECT current_database()")
    assert told["database"].endswith(f"/{name}")
    assert "@" not in told["database"]
    assert lack_watch(database_url).is_lacking


async def test_a_mistake_in_a_statement_is_no_lack(database: Database, database_url: str) -> None:
    with pytest.raises(Exception, match="division by zero"):
        await database.fetch("SELECT 1 / 0")

    assert not lack_watch(database_url).is_lacking
