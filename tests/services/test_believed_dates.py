"""Money is believed, a date that cannot be is not: people, or the statement, give the day."""

from collections.abc import MutableMapping
from datetime import datetime, timedelta
from typing import Any

import pytest
from structlog.testing import capture_logs

from gateway.domain.money import Yen
from gateway.domain.outcome import Returned, Settled, Unknown
from gateway.domain.reason import Reason
from gateway.domain.resolution import ResolutionRefused
from gateway.domain.review import NewReview, Resolution, ReviewKind
from gateway.domain.transfer import State, Transfer
from gateway.services.act_on_reviews import act_on_reviews
from gateway.services.inquire_transfer import inquire_transfer
from gateway.services.work_transfers import ask_due
from gateway.store.loan_books import read_loan_book
from gateway.store.review_items import Subject, list_items, raise_reviews
from tests.manual_clock import START, ManualClock
from tests.services.conftest import Member
from tests.services.stating_bank import BANK, OUT, TODAY, Morning, at_stating_bank
from tests.services.test_resolve_review import (
    balances,
    confirm,
    now,
    only_item,
    propose,
    resolve,
    unclear,
)
from tests.services.test_transfers import accepted, settle_tasks

R = Resolution
LONG_AGO, TO_COME = START - timedelta(days=300), START + timedelta(days=300)


@pytest.fixture
def morning(desk, clock: ManualClock) -> Morning:
    return at_stating_bank(desk, clock)


async def told(morning: Morning, member: Member, at: datetime) -> Transfer:
    """Let the bank answer that it booked a transfer at that instant."""
    morning.bank.submits.append(Settled(at, "B-7"))
    return await accepted(morning.desk, member)


@pytest.mark.parametrize("at", [LONG_AGO, TO_COME], ids=["long ago", "to come"])
async def test_a_booking_on_a_day_that_cannot_be_waits_with_the_banks_words_kept(
    morning: Morning, member: Member, at: datetime
) -> None:
    with capture_logs() as records:
        transfer = await told(morning, member, at)

    assert (transfer.state, transfer.reason) == (State.REVIEW, Reason.DATE_NOT_BELIEVED)
    item = await only_item(morning)
    assert (item.kind, item.amount) == (ReviewKind.DATE_NOT_BELIEVED, 10_000)
    assert item.details["told_booked_at"] == at.isoformat()
    assert item.details["told_bank_id"] == "B-7"
    assert [r["runbook"] for r in records if r.get("code") == "date_not_believed"] == [
        "docs/runbook.md#date_not_believed"
    ]
    assert await balances(morning) == {}


@pytest.mark.parametrize("word", [R.SEND_AGAIN, R.REJECTED])
async def test_what_the_bank_has_booked_is_neither_sent_again_nor_rejected(
    morning: Morning, member: Member, word: Resolution
) -> None:
    """Neither by its own item, nor by the one that was open when the answer came."""
    transfer, old = await unclear(morning, member)
    await propose(morning, old, word)
    morning.bank.inquiries.append(Settled(TO_COME))
    await inquire_transfer(morning.desk, transfer)
    old, new = await list_items(morning.desk.db)

    with pytest.raises(ResolutionRefused, match="has booked it"):
        await confirm(morning, old, word)
    with pytest.raises(ResolutionRefused, match="is not resolved as"):
        await propose(morning, new, word)


@pytest.mark.parametrize("said", ["2026-11-25T10:00:05", "2026-11-25"])
async def test_two_people_give_the_day(morning: Morning, member: Member, said: str) -> None:
    transfer = await told(morning, member, LONG_AGO)

    await resolve(morning, await only_item(morning), R.SETTLED, booked_at=said)

    assert (await now(morning, transfer)).state is State.SETTLED
    assert (await balances(morning))["principal"] == 10_000


async def test_the_statement_gives_the_day(morning: Morning, member: Member) -> None:
    transfer = await told(morning, member, LONG_AGO)
    morning.bank.state(transfer.reference, OUT)

    await morning.reconcile()

    settled = await now(morning, transfer)
    assert (settled.state, settled.settled_at) == (State.SETTLED, START)
    item = await only_item(morning)
    await resolve(morning, item, R.NOTED)


async def test_the_bank_is_asked_on_and_may_mend_its_date(morning: Morning, member: Member) -> None:
    transfer = await told(morning, member, LONG_AGO)
    morning.bank.inquiries.extend([Unknown(), Settled(START)])
    for _ in range(2):
        morning.clock.advance(600)
        await ask_due(morning.desk)
        await settle_tasks(morning.desk)

    assert (await now(morning, transfer)).state is State.SETTLED
    assert len(await list_items(morning.desk.db)) == 1


async def test_a_return_on_a_day_that_cannot_be_is_put_before_people(
    morning: Morning, member: Member
) -> None:
    transfer = await accepted(morning.desk, member)
    morning.bank.inquiries.append(Returned(START, TO_COME))
    await inquire_transfer(morning.desk, transfer)
    assert (await now(morning, transfer)).state is State.SETTLED
    day = START.date().isoformat()

    await resolve(
        morning, await only_item(morning), R.RETURNED, booked_at=day, returned_at=f"{day}T18:00"
    )

    assert (await now(morning, transfer)).state is State.RETURNED
    assert await balances(morning) == {}


# Each was taken before, and some of them ruined the loan for good.
TYPED = [
    "2062-12-01",
    "2041-01-01",
    "2040-12-20",
    "2026-11-26",
    "2026-11-24",
    "2025-11-25",
    "2016-12-01",
    "0226-12-01",
    "0001-01-01T00:00:00+14:00",
    "9999-12-31T23:59:59-12:00",
]
ALLOWED = "it lies from 2026-11-25 to 2026-11-25"


@pytest.mark.parametrize("typed", TYPED)
async def test_a_day_that_people_type_lies_from_the_acceptance_to_today(
    morning: Morning, member: Member, owner: Any, typed: str
) -> None:
    """Proposed, and confirmed of what was proposed before there was such a rule."""
    _, item = await unclear(morning, member)
    good = "2026-11-25"
    with pytest.raises(ResolutionRefused, match=ALLOWED):
        await propose(morning, item, R.SETTLED, booked_at=typed)
    with pytest.raises(ResolutionRefused, match="returned-at"):
        await propose(morning, item, R.RETURNED, booked_at=good, returned_at=typed)
    assert await owner.fetchval("SELECT count(*) FROM operator_actions") == 0
    item = await propose(morning, item, R.SETTLED, booked_at=good)
    await owner.execute(
        "UPDATE review_items SET particulars = jsonb_build_object('booked_at', $1::text)", typed
    )

    with pytest.raises(ResolutionRefused, match=ALLOWED):
        await confirm(morning, item, R.SETTLED, booked_at=typed)


@pytest.mark.parametrize("typed", [typed[:10] for typed in TYPED])
async def test_a_pay_out_by_hand_lies_from_what_it_pays_to_today(
    morning: Morning, member: Member, typed: str
) -> None:
    owed = NewReview("overpaid:1", ReviewKind.OVERPAID, BANK, booked_on=TODAY, amount=Yen(500))
    await raise_reviews(morning.desk.db, Subject(member.id), [owed], now=START)

    with pytest.raises(ResolutionRefused, match=ALLOWED):
        await propose(morning, await only_item(morning), R.REFUNDED, bank=BANK, on=typed)


async def test_a_day_found_wrong_later_is_the_statements_in_one_journal(
    morning: Morning, member: Member, owner: Any
) -> None:
    """Two people gave a day that could be; the statement has it on the next."""
    transfer, item = await unclear(morning, member)
    await resolve(morning, item, R.SETTLED, booked_at="2026-11-25")
    tomorrow = START + timedelta(days=1)
    morning.bank.state(transfer.reference, OUT, at=tomorrow)
    await morning.reconcile(tomorrow.date())
    items = await list_items(morning.desk.db)
    (differs,) = [one for one in items if one.kind is ReviewKind.DATE_DIFFERS]

    await propose(morning, differs, R.REDATED)
    await confirm(morning, differs, R.REDATED)
    await act_on_reviews(morning.desk)

    assert (await balances(morning))["principal"] == 10_000
    causes = await owner.fetch("SELECT cause, count(DISTINCT journal) FROM postings GROUP BY cause")
    assert {row["cause"]: row["count"] for row in causes}["entered_anew"] == 1
    for day in (TODAY, tomorrow.date()):
        assert (await morning.reconcile(day)).breaks == ()


@pytest.mark.parametrize("word", [R.SEND_AGAIN, R.REJECTED])
async def test_a_confirmed_word_moves_nothing_once_the_bank_says_that_it_booked(
    morning: Morning, member: Member, word: Resolution
) -> None:
    transfer, item = await unclear(morning, member)
    await propose(morning, item, word)
    await confirm(morning, item, word)
    morning.bank.inquiries.append(Settled(TO_COME))
    await inquire_transfer(morning.desk, transfer)

    assert await act_on_reviews(morning.desk) == 1

    found = await now(morning, transfer)
    assert (found.state, found.reason) == (State.REVIEW, Reason.DATE_NOT_BELIEVED)
    assert len(morning.bank.sent) == 1


async def test_a_confirmed_word_moves_nothing_once_the_statement_has_the_transfer(
    morning: Morning, member: Member
) -> None:
    transfer, item = await unclear(morning, member)
    await propose(morning, item, R.SEND_AGAIN)
    await confirm(morning, item, R.SEND_AGAIN)
    morning.bank.state(transfer.reference, OUT)
    await morning.reconcile()

    assert await act_on_reviews(morning.desk) == 1

    assert (await now(morning, transfer)).state is State.SETTLED
    assert (await balances(morning))["principal"] == 10_000


async def test_a_transfer_is_never_paid_but_settled_or_returned(
    morning: Morning, member: Member
) -> None:
    transfer = await told(morning, member, LONG_AGO)

    with pytest.raises(ResolutionRefused, match="settled or returned, not paid"):
        await propose(morning, await only_item(morning), R.PAID, booked_at="2026-11-25")

    assert (await now(morning, transfer)).state is State.REVIEW


async def redated(
    morning: Morning, transfer: Transfer, *, entry: str, amount: int
) -> list[MutableMapping[str, Any]]:
    """Redate an entry to another day's line; return what was logged meanwhile."""
    tomorrow = START + timedelta(days=1)
    morning.bank.state(transfer.reference, OUT, at=tomorrow)
    await morning.reconcile(tomorrow.date())
    details = {"entry": entry, "our_day": TODAY.isoformat(), "our_amount": amount}
    wrong = NewReview(
        *("other day", ReviewKind.DATE_DIFFERS, BANK, TODAY),
        reference=transfer.reference,
        details=details,
    )
    await raise_reviews(morning.desk.db, Subject(transfer.member_id), [wrong], now=START)
    items = await list_items(morning.desk.db)
    (item,) = [one for one in items if "our_day" in one.details and one.booked_on == TODAY]
    await propose(morning, item, R.REDATED)
    await confirm(morning, item, R.REDATED)
    with capture_logs() as logs:
        await act_on_reviews(morning.desk)
    return [line for line in logs if line["event"] == "alert.raised"]


async def test_an_entry_that_is_on_no_line_of_its_day_goes_to_the_line_of_another(
    morning: Morning, member: Member
) -> None:
    transfer, item = await unclear(morning, member)
    await resolve(morning, item, R.SETTLED, booked_at="2026-11-25")

    assert await redated(morning, transfer, entry=str(transfer.id), amount=10_000) == []

    book = await read_loan_book(morning.desk.db, member.id)
    assert book is not None
    assert book.entries[-1].effective_on == TODAY + timedelta(days=1)
    assert (await balances(morning))["principal"] == 10_000


@pytest.mark.parametrize(
    ("has_entry", "amount"),
    [
        pytest.param(True, 9_999, id="no line of that amount"),
        pytest.param(False, 10_000, id="no such entry"),
    ],
)
async def test_what_cannot_be_redated_stays_and_raises_the_alarm(
    morning: Morning, member: Member, has_entry: bool, amount: int
) -> None:
    transfer, item = await unclear(morning, member)
    await resolve(morning, item, R.SETTLED, booked_at="2026-11-25")
    entry = str(transfer.id) if has_entry else str(item.id)

    alerts = await redated(morning, transfer, entry=entry, amount=amount)

    assert [alert["code"] for alert in alerts] == ["resolution_not_workable"]
    book = await read_loan_book(morning.desk.db, member.id)
    assert book is not None
    assert [one.effective_on for one in book.entries] == [TODAY]
