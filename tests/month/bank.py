"""A bank that keeps true books and states them, whatever it answered while the day went on."""

from collections import defaultdict, deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from gateway.domain.bank import (
    CollectionOrder,
    Direction,
    Statement,
    StatementLine,
    TransferFile,
    TransferOrder,
)
from gateway.domain.money import Yen
from gateway.domain.outcome import (
    Answer,
    Authorizing,
    CollectionOutcome,
    FileAccepted,
    FileOutcome,
    FileResult,
    FileResultOutcome,
    InquiryOutcome,
    NotFound,
    Paid,
    Pending,
    Redirect,
    Settled,
    StartOutcome,
    SubmitOutcome,
    TurnedAway,
    Unknown,
)
from gateway.domain.ports import Slot
from gateway.domain.reason import Reason
from tests.services.conftest import ToldBank, evidence

REDIRECT = Redirect("https://bank.example/approve/1")
AN_INSTANT = timedelta(seconds=15)
SHIFTS = {
    "": timedelta(),
    "midnight": timedelta(),
    "before": timedelta(days=-1),
    "after": timedelta(days=2),
}
STATES_BALANCES = {"mufg", "mizuho"}


@dataclass
class MonthBank(ToldBank):
    """Pays out at once. `says`: how the next answers differ from what it booked:

    lost: no answer comes; before, after: the answer names an instant of another day; midnight: it
    is answered before midnight and booked after.
    """

    opening: int = 0
    says: deque[str] = field(default_factory=deque)
    days: dict[date, list[StatementLine]] = field(default_factory=lambda: defaultdict(list))
    paid: dict[str, StatementLine] = field(default_factory=dict)
    booked: list[StatementLine] = field(default_factory=list)

    async def submit(self, order: TransferOrder, *, send_before: float) -> Answer[SubmitOutcome]:
        del send_before
        said = self.says.popleft() if self.says else ""
        now = self.clock.now()
        at = now + AN_INSTANT if said == "midnight" else now
        line = self.book(order.reference, -order.amount.amount, at=at)
        if said == "lost":
            return Answer(Unknown(), evidence())
        return Answer(Settled(now + SHIFTS[said], line.bank_id), evidence())

    async def inquire(self, order: TransferOrder) -> Answer[InquiryOutcome]:
        del order
        return Answer(Unknown(), evidence())

    async def start_collection(self, order: CollectionOrder) -> Answer[StartOutcome]:
        del order
        return Answer(Authorizing(REDIRECT), evidence())

    async def inquire_collection(self, order: CollectionOrder) -> Answer[CollectionOutcome]:
        line = self.paid.get(order.reference)
        if line is None:
            return Answer(NotFound(), evidence())
        at = line.booked_at + SHIFTS[self.says.popleft() if self.says else ""]
        return Answer(Paid(at, line.amount, line.bank_id), evidence())

    def collect(self, reference: str, yen: int) -> StatementLine:
        """Book what a member has approved."""
        self.paid[reference] = self.book(reference, yen)
        return self.paid[reference]

    def book(
        self,
        reference: str | None,
        yen: int,
        *,
        counterparty: str = "",
        is_return: bool = False,
        at: datetime | None = None,
    ) -> StatementLine:
        """Book a line, now if nothing else is said; `yen` in counted positive."""
        at = at or self.clock.now()
        lines = self.days[at.date()]
        line = StatementLine(
            bank_id=f"{at:%m%d}-{len(lines) + 1}",
            direction=Direction.IN if yen > 0 else Direction.OUT,
            amount=Yen(abs(yen)),
            booked_at=at,
            value_date=at.date(),
            reference=reference,
            counterparty=counterparty,
            is_return=is_return,
        )
        lines.append(line)
        self.booked.append(line)
        return line

    async def statement(self, day: date) -> Statement:
        before = self.opening + sum(
            signed(line) for on, lines in self.days.items() if on < day for line in lines
        )
        after = before + sum(map(signed, self.days.get(day, ())))
        stated = (before, after) if self.code in STATES_BALANCES else None
        return Statement(self.code, day, tuple(self.days.get(day, ())), stated)


@dataclass
class MonthFileBank(MonthBank):
    """Pays out what a file names, at once. `of_items` is about one item of the next files each:

    lost: nothing answers the file's first sending; turned_away: something in front of the bank
    refuses it, though the bank has it; unseen: there is no result before the statement; the rest as
    at the other banks, in the result.
    """

    items_max: int = 100
    of_items: deque[str] = field(default_factory=deque)
    instants: dict[str, dict[str, Settled]] = field(default_factory=dict)
    unseen: dict[str, date] = field(default_factory=dict)
    waits: set[str] = field(default_factory=set)
    paid_out: deque[StatementLine] = field(default_factory=deque)

    def encode_file(self, file_id: str, orders: Sequence[TransferOrder]) -> TransferFile:
        lines = [f"{order.reference} {order.amount.amount}" for order in orders]
        return TransferFile(file_id, "\n".join(lines).encode(), tuple(orders))

    async def submit_file(
        self, file: TransferFile, *, slot: Slot, send_before: float
    ) -> Answer[FileOutcome]:
        del slot, send_before
        said = set() if file.file_id in self.instants else self._take(file)
        if "lost" in said:
            return Answer(Unknown(), evidence())
        if "turned_away" in said:
            return Answer(TurnedAway(Reason.THROTTLED), evidence())
        return Answer(FileAccepted(f"R{file.file_id[:10]}"), evidence())

    def _take(self, file: TransferFile) -> set[str]:
        """Book each item, and return all that is said of the file."""
        told, items = set(), {}
        now = self.clock.now()
        for order in file.orders:
            said = self.of_items.popleft() if self.of_items else ""
            told.add(said)
            at = now + AN_INSTANT if said == "midnight" else now
            line = self.book(order.reference, -order.amount.amount, at=at)
            self.paid_out.append(line)
            items[order.reference] = Settled(now + SHIFTS.get(said, timedelta()), line.bank_id)
        self.instants[file.file_id] = items
        self.waits.add(file.file_id)
        if "unseen" in told:
            self.unseen[file.file_id] = now.date()
        return told

    async def fetch_result(self, file: TransferFile, receipt: str) -> Answer[FileResultOutcome]:
        del receipt
        if self.clock.now().date() == self.unseen.get(file.file_id):
            return Answer(Pending(), evidence())
        self.waits.discard(file.file_id)
        return Answer(FileResult(self.instants[file.file_id]), evidence())


def signed(line: StatementLine) -> int:
    return line.amount.amount if line.direction is Direction.IN else -line.amount.amount
