"""Role and time-outs of each new connection to PostgreSQL, set and then tested."""

import asyncio
import os
import socket
from enum import StrEnum
from typing import Any, cast

import asyncpg
import orjson

from gateway.domain.errors import NotReady, WrongSession
from gateway.store.sql import SQL

GIVE = SQL["connections.give"]
AS_GIVEN = SQL["connections.as_given"]
MARK = SQL["connections.mark"]
IS_MARKED = SQL["connections.is_marked"]
# Seconds, held by the server.
TIMEOUTS = {
    "statement_timeout": 10.0,
    "lock_timeout": 2.0,
    "idle_in_transaction_session_timeout": 10.0,
}
# The role is not given to the login, or not there; a pooler knows no statement of another session.
REFUSED = (
    asyncpg.InsufficientPrivilegeError,
    asyncpg.InvalidParameterValueError,
    asyncpg.InvalidSQLStatementNameError,
)
TIMEZONE = "Asia/Tokyo"
CONNECT_TIMEOUT_S = 5.0
SESSIONS_ONLY = (
    "A pooler between the gateway and PostgreSQL must pool sessions, not transactions"
    " (docs/settings.md, GATEWAY_DATABASE_URL)."
)

# A peer that is gone is noticed after 3 + 2 x 2 seconds, while idle or while waiting for an answer.
LINK_OPTIONS = {"TCP_KEEPIDLE": 3, "TCP_KEEPINTVL": 2, "TCP_KEEPCNT": 2, "TCP_USER_TIMEOUT": 7_000}


class PoolRole(StrEnum):
    """The role of a pool's statements; docs/privileges.md says what each may do."""

    MEMBER = "gateway_member"  # what a member asks for
    WORK = "gateway_app"  # work over many members: no request takes such a connection
    OPERATOR = "gateway_ops"  # what operators look at and say


async def check_pooling(url: str) -> None:
    """Raise NotReady where one connection's statements come to several sessions of the server.

    A pooler of transactions gives the next statement another session: in turn, or while another
    connection is busy with the one that was free last.
    """
    ours = other = None
    try:
        async with asyncio.timeout(CONNECT_TIMEOUT_S):
            ours, other = [await asyncpg.connect(url) for _ in range(2)]
            await ours.execute(MARK)
            await ours.execute(IS_MARKED)  # given in turn, this is another session
            async with other.transaction():
                await ours.execute(IS_MARKED)
    except (asyncpg.DivisionByZeroError, TimeoutError) as error:
        if ours is None or other is None:
            raise NotReady("The database cannot be reached: TimeoutError") from error
        raise NotReady(f"A connection does not keep its session. {SESSIONS_ONLY}") from error
    except (OSError, asyncpg.PostgresError) as error:
        raise NotReady(f"The database cannot be reached: {type(error).__name__}") from error
    finally:
        for connection in (ours, other):
            if connection is not None:
                connection.terminate()


async def prepare_connection(connection: asyncpg.Connection, role: PoolRole) -> None:
    """Make a new connection notice that its peer is gone, and speak JSON as we do.

    It works as the role, with the server's time-outs. Raises WrongSession where it then does not.
    """
    _watch_link(connection)
    limits = [f"{seconds * 1000:.0f}" for seconds in TIMEOUTS.values()]
    try:
        await connection.fetchrow(GIVE, role.value, *limits, TIMEZONE)
        await check_session(connection, role)
    except REFUSED as error:
        reason = str(error).partition("\n")[0]
        raise WrongSession(f"No session of the role {role}: {reason}. {SESSIONS_ONLY}") from error
    await connection.set_type_codec(
        "jsonb",
        schema="pg_catalog",
        format="binary",
        encoder=_encode_jsonb,
        decoder=_decode_jsonb,
    )


async def check_session(connection: asyncpg.Connection, role: PoolRole) -> None:
    """Raise WrongSession, naming what is wrong, unless role and limits are as given."""
    found = await connection.fetchrow(AS_GIVEN)
    asked: dict[str, object] = {"role": role.value, **TIMEOUTS, "timezone": TIMEZONE}
    wrong = [
        f"{name} is {found[name]}, not {value}"
        for name, value in asked.items()
        if found is not None and found[name] != value
    ]
    if wrong:
        raise WrongSession(
            f"The session is not as it was made: {'; '.join(wrong)}. {SESSIONS_ONLY}"
        )


def _encode_jsonb(value: Any) -> bytes:
    return b"\x01" + orjson.dumps(value)


def _decode_jsonb(data: bytes) -> Any:
    return orjson.loads(data[1:])


def _watch_link(connection: asyncpg.Connection) -> None:
    """Make the kernel notice a peer that is gone; asyncpg sets nothing of the kind."""
    # asyncpg has no public way to its socket.
    transport = cast("Any", connection)._transport  # noqa: SLF001
    pseudo: socket.socket = transport.get_extra_info("socket")
    if pseudo.family not in (socket.AF_INET, socket.AF_INET6):
        return
    # A duplicate shares its options with the original; uvloop's own object cannot set any.
    with socket.socket(fileno=os.dup(pseudo.fileno())) as link:
        link.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        for name, value in LINK_OPTIONS.items():
            if hasattr(socket, name):
                link.setsockopt(socket.IPPROTO_TCP, getattr(socket, name), value)
