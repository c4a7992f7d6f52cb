"""Accept a repayment: durable first, then started at once by the process that accepted it."""

import asyncio
import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from uuid import UUID

import structlog

from gateway.domain.errors import (
    BankClosed,
    Busy,
    CommitUnknown,
    IdempotencyKeyReused,
    QuoteOutdated,
    QuoteUsed,
    Refused,
    RepaymentOpen,
    ReturnUrlRefused,
    StaleTransfer,
)
from gateway.domain.identifier import reference_for
from gateway.domain.ports import Point
from gateway.domain.repayment import (
    DESCRIPTION,
    START_FOR_S,
    WATCHED_PAST_LIMIT_S,
    Repayment,
    State,
    order_expires_at,
)
from gateway.domain.return_address import is_allowed
from gateway.services.desk import TransferDesk
from gateway.services.quote_repayment import (
    Foreseen,
    RepaymentWish,
    foresee_repayment,
    make_quote,
    still_holds,
)
from gateway.services.replay import made_before
from gateway.services.rounds import MEMBER_WAITS_S, rounds_within
from gateway.services.start_repayment import start_repayment
from gateway.store.repayments import (
    NewRepayment,
    accept,
    find_by_key,
    find_by_quote,
    find_repayment,
)

log = structlog.get_logger()

FLOW = "repayment"
KEY_FIELD = "/headers/Idempotency-Key"
IN_THE_WAY: dict[str, Callable[[Repayment], Refused]] = {
    "quote_used": QuoteUsed,
    "repayment_open": RepaymentOpen,
}


@dataclass(frozen=True, slots=True)
class RepaymentRequest:
    """What a member asks for. The same key with the same fields is the same request.

    `beside_open`: the member knows of a repayment that may still be paid, and means this one too.
    """

    wish: RepaymentWish
    return_url: str
    idempotency_key: str
    request_id: str
    quote_id: UUID | None = None
    beside_open: bool = False

    @property
    def fingerprint(self) -> bytes:
        """Return what tells a repeated request from another one under the same key."""
        amount = None if self.wish.amount is None else self.wish.amount.amount
        parts: tuple[object, ...] = (
            FLOW,
            self.wish.kind,
            self.wish.bank,
            amount,
            self.quote_id,
            self.return_url,
        )
        if self.beside_open:  # else it is the fingerprint of before there was such a field
            parts += ("beside_open",)
        return hashlib.sha256(" ".join(map(str, parts)).encode()).digest()


@dataclass(frozen=True, slots=True)
class AcceptedRepayment:
    """The repayment as it now is; `is_replay` when an earlier request had made it."""

    repayment: Repayment
    is_replay: bool


async def accept_repayment(desk: TransferDesk, request: RepaymentRequest) -> AcceptedRepayment:
    """Accept a repayment, or raise what says why not: a leaf of Refused, BankClosed, or Busy.

    Once this returns, the repayment is durable, and it was started at the bank, mostly: it is
    `authorizing` then, and has a redirect. A bank that takes its time leaves it `created`.
    """
    for _ in rounds_within(MEMBER_WAITS_S, asyncio.get_running_loop().time):
        try:
            foreseen = await _foresee(desk, request)
        except (Refused, BankClosed) as refusal:
            # To what the same request made earlier, nothing that changed since does any harm.
            return await _replay(desk, request, refusal)
        accepted = await _accept(desk, request, foreseen)
        if accepted is not None:
            return accepted
    raise Busy("the loan moved, or the bank was held and released, again and again")


async def _foresee(desk: TransferDesk, request: RepaymentRequest) -> Foreseen:
    if not is_allowed(request.return_url, desk.settings.repayment_return_urls):
        raise ReturnUrlRefused(field="/return_url")
    foreseen = await foresee_repayment(desk, request.wish)
    if not foreseen.opening.is_open:
        raise BankClosed(now=foreseen.now, reopens_at=foreseen.opening.reopens_at)
    if request.quote_id is not None and not still_holds(desk, request.quote_id, foreseen):
        raise QuoteOutdated(make_quote(desk, foreseen))
    if order_expires_at(request.wish.kind, foreseen.now) <= foreseen.now:
        raise Busy("this day is over within a second, and with it what pays the loan off")
    return foreseen


async def _replay(
    desk: TransferDesk, request: RepaymentRequest, refusal: Refused | BankClosed
) -> AcceptedRepayment:
    member_id, key = request.wish.member_id, request.idempotency_key
    find = partial(find_by_key, desk.db, member_id=member_id, idempotency_key=key)
    find_used = None
    if request.quote_id is not None:
        find_used = partial(find_by_quote, desk.db, member_id=member_id, quote_id=request.quote_id)
    fingerprint, repayment = await made_before(
        desk, find, member_id=member_id, refusal=refusal, find_used=find_used
    )
    if repayment is None or fingerprint != request.fingerprint:
        raise IdempotencyKeyReused(field=KEY_FIELD)
    return AcceptedRepayment(repayment, is_replay=True)


async def _accept(
    desk: TransferDesk, request: RepaymentRequest, foreseen: Foreseen
) -> AcceptedRepayment | None:
    """Write it down and start it; None if loan or stops moved in between."""
    desk.checkpoint(Point.ACCEPT_BEFORE_WRITE)
    result, repayment = await accept(desk.db, _new_repayment(desk, request, foreseen))
    desk.checkpoint(Point.ACCEPT_AFTER_WRITE)
    if result == "key_reused":
        raise IdempotencyKeyReused(field=KEY_FIELD)
    if repayment is None:
        return None
    if result in IN_THE_WAY:
        raise IN_THE_WAY[result](repayment)
    if result == "replayed":
        return AcceptedRepayment(repayment, is_replay=True)
    log.info(
        "repayment.accepted",
        repayment_id=str(repayment.id),
        bank=repayment.bank,
        reference=repayment.reference,
        kind=repayment.kind,
    )
    desk.metrics.count("repayments_accepted", bank=repayment.bank, kind=repayment.kind)
    # Started already by another process: this answer came late, after a lost commit.
    if repayment.state is State.CREATED and repayment.fence == 0:
        repayment = await _started(desk, repayment)
    return AcceptedRepayment(repayment, is_replay=False)


def _new_repayment(
    desk: TransferDesk, request: RepaymentRequest, foreseen: Foreseen
) -> NewRepayment:
    terms, now = foreseen.terms, foreseen.now
    policy = desk.bank_policy(terms.bank)
    expires_at = order_expires_at(terms.kind, now)
    # This process starts it now; should it die, another one does once its call would be over.
    start_over_at = now + timedelta(seconds=desk.profiles[terms.bank].lease_s)
    return NewRepayment(
        member_id=terms.member_id,
        id=desk.new_id(),
        idempotency_key=request.idempotency_key,
        fingerprint=request.fingerprint,
        loan_version=foreseen.loan_version,
        bank=terms.bank,
        reference=reference_for(
            desk.settings.reference_key.get_secret_value().encode(),
            member_id=terms.member_id,
            flow=FLOW,
            idempotency_key=request.idempotency_key,
        ),
        kind=terms.kind,
        amount=terms.amount,
        description=DESCRIPTION,
        return_url=request.return_url,
        request_id=request.request_id,
        now=now,
        expires_at=expires_at,
        start_at=start_over_at,
        start_until=policy.after(now, START_FOR_S),
        inquire_at=start_over_at,
        watch_until=policy.after(expires_at, WATCHED_PAST_LIMIT_S),
        step=desk.new_id(),
        quote_id=request.quote_id,
        payoff=None if request.beside_open else foreseen.payoff,
    )


async def _started(desk: TransferDesk, repayment: Repayment) -> Repayment:
    """Start it, and wait for that as long as a call may last; it goes on if the caller leaves."""
    ended = asyncio.Event()

    async def start() -> None:
        try:
            await start_repayment(desk, repayment)
        except (Busy, CommitUnknown, StaleTransfer) as error:
            # It is started again once this start would be over.
            log.warning(
                "repayment.deferred", repayment_id=str(repayment.id), error=type(error).__name__
            )
        finally:
            ended.set()

    if desk.senders.start(repayment.id, start):
        try:
            async with asyncio.timeout(desk.profiles[repayment.bank].deadline_s):
                await ended.wait()
        except TimeoutError:
            return repayment
    try:
        found = await find_repayment(
            desk.db, member_id=repayment.member_id, repayment_id=repayment.id
        )
    except Busy:
        # It would be told as "nothing was done", of a repayment that was accepted.
        return repayment
    return found or repayment
