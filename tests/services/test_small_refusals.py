"""What operators and callers are refused, each with its reason: a row or two a rule."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from gateway.domain.errors import NotFoundHere, Refused, StaleTransfer, required
from gateway.domain.house_money import LineKey
from gateway.domain.ledger import NIL_MEMBER
from gateway.domain.money import Yen
from gateway.domain.resolution import ResolutionRefused, check_resolution
from gateway.domain.review import ItemState, NewReview, Resolution, ReviewKind
from gateway.services.act_on_reviews import act
from gateway.services.desk import TransferDesk
from gateway.services.name_line import confirm_unnaming, line_of, propose_unnaming
from gateway.services.redate_entry import redate_entry
from gateway.services.set_off import confirm_set_off
from gateway.services.token import TOKEN_LENGTH, new_token, parse_token
from gateway.services.withdraw_entry import WrongEntry, confirm_withdrawal, withdraw_entry
from gateway.store.review_items import (
    Proposal,
    ReviewItem,
    Subject,
    list_items,
    raise_reviews,
)
from tests.manual_clock import START
from tests.services.conftest import Member
from tests.services.stating_bank import BANK, TODAY
from tests.services.test_transfers import accepted

R = Resolution


def test_what_is_there_is_returned_and_what_is_not_is_refused() -> None:
    assert required(0, Refused()) == 0
    with pytest.raises(StaleTransfer, match="gone"):
        required(None, StaleTransfer("it is gone"))


@pytest.mark.parametrize("text", ["", "A" * 10, "!" * TOKEN_LENGTH, "é" * TOKEN_LENGTH])
def test_what_spells_no_token_is_none(text: str) -> None:
    assert parse_token(text) is None


def test_a_token_shows_nothing_of_itself() -> None:
    token = new_token(uuid4())

    assert parse_token(token.text) == token
    assert token.text not in repr(token)


@pytest.mark.parametrize(
    ("kind", "resolution", "details", "why"),
    [
        pytest.param(
            ReviewKind.ONLY_BANK_IN, R.FUNDING, {"set_aside": -5}, "could be named", id="named"
        ),
        pytest.param(ReviewKind.DATE_DIFFERS, R.REDATED, {}, "no entry of a loan", id="redated"),
    ],
)
def test_a_way_that_does_not_fit_the_money_is_refused(
    kind: ReviewKind, resolution: Resolution, details: Mapping[str, object], why: str
) -> None:
    with pytest.raises(ResolutionRefused, match=why):
        check_resolution(kind, resolution, {}, details)


async def raised(desk: TransferDesk, review: NewReview, subject: Subject) -> ReviewItem:
    await raise_reviews(desk.db, subject, [review], now=desk.clock.now())
    return (await list_items(desk.db))[0]


def item_of(member_id: UUID, kind: ReviewKind, **details: Any) -> ReviewItem:
    """Return an item as it is read, of a member, about nothing in the database."""
    return ReviewItem(
        member_id=member_id,
        id=uuid4(),
        key="k",
        kind=kind,
        bank=BANK,
        booked_on=None,
        reference=None,
        amount=5_000,
        transfer_id=None,
        repayment_id=None,
        details=details,
        raised_at=START,
        state=ItemState.CLOSED,
        fence=1,
        proposal=None,
        proposed_at=None,
        confirmed_by="suzuki",
        confirmed_at=START,
        acted_at=None,
    )


async def test_an_entry_is_redated_only_by_a_line_that_a_statement_has(
    desk: TransferDesk, member: Member
) -> None:
    kind, entry = ReviewKind.DATE_DIFFERS, str(uuid4())
    of_nobody = item_of(uuid4(), kind, entry=entry, booked_at=START.isoformat())
    unknown = item_of(member.id, kind, entry=entry, booked_at=START.isoformat())
    no_entry = item_of(member.id, kind, entry=entry, our_day=TODAY.isoformat(), our_amount=5)

    for item, why in (
        (of_nobody, "no loan"),
        (unknown, "no such entry"),
        (no_entry, "no such entry"),
    ):
        with pytest.raises(NotFoundHere, match=why):
            await redate_entry(desk, item)


@pytest.mark.parametrize(
    ("resolution", "said", "error"),
    [
        pytest.param(R.PAID, {"booked_at": START.isoformat()}, ValueError, id="no repayment"),
        pytest.param(R.SETTLED, {"booked_at": START.isoformat()}, ValueError, id="no transfer"),
        pytest.param(R.FUNDING, {}, ValueError, id="no line"),
        pytest.param(R.SET_OFF, {}, LookupError, id="no loan"),
    ],
)
async def test_a_decision_about_nothing_is_not_acted_on(
    desk: TransferDesk,
    resolution: Resolution,
    said: Mapping[str, str],
    error: type[Exception],
) -> None:
    item = item_of(uuid4(), ReviewKind.DATE_NOT_BELIEVED)
    decided = replace(item, proposal=Proposal(resolution, "why", "sato", said))

    with pytest.raises(error):
        await act(desk, decided)


@pytest.mark.parametrize("resolution", [R.PAID, R.SETTLED])
async def test_a_decision_about_a_row_that_is_gone_says_so(
    desk: TransferDesk, member: Member, resolution: Resolution
) -> None:
    item = replace(
        item_of(member.id, ReviewKind.DATE_NOT_BELIEVED),
        transfer_id=uuid4(),
        repayment_id=uuid4(),
        proposal=Proposal(resolution, "why", "sato", {"booked_at": START.isoformat()}),
    )

    with pytest.raises(LookupError, match="not there"):
        await act(desk, item)


async def test_nothing_is_confirmed_that_nobody_proposed(
    desk: TransferDesk, member: Member, owner: Any
) -> None:
    now, line = desk.clock.now(), LineKey(BANK, TODAY, "line-1")
    number = await owner.fetchval("SELECT name FROM login_names WHERE member_id = $1", member.id)
    with pytest.raises(ResolutionRefused, match="nothing is proposed"):
        await confirm_unnaming(desk.db, line, by="sato", note="x", now=now)
    with pytest.raises(NotFoundHere, match="no such line"):
        await propose_unnaming(desk.db, line, by="sato", note="x", now=now)
    with pytest.raises(NotFoundHere, match="no entry"):
        await confirm_withdrawal(desk.db, uuid4(), by="sato", note="x", now=now)
    if number is not None:
        with pytest.raises(ResolutionRefused, match="nothing is proposed"):
            await confirm_set_off(desk.db, number, by="sato", note="x", now=now)


async def test_only_an_entry_of_the_members_own_loan_is_withdrawn(
    desk: TransferDesk, member: Member
) -> None:
    await accepted(desk, member)

    for member_id, why in ((uuid4(), "no loan"), (member.id, "no entry")):
        with pytest.raises(NotFoundHere, match=why):
            await withdraw_entry(desk, WrongEntry(member_id, uuid4(), "wrong"))


async def test_an_item_without_a_line_names_none(desk: TransferDesk) -> None:
    review = NewReview("transfer_unclear:1", ReviewKind.TRANSFER_UNCLEAR, BANK, amount=Yen(1))
    item = await raised(desk, review, Subject(NIL_MEMBER))

    with pytest.raises(ValueError, match="about no line"):
        line_of(item)
    assert item.raised_at - desk.clock.now() <= timedelta(0)
