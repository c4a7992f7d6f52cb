"""What a member is told before asking for cash: when the money comes, why not sooner, the fee.

A quote is not stored. Its id is a UUIDv7: the instant it was made, how far the promise reaches, and
a seal over what was told. Whether it still holds is found by telling again and comparing the seal.
"""

import hashlib
import hmac
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

from gateway.domain.account import AccountType, BankCode
from gateway.domain.hours import OneOffWindow
from gateway.domain.identifier import EPOCH, uuid7
from gateway.domain.money import Yen
from gateway.domain.service_hours import NO_QUEUE, Operation, Queue, ServiceClass, ServiceHours
from gateway.domain.timetable import answer
from gateway.domain.transfer import Promise

HELD = "held"
HELD_NAME = "銀行との接続停止"  # why a bank is held is nothing to tell a member
HOLDS_FOR = timedelta(minutes=5)
CLOCKS_DIFFER = timedelta(seconds=5)  # between the processes of one gateway

REACH_BITS, SEAL_BITS, LOW_BITS = 20, 54, 62
REACH_S_MAX = (1 << REACH_BITS) - 1
SEAL_MASK, LOW_MASK = (1 << SEAL_BITS) - 1, (1 << LOW_BITS) - 1


@dataclass(frozen=True, slots=True)
class Why:
    """One reason why money does not leave at once; `ends_at` None: nobody knows yet."""

    name: str
    begins_at: datetime
    ends_at: datetime | None


@dataclass(frozen=True, slots=True)
class Prospect:
    """When a request made at an instant is sent and credited.

    `service_class` is a `ServiceClass`, or `held`: then nobody can promise anything. `holds_until`
    is the next change of class, None if there is none that is known.
    """

    service_class: str
    why: tuple[Why, ...]
    due_at: datetime
    promise: Promise | None
    cutoff: datetime
    value_date: date
    holds_until: datetime | None

    @property
    def is_at_once(self) -> bool:
        return self.service_class == ServiceClass.AT_ONCE


@dataclass(frozen=True, slots=True)
class Wish:
    """What is asked for."""

    member_id: UUID
    account_id: UUID
    bank: BankCode
    account_class: AccountType
    amount: Yen


@dataclass(frozen=True, slots=True)
class Quote:
    """All that a member is told."""

    id: UUID
    wish: Wish
    prospect: Prospect
    fee: Yen
    partner_atm_fee: Yen
    valid_until: datetime


def foresee(
    hours: ServiceHours,
    at: datetime,
    *,
    windows: tuple[OneOffWindow, ...] = (),
    held_since: datetime | None = None,
    queue: Queue = NO_QUEUE,
) -> Prospect:
    """Return what becomes of a transfer that is asked for at an instant. Raises BeyondHorizon."""
    told = answer(hours, Operation.TRANSFER, at, one_offs=windows, queue=queue)
    phase = told.phase
    why = tuple(Why(reason.name, reason.begins, reason.ends) for reason in phase.reasons)
    is_held = held_since is not None
    return Prospect(
        service_class=HELD if is_held else phase.service_class.value,
        why=why if held_since is None else (*why, Why(HELD_NAME, held_since, None)),
        due_at=phase.sends_at or at,
        promise=None if is_held else Promise(told.credited_at, told.credited_by),
        cutoff=phase.cutoff,
        value_date=phase.value_date,
        holds_until=phase.holds_until,
    )


def seal(key: bytes, wish: Wish, prospect: Prospect, fee: Yen, made_at: datetime) -> UUID:
    """Return the id of the quote that tells a member this."""
    promise = prospect.promise
    reach = promise.credited_by - promise.credited_at if promise else timedelta(0)
    return _sealed(key, _terms(wish, prospect, fee), made_at, int(reach.total_seconds()))


def made_at(quote_id: UUID) -> datetime:
    """Return when a quote was made; for an id that cannot be one, an instant that is long gone."""
    try:
        return EPOCH + timedelta(milliseconds=quote_id.int >> 80)
    except OverflowError:
        return EPOCH


def is_holding(
    quote_id: UUID, key: bytes, wish: Wish, told: tuple[Prospect, Prospect, Yen], now: datetime
) -> bool:
    """Whether a quote is ours, for this wish, and still holds.

    `told`: what is told of the instant it was made at, of now, and the fee now. It holds for five
    minutes, until the next change of class at most, while class, fee and, unless at once, the
    instant of crediting are what they were.
    """
    then, present, fee = told
    made = made_at(quote_id)
    if not made - CLOCKS_DIFFER <= now < made + HOLDS_FOR:
        return False
    if then.holds_until is not None and now >= then.holds_until:
        return False
    same = _sealed(key, _terms(wish, present, fee), made, _reach_s(quote_id))
    return hmac.compare_digest(same.bytes, quote_id.bytes)


def promise_of(quote_id: UUID, present: Prospect) -> Promise | None:
    """Return what a quote that holds has promised: at once counts from the acceptance."""
    if present.promise is None or present.is_at_once:
        return present.promise
    credited_at = present.promise.credited_at
    return Promise(credited_at, credited_at + timedelta(seconds=_reach_s(quote_id)))


def _reach_s(quote_id: UUID) -> int:
    """Return how many seconds after credited_at a quote's credited_by is."""
    high, low = (quote_id.int >> 64) & 0xFFF, quote_id.int & LOW_MASK
    return ((high << LOW_BITS) | low) >> SEAL_BITS


def _terms(wish: Wish, prospect: Prospect, fee: Yen) -> bytes:
    promise = None if prospect.is_at_once else prospect.promise
    parts = (
        *(wish.member_id.hex, wish.account_id.hex, wish.bank, wish.amount.amount),
        *(prospect.service_class, fee.amount),
        *(() if promise is None else (promise.credited_at.astimezone(EPOCH.tzinfo).isoformat(),)),
    )
    return " ".join(map(str, parts)).encode()


def _sealed(key: bytes, terms: bytes, made: datetime, reach_s: int) -> UUID:
    reach_s = min(reach_s, REACH_S_MAX)
    instant = (made - EPOCH) // timedelta(milliseconds=1)
    message = b"transfer quote %d %d %b" % (instant, reach_s, terms)
    digest = int.from_bytes(hmac.digest(key, message, hashlib.sha256), "big")
    payload = (reach_s << SEAL_BITS) | (digest & SEAL_MASK)
    high, low = payload >> LOW_BITS, payload & LOW_MASK
    return uuid7(made, ((high << 64) | low).to_bytes(10, "big"))
