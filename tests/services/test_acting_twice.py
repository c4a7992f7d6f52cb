"""What two operators decided is done once, however often it is begun; what cannot be is said so."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any
from uuid import UUID

import pytest

from gateway.domain.ledger import UNIDENTIFIED
from gateway.domain.loan_entries import Kind, LoanEntry
from gateway.domain.money import Yen
from gateway.domain.resolution import after_resolution
from gateway.domain.review import NewReview, Resolution, ReviewKind
from gateway.services.act_on_reviews import act
from gateway.services.book_entry import FoundEntry, book_entry
from gateway.services.desk import TransferDesk
from gateway.services.resolve_review import confirm_resolution, propose_resolution
from gateway.store.review_items import (
    Confirmation,
    Proposal,
    ReviewItem,
    Subject,
    list_items,
    raise_reviews,
)
from tests.manual_clock import START, ManualClock
from tests.services.conftest import Member
from tests.services.stating_bank import BANK, IN, TODAY, Morning, at_stating_bank
from tests.services.test_transfers import accepted

R = Resolution


@pytest.fixture
def morning(desk, clock: ManualClock) -> Morning:
    return at_stating_bank(desk, clock)


def entry(number: int = 1) -> LoanEntry:
    return LoanEntry(UUID(int=number), Kind.PAYMENT, Yen(500), TODAY, START, UNIDENTIFIED)


async def closed(
    morning: Morning,
    resolution: Resolution,
    said: Mapping[str, str],
    *,
    item: NewReview,
    subject: Subject,
) -> ReviewItem:
    """Return an item that two people have closed."""
    db, now = morning.desk.db, morning.clock.now()
    await raise_reviews(db, subject, [item], now=now)
    (raised,) = await list_items(db)
    await propose_resolution(db, raised.id, Proposal(resolution, "why", "sato", said), now=now)
    given = Confirmation(resolution, "suzuki", "why", said)
    return await confirm_resolution(db, raised.id, given, now=now)


async def test_what_was_cut_off_in_the_middle_is_done_once(
    morning: Morning, member: Member, owner: Any
) -> None:
    morning.bank.state(None, IN, 5_000)
    await morning.reconcile()
    await owner.execute(
        "INSERT INTO login_names (kind, name, member_id) VALUES ('member_number', '12345678', $1)",
        member.id,
    )
    (item,) = await list_items(morning.desk.db)
    said = {"member": "12345678"}
    now = morning.clock.now()
    await propose_resolution(
        morning.desk.db, item.id, Proposal(R.PAYMENT, "why", "sato", said), now=now
    )
    done = await confirm_resolution(
        morning.desk.db, item.id, Confirmation(R.PAYMENT, "suzuki", "why", said), now=now
    )

    for _ in range(3):
        await act(morning.desk, done)

    assert await owner.fetchval("SELECT count(*) FROM loan_entries") == 1


async def test_an_entry_is_booked_once(desk: TransferDesk, member: Member) -> None:
    found = FoundEntry(member.id, entry())

    assert await book_entry(desk, found)
    assert not await book_entry(desk, found)


async def test_an_entry_of_a_member_without_a_loan_is_said_so(desk: TransferDesk) -> None:
    with pytest.raises(LookupError, match="has no loan"):
        await book_entry(desk, FoundEntry(UUID(int=3), entry()))


async def test_nothing_is_done_that_nobody_confirmed(morning: Morning) -> None:
    morning.bank.state(None, IN, 5_000)
    await morning.reconcile()
    (item,) = await list_items(morning.desk.db)

    with pytest.raises(ValueError, match="nothing was confirmed"):
        await act(morning.desk, item)


OVERPAID = NewReview("overpaid:1", ReviewKind.OVERPAID, BANK)


async def test_a_resolution_about_no_transfer_or_no_amount_is_not_workable(
    morning: Morning, member: Member
) -> None:
    refund = await closed(
        morning,
        R.REFUNDED,
        {"bank": "smbc", "on": TODAY.isoformat()},
        item=OVERPAID,
        subject=Subject(member.id),
    )

    with pytest.raises(ValueError, match="names no amount"):
        await act(morning.desk, refund)
    assert refund.proposal is not None
    wrong = replace(refund, proposal=replace(refund.proposal, resolution=R.REJECTED))
    with pytest.raises(ValueError, match="about no transfer"):
        await act(morning.desk, wrong)
    with pytest.raises(LookupError, match="is not there"):
        await act(morning.desk, replace(wrong, transfer_id=UUID(int=5)))


async def test_a_transfer_that_is_in_review_no_more_stays_as_it_is(
    desk: TransferDesk, member: Member
) -> None:
    transfer = await accepted(desk, member)

    assert (
        after_resolution(
            transfer, R.REJECTED, {}, item_id=transfer.id, now=START, policy=desk.policy(transfer)
        )
        is None
    )


@pytest.mark.parametrize("missing", ["proposal", "confirmed_by"])
async def test_what_two_people_have_not_decided_is_not_acted_on(
    morning: Morning, missing: str
) -> None:
    item = NewReview("only_us:1", ReviewKind.ONLY_US, BANK, booked_on=TODAY)
    decided = await closed(morning, R.NOTED, {}, item=item, subject=Subject(UUID(int=0)))
    gone: dict[str, Any] = {missing: None}

    with pytest.raises(ValueError, match="nothing was confirmed"):
        await act(morning.desk, replace(decided, **gone))
