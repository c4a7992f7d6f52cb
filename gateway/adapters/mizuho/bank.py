"""Mizuho as a `FileBank`: each call of the port, built, sent and understood."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from gateway.adapters.line import Line
from gateway.adapters.mizuho.callbacks import read_callback
from gateway.adapters.mizuho.channel import Channel
from gateway.adapters.mizuho.collections import Collections
from gateway.adapters.mizuho.files import ITEMS_MAX, Files, encode
from gateway.adapters.mizuho.items import Items
from gateway.adapters.mizuho.statement import Statements
from gateway.adapters.mizuho.zengin.transfers import Sender
from gateway.adapters.skew import clock_skew_s
from gateway.domain.account import BankAccount, BankCode
from gateway.domain.bank import (
    Callback,
    CollectionOrder,
    Health,
    NameFound,
    NameRefused,
    Statement,
    StatementUnavailable,
    TransferFile,
    TransferOrder,
)
from gateway.domain.hours import JST
from gateway.domain.outcome import (
    Answer,
    CollectionOutcome,
    FileOutcome,
    FileResultOutcome,
    InquiryOutcome,
    StartOutcome,
)
from gateway.domain.ports import Clock, Slot
from gateway.domain.reason import Reason


@dataclass(frozen=True, slots=True)
class Contract:
    """Who we are to this bank. `collector` is the 収納機関番号."""

    sender: Sender
    collector: str
    callback_secret: bytes = field(repr=False)


class Mizuho:
    """Every method hands out outcomes; what cannot be read, or believed, is Unknown."""

    code = BankCode.MIZUHO
    items_max = ITEMS_MAX

    def __init__(self, line: Line, channel: Channel, contract: Contract, clock: Clock) -> None:
        self._line = line
        self._channel = channel
        self._contract = contract
        self._clock = clock
        self._files = Files(channel, clock)
        self._items = Items(channel, clock)
        self._collections = Collections(channel, contract.collector, clock)
        self._statements = Statements(channel, contract.sender, clock, line.statement_dir)

    @property
    def health(self) -> Health:
        return self._line.health

    def encode_file(self, file_id: str, orders: Sequence[TransferOrder]) -> TransferFile:
        """Return the file for today (JST) by our clock; ValueError for what cannot be encoded.

        All of a file has one remitter, the contract's: `TransferOrder.remitter` has no field here.
        """
        return encode(self._contract.sender, file_id, orders, now=self._clock.now())

    async def submit_file(
        self, file: TransferFile, *, slot: Slot, send_before: float
    ) -> Answer[FileOutcome]:
        """Send a file, in a slot that was taken already.

        FileAccepted, FileRejected and Unknown(integrity) are about the file, whenever they come.
        NotSent says that nothing left this machine, of this one sending. TurnedAway is a bare
        status, of which nobody knows whether it is the bank's: the file stays as unclear as it was.
        FileRejected(BANK_BUSY) is a file of another day than the bank's, FileRejected(FILE_REFUSED)
        one whose number is barred: nothing of it was taken, no item is at fault, and only a new
        file can go out.
        """
        return await self._line.call(self._files.send(file, slot=slot, send_before=send_before))

    async def fetch_result(self, file: TransferFile, receipt: str) -> Answer[FileResultOutcome]:
        return await self._line.call(self._files.fetch(file, receipt))

    async def inquire(self, order: TransferOrder) -> Answer[InquiryOutcome]:
        """Ask about one item, in whichever file it is.

        NotFound says that the bank has it in no file *yet*: a file under way may still bring it.
        """
        return await self._line.call(self._items.inquire(order))

    async def start_collection(self, order: CollectionOrder) -> Answer[StartOutcome]:
        return await self._line.call(self._collections.start(order))

    async def inquire_collection(self, order: CollectionOrder) -> Answer[CollectionOutcome]:
        return await self._line.call(self._collections.inquire(order))

    async def verify_name(self, account: BankAccount) -> NameFound | NameRefused:
        del account  # this bank tells nobody whose an account is
        return NameRefused(Reason.NOT_OFFERED)

    async def statement(self, day: date) -> Statement | StatementUnavailable:
        return (await self._line.call(self._statements.ask(day))).outcome

    async def read_callback(self, headers: Mapping[str, str], body: bytes) -> Callback | None:
        today = self._clock.now().astimezone(JST).date()
        return read_callback(headers, body, secret=self._contract.callback_secret, today=today)

    async def clock_skew_s(self) -> float | None:
        return await clock_skew_s(self._channel.ask_for_no_file, self._clock)
