"""Two operators resolve an item; the gateway does what they say, once; nothing else closes one."""

import asyncio
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID

import asyncpg
import pytest
from structlog.testing import capture_logs

from gateway.domain.errors import (
    Busy,
    CommitUnknown,
    GatewayError,
    NotFoundHere,
    StaleTransfer,
)
from gateway.domain.house_money import LineKey
from gateway.domain.ledger import UNIDENTIFIED, Posting, settlement_cash
from gateway.domain.money import Yen
from gateway.domain.operator import NameMissing
from gateway.domain.outcome import Unknown
from gateway.domain.resolution import PARTICULARS, ResolutionRefused
from gateway.domain.review import (
    RESOLUTIONS,
    ItemState,
    NewReview,
    Resolution,
    ReviewKind,
    may_resolve,
)
from gateway.domain.set_aside import aside_id
from gateway.domain.transfer import State, Transfer
from gateway.ops.commands.ledger_verify import verify_ledger
from gateway.services.act_on_reviews import act, act_on_reviews, measure_reviews
from gateway.services.resolve_review import confirm_resolution, propose_resolution
from gateway.services.work_transfers import ask_due, send_due
from gateway.store.ledger import post_house
from gateway.store.loan_books import read_loan_book
from gateway.store.review_items import (
    Confirmation,
    Proposal,
    ReviewItem,
    Subject,
    find_item,
    list_items,
    raise_reviews,
)
from gateway.store.review_items import confirm as close_item
from gateway.store.transfers import find_transfer
from tests.domain.names import NOBODY, ONE_PERSON
from tests.manual_clock import START, ManualClock
from tests.services.conftest import Member
from tests.services.restless import restless
from tests.services.stating_bank import BANK, IN, OUT, TODAY, Morning, at_stating_bank
from tests.services.test_transfers import accepted, settle_tasks

R = Resolution
WHY = "asked the bank, ticket 7"


@pytest.fixture
def morning(desk, clock: ManualClock) -> Morning:
    return at_stating_bank(desk, clock)


async def only_item(morning: Morning) -> ReviewItem:
    (item,) = await list_items(morning.desk.db)
    return item


async def propose(
    morning: Morning, item: ReviewItem, resolution: Resolution, by: str = "sato", **said: str
) -> ReviewItem:
    return await propose_resolution(
        morning.desk.db,
        item.id,
        Proposal(resolution, WHY, by, said),
        now=morning.clock.now(),
    )


async def confirm(
    morning: Morning, item: ReviewItem, resolution: Resolution, by: str = "suzuki", **said: str
) -> ReviewItem:
    return await confirm_resolution(
        morning.desk.db, item.id, Confirmation(resolution, by, WHY, said), now=morning.clock.now()
    )


async def resolve(morning: Morning, item: ReviewItem, resolution: Resolution, **said: str) -> None:
    """Propose, confirm, and let the gateway act."""
    await propose(morning, item, resolution, **said)
    await confirm(morning, item, resolution, **said)
    assert await act_on_reviews(morning.desk) == 1
    acted = await find_item(morning.desk.db, item.id)
    assert acted is not None
    assert acted.acted_at is not None
    assert await act_on_reviews(morning.desk) == 0


async def balances(morning: Morning) -> dict[str, int]:
    """Return the ledger's balances once it has proved itself, those that are not 0."""
    report = await verify_ledger(morning.desk.db)
    assert report.findings == ()
    return {account: balance for account, balance in report.balances.items() if balance}


async def number_of(owner: Any, member: Member) -> str:
    """Give a member a number to log in with, as enrolling does, and return it."""
    await owner.execute(
        "INSERT INTO login_names (kind, name, member_id) VALUES ('member_number', $1, $2)",
        "12345678",
        member.id,
    )
    return "12345678"


async def test_unidentified_money_that_came_in_becomes_a_members_payment(
    morning: Morning, member: Member, owner: Any
) -> None:
    transfer = await accepted(morning.desk, member, amount=50_000)
    morning.bank.state(transfer.reference, OUT, 50_000)
    morning.bank.state(None, IN, 20_000, at=START + timedelta(hours=1))
    await morning.reconcile()
    assert (await balances(morning))[UNIDENTIFIED] == -20_000

    await resolve(
        morning, await only_item(morning), R.PAYMENT, member=await number_of(owner, member)
    )

    assert await balances(morning) == {
        "principal": 30_000,
        settlement_cash(BANK): -30_000,
    }
    book = await read_loan_book(morning.desk.db, member.id)
    assert book is not None
    assert [entry.effective_on for entry in book.entries] == [TODAY, TODAY]


async def test_a_transfer_that_a_restored_database_lacks_becomes_a_members_advance(
    morning: Morning, member: Member, owner: Any
) -> None:
    morning.bank.state("Z" * 20, OUT, 30_000)
    await morning.reconcile()

    await resolve(
        morning, await only_item(morning), R.ADVANCE, member=await number_of(owner, member)
    )

    assert await balances(morning) == {"principal": 30_000, settlement_cash(BANK): -30_000}


async def overpaid(morning: Morning, member: Member, owner: Any) -> str:
    """Let 5,000 yen be a member's who owes nothing; return the member's number."""
    morning.bank.state(None, IN, 5_000)
    await morning.reconcile()
    number = await number_of(owner, member)
    await resolve(morning, await only_item(morning), R.PAYMENT, member=number)
    assert (await balances(morning))["suspense"] == -5_000
    return number


async def test_suspense_that_is_paid_out_by_hand_is_matched_with_its_line(
    morning: Morning, member: Member, owner: Any
) -> None:
    await overpaid(morning, member, owner)
    tomorrow = TODAY + timedelta(days=1)
    overpaid_item = NewReview(
        key="overpaid:1", kind=ReviewKind.OVERPAID, bank=BANK, amount=None, details={}
    )
    await raise_reviews(
        morning.desk.db, Subject(member.id), [overpaid_item], now=morning.clock.now()
    )
    await owner.execute("UPDATE review_items SET amount = 5000 WHERE kind = 'overpaid'")

    item = await only_item(morning)
    await resolve(morning, item, R.REFUNDED, bank="smbc", on=tomorrow.isoformat())
    morning.bank.state(None, OUT, 5_000, at=START + timedelta(days=1))
    report = await morning.reconcile(tomorrow)

    assert report.breaks == ()
    assert await balances(morning) == {}


async def test_a_pay_out_by_hand_that_was_read_first_is_no_longer_set_aside(
    morning: Morning, member: Member, owner: Any
) -> None:
    """The day is reconciled once more when an item about it was resolved."""
    number = await overpaid(morning, member, owner)
    tomorrow = TODAY + timedelta(days=1)
    morning.bank.state(None, OUT, 5_000, at=START + timedelta(days=1))
    await morning.reconcile(tomorrow)

    await resolve(morning, await only_item(morning), R.REFUND, member=number)

    assert await balances(morning) == {}
    await morning.reconcile(tomorrow)
    assert await balances(morning) == {}


async def test_money_that_was_explained_meanwhile_is_nobody_elses(
    morning: Morning, member: Member, owner: Any
) -> None:
    """What came back of a pay-out of which nobody had heard: booked as that, and not again."""
    morning.bank.submits.append(Unknown())
    lost = await accepted(morning.desk, member)
    back = START + timedelta(days=1)
    morning.bank.state(lost.reference, OUT)
    morning.bank.state(lost.reference, IN, at=back)
    await morning.reconcile(back.date())
    item, number = await only_item(morning), await number_of(owner, member)
    assert (await balances(morning))[UNIDENTIFIED] == -10_000
    await propose(morning, item, R.PAYMENT, member=number)
    await morning.reconcile()
    await morning.reconcile(back.date())
    assert await balances(morning) == {}

    with pytest.raises(ResolutionRefused, match="explained by now"):
        await confirm(morning, item, R.PAYMENT, member=number)
    with pytest.raises(ResolutionRefused, match="explained by now"):
        await propose(morning, item, R.GIVEN_BACK)


async def test_money_that_people_gave_to_a_member_is_taken_back_once_something_explains_it(
    morning: Morning, member: Member, owner: Any
) -> None:
    morning.bank.submits.append(Unknown())
    lost = await accepted(morning.desk, member)
    back = START + timedelta(days=1)
    morning.bank.state(lost.reference, OUT)
    morning.bank.state(lost.reference, IN, at=back)
    await morning.reconcile(back.date())
    number = await number_of(owner, member)
    await resolve(morning, await only_item(morning), R.PAYMENT, member=number)

    await morning.reconcile()
    await morning.reconcile(back.date())

    # It was no payment but the transfer, come back: nothing was ever lent.
    assert await balances(morning) == {}
    assert (await only_item(morning)).kind is ReviewKind.EXPLAINED_LATER


async def test_what_is_set_aside_is_not_paid_out_as_a_members_suspense(morning: Morning) -> None:
    item = NewReview("amount_differs:1", ReviewKind.AMOUNT_DIFFERS, BANK, details={"set_aside": 5})
    await raise_reviews(morning.desk.db, Subject(UUID(int=7)), [item], now=START)

    with pytest.raises(ResolutionRefused, match="no member's suspense"):
        await propose(
            morning, await only_item(morning), R.REFUNDED, bank="smbc", on=TODAY.isoformat()
        )


async def unclear(morning: Morning, member: Member) -> tuple[Transfer, ReviewItem]:
    """Return a transfer that is in review, and the item about it."""
    morning.bank.submits.append(Unknown())
    morning.bank.inquiries.extend([Unknown()] * 2)
    transfer = await accepted(morning.desk, member)
    for _ in range(2):
        morning.clock.advance(1_800)
        await ask_due(morning.desk)
        await settle_tasks(morning.desk)
    found = await now(morning, transfer)
    assert found.state is State.REVIEW
    return found, await only_item(morning)


async def now(morning: Morning, transfer: Transfer) -> Transfer:
    found = await find_transfer(
        morning.desk.db, member_id=transfer.member_id, transfer_id=transfer.id
    )
    assert found is not None
    return found


BOOKED, BACK = "2026-11-25T10:00:05", "2026-11-25T11:00:00+09:00"


@pytest.mark.parametrize(
    ("resolution", "said", "state", "principal"),
    [
        pytest.param(R.SETTLED, {"booked_at": BOOKED}, State.SETTLED, 10_000, id="settled"),
        pytest.param(
            R.RETURNED, {"booked_at": BOOKED, "returned_at": BACK}, State.RETURNED, 0, id="returned"
        ),
        pytest.param(R.REJECTED, {}, State.REJECTED, 0, id="rejected"),
        pytest.param(R.SEND_AGAIN, {}, State.SCHEDULED, 0, id="sent again"),
    ],
)
async def test_a_transfer_in_review_goes_where_two_people_say(
    morning: Morning,
    member: Member,
    resolution: Resolution,
    said: dict[str, str],
    state: State,
    principal: int,
) -> None:
    transfer, item = await unclear(morning, member)

    await resolve(morning, item, resolution, **said)

    assert (await now(morning, transfer)).state is state
    assert (await balances(morning)).get("principal", 0) == principal


@pytest.mark.parametrize(
    "said",
    [
        pytest.param({"booked_at": "2026-11-25"}, id="settled"),
        pytest.param({"booked_at": "2026-11-25", "returned_at": "2026-11-25"}, id="returned"),
        pytest.param({"booked_at": "2026-11-25T00:00:01+09:00"}, id="too early a time"),
    ],
)
async def test_a_day_that_people_give_begins_with_what_was_accepted_on_it(
    morning: Morning, member: Member, said: dict[str, str]
) -> None:
    transfer, item = await unclear(morning, member)

    await resolve(morning, item, R.RETURNED if "returned_at" in said else R.SETTLED, **said)

    moved = await now(morning, transfer)
    assert moved.settled_at == transfer.accepted_at
    assert moved.returned_at in {None, transfer.accepted_at}


async def test_what_is_sent_again_bears_the_same_reference(
    morning: Morning, member: Member
) -> None:
    transfer, item = await unclear(morning, member)
    await resolve(morning, item, R.SEND_AGAIN)

    await send_due(morning.desk)
    await settle_tasks(morning.desk)

    assert [order.reference for order in morning.bank.sent] == [transfer.reference] * 2
    assert (await now(morning, transfer)).state is State.SETTLED


async def test_an_item_about_a_transfer_that_resolved_itself_is_noted(
    morning: Morning, member: Member
) -> None:
    transfer, item = await unclear(morning, member)
    with pytest.raises(ResolutionRefused, match="in review still"):
        await propose(morning, item, R.NOTED)
    morning.bank.state(transfer.reference)
    await morning.reconcile()

    with pytest.raises(ResolutionRefused, match="no more"):
        await propose(morning, item, R.REJECTED)
    await resolve(morning, item, R.NOTED)

    assert (await now(morning, transfer)).state is State.SETTLED


async def test_what_was_proposed_of_a_transfer_is_not_confirmed_once_the_bank_has_spoken(
    morning: Morning, member: Member
) -> None:
    transfer, item = await unclear(morning, member)
    await propose(morning, item, R.REJECTED)
    morning.bank.state(transfer.reference)
    await morning.reconcile()

    with pytest.raises(ResolutionRefused, match="no more"):
        await confirm(morning, item, R.REJECTED)


async def test_whose_money_it_is_cannot_be_changed_behind_the_back_of_who_confirms(
    morning: Morning, member: Member, owner: Any
) -> None:
    morning.bank.state(None, IN, 5_000)
    await morning.reconcile()
    item, number = await only_item(morning), await number_of(owner, member)
    await propose(morning, item, R.PAYMENT, member=number)
    await owner.execute(
        "INSERT INTO login_names (kind, name, member_id) VALUES ('member_number', $1, $2)",
        *("87654321", UUID(int=8)),
    )
    await propose(morning, item, R.PAYMENT, member="87654321")

    with pytest.raises(ResolutionRefused, match="something else"):
        await confirm(morning, item, R.PAYMENT, member=number)


async def test_two_people_who_confirm_at_once_close_it_once(morning: Morning, owner: Any) -> None:
    morning.bank.state(None, IN, 5_000)
    await morning.reconcile()
    item = await only_item(morning)
    await propose(morning, item, R.GIVEN_BACK)

    names = [f"operator-{number}" for number in range(8)]
    ended = await asyncio.gather(
        *(confirm(morning, item, R.GIVEN_BACK, by) for by in names), return_exceptions=True
    )

    closed = [one for one in ended if isinstance(one, ReviewItem)]
    assert len(closed) == 1
    assert {type(one) for one in ended} == {ReviewItem, ResolutionRefused}
    acts = await owner.fetch("SELECT operator, action, details FROM operator_actions ORDER BY at")
    assert [(row["operator"], row["action"]) for row in acts] == [
        ("sato", "resolution_propose"),
        (closed[0].confirmed_by, "resolution_confirm"),
    ]


async def test_two_who_propose_at_once_leave_one_proposal(morning: Morning, owner: Any) -> None:
    morning.bank.state(None, IN, 5_000)
    await morning.reconcile()
    item = await only_item(morning)

    ended = await asyncio.gather(
        *(propose(morning, item, R.NOTED, f"operator-{number}") for number in range(8)),
        return_exceptions=True,
    )

    kept = await only_item(morning)
    proposed = [one for one in ended if isinstance(one, ReviewItem)]
    assert kept.proposal is not None
    assert kept.state is ItemState.PROPOSED
    assert kept.fence == len(proposed)
    assert await owner.fetchval("SELECT count(*) FROM operator_actions") == len(proposed)


async def test_nobody_confirms_their_own_proposal(morning: Morning, owner: Any) -> None:
    morning.bank.state(None, IN, 5_000)
    await morning.reconcile()
    item = await propose(morning, await only_item(morning), R.NOTED)

    with pytest.raises(ResolutionRefused, match="another operator"):
        await confirm(morning, item, R.NOTED, by="sato")
    with pytest.raises(asyncpg.CheckViolationError):
        await owner.execute(
            "UPDATE review_items SET state = 'closed', confirmed_by = 'sato', confirmed_at = now()"
        )


@pytest.mark.parametrize("name", ONE_PERSON)
async def test_one_person_is_not_two_under_another_spelling(
    morning: Morning, owner: Any, name: str
) -> None:
    """What ` sato ` had proposed, `SATO` could confirm."""
    morning.bank.state(None, IN, 5_000)
    await morning.reconcile()
    item = await propose(morning, await only_item(morning), R.NOTED)

    with pytest.raises(ResolutionRefused, match="another operator"):
        await confirm(morning, item, R.NOTED, by=name)
    given = Confirmation(R.NOTED, name, WHY)
    now = morning.clock.now()
    await owner.execute("UPDATE review_items SET proposed_by = $1", f" {name}")
    assert await close_item(morning.desk.db, item, given, now=now, action_id=item.id) is None
    assert (await confirm(morning, item, R.NOTED)).confirmed_by == "suzuki"


@pytest.mark.parametrize("name", [" SATO ", "ＳＡＴＯ", "sato"])
async def test_the_table_itself_holds_two_people_apart(
    morning: Morning, owner: Any, name: str
) -> None:
    morning.bank.state(None, IN, 5_000)
    await morning.reconcile()
    await propose(morning, await only_item(morning), R.NOTED)

    with pytest.raises(asyncpg.CheckViolationError):
        await owner.execute(
            "UPDATE review_items SET state = 'closed', confirmed_by = $1, confirmed_at = now()",
            name,
        )


@pytest.mark.parametrize("name", NOBODY)
async def test_nobody_proposes_or_confirms(morning: Morning, name: str) -> None:
    morning.bank.state(None, IN, 5_000)
    await morning.reconcile()
    item = await only_item(morning)

    with pytest.raises(NameMissing):
        await propose(morning, item, R.NOTED, by=name)
    proposed = await propose(morning, item, R.NOTED, by="Ｓato")
    with pytest.raises(NameMissing):
        await confirm(morning, proposed, R.NOTED, by=name)

    assert proposed.proposal is not None
    assert proposed.proposal.by == "sato"


@pytest.mark.parametrize("columns", ["state = 'closed'", "confirmed_by = 'x'"])
async def test_no_item_is_closed_without_a_confirmation(
    morning: Morning, owner: Any, columns: str
) -> None:
    morning.bank.state(None, IN, 5_000)
    await morning.reconcile()

    with pytest.raises(asyncpg.CheckViolationError):
        await owner.execute(f"UPDATE review_items SET {columns}")


async def test_what_does_not_fit_is_refused_with_its_reason(
    morning: Morning, member: Member, owner: Any
) -> None:
    morning.bank.state(None, IN, 5_000)
    await morning.reconcile()
    item, number = await only_item(morning), await number_of(owner, member)
    refused: list[tuple[Resolution, dict[str, str], str]] = [
        (R.SETTLED, {}, "is not resolved as"),
        (R.PAYMENT, {}, "is proposed with member"),
        (R.PAYMENT, {"member": "99999999"}, "no member has that number"),
        (R.NOTED, {"member": number}, "is proposed with nothing"),
    ]

    for resolution, said, why in refused:
        with pytest.raises(ResolutionRefused, match=why):
            await propose(morning, item, resolution, **said)
    with pytest.raises(ResolutionRefused, match="note"):
        await propose_resolution(
            morning.desk.db, item.id, Proposal(R.NOTED, " ", "sato", {}), now=morning.clock.now()
        )
    with pytest.raises(ResolutionRefused, match="nothing is proposed"):
        await confirm(morning, item, R.NOTED)
    await propose(morning, item, R.NOTED)
    with pytest.raises(ResolutionRefused, match="what is proposed is noted"):
        await confirm(morning, item, R.GIVEN_BACK)
    await confirm(morning, item, R.NOTED)
    with pytest.raises(ResolutionRefused, match="closed already"):
        await propose(morning, item, R.NOTED)
    with pytest.raises(NotFoundHere):
        await propose_resolution(
            morning.desk.db,
            UUID(int=1),
            Proposal(R.NOTED, WHY, "sato", {}),
            now=morning.clock.now(),
        )


@pytest.mark.parametrize(
    "said",
    [
        pytest.param({"bank": "smbc", "on": "yesterday"}, id="no date"),
        pytest.param({"bank": "mufj", "on": "2026-11-25"}, id="no bank"),
    ],
)
async def test_a_pay_out_by_hand_has_a_date_and_a_bank(
    morning: Morning, member: Member, said: dict[str, str]
) -> None:
    item = NewReview(key="overpaid:1", kind=ReviewKind.OVERPAID, bank=BANK)
    await raise_reviews(morning.desk.db, Subject(member.id), [item], now=morning.clock.now())

    with pytest.raises(ResolutionRefused):
        await propose(morning, await only_item(morning), R.REFUNDED, **said)


async def test_money_that_went_out_is_nobodys_payment(
    morning: Morning, member: Member, owner: Any
) -> None:
    transfer = await accepted(morning.desk, member)
    morning.bank.state(transfer.reference, OUT, 12_000)
    await morning.reconcile()
    item, number = await only_item(morning), await number_of(owner, member)

    with pytest.raises(ResolutionRefused, match="no money was set aside"):
        await propose(morning, item, R.PAYMENT, member=number)
    await resolve(morning, item, R.ADVANCE, member=number)

    assert await balances(morning) == {"principal": 12_000, settlement_cash(BANK): -12_000}


async def test_what_cannot_be_acted_on_stands_aside_and_raises_the_alarm(
    morning: Morning, member: Member, owner: Any
) -> None:
    morning.bank.state(None, IN, 5_000)
    await morning.reconcile()
    item = await only_item(morning)
    await propose(morning, item, R.PAYMENT, member=await number_of(owner, member))
    await confirm(morning, item, R.PAYMENT, member="12345678")
    await owner.execute("DELETE FROM loans")

    with capture_logs() as logs:
        assert await act_on_reviews(morning.desk) == 0
        assert await act_on_reviews(morning.desk) == 0

    assert [line["code"] for line in logs if line["event"] == "alert.raised"] == [
        "resolution_not_workable"
    ]


async def test_the_gauge_says_what_waits_for_people(morning: Morning) -> None:
    morning.bank.state(None, IN, 5_000)
    await morning.reconcile()

    assert await measure_reviews(morning.desk) == 1


def test_every_resolution_says_what_it_needs_and_belongs_to_a_kind() -> None:
    assert set(PARTICULARS) == set(Resolution)
    assert {way for ways in RESOLUTIONS.values() for way in ways} == set(Resolution)
    assert set(RESOLUTIONS) == set(ReviewKind)


@pytest.mark.parametrize("kind", list(ReviewKind))
def test_what_needs_nothing_can_always_be_noted(kind: ReviewKind) -> None:
    assert may_resolve(kind, R.NOTED)


async def test_what_explains_a_line_between_the_word_and_the_act_wins(
    morning: Morning, member: Member, owner: Any
) -> None:
    transfer = await accepted(morning.desk, member)
    morning.bank.state(transfer.reference)
    morning.bank.state("Z" * 20, OUT, 700)
    await morning.reconcile()
    item, number = await only_item(morning), await number_of(owner, member)
    await propose(morning, item, R.ADVANCE, member=number)
    await confirm(morning, item, R.ADVANCE, member=number)
    line = LineKey(BANK, TODAY, item.details["bank_id"])
    explained = Posting(
        id=aside_id(BANK, TODAY, line.bank_id, 1),
        journal=aside_id(BANK, TODAY, line.bank_id, 1),
        debit=settlement_cash(BANK),
        credit=UNIDENTIFIED,
        amount=Yen(700),
        effective_on=TODAY,
        source=line.source("set_aside"),
    )
    assert await post_house(morning.desk.db, [explained], now=morning.clock.now()) == 1

    assert await act_on_reviews(morning.desk) == 1

    assert (await balances(morning))["principal"] == 10_000


@pytest.mark.parametrize(
    ("kind", "resolution", "says"),
    [
        pytest.param(ReviewKind.DOUBLED, R.GIVEN_BACK, "named given_back", id="nothing set aside"),
        pytest.param(
            ReviewKind.DATE_DIFFERS, R.REDATED, "no entry of a loan", id="no entry to redate"
        ),
        pytest.param(ReviewKind.TRANSFER_UNCLEAR, R.REJECTED, "transfer is not", id="no transfer"),
    ],
)
async def test_what_an_item_is_not_about_is_not_proposed(
    morning: Morning, owner: Any, kind: ReviewKind, resolution: Resolution, says: str
) -> None:
    subject = Subject(UUID(int=7), transfer_id=UUID(int=8))
    await raise_reviews(morning.desk.db, subject, [NewReview("one", kind, BANK)], now=START)

    with pytest.raises(ResolutionRefused, match=says):
        await propose(morning, await only_item(morning), resolution)

    assert (await only_item(morning)).state is ItemState.OPEN
    assert await owner.fetchval("SELECT count(*) FROM operator_actions") == 0


@pytest.mark.parametrize(
    ("resolution", "reason"),
    [
        pytest.param(R.PAID, "is about no repayment", id="paid, of no repayment"),
        pytest.param(R.REJECTED, "is about no transfer", id="rejected, of no transfer"),
        pytest.param(R.REFUNDED, "names no amount", id="refunded, without an amount"),
    ],
)
async def test_an_act_that_its_item_does_not_fit_is_refused_and_books_nothing(
    morning: Morning, member: Member, resolution: Resolution, reason: str
) -> None:
    raised = NewReview("odd", ReviewKind.ONLY_US, BANK)
    await raise_reviews(morning.desk.db, Subject(member.id), [raised], now=START)
    item = await only_item(morning)
    with pytest.raises(ValueError, match="nothing was confirmed"):
        await act(morning.desk, item)
    odd = replace(item, proposal=Proposal(resolution, WHY, "sato", {}), confirmed_by="suzuki")

    with pytest.raises(ValueError, match=reason):
        await act(morning.desk, odd)

    assert await balances(morning) == {}
    assert (await only_item(morning)).acted_at is None


@pytest.mark.parametrize("resolution", [R.PAID, R.REJECTED])
async def test_an_act_on_what_is_not_there_is_refused_and_books_nothing(
    morning: Morning, member: Member, resolution: Resolution
) -> None:
    raised = NewReview("odd", ReviewKind.ONLY_US, BANK)
    await raise_reviews(morning.desk.db, Subject(member.id), [raised], now=START)
    odd = replace(
        await only_item(morning),
        transfer_id=UUID(int=9),
        repayment_id=UUID(int=9),
        amount=5_000,
        proposal=Proposal(resolution, WHY, "sato", {"booked_at": START.isoformat()}),
        confirmed_by="suzuki",
    )

    with pytest.raises(LookupError, match="is not there"):
        await act(morning.desk, odd)

    assert await balances(morning) == {}


@pytest.mark.parametrize("error", [Busy, StaleTransfer, CommitUnknown])
async def test_an_act_that_is_cut_short_comes_again_and_calls_nobody(
    morning: Morning, member: Member, owner: Any, error: type[GatewayError]
) -> None:
    morning.bank.state(None, IN, 5_000)
    await morning.reconcile()
    item, number = await only_item(morning), await number_of(owner, member)
    await propose(morning, item, R.PAYMENT, member=number)
    await confirm(morning, item, R.PAYMENT, member=number)

    async def cut() -> None:
        raise error("cut short")

    desk, database = restless(morning.desk, after="loan", move=cut)
    with capture_logs() as logs:
        assert await act_on_reviews(desk) == 0

    assert database.reads == 1
    assert [line for line in logs if line["event"] == "alert.raised"] == []
    assert await act_on_reviews(morning.desk) == 1
    assert await balances(morning) == {"suspense": -5_000, settlement_cash(BANK): 5_000}
