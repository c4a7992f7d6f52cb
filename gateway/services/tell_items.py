"""Let the items of a file follow it: each by its own statement, a few at a time."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import TypeVar

import structlog

from gateway.domain.bank_file import BankFile, FileItem, after_file
from gateway.domain.errors import Busy, CommitUnknown, InOpenFile, StaleTransfer
from gateway.domain.outcome import SubmitOutcome
from gateway.domain.ports import Point
from gateway.domain.transfer import Transfer
from gateway.services.desk import TransferDesk
from gateway.services.record_decision import AnyAnswer, Asked, bank_call, record_decision
from gateway.store.files import item_rows
from gateway.store.transfers import read_transfer

AT_ONCE = 4  # statements at the same time: the others need connections too

T = TypeVar("T")
R = TypeVar("R")
log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Told:
    """What is said to each item (None: nothing), and the call to the bank that it comes from."""

    say: Callable[[FileItem], SubmitOutcome | None]
    asked: Asked | None = None
    answer: AnyAnswer | None = None


async def tell_items(
    desk: TransferDesk, file: BankFile, transfers: Mapping[str, Transfer], told: Told
) -> bool:
    """Return whether all items could be told; the others are when the file is next taken."""

    async def tell(item: FileItem) -> bool:
        outcome = told.say(item)
        if outcome is None:
            return True
        transfer = transfers.get(item.reference)
        return transfer is not None and await _tell(desk, file, transfer, outcome, told)

    return all(await each(file.items, tell))


async def _tell(
    desk: TransferDesk, file: BankFile, transfer: Transfer, outcome: SubmitOutcome, told: Told
) -> bool:
    now, policy = desk.clock.now(), desk.policy(transfer)
    call = None
    if told.asked is not None and told.answer is not None:
        call = bank_call(replace(told.asked, attempt=transfer.attempt), told.answer)
    desk.checkpoint(Point.RECORD_BEFORE_WRITE)
    try:
        await record_decision(
            desk,
            transfer,
            lambda row: after_file(row, file, outcome, now=now, policy=policy),
            call=call,
        )
    except (Busy, CommitUnknown, InOpenFile, StaleTransfer) as error:
        log.warning("transfer.deferred", transfer_id=str(transfer.id), error=type(error).__name__)
        return False
    desk.checkpoint(Point.RECORD_AFTER_WRITE)
    return True


async def read_items(desk: TransferDesk, file: BankFile) -> dict[str, Transfer]:
    """Return the transfers of a file by reference, but those whose rows are not valid."""
    found = {}
    for row in await item_rows(desk.db, file):
        try:
            found[row["reference"]] = read_transfer(row)
        except ValueError:
            log.exception(
                "alert.raised",
                code="transfer_not_workable",
                severity="page",
                runbook="docs/runbook.md#transfer_not_workable",
                transfer_id=str(row["id"]),
            )
    return found


async def each(things: Iterable[T], work: Callable[[T], Awaitable[R]]) -> list[R]:
    """Return what `work` makes of each, a few at a time; the first failure ends it."""
    places = asyncio.Semaphore(AT_ONCE)

    async def one(thing: T) -> R:
        async with places:
            return await work(thing)

    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(one(thing)) for thing in things]
    return [task.result() for task in tasks]
