"""Files for banks that take files: each step one statement on `bank_files`, or on one transfer."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from asyncpg import Record

from gateway.domain.account import BankCode
from gateway.domain.bank_file import BankFile, FileItem, FileState
from gateway.domain.reason import Reason
from gateway.domain.transfer import Transfer
from gateway.store.database import Database
from gateway.store.sql import SQL
from gateway.store.transfers import read_transfer

CLAIM_ITEM = SQL["files.claim_item"]
STORE = SQL["files.store"]
VOID_UNSENT = SQL["files.void_unsent"]
TAKE = SQL["files.take"]
MOVE = SQL["files.move"]
FIND = SQL["files.find"]
OPEN = SQL["files.open"]
RELEASE_LEFT_BY = SQL["files.release_left_by"]
ITEMS = SQL["files.items"]


@dataclass(frozen=True, slots=True)
class Gathering:
    """A file that is being made, and by whom."""

    file_id: str
    owner: str
    lease_s: float


async def claim_item(
    db: Database, transfer: Transfer, gathering: Gathering, *, now: datetime, step: UUID
) -> tuple[str, Transfer]:
    """Take a due transfer into a file; return the row and the result.

    claimed | stale | stopped | suspended | overdue.
    """
    row = await db.step(
        CLAIM_ITEM,
        *(transfer.member_id, transfer.id, transfer.fence, now, gathering.lease_s),
        *(gathering.owner, step, gathering.file_id),
    )
    return row["result"], read_transfer(row["transfer"])


async def store_file(db: Database, file: BankFile, *, lease_s: float, owner: str) -> str:
    """Write a file down before it is sent: stored | void (never to be sent) | taken by another."""
    row = await db.step(
        STORE,
        *(file.bank, file.file_id, file.content, [_item(item) for item in file.items]),
        *(file.stored_at, lease_s, owner),
    )
    return str(row["result"])


async def void_unsent(db: Database, bank: BankCode, file_id: str, *, now: datetime) -> BankFile:
    """Return the file; one that was not stored is void now, and never will be."""
    return read_file(await db.step(VOID_UNSENT, bank, file_id, now))


async def take_file(
    db: Database, file: BankFile, *, now: datetime, lease_s: float, owner: str
) -> bool:
    """Return whether this process may work on the file now, under the next fence."""
    row = await db.step(TAKE, file.bank, file.file_id, file.fence, now, lease_s, owner)
    return bool(row["result"] == "taken")


async def move_file(db: Database, before: BankFile, after: BankFile) -> bool:
    """Apply a decision to the file it was computed from; False when that has moved since."""
    row = await db.step(
        MOVE, before.bank, before.file_id, before.state, before.fence, _mutable(after)
    )
    return bool(row["result"] == "moved")


async def find_file(db: Database, bank: BankCode, file_id: str) -> BankFile | None:
    row = await db.fetchrow(FIND, bank, file_id)
    return None if row is None else read_file(row)


async def open_files(db: Database, *, now: datetime, limit: int) -> list[BankFile]:
    """Return the files that somebody has to work on, and nobody does."""
    return [read_file(row) for row in await db.fetch(OPEN, now, limit)]


async def release_left_by(db: Database, owner: str) -> None:
    """Let the files be taken at once that a former run of this instance held."""
    await db.fetch(RELEASE_LEFT_BY, owner)


async def item_rows(db: Database, file: BankFile) -> list[Record]:
    """Return the transfers of a file as rows, in no order: one of them may be unreadable."""
    references: Sequence[str] = [item.reference for item in file.items]
    return await db.fetch(ITEMS, file.bank, references)


def read_file(row: Record) -> BankFile:
    """Return the domain's file of a row."""
    return BankFile(
        bank=BankCode(row["bank"]),
        file_id=row["file_id"],
        items=tuple(
            FileItem(UUID(member), UUID(transfer), reference, attempt)
            for member, transfer, reference, attempt in row["items"]
        ),
        content=row["content"] or b"",
        state=FileState(row["state"]),
        stored_at=row["stored_at"],
        fence=row["fence"],
        tries=row["tries"],
        receipt=row["receipt"],
        reason=None if row["reason"] is None else Reason(row["reason"]),
        fault=row["fault"],
        not_before=row["not_before"],
        next_at=row["next_at"],
    )


def _item(item: FileItem) -> list[object]:
    return [item.member_id.hex, item.transfer_id.hex, item.reference, item.attempt]


def _mutable(file: BankFile) -> dict[str, object]:
    return {
        "state": file.state,
        "tries": file.tries,
        "receipt": file.receipt,
        "reason": file.reason,
        "fault": file.fault,
        "not_before": file.not_before,
        "next_at": file.next_at,
    }
