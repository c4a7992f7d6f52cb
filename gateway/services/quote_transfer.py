"""Tell a member, before anything is asked for, when the money will be there and what it costs."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from gateway.domain.account import BankCode
from gateway.domain.bank import FileBank
from gateway.domain.errors import AccountNotRegistered, AmountAboveItemLimit
from gateway.domain.hours import JST
from gateway.domain.money import Yen
from gateway.domain.quote import (
    HOLDS_FOR,
    Prospect,
    Quote,
    Wish,
    foresee,
    is_holding,
    made_at,
    seal,
)
from gateway.domain.service_hours import NO_QUEUE, Queue
from gateway.services.desk import TransferDesk
from gateway.store.queues import Destination, count_queue, find_destination
from gateway.store.stops import Stop, hold_began, windows_of

DRAIN_SHARE = 0.9  # of the bank's limit: what a queue is promised to drain at


@dataclass(frozen=True, slots=True)
class Foreseen:
    """A wish, with what is known of its bank, and what becomes of it if it is made now."""

    wish: Wish
    stops: tuple[Stop, ...]
    prospect: Prospect
    now: datetime
    is_removed: bool = False


async def quote_transfer(
    desk: TransferDesk, *, member_id: UUID, account_id: UUID, amount: Yen
) -> Quote:
    """Return a quote. Raises AccountNotRegistered or AmountAboveItemLimit."""
    foreseen = await foresee_transfer(
        desk, member_id=member_id, account_id=account_id, amount=amount
    )
    if foreseen.is_removed:
        raise AccountNotRegistered(field="/account_id")
    return make_quote(desk, foreseen)


async def foresee_transfer(
    desk: TransferDesk, *, member_id: UUID, account_id: UUID, amount: Yen
) -> Foreseen:
    """Return what becomes of a wish: one read, and the length of the queue where it must wait.

    Raises AccountNotRegistered or AmountAboveItemLimit.
    """
    now = desk.clock.now()
    found = await find_destination(desk.db, member_id=member_id, account_id=account_id, now=now)
    if found is None or found.bank not in desk.profiles:
        raise AccountNotRegistered(field="/account_id")
    if amount.amount > desk.profiles[found.bank].item_limit:
        raise AmountAboveItemLimit(field="/amount")
    prospect = foresee_at(desk, found.bank, found.stops, now)
    if prospect.promise is not None and not prospect.is_at_once:
        waiting = await count_queue(desk.db, found.bank, now=now)
        queue = Queue(waiting, drain_rate(desk, found.bank))
        prospect = foresee_at(desk, found.bank, found.stops, now, queue=queue)
    return _foreseen(found, prospect, now, member_id, account_id, amount)


def _foreseen(
    found: Destination,
    prospect: Prospect,
    now: datetime,
    member_id: UUID,
    account_id: UUID,
    amount: Yen,
) -> Foreseen:
    wish = Wish(member_id, account_id, found.bank, found.account_class, amount)
    return Foreseen(wish, found.stops, prospect, now, found.is_removed)


def foresee_at(
    desk: TransferDesk,
    bank: BankCode,
    stops: tuple[Stop, ...],
    at: datetime,
    *,
    queue: Queue = NO_QUEUE,
) -> Prospect:
    """Return what becomes of a transfer asked for at an instant, under the stops that are known."""
    return foresee(
        desk.profiles[bank].hours,
        at,
        windows=windows_of(stops),
        held_since=hold_began(stops),
        queue=queue,
    )


def make_quote(desk: TransferDesk, foreseen: Foreseen) -> Quote:
    """Return what the member is told of what was foreseen."""
    wish, prospect, now = foreseen.wish, foreseen.prospect, foreseen.now
    tariff, day = desk.profiles[wish.bank].tariff, now.astimezone(JST).date()
    fee = tariff.transfer_fee(wish.account_class, wish.amount, day)
    ends = now + HOLDS_FOR
    return Quote(
        id=seal(_key(desk), wish, prospect, fee, now),
        wish=wish,
        prospect=prospect,
        fee=fee,
        partner_atm_fee=tariff.partner_atm_fee(wish.account_class, wish.amount, day),
        valid_until=ends if prospect.holds_until is None else min(ends, prospect.holds_until),
    )


def still_holds(desk: TransferDesk, quote_id: UUID, foreseen: Foreseen) -> bool:
    """Whether the quote that a request names is what the member would be told now."""
    wish, now = foreseen.wish, foreseen.now
    made = made_at(quote_id)
    if abs(now - made) > HOLDS_FOR:
        return False
    then = foresee_at(desk, wish.bank, foreseen.stops, made)
    fee = desk.profiles[wish.bank].tariff.transfer_fee(
        wish.account_class, wish.amount, now.astimezone(JST).date()
    )
    return is_holding(quote_id, _key(desk), wish, (then, foreseen.prospect, fee), now)


def drain_rate(desk: TransferDesk, bank: BankCode) -> float:
    """Return how many transfers a second leave for a bank when its queue is let go."""
    adapter = desk.banks.get(bank)
    items = adapter.items_max if isinstance(adapter, FileBank) else 1
    return desk.profiles[bank].per_second * DRAIN_SHARE * items


def _key(desk: TransferDesk) -> bytes:
    return desk.settings.reference_key.get_secret_value().encode()
