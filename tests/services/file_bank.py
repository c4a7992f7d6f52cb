"""A bank that takes files, and pays a reference once for each file it is in: nothing forgives."""

import asyncio
import hashlib
from collections import Counter, deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import TypeAlias

from gateway.domain.account import BankAccount, BankCode
from gateway.domain.bank import (
    Callback,
    Health,
    NameFound,
    NameRefused,
    Statement,
    StatementUnavailable,
    TransferFile,
    TransferOrder,
)
from gateway.domain.outcome import (
    Answer,
    Evidence,
    FileAccepted,
    FileOutcome,
    FileRejected,
    FileResult,
    FileResultOutcome,
    InquiryOutcome,
    NotFound,
    NotSent,
    Pending,
    Rejected,
    Settled,
    Submitted,
    Unknown,
)
from gateway.domain.ports import Slot
from gateway.domain.reason import Reason
from tests.bank_doubles import WithoutCollections
from tests.manual_clock import ManualClock

EVIDENCE = Evidence("test", request_sha256="0" * 64, answer_sha256="1" * 64)


@dataclass(frozen=True)
class TookItAllTheSame:
    """The bank takes the file, and something in front of it gives this answer."""

    answer: FileOutcome


Fault: TypeAlias = str | FileOutcome | TookItAllTheSame


@dataclass
class FileBankDouble(WithoutCollections):
    """`faults` are what happens to the next sendings, each in turn; then all goes well.

    cut before: nothing arrives; cut after: it arrives, the answer does not; late: it arrives when
    `deliver_late` is called; a FileOutcome: that is the answer, and nothing arrives, unless the
    bank took it all the same.
    `words`: what a result says of a reference, else it is paid; `results`: what comes before.
    """

    clock: ManualClock
    code: BankCode = BankCode.MIZUHO
    health: Health = Health.UP
    items_max: int = 3
    faults: deque[Fault] = field(default_factory=deque)
    words: dict[str, Rejected | NotSent] = field(default_factory=dict)
    results: deque[FileResultOutcome] = field(default_factory=deque)
    unreadable: set[str] = field(default_factory=set)
    misfits: set[str] = field(default_factory=set)
    barred: set[str] = field(default_factory=set)
    files: dict[str, TransferFile] = field(default_factory=dict)
    paid: Counter[str] = field(default_factory=Counter)
    sent: list[TransferFile] = field(default_factory=list)
    late: list[TransferFile] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)
    answers: asyncio.Event = field(default_factory=asyncio.Event)
    arrived: int = 0

    def __post_init__(self) -> None:
        self.answers.set()

    def encode_file(self, file_id: str, orders: Sequence[TransferOrder]) -> TransferFile:
        if self.misfits & {order.reference for order in orders}:
            raise ValueError("this holder has no bytes")
        lines = [f"{order.reference} {order.amount.amount}" for order in orders]
        return TransferFile(file_id, "\n".join(lines).encode(), tuple(orders))

    async def submit_file(
        self, file: TransferFile, *, slot: Slot, send_before: float
    ) -> Answer[FileOutcome]:
        assert slot.breaker != "open"
        self.arrived += 1
        await self.answers.wait()
        if asyncio.get_running_loop().time() > send_before:
            return Answer(NotSent(Reason.BANK_BUSY), Evidence("TOO_LATE"))
        self.sent.append(file)
        fault = self.faults.popleft() if self.faults else "none"
        if fault == "late":
            self.late.append(file)
        if isinstance(fault, TookItAllTheSame):
            self._take(file)
            fault = fault.answer
        if fault in ("none", "cut after"):
            answer = self._take(file)
            return Answer(answer if fault == "none" else Unknown(), EVIDENCE)
        return Answer(Unknown() if isinstance(fault, str) else fault, EVIDENCE)

    def _take(self, file: TransferFile) -> FileOutcome:
        known = self.files.get(file.file_id)
        if known is not None:
            is_same = known.content == file.content
            return FileAccepted(receipt_of(file.file_id)) if is_same else Unknown(integrity=True)
        if file.file_id in self.barred:
            return FileRejected(Reason.FILE_REFUSED)
        for order in file.orders:
            if order.reference in self.unreadable:
                return FileRejected(Reason.FORMAT_ERROR, order.reference)
        self.files[file.file_id] = file
        for order in file.orders:
            if order.reference not in self.words:
                self.paid[order.reference] += 1
        return FileAccepted(receipt_of(file.file_id))

    def deliver_late(self) -> None:
        """Let what was on its way arrive."""
        for file in self.late:
            self._take(file)
        self.late.clear()

    async def fetch_result(self, file: TransferFile, receipt: str) -> Answer[FileResultOutcome]:
        if self.results:
            return Answer(self.results.popleft(), EVIDENCE)
        taken = self.files.get(file.file_id)
        if taken is None or receipt != receipt_of(file.file_id):
            return Answer(Unknown(), EVIDENCE)
        now = self.clock.now()
        items = {
            order.reference: self.words.get(order.reference, Settled(now)) for order in taken.orders
        }
        return Answer(FileResult(items), EVIDENCE)

    async def inquire(self, order: TransferOrder) -> Answer[InquiryOutcome]:
        self.asked.append(order.reference)
        return Answer(self._became(order.reference), EVIDENCE)

    def _became(self, reference: str) -> InquiryOutcome:
        if self.paid[reference]:
            return Settled(self.clock.now())
        is_taken = any(
            reference == order.reference for file in self.files.values() for order in file.orders
        )
        word = self.words.get(reference)
        if is_taken and isinstance(word, Rejected):
            return word
        return Submitted() if is_taken else NotFound()

    async def verify_name(self, account: BankAccount) -> NameFound | NameRefused:
        del account
        return NameRefused(Reason.NOT_OFFERED)

    async def statement(self, day: date) -> Statement | StatementUnavailable:
        return Statement(self.code, day, ())

    async def read_callback(self, headers: Mapping[str, str], body: bytes) -> Callback | None:
        del headers, body
        return None

    async def clock_skew_s(self) -> float | None:
        return 0.0


def receipt_of(file_id: str) -> str:
    return "R" + hashlib.sha256(file_id.encode()).hexdigest()[:10].upper()


PENDING = Pending()
UNBALANCED = Unknown(integrity=True)
