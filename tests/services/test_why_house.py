"""`ops why` of the lender's own money: who named a line, by which rule, and what was taken back."""

from typing import Any
from uuid import UUID

import pytest

from gateway.domain.house_money import LineKey, StandingRule
from gateway.domain.ledger import settlement_cash
from gateway.domain.money import Yen
from gateway.domain.review import Resolution
from gateway.domain.why import PartKind
from gateway.services.act_on_reviews import act_on_reviews
from gateway.services.name_line import confirm_unnaming, propose_unnaming
from gateway.services.open_account import (
    confirm_opening_withdrawal,
    propose_opening_withdrawal,
)
from gateway.services.standing_rules import add_rule, approve
from tests.manual_clock import START, ManualClock
from tests.services.conftest import Member
from tests.services.house_books import open_account, typed_funding
from tests.services.stating_bank import BANK, IN, OUT, TODAY, Morning, at_stating_bank
from tests.services.test_house_money import only_item, resolve, state
from tests.services.test_resolve_review import number_of
from tests.services.test_set_off import paid, set_off
from tests.services.test_transfers import accepted
from tests.services.test_why import asked, kinds

CASH = settlement_cash(BANK)
LINE, ACT, CORRECTION = PartKind.LINE, PartKind.ACT, PartKind.CORRECTION


@pytest.fixture
def morning(desk, clock: ManualClock) -> Morning:
    return at_stating_bank(desk, clock)


async def rule_of(morning: Morning) -> StandingRule:
    """Let two operators say that credits of the head office are fundings."""
    db, now = morning.desk.db, morning.clock.now()
    amounts = (Yen(100), Yen(10_000_000))
    rule = StandingRule(morning.desk.new_id(), BANK, Resolution.FUNDING, "ﾎﾝｼﾔ", "", amounts)
    await add_rule(db, rule, by="sato", note="each morning", now=now)
    await approve(db, rule.id, by="suzuki", note="seen", now=now)
    return rule


async def test_a_funding_is_a_line_that_a_standing_rule_named(morning: Morning) -> None:
    rule = await rule_of(morning)
    state(morning, IN, 700, "ﾎﾝｼﾔ")
    await morning.reconcile()

    funding = await asked(morning, "funding")

    (part,) = funding.parts
    act = part.source.act
    assert (part.kind, part.amount) == (ACT, -700)
    assert act is not None
    assert (act.prefix, act.id, act.resolution) == ("sr", rule.id, "funding")
    assert (act.proposed_by, act.confirmed_by, len(act.audit)) == ("sato", "suzuki", 2)
    assert part.source.line is not None
    assert part.source.line.bank_id == "line-1"
    assert kinds(await asked(morning, CASH)) == [(LINE, 700)]
    assert kinds(await asked(morning, "unidentified")) == [(LINE, -700), (ACT, 700)]


async def test_what_was_there_at_first_is_two_peoples_word(morning: Morning) -> None:
    await open_account(morning.desk, BANK, 5_000)

    (part,) = (await asked(morning, CASH)).parts

    assert (part.kind, part.amount) == (ACT, 5_000)
    act = part.source.act
    assert act is not None
    assert (act.kind, act.proposed_by, act.confirmed_by) == ("opening", "sato", "suzuki")
    assert len(act.audit) == 2


async def test_an_opening_that_was_taken_back_is_told_with_all_acts(morning: Morning) -> None:
    await open_account(morning.desk, BANK, 5_000)
    wrong_at = morning.clock.now()
    morning.clock.advance(60)
    db, now = morning.desk.db, morning.clock.now()
    await propose_opening_withdrawal(db, BANK, by="tanaka", note="not that letter", now=now)
    await confirm_opening_withdrawal(db, BANK, by="abe", note="seen", now=now)
    back_at = morning.clock.now()
    morning.clock.advance(60)
    await open_account(morning.desk, BANK, 700)

    told = await asked(morning, CASH)
    before = await asked(morning, CASH, known_at=wrong_at)
    between = await asked(morning, CASH, known_at=back_at)

    assert (told.balance, told.is_explained) == (700, True)
    assert kinds(told) == [(ACT, 5_000), (ACT, -5_000), (ACT, 700)]
    acts = [part.source.act for part in told.parts]
    assert [(a.resolution, a.proposed_by, a.confirmed_by, len(a.audit)) for a in acts if a] == [
        ("opening", "sato", "suzuki", 2),
        ("withdrawn", "tanaka", "abe", 2),
        ("opening", "sato", "suzuki", 2),
    ]
    assert (before.balance, kinds(before)) == (5_000, [(ACT, 5_000)])
    assert (between.balance, kinds(between)) == (0, [(ACT, 5_000), (ACT, -5_000)])


async def test_a_name_that_was_taken_back_is_told_with_both_acts(morning: Morning) -> None:
    state(morning, OUT, 700)
    await morning.reconcile()
    await resolve(morning, await only_item(morning), Resolution.SWEEP)
    named_at = morning.clock.now()
    morning.clock.advance(60)
    db, now, line = morning.desk.db, morning.clock.now(), LineKey(BANK, TODAY, "line-1")
    await propose_unnaming(db, line, by="sato", note="no sweep", now=now)
    await confirm_unnaming(db, line, by="suzuki", note="checked", now=now)
    await act_on_reviews(morning.desk)

    told = await asked(morning, "sweep")

    assert (told.balance, kinds(told)) == (0, [(ACT, 700), (ACT, -700)])
    before = await asked(morning, "sweep", known_at=named_at)
    assert (before.balance, kinds(before)) == (700, [(ACT, 700)])


async def test_a_funding_that_an_earlier_version_typed_in_says_nothing_of_who_did_it(
    morning: Morning,
) -> None:
    await typed_funding(morning.desk, BANK, 700)

    told = await asked(morning, CASH)

    assert kinds(told) == [(PartKind.UNEXPLAINED, 700)]


async def test_money_that_a_repayment_explains_later_is_taken_back_from_the_line(
    morning: Morning, member: Member, owner: Any
) -> None:
    morning.bank.state("R" * 20, IN, 700)
    await morning.reconcile()
    await owner.execute(
        "INSERT INTO repayments (member_id, id, bank, reference, kind, amount, description,"
        " return_url, request_id, accepted_at, expires_at, state, step, start_until, watch_until)"
        " VALUES ($1, $2, 'smbc', $3, 'amount', 700, '', '', 'req', $4, $4, 'authorizing', $2, $4,"
        " $4)",
        *(member.id, UUID(int=9), "R" * 20, START),
    )
    await morning.reconcile()

    told = await asked(morning, CASH)

    assert sorted(kinds(told)) == [(CORRECTION, -700), (LINE, 700), (PartKind.WISH, 700)]
    assert (told.balance, told.is_explained) == (700, True)
    assert kinds(await asked(morning, "unidentified")) == [(LINE, -700), (CORRECTION, 700)]


async def test_a_line_that_is_not_kept_yet_is_told_as_its_posting_has_it(
    morning: Morning, owner: Any
) -> None:
    state(morning, IN, 700)
    await morning.reconcile()
    await owner.execute("DELETE FROM statement_lines")

    (part,) = (await asked(morning, CASH)).parts

    assert (part.kind, part.amount) == (LINE, 700)
    assert part.source.line is not None
    assert (part.source.line.bank_id, part.source.line.number) == ("line-1", 0)


async def test_suspense_that_was_set_off_is_two_peoples_act_and_settles_its_interest(
    morning: Morning, member: Member, owner: Any
) -> None:
    await accepted(morning.desk, member, amount=50_000)
    await paid(morning.desk, member, 3_000, number=2)
    morning.clock.advance(10 * 86_400)
    number = await number_of(owner, member)
    await set_off(morning.desk, number)

    suspense = await asked(morning, f"{number}:suspense")
    income = await asked(morning, "interest_income")

    assert sum(amount for _, amount in kinds(suspense)) == 0
    assert suspense.parts[-1].source.act is not None
    assert suspense.parts[-1].source.act.resolution == "set_off"
    (part,) = income.parts
    assert (part.kind, part.amount) == (PartKind.RULE, -243)
    assert part.is_now is not None
    assert [segment.days for segment in part.is_now.accrual.segments] == [10]
