"""Accept a transfer: durable first, then sent at once by the process that accepted it."""

import asyncio
import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, time
from functools import partial
from uuid import UUID

import structlog

from gateway.domain.errors import (
    AccountNotRegistered,
    AdvancesStopped,
    Busy,
    CreditShort,
    DayCapReached,
    IdempotencyKeyReused,
    MemberSuspended,
    QuoteOutdated,
    QuoteUsed,
    Refused,
    RepeatedWish,
    required,
)
from gateway.domain.hours import JST
from gateway.domain.identifier import reference_for
from gateway.domain.money import NOTHING, Yen
from gateway.domain.ports import Point
from gateway.domain.quote import promise_of
from gateway.domain.transfer import SAME_WISH_FOR, State, Transfer
from gateway.services.desk import TransferDesk
from gateway.services.quote_transfer import (
    Foreseen,
    foresee_transfer,
    make_quote,
    still_holds,
)
from gateway.services.replay import made_before
from gateway.services.rounds import MEMBER_WAITS_S, rounds_within
from gateway.services.send_transfer import send_transfer
from gateway.store.loans import find_loan
from gateway.store.queues import count_backlog
from gateway.store.transfers import DayCaps, NewTransfer, accept, find_by_key, find_by_quote

log = structlog.get_logger()

FLOW = "transfer"
REFUSALS: dict[str, Callable[[], Refused]] = {
    "key_reused": lambda: IdempotencyKeyReused(field="/headers/Idempotency-Key"),
    "account_not_registered": lambda: AccountNotRegistered(field="/account_id"),
    "suspended": MemberSuspended,
    "overdue": AdvancesStopped,
    "day_cap": lambda: DayCapReached(field="/amount"),
}
IN_THE_WAY: dict[str, Callable[[Transfer], Refused]] = {
    "quote_used": QuoteUsed,
    "repeated_wish": RepeatedWish,
}


@dataclass(frozen=True, slots=True)
class TransferRequest:
    """What a member asks for. The same key with the same fields is the same request.

    `again`: the member has asked for just that a moment ago, and means it once more.
    """

    member_id: UUID
    account_id: UUID
    amount: Yen
    idempotency_key: str
    request_id: str
    quote_id: UUID | None = None
    again: bool = False

    @property
    def fingerprint(self) -> bytes:
        """Return what tells a repeated request from another one under the same key."""
        text = f"{FLOW} {self.account_id} {self.amount.amount}"
        if self.quote_id is not None:
            text += f" {self.quote_id}"
        if self.again:  # else it is the fingerprint of before there was such a field
            text += " again"
        return hashlib.sha256(text.encode()).digest()


@dataclass(frozen=True, slots=True)
class Accepted:
    """The transfer as it now is; `is_replay` when an earlier request had made it."""

    transfer: Transfer
    is_replay: bool


async def accept_transfer(desk: TransferDesk, request: TransferRequest) -> Accepted:
    """Accept a transfer, or raise the Refused leaf that says why not, or Busy (nothing was done).

    Once this returns, the transfer is durable, and being sent already unless the bank is closed,
    held, or this process has its hands full: then it is `scheduled`. QuoteOutdated where it names
    a quote that does not hold any more, QuoteUsed where one was accepted with it, RepeatedWish
    where the same was accepted a moment ago, unless it is meant `again`.
    """
    for _ in rounds_within(MEMBER_WAITS_S, asyncio.get_running_loop().time):
        try:
            foreseen = await _foresee(desk, request)
        except Refused as refusal:
            # To what the same request made earlier, nothing that changed since does any harm.
            return await _replay(desk, request, refusal)
        if not desk.senders.room and await _is_overloaded(desk):
            crowded = Busy("too many transfers are waiting to be sent", retry_after_s=5)
            return await _replay(desk, request, crowded)
        with desk.senders.promise() as has_room:
            accepted = await _accept(desk, request, foreseen, has_room=has_room)
        if accepted is not None:
            return accepted
    raise Busy("the bank was held and released again and again")


async def _foresee(desk: TransferDesk, request: TransferRequest) -> Foreseen:
    """Return what becomes of the request, or raise the Refused leaf that is known before writing.

    A removed account is no such leaf by itself: the step that writes looks at the key first.
    """
    foreseen = await foresee_transfer(
        desk, member_id=request.member_id, account_id=request.account_id, amount=request.amount
    )
    if request.quote_id is not None and not still_holds(desk, request.quote_id, foreseen):
        if foreseen.is_removed:
            raise AccountNotRegistered(field="/account_id")  # there is nothing to quote anew
        raise QuoteOutdated(make_quote(desk, foreseen))
    return foreseen


async def _replay(
    desk: TransferDesk, request: TransferRequest, refusal: Refused | Busy
) -> Accepted:
    """Return what the same request made earlier, or raise why there is nothing to be made now."""
    find = partial(
        find_by_key, desk.db, member_id=request.member_id, idempotency_key=request.idempotency_key
    )
    find_used = None
    if request.quote_id is not None and isinstance(refusal, Refused):
        find_used = partial(
            find_by_quote, desk.db, member_id=request.member_id, quote_id=request.quote_id
        )
    fingerprint, transfer = await made_before(
        desk, find, member_id=request.member_id, refusal=refusal, find_used=find_used
    )
    if transfer is None or fingerprint != request.fingerprint:
        raise IdempotencyKeyReused(field="/headers/Idempotency-Key")
    return Accepted(transfer, is_replay=True)


async def _accept(
    desk: TransferDesk, request: TransferRequest, foreseen: Foreseen, *, has_room: bool
) -> Accepted | None:
    """Write it down and start sending; None if a stop came in between what was read and that."""
    lease_began = asyncio.get_running_loop().time()
    new = _new_transfer(desk, request, foreseen, has_room=has_room)
    desk.checkpoint(Point.ACCEPT_BEFORE_WRITE)
    result, transfer = await accept(desk.db, new)
    desk.checkpoint(Point.ACCEPT_AFTER_WRITE)
    if result == "stopped":
        return None
    if result == "credit_short":
        loan = await find_loan(desk.db, request.member_id)
        raise CreditShort(NOTHING if loan is None else loan.available)
    refusal = REFUSALS.get(result)
    if refusal is not None:
        raise refusal()
    transfer = required(transfer, RuntimeError(f"the step answered {result!r} without a transfer"))
    if result in IN_THE_WAY:
        raise IN_THE_WAY[result](transfer)
    if result == "replayed":
        return Accepted(transfer, is_replay=True)
    _tell(desk, transfer)
    # A later attempt is somebody else's: this answer came late, after a lost commit.
    if transfer.state is State.SUBMITTING and transfer.fence == 0:
        lease_ends = lease_began + new.lease_s
        desk.senders.start(
            transfer.id, lambda: send_transfer(desk, transfer, lease_ends=lease_ends)
        )
    return Accepted(transfer, is_replay=False)


def _new_transfer(
    desk: TransferDesk, request: TransferRequest, foreseen: Foreseen, *, has_room: bool
) -> NewTransfer:
    profile, prospect = desk.profiles[foreseen.wish.bank], foreseen.prospect
    promise = prospect.promise
    if request.quote_id is not None:
        promise = promise_of(request.quote_id, prospect)
    return NewTransfer(
        member_id=request.member_id,
        id=desk.new_id(),
        idempotency_key=request.idempotency_key,
        fingerprint=request.fingerprint,
        account_id=request.account_id,
        reference=reference_for(
            desk.settings.reference_key.get_secret_value().encode(),
            member_id=request.member_id,
            flow=FLOW,
            idempotency_key=request.idempotency_key,
        ),
        amount=request.amount,
        now=foreseen.now,
        due_at=prospect.due_at,
        send_now=prospect.is_at_once and has_room and not profile.batched,
        lease_s=profile.lease_s,
        owner=desk.instance,
        request_id=request.request_id,
        step=desk.new_id(),
        promise=promise,
        quote_id=request.quote_id,
        day=_day_caps(desk, foreseen.now),
        same_since=None if request.again else foreseen.now - SAME_WISH_FOR,
    )


def _day_caps(desk: TransferDesk, now: datetime) -> DayCaps | None:
    settings = desk.settings
    if settings.day_amount_max is None and settings.day_transfers_max is None:
        return None
    begins_at = datetime.combine(now.astimezone(JST).date(), time(0), JST)
    return DayCaps(begins_at, settings.day_amount_max, settings.day_transfers_max)


async def _is_overloaded(desk: TransferDesk) -> bool:
    limit = desk.settings.scheduled_max
    return await count_backlog(desk.db, now=desk.clock.now(), limit=limit) >= limit


def _tell(desk: TransferDesk, transfer: Transfer) -> None:
    log.info(
        "transfer.accepted",
        transfer_id=str(transfer.id),
        bank=transfer.bank,
        reference=transfer.reference,
        state=transfer.state,
    )
    desk.metrics.count("transfers_accepted", bank=transfer.bank, state=transfer.state)
