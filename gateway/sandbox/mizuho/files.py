"""The files the bank has taken, and the pay-outs of their items."""

import asyncio
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

from gateway.sandbox.emulation import Emulation
from gateway.sandbox.journal import Record
from gateway.sandbox.mizuho.sougou import Item, TransferFile, read_again
from gateway.sandbox.payouts import PayOut, PayOutOrder, PayOuts

TAKEN = "file"
BARRED = "bar"
# Every byte of a file has one character in the journal's text.
_JOURNAL = "latin-1"


@dataclass(frozen=True, slots=True)
class TakenFile:
    """A file that was answered with 202. `visible_from` is monotonic."""

    file_id: str
    file: TransferFile
    visible_from: float = 0.0

    @property
    def receipt(self) -> str:
        """Return the bank's own number: of this file id only, also after a reset."""
        return "F" + hashlib.sha256(self.file_id.encode()).hexdigest()[:15].upper()

    def key(self, item: Item) -> str:
        """Return under what the bank books an item: one reference may stand in many files."""
        return f"{self.receipt}-{item.line:03d}"


@dataclass(frozen=True, slots=True)
class ItemPlan:
    """What a rule or a magic number wants of an item: a result, or that its money comes back."""

    told: str = ""
    return_after_s: float | None = None


class FileBook:
    """All files since the reset."""

    def __init__(self, emulation: Emulation, payouts: PayOuts) -> None:
        self._emulation = emulation
        self._payouts = payouts
        self._by_id: dict[str, TakenFile] = {}
        self._by_receipt: dict[str, TakenFile] = {}
        self._by_reference: dict[str, tuple[TakenFile, Item]] = {}
        self._barred: set[str] = set()

    def find(self, file_id: str) -> TakenFile | None:
        """Return the file of that X-File-Id."""
        return self._by_id.get(file_id)

    def is_barred(self, file_id: str) -> bool:
        """Return whether the bank refuses that X-File-Id from now on."""
        return file_id in self._barred

    async def bar(self, file_id: str) -> None:
        """Refuse a number that is not taken; that it is refused is on file when this returns."""
        self._barred.add(file_id)
        self._emulation.note({"kind": BARRED, "file_id": file_id})
        await self._emulation.journal.flush()

    def find_visible(self, file_id: str) -> TakenFile | None:
        """Return it only once the visibility delay has passed."""
        taken = self._by_id.get(file_id)
        return taken if taken is not None and _is_visible(taken) else None

    def find_receipt(self, receipt: str) -> TakenFile | None:
        """Return the file of that receipt."""
        return self._by_receipt.get(receipt)

    def find_item(self, reference: str) -> tuple[Item, PayOut] | None:
        """Return the item of that reference in the file that came last with it."""
        taken, item = self._by_reference.get(reference, (None, None))
        if taken is None or item is None or not _is_visible(taken):
            return None
        return item, self.payout(taken, item)

    def payout(self, taken: TakenFile, item: Item) -> PayOut:
        """Return what became of an item."""
        payout = self._payouts.find(taken.key(item))
        if payout is None:
            raise LookupError(f"{taken.key(item)} was never taken")
        return payout

    async def take(self, file_id: str, file: TransferFile, plans: Sequence[ItemPlan]) -> TakenFile:
        """Take every item; that they were taken is on file when this returns."""
        visible_from = _monotonic() + self._emulation.visibility_s(file_id)
        taken = TakenFile(file_id, file, visible_from)
        self._enter(taken)
        body = file.body.decode(_JOURNAL)
        self._emulation.note({"kind": TAKEN, "file_id": file_id, "body": body})
        settle_s = self._emulation.settle_s(file_id)
        for item, plan in zip(file.items, plans, strict=True):
            self._payouts.put_in_line(
                _order(item, taken.key(item)),
                told=plan.told,
                return_after_s=plan.return_after_s,
                settle_s=settle_s,
            )
        await self._emulation.journal.flush()
        return taken

    def replay(self, record: Record) -> None:
        """Take and bar again what was taken and barred before the emulator was stopped."""
        if record["kind"] == BARRED:
            self._barred.add(str(record["file_id"]))
        if record["kind"] == TAKEN:
            body = str(record["body"]).encode(_JOURNAL)
            self._enter(TakenFile(str(record["file_id"]), read_again(body)))

    def _enter(self, taken: TakenFile) -> None:
        self._by_id[taken.file_id] = taken
        self._by_receipt[taken.receipt] = taken
        for item in taken.file.items:
            self._by_reference[item.reference] = (taken, item)


def _order(item: Item, key: str) -> PayOutOrder:
    return PayOutOrder(item.reference, item.amount, item.creditor, {"name": item.name}, key)


def _is_visible(taken: TakenFile) -> bool:
    return _monotonic() >= taken.visible_from


def _monotonic() -> float:
    return asyncio.get_running_loop().time()
