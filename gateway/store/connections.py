"""What each new connection to PostgreSQL is given."""

import os
import socket
from typing import Any, cast

import asyncpg
import orjson

# A peer that is gone is noticed after 3 + 2 x 2 seconds, while idle or while waiting for an answer.
LINK_OPTIONS = {"TCP_KEEPIDLE": 3, "TCP_KEEPINTVL": 2, "TCP_KEEPCNT": 2, "TCP_USER_TIMEOUT": 7_000}


async def prepare_connection(connection: asyncpg.Connection) -> None:
    """Make a new connection notice that its peer is gone, and speak JSON as we do."""
    _watch_link(connection)
    await connection.set_type_codec(
        "jsonb",
        schema="pg_catalog",
        format="binary",
        encoder=_encode_jsonb,
        decoder=_decode_jsonb,
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
