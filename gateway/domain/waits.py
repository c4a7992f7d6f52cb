"""When to try again and when to ask again: growing waits, as tables."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from gateway.domain.transfer import State, Transfer

RESEND_WAITS_S = (1, 5, 20, 60, 300, 900, 3600)
BUSY_WAITS_S = (1, 2, 4, 8, 15, 30, 60)
INQUIRY_WAITS_S = (1, 2, 4, 8, 16, 32, 60)
REVIEW_WAIT_S = 600
# An item of a file waits for the file: asking for each of a hundred would use up the contract.
ITEM_WAIT_S = 60
# An instruction that was lost on the way may still arrive: how long a refused one is asked about.
LATE_WATCH_S = 86_400


@dataclass(frozen=True, slots=True)
class Policy:
    """The numbers of one bank that decisions need. `scale` shortens every wait alike, for tests."""

    visibility_s: float
    review_after_s: float
    scale: float = 1.0

    def after(self, now: datetime, seconds: float) -> datetime:
        """Return the instant `seconds` of business time, scaled, after `now`."""
        return now + timedelta(seconds=seconds * self.scale)


def watched(transfer: Transfer, now: datetime, policy: Policy) -> Transfer:
    """Return the transfer with its first inquiry planned."""
    first = policy.after(now, INQUIRY_WAITS_S[0] if transfer.file_id is None else ITEM_WAIT_S)
    return replace(transfer, inquire_at=first, inquiries=0, inquired_at=now, unresolved_since=now)


def not_found_counts(transfer: Transfer, asked_at: datetime, policy: Policy) -> bool:
    """Whether a NotFound counts: the attempt was over, and would have been visible by now.

    It never does for an item of a file: the file may still arrive, and only the file is cleared.
    """
    is_item = transfer.file_id is not None
    if is_item or transfer.state is not State.UNKNOWN or transfer.attempt_over_at is None:
        return False
    return asked_at >= transfer.attempt_over_at + timedelta(seconds=policy.visibility_s)


def must_be_known(transfer: Transfer, asked_at: datetime, policy: Policy) -> bool:
    """Whether the bank took the transfer so long ago that it must show it by now."""
    taken_at = {State.SUBMITTED: transfer.unresolved_since, State.SETTLED: transfer.settled_at}
    since = taken_at.get(transfer.state)
    return since is not None and asked_at >= since + timedelta(seconds=policy.visibility_s)


def next_inquiry(
    transfer: Transfer, now: datetime, policy: Policy, *, is_known: bool
) -> datetime | None:
    """Return when to ask again, None for never; `is_known`: the bank said what became of it."""
    if transfer.state in {State.UNKNOWN, State.SUBMITTED}:
        index = min(transfer.inquiries, len(INQUIRY_WAITS_S) - 1)
        wait_s = INQUIRY_WAITS_S[index] if transfer.file_id is None else ITEM_WAIT_S
        return policy.after(now, wait_s)
    is_late_watch = transfer.state is State.REJECTED and (
        transfer.unresolved_since is not None
        and now < policy.after(transfer.unresolved_since, LATE_WATCH_S)
    )
    # A final one is asked about because the bank called. The call does not come again: a return
    # that could not be asked about now would never be booked.
    is_unheard = transfer.is_final and not is_known
    if transfer.state is State.REVIEW or is_late_watch or is_unheard:
        return policy.after(now, REVIEW_WAIT_S)
    return None


def resend_wait_s(transfer: Transfer, *, is_free: bool) -> float:
    """Return a growing wait, spread by up to a quarter by the transfer's own id."""
    waits, count = (BUSY_WAITS_S, transfer.attempt) if is_free else (RESEND_WAITS_S, transfer.tries)
    base = waits[min(max(count, 1), len(waits)) - 1]
    return base * (1 + (transfer.id.int % 1024) / 4096)
