"""What a pooler in between makes of a session is seen before anything is done in it."""

import asyncpg
import pytest

from gateway.app import open_gateway
from gateway.config import load_settings
from gateway.domain.errors import NotReady, WrongSession
from gateway.store.connections import (
    PoolRole,
    check_pooling,
    check_session,
    prepare_connection,
)
from tests.manual_clock import ManualClock
from tests.store.pooler import running_pooler


@pytest.mark.parametrize("takes_turns", [True, False], ids=["in turn", "the last one first"])
async def test_a_gateway_does_not_start_behind_a_pooler_of_transactions(
    database_url: str, clock: ManualClock, *, takes_turns: bool
) -> None:
    async with running_pooler(database_url, takes_turns=takes_turns) as pooler:
        with pytest.raises(NotReady, match="must pool sessions, not transactions"):
            async with open_gateway(load_settings(), url=pooler.url, clock=clock):
                pass


@pytest.mark.parametrize(
    ("change", "said"),
    [
        pytest.param("SET ROLE gateway_ops", "role is gateway_ops, not gateway_member", id="role"),
        pytest.param("SET statement_timeout = 0", "statement_timeout is 0.0, not", id="statements"),
        pytest.param("SET lock_timeout = '1min'", "lock_timeout is 60.0, not 2.0", id="locks"),
        pytest.param("SET timezone = 'UTC'", "timezone is UTC, not Asia/Tokyo", id="time zone"),
        pytest.param("DISCARD ALL", "session_timeout is 0.0, not 10.0", id="reset"),
    ],
)
async def test_what_a_session_lacks_is_named(database_url: str, change: str, said: str) -> None:
    connection = await asyncpg.connect(database_url)
    await prepare_connection(connection, PoolRole.MEMBER)
    await connection.execute(change)

    with pytest.raises(WrongSession, match=said):
        await check_session(connection, PoolRole.MEMBER)
    await connection.close()


async def test_a_database_that_is_away_cannot_be_reached() -> None:
    with pytest.raises(NotReady, match="cannot be reached"):
        await check_pooling("postgresql://gateway@127.0.0.1:1/gateway")
