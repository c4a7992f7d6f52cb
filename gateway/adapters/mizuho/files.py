"""The files of transfers: made, sent, and read back with their results."""

import hashlib
import re
from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from urllib.parse import quote

import httpx

from gateway.adapters.failure import BankError, BankUnavailable, OutcomeUnknown
from gateway.adapters.instants import booked_within, is_near_midnight
from gateway.adapters.line import Call
from gateway.adapters.mizuho import codes
from gateway.adapters.mizuho.channel import BASE_PATH, Channel
from gateway.adapters.mizuho.faults import read_fault
from gateway.adapters.mizuho.zengin.records import Malformed
from gateway.adapters.mizuho.zengin.transfers import (
    DONE,
    Batch,
    Item,
    Sender,
    Verdict,
    decode_batch,
    decode_results,
    encode_batch,
)
from gateway.domain.account import BankCode
from gateway.domain.bank import TransferFile, TransferOrder
from gateway.domain.hours import JST
from gateway.domain.outcome import (
    FileAccepted,
    FileOutcome,
    FileRejected,
    FileResult,
    FileResultOutcome,
    NotSent,
    Pending,
    Rejected,
    Settled,
    TurnedAway,
    Unknown,
)
from gateway.domain.ports import Clock, Slot
from gateway.domain.reason import FINAL_REFUSALS, Reason

ITEMS_MAX = 100
AROUND_ITEMS = 3  # header, trailer and end
PLACE = re.compile(re.escape(f"{BASE_PATH}/files/") + "([A-Z0-9]{1,20})")


def encode(
    sender: Sender, file_id: str, orders: Sequence[TransferOrder], *, now: datetime
) -> TransferFile:
    """Return the file of `now`'s JST date; ValueError for what this bank would refuse."""
    if not re.fullmatch(r"[A-Za-z0-9-]{1,20}", file_id):
        raise ValueError("a file's id is 1 to 20 of A-Z, a-z, 0-9 and -")
    if not 1 <= len(orders) <= ITEMS_MAX:
        raise ValueError(f"a file has 1 to {ITEMS_MAX} items")
    [(_, most)] = Counter(order.reference for order in orders).most_common(1)
    if most > 1:
        # The bank would pay each of them.
        raise ValueError("a reference comes once in a file")
    items = tuple(item_of(order) for order in orders)
    batch = Batch(sender, now.astimezone(JST).date(), items)
    return TransferFile(file_id, encode_batch(batch), tuple(orders))


class Files:
    """Builds both calls and reads their answers; the line carries them."""

    def __init__(self, channel: Channel, clock: Clock) -> None:
        self._channel = channel
        self._clock = clock

    def send(self, file: TransferFile, *, slot: Slot, send_before: float) -> Call[FileOutcome]:
        async def read(answer: httpx.Response) -> tuple[str, FileOutcome]:
            return self._taken(file, answer)

        return Call(
            "submit",
            "money",
            file.file_id,
            build=lambda: self._channel.post_file("/sougou", file.file_id, file.content),
            read=read,
            otherwise=_not_sent,
            send_before=send_before,
            slot=slot,
        )

    def fetch(self, file: TransferFile, receipt: str) -> Call[FileResultOutcome]:
        async def read(answer: httpx.Response) -> tuple[str, FileResultOutcome]:
            if answer.status_code == httpx.codes.NO_CONTENT:
                return "HTTP_204", Pending()
            if answer.status_code != httpx.codes.OK:
                raise self._channel.refused(answer)
            return "RESULT", self._result(file, answer.content)

        return Call(
            "inquire",
            "inquiry",
            file.file_id,
            build=lambda: self._channel.get(f"/files/{quote(receipt, safe='')}"),
            read=read,
            otherwise=_no_result,
        )

    def _taken(self, file: TransferFile, answer: httpx.Response) -> tuple[str, FileOutcome]:
        code = f"HTTP_{answer.status_code}"
        match answer.status_code:
            case httpx.codes.ACCEPTED:
                return code, FileAccepted(self._receipt(answer))
            case httpx.codes.CONFLICT:
                first = answer.headers.get("X-File-Sha256", "").lower()
                if first != hashlib.sha256(file.content).hexdigest():
                    raise OutcomeUnknown("OTHER_FILE", integrity=True)
                return code, FileAccepted(self._receipt(answer))
            case httpx.codes.BAD_REQUEST:
                return self._refused_whole(file, answer)
            case _:
                return code, _turned_away(self._channel.refused(answer))

    def _receipt(self, answer: httpx.Response) -> str:
        place = self._channel.place(answer)
        if place is None or place.fragment:
            raise OutcomeUnknown("NO_RECEIPT", integrity=True)
        found = PLACE.fullmatch(place.raw_path.decode("ascii"))
        if found is None:
            raise OutcomeUnknown("NO_RECEIPT", integrity=True)
        return found.group(1)

    def _refused_whole(self, file: TransferFile, answer: httpx.Response) -> tuple[str, FileOutcome]:
        fault = read_fault(answer)
        if fault.is_of_the_request:
            # The bank says this before it looks for the number: an earlier copy may be taken.
            raise OutcomeUnknown("BAD_REQUEST", integrity=True)
        if fault.is_barred:
            return f"HTTP_400_{fault.field}", FileRejected(Reason.FILE_REFUSED)
        # The references of the bytes that went out: who sends again may know fewer of the orders.
        items = self._sent(file).items
        if fault.record > len(items) + AROUND_ITEMS:
            raise OutcomeUnknown("NO_SUCH_RECORD", integrity=True)
        is_item = 1 < fault.record <= len(items) + 1
        reference = items[fault.record - 2].reference if is_item else None
        return f"HTTP_400_{fault.field}", FileRejected(self._reason(file, fault.is_day), reference)

    def _reason(self, file: TransferFile, is_day: bool) -> Reason:
        """Return why a file was refused; one of another day than the bank's is nobody's fault."""
        now = self._clock.now()
        is_stale = is_near_midnight(now) or self._sent(file).day != now.astimezone(JST).date()
        return Reason.BANK_BUSY if is_day and is_stale else Reason.FORMAT_ERROR

    def _sent(self, file: TransferFile) -> Batch:
        return decode_batch(file.content, near=self._clock.now().astimezone(JST).date())

    def _result(self, file: TransferFile, content: bytes) -> FileResult:
        now = self._clock.now()
        batch = self._sent(file)
        try:
            verdicts = decode_results(content, file.content, near=now.astimezone(JST).date())
        except Malformed as error:
            raise OutcomeUnknown("UNBALANCED", integrity=True) from error
        if not {item_of(order) for order in file.orders} <= set(batch.items):
            raise OutcomeUnknown("OTHER_ORDERS", integrity=True)
        return FileResult(
            {verdict.item.reference: decided(verdict, now=now) for verdict in verdicts}
        )


def decided(verdict: Verdict, *, now: datetime) -> Settled | Rejected | NotSent:
    """Return what an item's result means; OutcomeUnknown for one that no table knows.

    Our own account being short refuses no member: the item was not done, and may be sent again.
    """
    if verdict.code == DONE and verdict.day is not None:
        return Settled(booked_within(verdict.day, now))
    reason = codes.ITEM_REFUSALS.get(verdict.code)
    if reason is None:
        raise OutcomeUnknown(f"RESULT_{verdict.code}", integrity=True)
    return Rejected(reason) if reason in FINAL_REFUSALS else NotSent(reason)


def item_of(order: TransferOrder) -> Item:
    creditor = order.creditor
    if creditor.bank is not BankCode.MIZUHO or order.amount.amount == 0:
        raise ValueError("an item is some yen to an account at this bank")
    return Item(
        reference=order.reference,
        branch=creditor.branch,
        type=creditor.type.value,
        number=creditor.number,
        holder=creditor.holder,
        amount=order.amount.amount,
    )


def _turned_away(error: BankError) -> TurnedAway:
    """Return what a bare status says of a file; what it does not say is raised."""
    if isinstance(error, BankUnavailable):
        return TurnedAway(error.reason, error.not_before)
    raise error


def _not_sent(error: BankError) -> NotSent | Unknown:
    """Return what became of a file that got no answer: every answer was read before this."""
    if isinstance(error, BankUnavailable):
        return NotSent(error.reason, error.not_before)
    return _no_result(error)


def _no_result(error: BankError) -> Unknown:
    """Not being able to ask is not knowing; that our contract was refused is kept."""
    if isinstance(error, BankUnavailable) and error.reason is Reason.CONTRACT_ERROR:
        return Unknown(error.reason)
    return Unknown(integrity=isinstance(error, OutcomeUnknown) and error.integrity)
