"""What two people decided of a transfer or repayment has a way back, by two people."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from structlog.testing import capture_logs

from gateway.domain.booking import return_id
from gateway.domain.errors import NotFoundHere
from gateway.domain.fees import Channel, FeeRow, Payer, Tariff
from gateway.domain.ledger import bank_charges_payable, settlement_cash
from gateway.domain.loan_entries import Kind
from gateway.domain.money import Yen
from gateway.domain.outcome import InquiryOutcome, Rejected, Returned, Settled
from gateway.domain.reason import Reason
from gateway.domain.resolution import ResolutionRefused
from gateway.domain.review import ItemState, NewReview, Resolution, ReviewKind
from gateway.domain.transfer import State, Transfer
from gateway.services.act_on_reviews import act_on_reviews
from gateway.services.inquire_transfer import inquire_transfer
from gateway.services.take_back import confirm_taking_back, propose_taking_back
from gateway.services.why import why_everything
from gateway.services.withdraw_entry import confirm_withdrawal, propose_withdrawal
from gateway.services.work_transfers import ask_due
from gateway.store.loan_books import read_loan_book
from gateway.store.review_items import (
    ReviewItem,
    Subject,
    find_item,
    list_items,
    raise_reviews,
)
from gateway.store.way_back import DOUBTED
from tests.manual_clock import START, ManualClock
from tests.services.conftest import Member
from tests.services.restless import restless
from tests.services.stating_bank import BANK, IN, OUT, TODAY, Morning, at_stating_bank
from tests.services.test_resolve_review import (
    balances,
    confirm,
    now,
    number_of,
    propose,
    resolve,
    unclear,
)
from tests.services.test_transfers import accepted, settle_tasks

R, S = Resolution, State
DAY = timedelta(days=1)
BOOKED, BACK = "2026-11-25T10:00:05", "2026-11-25T11:00:00"
SAID: Mapping[Resolution, Mapping[str, str]] = {
    R.SETTLED: {"booked_at": BOOKED},
    R.RETURNED: {"booked_at": BOOKED, "returned_at": BACK},
    R.REJECTED: {},
}
STATE = {R.SETTLED: S.SETTLED, R.RETURNED: S.RETURNED, R.REJECTED: S.REJECTED}
PRINCIPAL = {R.SETTLED: 10_000, R.RETURNED: 0, R.REJECTED: 0}
BEFORE = {R.SETTLED: S.REVIEW, R.RETURNED: S.SETTLED, R.REJECTED: S.REVIEW}
WORDS = [pytest.param(word, id=word) for word in SAID]


@pytest.fixture
def morning(desk, clock: ManualClock) -> Morning:
    return at_stating_bank(desk, clock)


@dataclass(frozen=True)
class Wrong:
    """A transfer on which two people decided wrongly, and the item by which they did."""

    transfer: Transfer
    item: ReviewItem


async def decided(morning: Morning, member: Member, word: Resolution, clear: Any = None) -> Wrong:
    """Let two people decide wrongly; `clear`: the owner, of a transfer that was never unclear."""
    transfer, item = await unclear(morning, member)
    if clear is not None:
        await clear.execute("UPDATE transfers SET unclear = FALSE")
    await resolve(morning, item, word, **SAID[word])
    return Wrong(await now(morning, transfer), item)


async def acted(morning: Morning) -> int:
    morning.clock.advance(1)
    return await act_on_reviews(morning.desk)


async def take_back(morning: Morning, wrong: Wrong | UUID) -> None:
    """Propose, confirm, and let the gateway act."""
    db, at = morning.desk.db, morning.clock.now()
    item_id = wrong if isinstance(wrong, UUID) else wrong.item.id
    await propose_taking_back(db, item_id, by="sato", note="never paid, ticket 9", now=at)
    await confirm_taking_back(db, item_id, by="suzuki", note="asked the bank", now=at)
    assert await acted(morning) == 1


async def open_items(morning: Morning) -> list[ReviewKind]:
    return [item.kind for item in await list_items(morning.desk.db)]


async def loan_of(owner: Any, member: Member) -> tuple[int, int]:
    """Return what the member owes of the advance, and what is reserved."""
    row = await owner.fetchrow(
        "SELECT principal, reserved FROM loans WHERE member_id = $1", member.id
    )
    return row["principal"], row["reserved"]


@pytest.mark.parametrize("is_clear", [False, True], ids=["unclear", "clear"])
@pytest.mark.parametrize("word", WORDS)
async def test_what_two_people_said_wrongly_goes_one_step_back(
    morning: Morning, member: Member, owner: Any, word: Resolution, is_clear: bool
) -> None:
    wrong = await decided(morning, member, word, clear=owner if is_clear else None)
    assert wrong.transfer.state is STATE[word]
    assert await loan_of(owner, member) == (PRINCIPAL[word], 0)

    await take_back(morning, wrong)

    row = await now(morning, wrong.transfer)
    assert row.state is BEFORE[word]
    is_open = row.state is S.REVIEW
    assert await loan_of(owner, member) == ((0, 10_000) if is_open else (10_000, 0))
    assert (row.inquire_at is not None, row.due_at) == (is_open, None)
    assert row.unclear is (is_open or not is_clear)
    assert (row.decided_by is None, row.returned_by) == (is_open, None)
    assert await open_items(morning) == ([ReviewKind.TRANSFER_UNCLEAR] if is_open else [])
    assert await balances(morning) == (
        {} if is_open else {"principal": 10_000, settlement_cash(BANK): -10_000}
    )


@pytest.mark.parametrize("word", WORDS)
async def test_taking_back_sends_nothing(
    morning: Morning, member: Member, word: Resolution
) -> None:
    wrong = await decided(morning, member, word)

    await take_back(morning, wrong)
    for _ in range(3):
        morning.clock.advance(600)
        await ask_due(morning.desk)
        await settle_tasks(morning.desk)

    assert len(morning.bank.sent) == 1
    assert (await now(morning, wrong.transfer)).state is BEFORE[word]


async def test_a_return_that_never_was_of_an_advance_that_never_was_goes_back_in_two_steps(
    morning: Morning, member: Member, owner: Any
) -> None:
    wrong = await decided(morning, member, R.RETURNED)
    advance, back = wrong.transfer.id, return_id(wrong.transfer.id)
    db, at = morning.desk.db, morning.clock.now()
    with pytest.raises(ResolutionRefused, match="withdraw the return first"):
        await propose_withdrawal(db, advance, by="sato", note="x", now=at)

    for entry in (back, advance):
        await propose_withdrawal(db, entry, by="sato", note="ticket 9", now=at)
        await confirm_withdrawal(db, entry, by="suzuki", note="checked", now=at)
        assert await acted(morning) == 1

    assert (await now(morning, wrong.transfer)).state is S.REVIEW
    assert await loan_of(owner, member) == (0, 10_000)
    assert await balances(morning) == {}


@pytest.mark.parametrize("again", WORDS)
async def test_what_was_taken_back_is_decided_anew_and_taken_back_again(
    morning: Morning, member: Member, again: Resolution
) -> None:
    wrong = await decided(morning, member, R.SETTLED)
    for _ in range(2):
        await take_back(morning, wrong)
        (item,) = await list_items(morning.desk.db)
        await resolve(morning, item, again, **SAID[again])
        wrong = Wrong(await now(morning, wrong.transfer), item)
        assert wrong.transfer.state is STATE[again]
        assert (await balances(morning)).get("principal", 0) == PRINCIPAL[again]
        if again is R.RETURNED:
            await take_back(morning, wrong)

    await take_back(morning, wrong)

    assert (await now(morning, wrong.transfer)).state is S.REVIEW
    assert await balances(morning) == {}


async def test_the_member_sees_the_correction_and_why(
    morning: Morning, member: Member, owner: Any
) -> None:
    wrong = await decided(morning, member, R.SETTLED)

    await take_back(morning, wrong)

    book = await read_loan_book(morning.desk.db, member.id)
    assert book is not None
    advance, withdrawal = book.entries
    assert (withdrawal.kind, withdrawal.takes_back) == (Kind.WITHDRAWAL, advance.id)
    events = await owner.fetch("SELECT kind, data FROM events ORDER BY no DESC LIMIT 2")
    assert [row["kind"] for row in events] == ["loan.corrected", "transfer.review"]
    assert '"why": "never paid, ticket 9"' in events[0]["data"]


async def test_what_the_bank_was_to_bill_is_taken_back_and_every_yen_is_explained_then_and_now(
    morning: Morning, member: Member
) -> None:
    tariff = Tariff((FeeRow(Payer.LENDER, Channel.INTERNET_TRANSFER, Yen(1), TODAY, Yen(110)),))
    profile = replace(morning.desk.profiles[BANK], tariff=tariff)
    morning = replace(morning, desk=replace(morning.desk, profiles={BANK: profile}))
    wrong = await decided(morning, member, R.SETTLED)
    assert (await balances(morning))[bank_charges_payable(BANK)] == -110
    before = morning.clock.now()
    morning.clock.advance(60)

    await take_back(morning, wrong)

    tariffs = {BANK: tariff}
    then, after = [
        {
            one.account: one
            for one in await why_everything(
                morning.desk.db, on=TODAY + DAY, known_at=at, tariffs=tariffs
            )
        }
        for at in (before, morning.clock.now())
    ]
    assert all(one.is_explained for one in (*then.values(), *after.values()))
    assert then["principal"].balance == 10_000
    assert {one.balance for one in after.values()} == {0}
    assert {part.kind for part in after["principal"].parts} == {"wish", "correction"}
    taken = next(part for part in after["principal"].parts if part.kind == "correction")
    assert taken.source.act is not None
    assert (taken.source.act.resolution, taken.source.act.confirmed_by) == ("withdrawn", "suzuki")
    bill = after[bank_charges_payable(BANK)].parts
    assert [(part.kind, part.amount) for part in bill] == [("rule", -110), ("correction", 110)]
    (item,) = await list_items(morning.desk.db)
    await resolve(morning, item, R.SETTLED, **SAID[R.SETTLED])
    assert (await balances(morning))[bank_charges_payable(BANK)] == -110
    told = await why_everything(
        morning.desk.db, on=TODAY + DAY, known_at=morning.clock.now(), tariffs=tariffs
    )
    assert all(one.is_explained for one in told)


async def test_after_it_a_reconciliation_of_the_day_finds_nothing(
    morning: Morning, member: Member
) -> None:
    wrong = await decided(morning, member, R.SETTLED)
    assert [one.kind for one in (await morning.reconcile()).breaks] == ["line_missing"]

    await take_back(morning, wrong)

    assert (await morning.reconcile()).breaks == ()
    assert await balances(morning) == {}


async def test_the_statement_books_what_was_taken_back_by_mistake(
    morning: Morning, member: Member
) -> None:
    wrong = await decided(morning, member, R.SETTLED)
    await take_back(morning, wrong)
    morning.bank.state(wrong.transfer.reference, OUT)

    assert (await morning.reconcile()).booked == 1

    row = await now(morning, wrong.transfer)
    assert (row.state, row.settled_at, row.decided_by) == (S.SETTLED, START, None)
    assert (await balances(morning))["principal"] == 10_000
    with pytest.raises(ResolutionRefused, match=r"statement of 2026-11-25 has it \(line line-1\)"):
        await take_back(morning, wrong)


@pytest.mark.parametrize(
    ("word", "line"),
    [pytest.param(R.SETTLED, OUT, id="settled"), pytest.param(R.RETURNED, IN, id="returned")],
)
async def test_what_the_statement_has_is_not_taken_back(
    morning: Morning, member: Member, word: Resolution, line: Any
) -> None:
    wrong = await decided(morning, member, word)
    morning.bank.state(wrong.transfer.reference, OUT)
    if line is IN:
        morning.bank.state(wrong.transfer.reference, IN)
    await morning.reconcile()

    with pytest.raises(ResolutionRefused, match="statement of 2026-11-25 has it"):
        await take_back(morning, wrong)

    assert (await now(morning, wrong.transfer)).state is STATE[word]


async def test_money_that_was_paid_and_did_not_come_back_is_settled(
    morning: Morning, member: Member
) -> None:
    """The statement has the pay-out, and no return: that is taken back, and the advance stands."""
    wrong = await decided(morning, member, R.RETURNED)
    morning.bank.state(wrong.transfer.reference, OUT)
    await morning.reconcile()

    await take_back(morning, wrong)

    assert (await now(morning, wrong.transfer)).state is S.SETTLED
    assert (await balances(morning))["principal"] == 10_000
    assert (await morning.reconcile()).breaks == ()
    with pytest.raises(ResolutionRefused, match="statement of 2026-11-25 has it"):
        await take_back(morning, wrong)


ANSWERS: Mapping[Resolution, InquiryOutcome] = {
    R.SETTLED: Settled(START, "B-7"),
    R.RETURNED: Returned(START, START + timedelta(minutes=5)),
    R.REJECTED: Rejected(Reason.ACCOUNT_CLOSED),
}


@pytest.mark.parametrize("word", WORDS)
async def test_what_the_bank_answered_is_not_taken_back(
    morning: Morning, member: Member, word: Resolution
) -> None:
    """Whether it was what moved the row, or came when people had said the same already."""
    wrong = await decided(morning, member, word)
    morning.bank.inquiries.append(ANSWERS[word])
    await inquire_transfer(morning.desk, wrong.transfer)

    with pytest.raises(ResolutionRefused, match="the bank itself answered so"):
        await take_back(morning, wrong)

    assert (await now(morning, wrong.transfer)).state is STATE[word]


async def test_what_the_bank_booked_and_no_people_is_not_withdrawn_by_them(
    morning: Morning, member: Member
) -> None:
    transfer = await accepted(morning.desk, member)
    db, at = morning.desk.db, morning.clock.now()

    with pytest.raises(ResolutionRefused, match=r"answered so \(Settled to submit, 2026-11-25"):
        await propose_withdrawal(db, transfer.id, by="sato", note="x", now=at)

    assert await list_items(db) == []


@pytest.mark.parametrize("heard", ["statement", "answer"])
async def test_what_the_bank_states_between_the_word_and_the_act_stands(
    morning: Morning, member: Member, heard: str
) -> None:
    wrong = await decided(morning, member, R.SETTLED)
    db, at = morning.desk.db, morning.clock.now()
    await propose_taking_back(db, wrong.item.id, by="sato", note="x", now=at)
    await confirm_taking_back(db, wrong.item.id, by="suzuki", note="x", now=at)
    if heard == "statement":
        morning.bank.state(wrong.transfer.reference, OUT)
        await morning.reconcile()
    else:
        morning.bank.inquiries.append(Settled(START))
        await inquire_transfer(morning.desk, wrong.transfer)

    assert await acted(morning) == 1

    assert (await now(morning, wrong.transfer)).state is S.SETTLED
    assert (await balances(morning))["principal"] == 10_000


async def test_a_line_that_comes_between_the_look_and_the_step_is_not_denied(
    morning: Morning, member: Member
) -> None:
    wrong = await decided(morning, member, R.SETTLED)
    db, at = morning.desk.db, morning.clock.now()
    await propose_taking_back(db, wrong.item.id, by="sato", note="x", now=at)
    await confirm_taking_back(db, wrong.item.id, by="suzuki", note="x", now=at)

    async def read_statement() -> None:
        morning.bank.state(wrong.transfer.reference, OUT)
        await morning.reconcile()

    desk, database = restless(morning.desk, after=DOUBTED, move=read_statement)
    with capture_logs() as logs:
        assert await act_on_reviews(desk) == 1

    assert database.reads == 1
    assert [line["kind"] for line in logs if line["event"] == "resolution.void"] == [
        ReviewKind.DECISION_WRONG
    ]
    assert (await now(morning, wrong.transfer)).state is S.SETTLED
    assert (await balances(morning))["principal"] == 10_000


async def test_an_item_about_no_row_takes_nothing_back(morning: Morning, member: Member) -> None:
    raised = [
        NewReview("odd", ReviewKind.DECISION_WRONG, BANK),
        NewReview("odder", ReviewKind.DECISION_WRONG, BANK, details={"item": "x"}),
    ]
    db, at = morning.desk.db, morning.clock.now()
    await raise_reviews(db, Subject(member.id), raised[:1], now=at)
    await raise_reviews(db, Subject(member.id, UUID(int=9)), raised[1:], now=at)
    about_none, about_nothing = sorted(await list_items(db), key=lambda item: len(item.key))

    with pytest.raises(ResolutionRefused, match="is about no transfer or repayment"):
        await propose(morning, about_none, R.WITHDRAWN)
    with pytest.raises(ResolutionRefused, match="the transfer or repayment is not there"):
        await propose(morning, about_nothing, R.WITHDRAWN)


async def test_nothing_is_sent_again_that_a_statement_has(morning: Morning, member: Member) -> None:
    """Another amount: it is set aside, the transfer stays in review, and is not paid once more."""
    transfer, item = await unclear(morning, member)
    await propose(morning, item, R.SEND_AGAIN)
    await confirm(morning, item, R.SEND_AGAIN)
    morning.bank.state(transfer.reference, OUT, 9_000)
    await morning.reconcile()

    assert await acted(morning) == 1

    assert (await now(morning, transfer)).state is S.REVIEW
    assert len(morning.bank.sent) == 1


async def test_nobody_takes_back_alone_and_both_acts_are_on_record(
    morning: Morning, member: Member, owner: Any
) -> None:
    wrong = await decided(morning, member, R.SETTLED)
    db, at = morning.desk.db, morning.clock.now()
    with pytest.raises(ResolutionRefused, match="nothing is proposed"):
        await confirm_taking_back(db, wrong.item.id, by="sato", note="x", now=at)
    item = await propose_taking_back(db, wrong.item.id, by="sato", note="x", now=at)
    assert (item.kind, item.booked_on) == (ReviewKind.DECISION_WRONG, TODAY)
    with pytest.raises(ResolutionRefused, match="another operator"):
        await confirm_taking_back(db, wrong.item.id, by=" SATO ", note="x", now=at)
    assert await acted(morning) == 0
    assert (await now(morning, wrong.transfer)).state is S.SETTLED

    await confirm_taking_back(db, wrong.item.id, by="suzuki", note="x", now=at)

    acts = await owner.fetch(
        "SELECT operator, action FROM operator_actions WHERE details ->> 'item' = $1 ORDER BY at",
        str(item.id),
    )
    assert [tuple(row) for row in acts] == [
        ("sato", "resolution_propose"),
        ("suzuki", "resolution_confirm"),
    ]


@pytest.mark.parametrize("state", [S.SETTLED, S.RETURNED])
async def test_no_row_goes_back_without_two_people_s_item(
    morning: Morning, member: Member, owner: Any, state: State
) -> None:
    """The statement that moves the row asks for it, whoever calls."""
    word = R.SETTLED if state is S.SETTLED else R.RETURNED
    wrong = await decided(morning, member, word)
    row = wrong.transfer
    back = f'{{"state": "{BEFORE[word]}", "unclear": true, "tries": 1, "crashes": 0}}'
    moved = await owner.fetchval(
        "SELECT result FROM record_transfer($1, $2, $3, $4, $5, now(), $6, 0, '[]', '[]', '[]',"
        " NULL)",
        *(row.member_id, row.id, row.state, row.fence, UUID(int=5)),
        back,
    )

    assert moved == "stale"


async def test_what_was_decided_is_done_back_once_however_often_it_is_acted_on(
    morning: Morning, member: Member, owner: Any
) -> None:
    wrong = await decided(morning, member, R.RETURNED)
    await take_back(morning, wrong)
    await owner.execute(
        "UPDATE review_items SET acted_at = NULL, act_at = confirmed_at"
        " WHERE kind = 'decision_wrong'"
    )

    assert await acted(morning) == 1

    assert (await now(morning, wrong.transfer)).state is S.SETTLED
    assert (await balances(morning))["principal"] == 10_000


@pytest.mark.parametrize(
    ("word", "says"),
    [
        pytest.param(R.SEND_AGAIN, "send_again is not taken back", id="sent again"),
        pytest.param(R.NOTED, "noted is not taken back", id="noted"),
    ],
)
async def test_what_cannot_be_taken_back_is_refused_with_its_reason(
    morning: Morning, member: Member, word: Resolution, says: str
) -> None:
    transfer, item = await unclear(morning, member)
    db, at = morning.desk.db, morning.clock.now()
    with pytest.raises(NotFoundHere, match="no review item"):
        await propose_taking_back(db, UUID(int=1), by="sato", note="x", now=at)
    with pytest.raises(ResolutionRefused, match="nothing is decided yet"):
        await propose_taking_back(db, item.id, by="sato", note="x", now=at)
    if word is R.NOTED:
        morning.bank.state(transfer.reference)
        await morning.reconcile()
    await propose(morning, item, word)
    await confirm(morning, item, word)
    with pytest.raises(ResolutionRefused, match="not acted on it yet"):
        await propose_taking_back(db, item.id, by="sato", note="x", now=at)
    await acted(morning)

    with pytest.raises(ResolutionRefused, match=says):
        await propose_taking_back(db, item.id, by="sato", note="x", now=at)


async def test_a_decision_that_another_followed_is_not_taken_back(
    morning: Morning, member: Member
) -> None:
    wrong = await decided(morning, member, R.SETTLED)
    await take_back(morning, wrong)
    with pytest.raises(ResolutionRefused, match="it is review: nothing"):
        await take_back(morning, wrong)
    (item,) = await list_items(morning.desk.db)
    await resolve(morning, item, R.REJECTED)

    with pytest.raises(ResolutionRefused, match="another decision has been made"):
        await take_back(morning, wrong)


async def test_what_does_not_stand_any_more_is_not_confirmed(
    morning: Morning, member: Member
) -> None:
    wrong = await decided(morning, member, R.RETURNED)
    db, at = morning.desk.db, morning.clock.now()
    item = await propose_taking_back(db, wrong.item.id, by="sato", note="x", now=at)
    morning.bank.state(wrong.transfer.reference, OUT)
    morning.bank.state(wrong.transfer.reference, IN)
    await morning.reconcile()

    with pytest.raises(ResolutionRefused, match="statement of 2026-11-25 has it"):
        await confirm_taking_back(db, wrong.item.id, by="suzuki", note="x", now=at)
    await propose(morning, item, R.NOTED)
    await confirm(morning, item, R.NOTED)

    closed = await find_item(db, item.id)
    assert closed is not None
    assert closed.state is ItemState.CLOSED
    assert (await now(morning, wrong.transfer)).state is S.RETURNED


async def test_a_decision_of_before_items_were_named_is_known_by_what_was_said(
    morning: Morning, member: Member, owner: Any
) -> None:
    wrong = await decided(morning, member, R.RETURNED)
    await owner.execute("UPDATE transfers SET decided_by = NULL, returned_by = NULL")
    other = "UPDATE transfers SET returned_at = returned_at + interval '1 second' * $1"
    await owner.execute(other, 1)
    with pytest.raises(ResolutionRefused, match="it is returned, and not because two people"):
        await take_back(morning, wrong)
    await owner.execute(other, -1)

    await take_back(morning, wrong)
    await take_back(morning, wrong)

    assert (await now(morning, wrong.transfer)).state is S.REVIEW
    assert await balances(morning) == {}


@pytest.mark.parametrize("word", WORDS)
async def test_who_is_not_sure_of_the_day_gives_another(
    morning: Morning, member: Member, word: Resolution
) -> None:
    """The bank named a day that cannot be: its money stands, and the day is taken back."""
    morning.bank.submits.append(Settled(START - 300 * DAY, "B-7"))
    transfer = await accepted(morning.desk, member)
    (item,) = await list_items(morning.desk.db)
    await resolve(morning, item, R.SETTLED, **SAID[R.SETTLED])

    await take_back(morning, item.id)

    row = await now(morning, transfer)
    assert (row.state, row.reason) == (S.REVIEW, Reason.DATE_NOT_BELIEVED)
    (again,) = await list_items(morning.desk.db)
    assert (again.kind, again.details) == (ReviewKind.DATE_NOT_BELIEVED, item.details)
    if word is R.REJECTED:
        with pytest.raises(ResolutionRefused, match="is not resolved as"):
            await propose(morning, again, word)
    else:
        await resolve(morning, again, word, **SAID[word])
        assert (await now(morning, transfer)).state is STATE[word]


async def test_a_return_on_a_day_that_was_not_believed_is_given_another_day(
    morning: Morning, member: Member
) -> None:
    transfer = await accepted(morning.desk, member)
    morning.bank.inquiries.append(Returned(START, START + 300 * DAY))
    await inquire_transfer(morning.desk, transfer)
    (item,) = await list_items(morning.desk.db)
    said = {"booked_at": START.isoformat(), "returned_at": BACK}
    await resolve(morning, item, R.RETURNED, **said)

    await take_back(morning, item.id)

    settled = await now(morning, transfer)
    assert (settled.state, settled.settled_at, settled.returned_at) == (S.SETTLED, START, None)
    (again,) = await list_items(morning.desk.db)
    await resolve(morning, again, R.RETURNED, **(said | {"returned_at": BOOKED}))
    returned = await now(morning, transfer)
    assert (returned.state, returned.returned_by) == (S.RETURNED, again.id)
    assert await balances(morning) == {}
    assert returned.decided_by is None
    await take_back(morning, again.id)
    with pytest.raises(ResolutionRefused, match="it is settled, and not because two people"):
        await take_back(morning, again.id)


async def test_a_return_is_redated_like_every_other_entry(
    morning: Morning, member: Member, owner: Any
) -> None:
    """Two people said today; the statement has it tomorrow."""
    wrong = await decided(morning, member, R.RETURNED)
    tomorrow = START + DAY
    morning.bank.state(wrong.transfer.reference, OUT)
    morning.bank.state(wrong.transfer.reference, IN, at=tomorrow)
    await morning.reconcile()
    await morning.reconcile(tomorrow.date())
    items = await list_items(morning.desk.db)
    (differs,) = [one for one in items if one.kind is ReviewKind.DATE_DIFFERS]

    await resolve(morning, differs, R.REDATED)

    book = await read_loan_book(morning.desk.db, member.id)
    assert book is not None
    advance, back, anew = book.entries
    assert (anew.kind, anew.effective_on) == (Kind.RETURN, tomorrow.date())
    assert (anew.takes_back, anew.stands_for) == (advance.id, back.id)
    assert await balances(morning) == {}
    for day in (TODAY, tomorrow.date()):
        assert (await morning.reconcile(day)).breaks == ()
    with pytest.raises(ResolutionRefused, match="statement of 2026-11-26 has it"):
        await take_back(morning, wrong)
    causes = await owner.fetch("SELECT DISTINCT cause FROM postings")
    assert "withdrawn" not in {row["cause"] for row in causes}


async def test_what_is_owed_no_more_once_a_return_is_taken_back_is_not_refunded(
    morning: Morning, member: Member, owner: Any
) -> None:
    """The return that never was made the member's payment suspense: now it pays the advance."""
    wrong = await decided(morning, member, R.RETURNED)
    morning.bank.state(None, IN, 5_000, at=START + timedelta(hours=2))
    await morning.reconcile()
    (credit,) = [
        item for item in await list_items(morning.desk.db) if item.kind is ReviewKind.ONLY_BANK_IN
    ]
    await resolve(morning, credit, R.PAYMENT, member=await number_of(owner, member))
    assert (await balances(morning))["suspense"] == -5_000
    owed = NewReview("overpaid:1", ReviewKind.OVERPAID, BANK, amount=Yen(5_000))
    await raise_reviews(morning.desk.db, Subject(member.id), [owed], now=morning.clock.now())
    (item,) = [
        item for item in await list_items(morning.desk.db) if item.kind is ReviewKind.OVERPAID
    ]
    said = {"bank": "smbc", "on": morning.clock.now().date().isoformat()}
    await propose(morning, item, R.REFUNDED, **said)
    await take_back(morning, wrong)
    assert await loan_of(owner, member) == (5_000, 0)

    with pytest.raises(ResolutionRefused, match="0 yen are owed to the member by now, not 5000"):
        await confirm(morning, item, R.REFUNDED, **said)
    with pytest.raises(ResolutionRefused, match="0 yen are owed to the member by now, not 5000"):
        await propose(morning, item, R.REFUNDED, **said)

    await resolve(morning, item, R.NOTED)
    assert (await balances(morning))["principal"] == 5_000
