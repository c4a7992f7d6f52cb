"""What the bank says of a file and of one item: the same records, with their results."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from gateway.sandbox.creditors import Trouble
from gateway.sandbox.mizuho import layouts
from gateway.sandbox.mizuho.records import END_OF_RECORD
from gateway.sandbox.mizuho.sougou import Item, TransferFile
from gateway.sandbox.mizuho.wareki import NO_DATE, era_date
from gateway.sandbox.payouts import PayOut, PayOutState

DONE = "0"
CAME_BACK = "R"
OTHER = "9"
RESULT_OF = {
    Trouble.ACCOUNT_NOT_FOUND: "1",
    Trouble.ACCOUNT_CLOSED: "1",
    Trouble.NAME_MISMATCH: "2",
    Trouble.ACCOUNT_FROZEN: "3",
    Trouble.LIMIT_EXCEEDED: "4",
    Trouble.BALANCE_SHORT: "8",
}
ITEM_CODES = frozenset({*RESULT_OF.values(), OTHER})

# What a rule of faults may ask of a result file that must not be believed.
WRONG_COUNT = "UNBALANCED_COUNT"
WRONG_SUM = "UNBALANCED_SUM"
WRONG_REFERENCE = "UNBALANCED_REFERENCE"
UNBALANCED = frozenset({WRONG_COUNT, WRONG_SUM, WRONG_REFERENCE})

_TRAILER, _END = -2, -1


@dataclass(frozen=True, slots=True)
class Settled:
    """An item with its result."""

    item: Item
    payout: PayOut

    @property
    def is_done(self) -> bool:
        """Whether the money was booked, come back since or not."""
        return self.payout.booked_at is not None

    def record(self) -> bytes:
        """Return it as the result file says it: what comes back later changes nothing there."""
        code = DONE if self.is_done else self.payout.code
        return _record(self.item, code, self.payout.booked_at)

    def record_now(self) -> bytes:
        """Return it as it is now."""
        if self.payout.state is PayOutState.RETURNED:
            return _record(self.item, CAME_BACK, self.payout.returned_at)
        return self.record()


def settled(item: Item, payout: PayOut) -> Settled | None:
    """Return an item with its result, None while it has none."""
    return None if payout.state is PayOutState.PENDING else Settled(item, payout)


def result_file(file: TransferFile, results: Sequence[Settled], fault: str = "") -> bytes:
    """Return the file with its results; `fault` makes it one that does not balance."""
    lines = file.body.splitlines(keepends=True)
    trailer = layouts.RESULT_TRAILER_21.changed(lines[_TRAILER], _totals(results, fault))
    data = [result.record() for result in results]
    if fault == WRONG_REFERENCE:
        data[0] = layouts.RESULT_21.changed(data[0], {"顧客コード1": "Z" * 10})
    return b"".join((lines[0], *data, trailer, lines[_END]))


def _totals(results: Sequence[Settled], fault: str) -> Mapping[str, int]:
    done = [result.item.amount for result in results if result.is_done]
    not_done = [result.item.amount for result in results if not result.is_done]
    return {
        "済件数": len(done) + (fault == WRONG_COUNT),
        "済金額": sum(done) + (fault == WRONG_SUM),
        "不能件数": len(not_done),
        "不能金額": sum(not_done),
    }


def _record(item: Item, code: str, instant: datetime | None) -> bytes:
    day = NO_DATE if instant is None else era_date(instant.date())
    changed = layouts.RESULT_21.changed(item.record, {"処理結果": code, "処理日": day})
    return changed + END_OF_RECORD
