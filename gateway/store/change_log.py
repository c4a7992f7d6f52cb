"""PostgreSQL's own change log, read by logical decoding with the plugin `test_decoding`.

One connection has a temporary slot and a snapshot taken right after it. The snapshot tells how rows
were before the first change of theirs that is read; changes that it shows already are left out.
"""

import hashlib
import re
import secrets
from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import asyncpg

from gateway.domain.errors import NotReady
from gateway.domain.trace import Row
from gateway.store.sql import SQL

ABILITIES = SQL["trace.abilities"]
CREATE_SLOT = SQL["trace.create_slot"]
DROP_SLOT = SQL["trace.drop_slot"]
SNAPSHOT = SQL["trace.snapshot"]
WRITTEN_UP_TO = SQL["trace.written_up_to"]
CHANGES = SQL["trace.changes"]
ROWS = {
    "transfers": SQL["trace.transfers"],
    "repayments": SQL["trace.repayments"],
    "bank_files": SQL["trace.bank_files"],
    "review_items": SQL["trace.review_items"],
}

APPLICATION = "gateway trace"
CONNECT_TIMEOUT_S = END_TIMEOUT_S = 5.0
LINES_MAX = 10_000
KEPT_MAX = 200
XIDS = 2**32
# The last: a session that the server ended while it was idle, and asyncpg has not seen closed.
LOST = (OSError, asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError)
# Rows are compared as text: what the snapshot says has to look as what the log says.
AS_TEXT = ("uuid", "timestamptz", "date", "int4", "int8", "numeric", "jsonb", "bytea")
TRUTHS = {"t": "true", "f": "false"}
TEXT_SETTINGS = {"timezone": "UTC", "datestyle": "ISO", "bytea_output": "hex"}

HEAD = re.compile(r"table public\.\"?(\w+)\"?: (INSERT|UPDATE|DELETE): ")
EMPTIED = re.compile(r"table (.+): TRUNCATE: ")
NAME = re.compile(r"public\.\"?(\w+)")
MESSAGE = re.compile(r"message: transactional: 1 prefix: ([\w.]+), ")
COLUMN = re.compile(
    r"\"?(?P<name>\w+)\"?\[(?:[^\[\]]|\[\])+\]:"
    r"(?:(?P<null>null)|(?P<same>unchanged-toast-datum)|'(?P<text>(?:[^']|'')*)'|(?P<bare>\S+))"
    r"(?: |$)"
)
BY_HAND = "gateway.by_hand"
OLD_KEY, NEW_ROW = "old-key: ", "new-tuple: "


class Kind(StrEnum):
    """What was done to a row."""

    INSERT = "INSERT"
    UPDATE = "UPDATE"
    DELETE = "DELETE"
    TRUNCATE = "TRUNCATE"


@dataclass(frozen=True, slots=True)
class Change:
    """One change of one row, and where in the log it stands (`xid`, `lsn`).

    `row` lacks what is long and stayed as it was; of a deleted row it is the key. `is_new_key`: the
    key itself changed. `by_hand`: its transaction says that people made it.
    """

    table: str
    kind: Kind
    row: Row
    xid: int
    lsn: str
    is_new_key: bool = False
    by_hand: bool = False


@dataclass(frozen=True, slots=True)
class Snapshot:
    """Which transactions a snapshot shows, as PostgreSQL writes it: `xmin:xmax:xip,xip`."""

    xmin: int
    xmax: int
    under_way: frozenset[int]

    @classmethod
    def read(cls, text: str) -> "Snapshot":
        xmin, xmax, under_way = text.split(":")
        return cls(int(xmin), int(xmax), frozenset(int(xid) for xid in under_way.split(",") if xid))

    def shows(self, xid: int) -> bool:
        """Whether it shows a transaction of the log, whose number there has 32 bits only."""
        ahead = (xid - self.xmax) % XIDS
        full = self.xmax + (ahead if ahead < XIDS // 2 else ahead - XIDS)
        return full < self.xmin or (full < self.xmax and full not in self.under_way)


class ChangeLog:
    """A slot and its snapshot. Made by `open_change_log`; its errors are asyncpg's."""

    def __init__(
        self, connection: "asyncpg.Connection[asyncpg.Record]", slot: str, snapshot: Snapshot
    ) -> None:
        self._connection = connection
        self._slot = slot
        self._snapshot = snapshot
        self._speaks_text = False

    async def changes(self) -> AsyncIterator[Change]:
        """Yield what was committed until now and not read before, in the order of the commits."""
        until = await self._connection.fetchval(WRITTEN_UP_TO)
        while rows := await self._connection.fetch(CHANGES, self._slot, until, LINES_MAX):
            for change in read_lines((row["xid"], row["lsn"], row["data"]) for row in rows):
                if not self._snapshot.shows(change.xid):
                    yield change

    async def row_before(self, table: str, key: Iterable[str | None]) -> Row | None:
        """Return a row as it was when the reading began; None: there was none."""
        if not self._speaks_text:
            await self._speak_text()
        row = await self._connection.fetchrow(ROWS[table], *key)
        return None if row is None else {name: _kept(value) for name, value in row.items()}

    async def _speak_text(self) -> None:
        """Take values as PostgreSQL writes them. Ten questions: who reads no row needs none."""
        for name in AS_TEXT:
            await self._connection.set_type_codec(
                name, schema="pg_catalog", encoder=str, decoder=str, format="text"
            )
        await self._connection.set_type_codec(
            "bool", schema="pg_catalog", encoder=str, decoder=TRUTHS.__getitem__, format="text"
        )
        self._speaks_text = True


def read_lines(lines: Iterable[tuple[str, str, str]]) -> Iterable[Change]:
    """Yield the changes of lines of the log: transaction, place, and what the plugin wrote."""
    by_hand = ""
    for xid, lsn, text in lines:
        if message := MESSAGE.match(text):
            by_hand = xid if message[1] == BY_HAND else by_hand
        elif emptied := EMPTIED.match(text):
            for table in NAME.findall(emptied[1]):
                yield Change(table, Kind.TRUNCATE, {}, int(xid), lsn)
        elif head := HEAD.match(text):
            rest = text[head.end() :]
            has_old_key = rest.startswith(OLD_KEY)
            yield Change(
                table=head[1],
                kind=Kind(head[2]),
                row=read_row(rest.partition(NEW_ROW)[2] if has_old_key else rest),
                xid=int(xid),
                lsn=lsn,
                is_new_key=has_old_key,
                by_hand=xid == by_hand,
            )


def read_row(text: str) -> Row:
    """Return the columns of a row; one that is `unchanged-toast-datum` is left out."""
    row: dict[str, str | None] = {}
    for column in COLUMN.finditer(text):
        if column["same"]:
            continue
        quoted = column["text"]
        value = column["bare"] if quoted is None else quoted.replace("''", "'")
        row[column["name"]] = None if column["null"] else _kept(value)
    return row


def _kept(value: str | None) -> str | None:
    """Return the value, or the hash of a long one: it is only compared."""
    if value is None or len(value) <= KEPT_MAX:
        return value
    return hashlib.sha256(value.encode()).hexdigest()


@asynccontextmanager
async def open_change_log(url: str) -> AsyncIterator[ChangeLog]:
    """Begin to read; yield the log. Raises NotReady with what the server or the login lacks."""
    try:
        connection = await asyncpg.connect(
            url,
            timeout=CONNECT_TIMEOUT_S,
            server_settings={
                **TEXT_SETTINGS,
                "application_name": APPLICATION,
                "statement_timeout": "0",
                "idle_in_transaction_session_timeout": "0",
            },
        )
    except (OSError, TimeoutError, asyncpg.PostgresError) as error:
        raise NotReady(f"The database cannot be reached: {error}") from error
    slot = f"gateway_trace_{secrets.token_hex(8)}"
    try:
        try:
            begun = await _begin(connection, slot)
        except LOST as error:
            raise NotReady(f"the change log cannot be read: {error}") from error
        yield begun
    finally:
        with suppress(TimeoutError, *LOST):
            await connection.execute("ROLLBACK", timeout=END_TIMEOUT_S)
            await connection.fetch(DROP_SLOT, slot, timeout=END_TIMEOUT_S)
        connection.terminate()


def what_is_missing(abilities: Mapping[str, Any]) -> list[str]:
    """Return what the server or the login lacks, each with how to mend it; empty: nothing."""
    login = abilities["login"]
    lacks = []
    if abilities["wal_level"] != "logical":
        lacks.append(f"wal_level is {abilities['wal_level']}: set it to logical, and start anew")
    if not abilities["may_replicate"]:
        lacks.append(f"{login} may not replicate: ALTER ROLE {login} REPLICATION")
    if abilities["keeps"] == "-1":
        lacks.append("max_slot_wal_keep_size has no limit: set one, or a reader may fill the disk")
    if unreadable := ", ".join(abilities["unreadable"]):
        lacks.append(f"{login} may not read {unreadable}: GRANT gateway_app TO {login}")
    return lacks


async def _begin(connection: "asyncpg.Connection[asyncpg.Record]", slot: str) -> ChangeLog:
    (abilities,) = await connection.fetch(ABILITIES)
    if lacks := what_is_missing(dict(abilities)):
        raise NotReady(f"the change log cannot be read: {'; '.join(lacks)}")
    await connection.fetchval(CREATE_SLOT, slot)
    await connection.execute("BEGIN ISOLATION LEVEL REPEATABLE READ, READ ONLY")
    return ChangeLog(connection, slot, Snapshot.read(await connection.fetchval(SNAPSHOT)))
