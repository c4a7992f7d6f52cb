"""Files for banks that take files: each step one statement on `bank_files`, or on one transfer.

A step moves a file from the state and the fence that were read, raises the fence, and returns the
row as it then is: go on with that one, never with what was read before.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from asyncpg import Record

from gateway.domain.account import BankCode
from gateway.domain.bank_file import BankFile, FileEnding, FileItem, FileState, FileWord
from gateway.domain.reason import Reason
from gateway.domain.transfer import Transfer
from gateway.store.database import Database
from gateway.store.operator_actions import OperatorAction
from gateway.store.sql import SQL
from gateway.store.transfers import read_transfer

CLAIM_ITEM = SQL["files.claim_item"]
STORE = SQL["files.store"]
VOID_UNSENT = SQL["files.void_unsent"]
TAKE = SQL["files.take"]
MOVE = SQL["files.move"]
FIND = SQL["files.find"]
OPEN = SQL["files.open"]
OF_NUMBER = SQL["files.of_number"]
END = SQL["files.end"]
NAMING = SQL["files.naming"]
LEFT_BY = SQL["files.left_by"]
RELEASE = SQL["files.release"]
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

    claimed | stale | in_file | stopped | suspended | overdue.
    """
    row = await db.step(
        CLAIM_ITEM,
        *(transfer.member_id, transfer.id, transfer.fence, now, gathering.lease_s),
        *(gathering.owner, step, gathering.file_id),
    )
    return row["result"], read_transfer(row["transfer"])


async def store_file(
    db: Database, file: BankFile, *, lease_s: float, owner: str
) -> tuple[str, BankFile]:
    """Write a file down before it is sent; return the result and the row.

    stored | void (never to be sent) | taken by another.
    """
    row = await db.step(
        STORE,
        *(file.bank, file.file_id, file.content, [_item(item) for item in file.items]),
        *(file.stored_at, lease_s, owner),
    )
    return str(row["result"]), read_file(row["file"])


async def void_unsent(db: Database, bank: BankCode, file_id: str, *, now: datetime) -> BankFile:
    """Return the file; one that was not stored is void now, and never will be."""
    return read_file(await db.step(VOID_UNSENT, bank, file_id, now))


async def take_file(
    db: Database, file: BankFile, *, now: datetime, lease_s: float, owner: str
) -> BankFile | None:
    """Return the file as taken by this process; None if it may not work on it now."""
    row = await db.step(TAKE, file.bank, file.file_id, file.fence, now, lease_s, owner, file.state)
    return read_file(row["file"]) if row["result"] == "taken" else None


async def move_file(db: Database, before: BankFile, after: BankFile) -> BankFile | None:
    """Apply a decision to the file it was computed from; None when that has moved since."""
    row = await db.step(
        MOVE, before.bank, before.file_id, before.state, before.fence, _mutable(after)
    )
    return read_file(row["file"]) if row["result"] == "moved" else None


async def find_file(db: Database, bank: BankCode, file_id: str) -> BankFile | None:
    row = await db.fetchrow(FIND, bank, file_id)
    return None if row is None else read_file(row)


async def open_files(db: Database, *, now: datetime, limit: int) -> list[Record]:
    """Return the files that somebody has to work on, as rows: one of them may be unreadable."""
    return await db.fetch(OPEN, now, limit)


async def find_files(db: Database, file_id: str) -> list[BankFile]:
    """Return the files of that number, at any bank: one, or none."""
    banks = [bank.value for bank in BankCode]
    return [read_file(row) for row in await db.fetch(OF_NUMBER, banks, file_id)]


async def end_file(
    db: Database, before: BankFile, after: BankFile, done: OperatorAction
) -> tuple[str, datetime | None]:
    """Write what people say of a file, with the act on record in the same statement.

    Return moved | stale | one_person, and None; or leased, and until when its sender has it.
    """
    ending = after.ending
    if ending is None:
        raise ValueError(f"nobody says how file {after.file_id} ends")
    row = await db.step(
        END,
        *(before.bank, before.file_id, before.state, before.fence),
        _mutable(after) | {"word": _word(ending)},
        *(done.id, done.at, done.operator, done.action, done.details),
    )
    return str(row["result"]), row["leased_until"]


async def files_naming(
    db: Database, bank: BankCode, reference: str, *, file_id: str | None
) -> list[BankFile]:
    """Return the files that name an item: of those that are not at rest, and its own `file_id`."""
    rows = await db.fetch(NAMING, bank, file_id, reference)
    return [read_file(row) for row in rows]


async def left_by(db: Database, owner: str) -> list[Record]:
    """Return the files that a former run of this instance held, as rows."""
    return await db.fetch(LEFT_BY, owner)


async def release_file(db: Database, file: BankFile) -> BankFile | None:
    """Let a file be taken at once; None if it has moved since it was read."""
    row = await db.fetchrow(RELEASE, file.bank, file.file_id, file.state, file.fence)
    return None if row is None else read_file(row)


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
        sendings=row["sendings"],
        tries=row["tries"],
        receipt=row["receipt"],
        reason=None if row["reason"] is None else Reason(row["reason"]),
        fault=row["fault"],
        not_before=row["not_before"],
        next_at=row["next_at"],
        ending=_ending(row["word"]),
    )


def _ending(word: Mapping[str, Any] | None) -> FileEnding | None:
    if word is None:
        return None
    return FileEnding(
        word=FileWord(word["as"]),
        receipt=word["receipt"],
        by=word["by"],
        at=datetime.fromisoformat(word["at"]),
        note=word["note"],
        confirmed_by=word["confirmed_by"],
        corrects=word["corrects"],
    )


def _word(ending: FileEnding) -> dict[str, object]:
    return {
        "as": ending.word,
        "receipt": ending.receipt,
        "by": ending.by,
        "at": ending.at.isoformat(),
        "note": ending.note,
        "confirmed_by": ending.confirmed_by,
        "corrects": ending.corrects,
    }


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
