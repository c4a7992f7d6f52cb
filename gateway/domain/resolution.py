"""What follows from a confirmed resolution: a transfer's next row, or an entry on a loan."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date, datetime, time, timedelta
from uuid import UUID, uuid5

from gateway.domain.account import BankCode
from gateway.domain.bank import Direction
from gateway.domain.believed_dates import DateRefused, check_typed, jst_day
from gateway.domain.decision import Decision, after_people, after_submit
from gateway.domain.errors import GatewayError
from gateway.domain.hours import JST
from gateway.domain.house_money import NAMES
from gateway.domain.ledger import UNIDENTIFIED, settlement_cash
from gateway.domain.loan_entries import Kind, LoanEntry
from gateway.domain.money import Yen
from gateway.domain.outcome import Rejected, Returned, Settled
from gateway.domain.reason import Reason
from gateway.domain.review import Resolution, ReviewKind, may_resolve
from gateway.domain.transfer import TRANSITIONS, Event, State, Transfer
from gateway.domain.waits import Policy

R = Resolution
# What has to be said beside the resolution itself, so that acting on it leaves nothing open.
PARTICULARS: Mapping[Resolution, tuple[str, ...]] = {
    R.NOTED: (),
    R.SETTLED: ("booked_at",),
    R.RETURNED: ("booked_at", "returned_at"),
    R.PAID: ("booked_at",),
    R.REJECTED: (),
    R.SEND_AGAIN: (),
    R.REFUNDED: ("bank", "on"),
    R.PAYMENT: ("member",),
    R.ADVANCE: ("member",),
    R.REFUND: ("member",),
    R.GIVEN_BACK: (),
    R.FUNDING: (),
    R.SWEEP: (),
    R.BANK_CHARGE: (),
    R.OPENING: (),
    R.SET_OFF: (),
    R.WITHDRAWN: (),
    R.REDATED: (),
}
# What the transfer's file must have ended for: the bank may have it, or still get it.
NOT_WHILE_IN_A_FILE = frozenset({R.REJECTED, R.SEND_AGAIN})
OF_A_TRANSFER = frozenset({R.SETTLED, R.RETURNED, R.REJECTED, R.SEND_AGAIN})
# What says that the bank has nothing of a transfer: not of one that it said to have booked.
DENIES_BOOKING = frozenset({R.REJECTED, R.SEND_AGAIN})
# Which entry unidentified money becomes, and whether it had come in (True) or gone out.
ASSIGNS: Mapping[Resolution, tuple[Kind, bool]] = {
    R.PAYMENT: (Kind.PAYMENT, True),
    R.ADVANCE: (Kind.ADVANCE, False),
    R.REFUND: (Kind.REFUND, False),
}
# What takes money out of `unidentified`.
OF_SET_ASIDE = frozenset({*ASSIGNS, *NAMES})
GOES_ON_FOR = timedelta(hours=24)


class ResolutionRefused(GatewayError):
    """The resolution does not fit the item; the message says why."""

    code = "resolution_refused"


def check_resolution(
    kind: ReviewKind,
    resolution: Resolution,
    particulars: Mapping[str, str],
    details: Mapping[str, object],
) -> None:
    """Raise ResolutionRefused for what the tables do not allow, or could not be acted on."""
    if not may_resolve(kind, resolution):
        raise ResolutionRefused(f"{kind} is not resolved as {resolution}")
    wanted = set(PARTICULARS[resolution])
    if wanted != set(particulars):
        said = ", ".join(sorted(wanted)) or "nothing"
        raise ResolutionRefused(f"{resolution} is proposed with {said} beside the note")
    came_in = _came_in(details)
    if resolution in ASSIGNS and came_in is not ASSIGNS[resolution][1]:
        raise ResolutionRefused(f"no money was set aside that could be a member's {resolution}")
    if resolution in NAMES and came_in not in {way is Direction.IN for way in NAMES[resolution]}:
        raise ResolutionRefused(f"no money was set aside that could be named {resolution}")
    if resolution is R.REDATED and "entry" not in details:
        raise ResolutionRefused("no entry of a loan stands on another day")
    if resolution is R.REFUNDED and came_in is not None:
        raise ResolutionRefused("what was set aside is unidentified, and no member's suspense")
    _read(particulars)


def _came_in(details: Mapping[str, object]) -> bool | None:
    """Whether the money that was set aside came in; None where none was."""
    aside = details.get("set_aside")
    return aside > 0 if isinstance(aside, int) and aside else None


def _read(particulars: Mapping[str, str]) -> None:
    try:
        for name in ("booked_at", "returned_at"):
            if name in particulars:
                instant(particulars[name])
        if "on" in particulars:
            date.fromisoformat(particulars["on"])
            BankCode(particulars["bank"])
    except ValueError as error:
        raise ResolutionRefused(str(error)) from error


def check_dates(particulars: Mapping[str, str], *, since: date, now: datetime) -> None:
    """Raise ResolutionRefused, which says what is allowed, for a day before `since` or to come."""
    first = since
    try:
        for name in ("booked_at", "returned_at", "on"):
            if name in particulars:
                day = jst_day(instant(particulars[name]))
                check_typed(name.replace("_", "-"), day, since=first, now=now)
                first = day  # what came back came after it had gone
    except DateRefused as error:
        raise ResolutionRefused(str(error)) from error


def instant(text: str) -> datetime:
    """Return an instant as operators write it: Japanese time, where no zone is named."""
    at = datetime.fromisoformat(text)
    return at if at.tzinfo is not None else at.replace(tzinfo=JST)


def fitting(text: str, *, since: datetime) -> datetime:
    """Return the instant that operators wrote, or `since` where that is later.

    They write a day, mostly, from `since`'s on: midnight would come before whatever led to it.
    """
    return max(instant(text), since)


def after_resolution(
    transfer: Transfer,
    resolution: Resolution,
    particulars: Mapping[str, str],
    *,
    item_id: UUID,
    now: datetime,
    policy: Policy,
) -> Decision | None:
    """Decide on two people's word about a transfer; None once it is in review no more.

    Of one that has settled they may say that it came back. The row says by which item it was.
    """
    decision = _decide(transfer, resolution, particulars, now=now, policy=policy)
    if decision is None or resolution is R.SEND_AGAIN:
        return decision
    row = decision.transfer
    return replace(
        decision,
        transfer=replace(
            row,
            decided_by=item_id if transfer.state is State.REVIEW else row.decided_by,
            returned_by=item_id if resolution is R.RETURNED else None,
        ),
    )


def _decide(
    transfer: Transfer,
    resolution: Resolution,
    particulars: Mapping[str, str],
    *,
    now: datetime,
    policy: Policy,
) -> Decision | None:
    if resolution is R.RETURNED and transfer.state in {State.REVIEW, State.SETTLED}:
        booked_at = fitting(particulars["booked_at"], since=transfer.accepted_at)
        returned = Returned(booked_at, fitting(particulars["returned_at"], since=booked_at))
        return after_people(transfer, returned, now)
    if transfer.state is not State.REVIEW:
        return None
    if resolution is R.SETTLED:
        booked_at = fitting(particulars["booked_at"], since=transfer.accepted_at)
        return after_people(transfer, Settled(booked_at), now)
    if transfer.is_distrusted:
        return None
    if resolution is R.SEND_AGAIN:
        return _send_again(transfer, now)
    outcome = Rejected(Reason.BANK_UNAVAILABLE)
    return after_submit(transfer, attempt=transfer.attempt, outcome=outcome, now=now, policy=policy)


def _send_again(transfer: Transfer, now: datetime) -> Decision:
    """Send it under the same reference; that the bank may have it stays marked."""
    to = TRANSITIONS[transfer.state, transfer.unclear, Event.SEND_AGAIN]
    again = replace(
        transfer,
        state=to,
        reason=None,
        tries=0,
        crashes=0,
        due_at=now,
        give_up_at=now + GOES_ON_FOR,
        inquire_at=None,
        unresolved_since=None,
        file_id=None,
    )
    return Decision(again, (Event.SEND_AGAIN,))


def assigned_entry(
    item_id: UUID, resolution: Resolution, amount: Yen, booked_at: datetime
) -> LoanEntry:
    """Return the entry that unidentified money becomes on a member's loan."""
    return LoanEntry(
        id=assigned_id(item_id, resolution),
        kind=ASSIGNS[resolution][0],
        amount=amount,
        effective_on=booked_at.astimezone(JST).date(),
        at=booked_at,
        house=UNIDENTIFIED,
    )


def assigned_id(item_id: UUID, resolution: Resolution) -> UUID:
    """Return the id of the entry that is made of an item."""
    return uuid5(item_id, resolution)


def refund_entry(item_id: UUID, amount: Yen, particulars: Mapping[str, str]) -> LoanEntry:
    """Return the entry of suspense that was paid out by hand: the last of its day."""
    on = date.fromisoformat(particulars["on"])
    return LoanEntry(
        id=assigned_id(item_id, R.REFUNDED),
        kind=Kind.REFUND,
        amount=amount,
        effective_on=on,
        at=datetime.combine(on, time(23, 59, 59), JST),
        house=settlement_cash(BankCode(particulars["bank"])),
    )
