"""Accept a transfer: durable first, then sent at once by the process that accepted it."""

import asyncio
import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from uuid import UUID

import structlog

from gateway.domain.errors import (
    AccountNotRegistered,
    AdvancesStopped,
    AmountAboveItemLimit,
    Busy,
    CreditShort,
    IdempotencyKeyReused,
    MemberSuspended,
    Refused,
)
from gateway.domain.hours import closed_until
from gateway.domain.identifier import reference_for
from gateway.domain.money import Yen
from gateway.domain.ports import Point
from gateway.domain.transfer import State, Transfer
from gateway.profiles import BankProfile
from gateway.services.desk import TransferDesk
from gateway.services.send_transfer import send_transfer
from gateway.store.transfers import NewTransfer, accept, count_backlog, find_account_bank

log = structlog.get_logger()

FLOW = "transfer"
REFUSALS: dict[str, Callable[[], Refused]] = {
    "key_reused": lambda: IdempotencyKeyReused(field="/headers/Idempotency-Key"),
    "account_not_registered": lambda: AccountNotRegistered(field="/account_id"),
    "suspended": MemberSuspended,
    "overdue": AdvancesStopped,
    "credit_short": lambda: CreditShort(field="/amount"),
}


@dataclass(frozen=True, slots=True)
class TransferRequest:
    """What a member asks for. The same key with the same account and amount is the same request."""

    member_id: UUID
    account_id: UUID
    amount: Yen
    idempotency_key: str
    request_id: str

    @property
    def fingerprint(self) -> bytes:
        """Return what tells a repeated request from another one under the same key."""
        text = f"{FLOW} {self.account_id} {self.amount.amount}"
        return hashlib.sha256(text.encode()).digest()


@dataclass(frozen=True, slots=True)
class Accepted:
    """The transfer as it now is; `is_replay` when an earlier request had made it."""

    transfer: Transfer
    is_replay: bool


async def accept_transfer(desk: TransferDesk, request: TransferRequest) -> Accepted:
    """Accept a transfer, or raise the Refused leaf that says why not, or Busy (nothing was done).

    Once this returns, the transfer is durable, and being sent already unless the bank is closed,
    held, or this process has its hands full: then it is `scheduled`.
    """
    bank = await find_account_bank(
        desk.db, member_id=request.member_id, account_id=request.account_id
    )
    if bank is None or bank not in desk.profiles:
        raise AccountNotRegistered(field="/account_id")
    if request.amount.amount > desk.profiles[bank].item_limit:
        raise AmountAboveItemLimit(field="/amount")
    if not desk.senders.room:
        await _refuse_when_overloaded(desk)
    with desk.senders.promise() as has_room:
        return await _accept(desk, request, desk.profiles[bank], has_room=has_room)


async def _accept(
    desk: TransferDesk, request: TransferRequest, profile: BankProfile, *, has_room: bool
) -> Accepted:
    lease_began = asyncio.get_running_loop().time()
    new = _new_transfer(desk, request, profile, has_room=has_room)
    desk.checkpoint(Point.ACCEPT_BEFORE_WRITE)
    result, transfer = await accept(desk.db, new)
    desk.checkpoint(Point.ACCEPT_AFTER_WRITE)
    refusal = REFUSALS.get(result)
    if refusal is not None:
        raise refusal()
    if transfer is None:
        raise RuntimeError(f"accept_transfer answered {result!r} without a transfer")
    if result == "replayed":
        return Accepted(transfer, is_replay=True)
    _tell(desk, transfer)
    # A later attempt is somebody else's: this answer came late, after a lost commit.
    if transfer.state is State.SUBMITTING and transfer.fence == 0:
        lease_ends = lease_began + profile.lease_s
        desk.senders.start(
            transfer.id, lambda: send_transfer(desk, transfer, lease_ends=lease_ends)
        )
    return Accepted(transfer, is_replay=False)


def _new_transfer(
    desk: TransferDesk, request: TransferRequest, profile: BankProfile, *, has_room: bool
) -> NewTransfer:
    now = desk.clock.now()
    reopens_at = closed_until(profile.windows, now)
    is_sent_now = reopens_at is None and has_room and not profile.batched
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
        now=now,
        due_at=reopens_at or now,
        send_now=is_sent_now,
        lease_s=profile.lease_s,
        owner=desk.instance,
        request_id=request.request_id,
        step=desk.new_id(),
    )


async def _refuse_when_overloaded(desk: TransferDesk) -> None:
    limit = desk.settings.scheduled_max
    if await count_backlog(desk.db, now=desk.clock.now(), limit=limit) >= limit:
        raise Busy("too many transfers are waiting to be sent", retry_after_s=5)


def _tell(desk: TransferDesk, transfer: Transfer) -> None:
    log.info(
        "transfer.accepted",
        transfer_id=str(transfer.id),
        bank=transfer.bank,
        reference=transfer.reference,
        state=transfer.state,
    )
    desk.metrics.count("transfers_accepted", bank=transfer.bank, state=transfer.state)
