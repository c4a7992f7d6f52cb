"""The lender's own money on a real database: named by people or by a rule, once, and taken back."""

import asyncio
from dataclasses import replace
from datetime import date, timedelta
from typing import Any
from uuid import UUID

import pytest
from structlog.testing import capture_logs

from gateway.domain.bank import Direction, StatementLine
from gateway.domain.errors import NotFoundHere
from gateway.domain.house_money import LineKey, Opening, StandingRule
from gateway.domain.ledger import settlement_cash
from gateway.domain.money import Yen
from gateway.domain.resolution import ResolutionRefused
from gateway.domain.review import NewReview, Resolution, ReviewKind
from gateway.ops.commands.ledger_verify import verify_ledger
from gateway.services.accept_transfer import accept_transfer
from gateway.services.act_on_reviews import act as carry_out
from gateway.services.act_on_reviews import act_on_reviews
from gateway.services.name_line import confirm_unnaming, propose_unnaming
from gateway.services.open_account import (
    OpeningRefused,
    confirm_account_opening,
    confirm_opening_withdrawal,
    has_opening,
    propose_account_opening,
    propose_opening_withdrawal,
)
from gateway.services.reconcile import reconcile_day
from gateway.services.resolve_review import confirm_resolution, propose_resolution
from gateway.services.run_mornings import run_mornings
from gateway.services.standing_rules import RuleRefused, add_rule, approve, remove
from gateway.store.daily_runs import RECONCILE, Run, take_run, waiting_days
from gateway.store.house_money import KnownOpening, find_opening, list_rules
from gateway.store.review_items import (
    Confirmation,
    Proposal,
    ReviewItem,
    Subject,
    list_items,
    raise_reviews,
)
from tests.manual_clock import START, ManualClock
from tests.services.conftest import Member, request
from tests.services.house_books import open_account, typed_funding
from tests.services.stating_bank import BANK, IN, OUT, TODAY, Morning, at_stating_bank

R = Resolution
CASH = settlement_cash(BANK)


@pytest.fixture
def morning(desk, clock: ManualClock) -> Morning:
    return at_stating_bank(desk, clock)


async def balances(morning: Morning) -> dict[str, int]:
    """Return what is on each account that is not empty, once the ledger has proved itself."""
    report = await verify_ledger(morning.desk.db)
    assert report.findings == ()
    return {account: yen for account, yen in report.balances.items() if yen}


async def only_item(morning: Morning) -> ReviewItem:
    (item,) = await list_items(morning.desk.db)
    return item


async def resolve(morning: Morning, item: ReviewItem, resolution: Resolution) -> None:
    db, now = morning.desk.db, morning.clock.now()
    await propose_resolution(db, item.id, Proposal(resolution, "seen", "sato", {}), now=now)
    given = Confirmation(resolution, "suzuki", "checked")
    await confirm_resolution(db, item.id, given, now=now)
    assert await act_on_reviews(morning.desk) == 1


def state(
    morning: Morning, direction: Direction, amount: int, name: str = "", text: str = ""
) -> StatementLine:
    line = morning.bank.state(None, direction, amount)
    morning.bank.lines[-1] = replace(line, counterparty=name, text=text)
    return morning.bank.lines[-1]


NAMED = [
    pytest.param(IN, R.FUNDING, {CASH: 700, "funding": -700}, id="a top-up"),
    pytest.param(IN, R.OPENING, {CASH: 700, "opening": -700}, id="what was there at first"),
    pytest.param(OUT, R.SWEEP, {CASH: -700, "sweep": 700}, id="a sweep to the main account"),
    pytest.param(
        OUT, R.BANK_CHARGE, {CASH: -700, "bank_charges_payable:smbc": 700}, id="the bank's bill"
    ),
    pytest.param(IN, R.GIVEN_BACK, {CASH: 700, "to_give_back": -700}, id="what will go back"),
    pytest.param(OUT, R.GIVEN_BACK, {CASH: -700, "to_give_back": 700}, id="what went back"),
]


@pytest.mark.parametrize(("direction", "name", "expected"), NAMED)
async def test_a_line_is_what_two_people_name_it_dated_by_the_line(
    morning: Morning, owner: Any, direction: Direction, name: Resolution, expected: dict[str, int]
) -> None:
    state(morning, direction, 700)
    await morning.reconcile()
    item = await only_item(morning)
    morning.clock.advance(3 * 86_400)

    await resolve(morning, item, name)
    again = await morning.reconcile()

    assert await balances(morning) == expected
    assert (again.set_aside, again.raised, again.waiting) == (0, 0, 0)
    rows = await owner.fetch("SELECT effective_on, source FROM postings ORDER BY recorded_at")
    assert {row["effective_on"] for row in rows} == {TODAY}
    assert [row["source"] is not None for row in rows] == [True, True]
    named = await owner.fetchrow(
        "SELECT source ->> 'kind' AS kind, source ->> 'item' AS item, "
        "source ->> 'line' AS line FROM postings WHERE source ? 'item'"
    )
    assert tuple(named) == (name.value, str(item.id), "line-1")


async def test_a_top_up_that_is_named_a_day_late_counts_once(morning: Morning) -> None:
    state(morning, IN, 10_000_000)
    await morning.reconcile()
    morning.clock.advance(86_400)

    await resolve(morning, await only_item(morning), R.FUNDING)
    await morning.reconcile(TODAY + timedelta(days=1))
    await morning.reconcile()

    assert await balances(morning) == {CASH: 10_000_000, "funding": -10_000_000}


@pytest.mark.parametrize(
    ("direction", "name"),
    [
        pytest.param(OUT, R.FUNDING, id="money that went out is no funding"),
        pytest.param(IN, R.SWEEP, id="money that came in is no sweep"),
        pytest.param(IN, R.BANK_CHARGE, id="money that came in is no bill"),
        pytest.param(OUT, R.OPENING, id="money that went out was not there"),
    ],
)
async def test_a_name_fits_the_way_the_money_went(
    morning: Morning, direction: Direction, name: Resolution
) -> None:
    state(morning, direction, 700)
    await morning.reconcile()
    item = await only_item(morning)
    proposal = Proposal(name, "seen", "sato", {})

    with pytest.raises(ResolutionRefused):
        await propose_resolution(morning.desk.db, item.id, proposal, now=START)


def rule(number: int = 1, **said: Any) -> StandingRule:
    given = {"name": R.FUNDING, "counterparty": "ﾌﾟﾛﾐｽ", "text": "", "amounts": (Yen(1), Yen(9_000))}
    return StandingRule(UUID(int=number), BANK, **(given | said))


async def binding(morning: Morning, wanted: StandingRule) -> None:
    db = morning.desk.db
    await add_rule(db, wanted, by="sato", note="each morning", now=START)
    await approve(db, wanted.id, by="suzuki", note="checked", now=START)


async def test_a_rule_names_the_lines_that_fit_and_nobody_has_to_look(
    morning: Morning, owner: Any
) -> None:
    await binding(morning, rule())
    bill = {"name": R.BANK_CHARGE, "counterparty": "", "text": "ﾃｽｳﾘﾖｳ"}
    await binding(morning, rule(2, **bill))
    state(morning, IN, 5_000, "ﾌﾟﾛﾐｽ")
    state(morning, OUT, 330, text="ﾃｽｳﾘﾖｳ")
    state(morning, IN, 70, "ｽｽﾞｷ ﾊﾅｺ")

    first = await morning.reconcile()
    again = await morning.reconcile()

    assert (first.raised, again.raised, again.set_aside) == (1, 0, 0)
    assert (first.waiting, again.waiting) == (1, 1)
    assert (await only_item(morning)).amount == 70
    assert await balances(morning) == {
        CASH: 4_740,
        "funding": -5_000,
        "bank_charges_payable:smbc": 330,
        "unidentified": -70,
    }
    rows = await owner.fetch(
        "SELECT journal, source ->> 'rule' AS rule FROM postings WHERE source ->> 'line' = 'line-1'"
    )
    assert {row["rule"] for row in rows} == {None, str(UUID(int=1))}
    assert len({row["journal"] for row in rows}) == 1


async def test_a_rule_binds_once_another_has_approved_it_and_until_it_is_removed(
    morning: Morning, owner: Any
) -> None:
    db, wanted = morning.desk.db, rule()
    await add_rule(db, wanted, by="sato", note="each morning", now=START)
    with pytest.raises(RuleRefused, match="another operator"):
        await approve(db, wanted.id, by=" Sato ", note="me again", now=START)
    state(morning, IN, 5_000, "ﾌﾟﾛﾐｽ")
    assert (await morning.reconcile()).raised == 1

    await approve(db, wanted.id, by="suzuki", note="checked", now=START)
    with pytest.raises(RuleRefused, match="already"):
        await approve(db, wanted.id, by="tanaka", note="checked", now=START)
    await remove(db, wanted.id, by="tanaka", note="no more", now=START)
    with pytest.raises(NotFoundHere):
        await remove(db, wanted.id, by="tanaka", note="no more", now=START)

    morning.clock.advance(86_400)
    morning.bank.state(None, IN, 6_000, at=START + timedelta(days=1))
    morning.bank.lines[-1] = replace(morning.bank.lines[-1], counterparty="ﾌﾟﾛﾐｽ")
    assert (await morning.reconcile(TODAY + timedelta(days=1))).raised == 1
    acts = await owner.fetch("SELECT action, operator FROM operator_actions ORDER BY at, id")
    assert {tuple(row) for row in acts} == {
        ("rule_propose", "sato"),
        ("rule_approve", "suzuki"),
        ("rule_remove", "tanaka"),
    }
    assert await list_rules(db) == []
    assert [one.removed_by for one in await list_rules(db, with_removed=True)] == ["tanaka"]


@pytest.mark.parametrize(
    ("said", "says"),
    [
        pytest.param({"name": R.PAYMENT}, "--as", id="a member's money"),
        pytest.param({"name": R.GIVEN_BACK}, "--as", id="what people look at each time"),
        pytest.param({"counterparty": ""}, "--counterparty or --text", id="any line at all"),
        pytest.param({"amounts": (Yen(2), Yen(1))}, "--amount-min", id="no amount fits"),
        pytest.param({"amounts": (Yen(1), Yen(10**15 + 1))}, "--amount-max", id="no column fits"),
        pytest.param({"text": "ｱ" * 49}, "48 characters", id="longer than any bank prints"),
    ],
)
async def test_a_rule_that_cannot_be_is_refused_with_what_is_allowed(
    morning: Morning, said: dict[str, Any], says: str
) -> None:
    with pytest.raises(RuleRefused, match=says):
        await add_rule(morning.desk.db, rule(**said), by="sato", note="n", now=START)

    assert await list_rules(morning.desk.db) == []


@pytest.mark.parametrize("is_by_rule", [True, False], ids=["by a rule", "by people"])
async def test_a_wrong_name_is_taken_back_by_two_people_and_looked_at_anew(
    morning: Morning, is_by_rule: bool
) -> None:
    db, key = morning.desk.db, LineKey(BANK, TODAY, "line-1")
    state(morning, IN, 5_000, "ﾌﾟﾛﾐｽ")
    if is_by_rule:
        await binding(morning, rule())
    await morning.reconcile()
    if not is_by_rule:
        await resolve(morning, await only_item(morning), R.FUNDING)
    now = morning.clock.now()

    await propose_unnaming(db, key, by="sato", note="it is a member's", now=now)
    with pytest.raises(ResolutionRefused, match="another operator"):
        await confirm_unnaming(db, key, by="SATO", note="me again", now=now)
    await confirm_unnaming(db, key, by="suzuki", note="checked", now=now)
    assert await act_on_reviews(morning.desk) == 1
    await morning.reconcile()
    await morning.reconcile()

    item = await only_item(morning)
    assert (item.kind, item.amount) == (ReviewKind.ONLY_BANK_IN, 5_000)
    assert await balances(morning) == {CASH: 5_000, "unidentified": -5_000}
    await resolve(morning, item, R.OPENING)
    assert await balances(morning) == {CASH: 5_000, "opening": -5_000}


async def test_a_line_without_a_name_has_none_to_take_back(morning: Morning) -> None:
    state(morning, IN, 5_000)
    await morning.reconcile()
    key = LineKey(BANK, TODAY, "line-1")

    with pytest.raises(NotFoundHere):
        await propose_unnaming(morning.desk.db, key, by="sato", note="n", now=START)


async def test_what_was_there_at_first_is_said_once_by_two_people(morning: Morning) -> None:
    db, opening = morning.desk.db, Opening(BANK, TODAY, 1_000_000)
    said: dict[str, Any] = {"note": "the bank's letter", "now": START}
    with pytest.raises(OpeningRefused, match="nothing is proposed"):
        await confirm_account_opening(db, opening, by="suzuki", **said)
    await propose_account_opening(db, replace(opening, balance=1), by="sato", **said)
    await propose_account_opening(db, opening, by="sato", **said)
    with pytest.raises(OpeningRefused, match="1000000 yen before 2026-11-25"):
        await confirm_account_opening(db, replace(opening, balance=1), by="suzuki", **said)
    with pytest.raises(OpeningRefused, match="another operator"):
        await confirm_account_opening(db, opening, by="ｓａｔｏ", **said)
    await confirm_account_opening(db, opening, by="suzuki", **said)

    for act in (propose_account_opening, confirm_account_opening):
        with pytest.raises(OpeningRefused, match="confirmed already"):
            await act(db, replace(opening, balance=2), by="tanaka", **said)
    assert await balances(morning) == {CASH: 1_000_000, "opening": -1_000_000}
    known = await find_opening(db, BANK)
    assert known is not None
    assert (known.opening, known.confirmed_by) == (opening, "suzuki")


async def test_an_opening_counts_nothing_twice(morning: Morning) -> None:
    said: dict[str, Any] = {"by": "sato", "note": "n", "now": morning.clock.now()}
    state(morning, IN, 700)
    await morning.reconcile()

    late = Opening(BANK, TODAY + timedelta(days=1), 700)
    after = said | {"now": morning.clock.now()}

    with pytest.raises(OpeningRefused, match="money moved at smbc on 2026-11-25"):
        await propose_account_opening(morning.desk.db, late, **after)
    for on in (TODAY + timedelta(days=9), date(2016, 11, 25), date.max, date.min):
        with pytest.raises(OpeningRefused, match=f"--on: {on} cannot be; it lies from"):
            await propose_account_opening(morning.desk.db, Opening(BANK, on, 1), **said)
    for balance in (10**15 + 1, -(10**15) - 1, 10**30):
        with pytest.raises(OpeningRefused, match=f"--balance: {balance} yen cannot be"):
            await propose_account_opening(morning.desk.db, Opening(BANK, TODAY, balance), **said)
    await typed_funding(morning.desk, BANK, 5)
    with pytest.raises(OpeningRefused, match="count them twice"):
        await propose_account_opening(morning.desk.db, Opening(BANK, TODAY, 1), **said)


async def test_an_opening_is_from_before_whatever_members_wished_there(
    morning: Morning, member: Member
) -> None:
    """The bank may book it late, on a day that the opening balance would have counted already."""
    later = Opening(BANK, TODAY + timedelta(days=1), 700)
    await accept_transfer(morning.desk, request(member))
    morning.clock.advance(86_400)
    said: dict[str, Any] = {"by": "sato", "note": "n", "now": morning.clock.now()}

    with pytest.raises(OpeningRefused, match="a wish at smbc was accepted on 2026-11-25"):
        await propose_account_opening(morning.desk.db, later, **said)

    await propose_account_opening(morning.desk.db, replace(later, on=TODAY), **said)


async def test_what_is_in_the_opening_balance_is_not_read_again(morning: Morning) -> None:
    """Whoever reads the day before it, by hand or by itself, counts nothing twice."""
    state(morning, IN, 700)
    run = Run(RECONCILE, BANK, TODAY)
    assert await take_run(morning.desk.db, run, now=START, lease_s=0) is not None
    morning.clock.instant = START.replace(hour=7) + timedelta(days=1)
    await open_account(morning.desk, BANK, 700)

    report = await morning.reconcile()
    morning.clock.advance(86_400)
    ran = await run_mornings(morning.desk)

    assert (report.refused, report.is_over) == ("before_opening", True)
    assert ran == 2
    assert morning.bank.asked_for == [TODAY + timedelta(days=1)]
    now = morning.clock.now()
    assert await waiting_days(morning.desk.db, RECONCILE, BANK, until=now.date(), now=now) == []
    assert await balances(morning) == {CASH: 700, "opening": -700}


async def say_opening(morning: Morning, opening: Opening) -> None:
    db, now = morning.desk.db, morning.clock.now()
    await propose_account_opening(db, opening, by="sato", note="letter", now=now)
    await confirm_account_opening(db, opening, by="suzuki", note="checked", now=now)


async def take_back_opening(morning: Morning) -> None:
    db, now = morning.desk.db, morning.clock.now()
    await propose_opening_withdrawal(db, BANK, by="tanaka", note="not that letter", now=now)
    await confirm_opening_withdrawal(db, BANK, by="abe", note="seen", now=now)


@pytest.mark.parametrize("wrong", [1_000_000, -5_000, 0], ids=["too much", "overdrawn", "nothing"])
async def test_an_opening_that_was_said_wrongly_is_taken_back_and_said_anew(
    morning: Morning, owner: Any, wrong: int
) -> None:
    db, right = morning.desk.db, Opening(BANK, TODAY, 900_000)
    said: dict[str, Any] = {"note": "n", "now": morning.clock.now()}
    with pytest.raises(NotFoundHere, match="no opening balance is booked"):
        await propose_opening_withdrawal(db, BANK, by="tanaka", **said)
    await say_opening(morning, replace(right, balance=wrong))
    with pytest.raises(OpeningRefused, match="nobody has proposed"):
        await confirm_opening_withdrawal(db, BANK, by="abe", **said)
    with pytest.raises(OpeningRefused, match="--note"):
        await propose_opening_withdrawal(db, BANK, by="tanaka", note=" ", now=START)
    await propose_opening_withdrawal(db, BANK, by="tanaka", **said)
    with pytest.raises(OpeningRefused, match="another operator"):
        await confirm_opening_withdrawal(db, BANK, by=" ＴＡＮＡＫＡ", **said)
    assert await has_opening(db, BANK)

    await confirm_opening_withdrawal(db, BANK, by="abe", **said)
    assert (await balances(morning), await has_opening(db, BANK)) == ({}, False)
    with pytest.raises(OpeningRefused, match="nothing is proposed"):
        await confirm_account_opening(db, replace(right, balance=wrong), by="ito", **said)
    await say_opening(morning, right)
    assert await balances(morning) == {CASH: 900_000, "opening": -900_000}
    await take_back_opening(morning)
    await say_opening(morning, right)

    assert await balances(morning) == {CASH: 900_000, "opening": -900_000}
    acts = await owner.fetch(
        "SELECT action, (details ->> 'number')::integer AS number FROM operator_actions"
    )
    assert [row["action"] for row in acts].count("opening_withdraw_confirm") == 2
    assert {row["number"] for row in acts} == {0, 1, 2}


async def test_days_that_a_wrong_opening_left_unread_are_read_once_it_is_said_anew(
    morning: Morning,
) -> None:
    state(morning, IN, 700)
    morning.clock.instant = START.replace(hour=7) + timedelta(days=3)
    await say_opening(morning, Opening(BANK, TODAY + timedelta(days=2), 700))
    run = Run(RECONCILE, BANK, TODAY)
    assert await take_run(morning.desk.db, run, now=START, lease_s=0) is not None
    await run_mornings(morning.desk)
    assert TODAY not in morning.bank.asked_for

    await take_back_opening(morning)
    assert await balances(morning) == {}
    await say_opening(morning, Opening(BANK, TODAY, 50))
    morning.clock.advance(60)
    await run_mornings(morning.desk)

    assert {TODAY + timedelta(days=number) for number in range(3)} <= set(morning.bank.asked_for)
    assert await balances(morning) == {CASH: 750, "opening": -50, "unidentified": -700}
    asked = len(morning.bank.asked_for)
    await run_mornings(morning.desk)
    assert len(morning.bank.asked_for) == asked


async def test_of_those_who_take_an_opening_back_at_once_one_does(morning: Morning) -> None:
    db = morning.desk.db
    said: dict[str, Any] = {"note": "n", "now": morning.clock.now()}
    await say_opening(morning, Opening(BANK, TODAY, 5_000))
    await propose_opening_withdrawal(db, BANK, by="tanaka", **said)

    ended = await asyncio.gather(
        *(confirm_opening_withdrawal(db, BANK, by=by, **said) for by in ("abe", "ito", "ueda")),
        *(propose_opening_withdrawal(db, BANK, by="oda", **said) for _ in range(2)),
        return_exceptions=True,
    )

    assert {type(one) for one in ended} <= {KnownOpening, OpeningRefused, NotFoundHere}
    assert sum(isinstance(one, KnownOpening) for one in ended[:3]) == 1
    assert await balances(morning) == {}


async def test_an_opening_is_no_movement_that_a_line_could_be(morning: Morning) -> None:
    await open_account(morning.desk, BANK, 700)
    state(morning, IN, 700)

    report = await morning.reconcile()

    assert report.raised == 1
    assert await balances(morning) == {CASH: 1_400, "opening": -700, "unidentified": -700}


async def test_unidentified_money_that_no_item_waits_for_is_a_finding(
    morning: Morning, owner: Any
) -> None:
    state(morning, IN, 700)
    await morning.reconcile()
    await owner.execute(
        "UPDATE review_items SET state = 'closed', resolution = 'funding', "
        "proposed_by = 'a', confirmed_by = 'b', acted_at = now()"
    )

    report = await verify_ledger(morning.desk.db)

    assert [finding.code for finding in report.findings] == [
        "unidentified_differs",
        "line_unnoticed",
    ]


async def test_a_line_that_two_items_are_about_is_named_once(morning: Morning) -> None:
    db, now = morning.desk.db, morning.clock.now()
    state(morning, IN, 700)
    await morning.reconcile()
    item = await only_item(morning)
    twin = NewReview("twin", item.kind, item.bank, item.booked_on, details=item.details)
    await raise_reviews(db, Subject(item.member_id), [twin], now=now)
    for one in await list_items(db):
        await propose_resolution(db, one.id, Proposal(R.FUNDING, "seen", "sato", {}), now=now)
        given = Confirmation(R.FUNDING, "suzuki", "checked")
        await confirm_resolution(db, one.id, given, now=now)
    third = replace(twin, key="third")
    await raise_reviews(db, Subject(item.member_id), [third], now=now)

    assert await act_on_reviews(morning.desk) == 2

    assert await balances(morning) == {CASH: 700, "funding": -700}
    last, proposal = await only_item(morning), Proposal(R.OPENING, "seen", "sato", {})
    with pytest.raises(ResolutionRefused, match="named as the lender's own money by now"):
        await propose_resolution(db, last.id, proposal, now=now)


async def test_an_item_about_no_line_names_none_and_people_hear_of_it(morning: Morning) -> None:
    db, now = morning.desk.db, morning.clock.now()
    lone = NewReview("lone", ReviewKind.AMOUNT_DIFFERS, BANK, details={"set_aside": 5})
    await raise_reviews(db, Subject(UUID(int=7)), [lone], now=now)
    item = await only_item(morning)
    await propose_resolution(db, item.id, Proposal(R.GIVEN_BACK, "seen", "sato", {}), now=now)
    given = Confirmation(R.GIVEN_BACK, "suzuki", "checked")
    await confirm_resolution(db, item.id, given, now=now)

    with capture_logs() as logs:
        assert await act_on_reviews(morning.desk) == 0

    assert [line["code"] for line in logs if line["event"] == "alert.raised"] == [
        "resolution_not_workable"
    ]
    assert await balances(morning) == {}


async def test_a_name_is_taken_back_once_however_often_the_word_is_acted_on(
    morning: Morning,
) -> None:
    db, key, now = morning.desk.db, LineKey(BANK, TODAY, "line-1"), morning.clock.now()
    state(morning, IN, 5_000, "ﾌﾟﾛﾐｽ")
    await binding(morning, rule())
    await morning.reconcile()
    with pytest.raises(ResolutionRefused, match="nothing is proposed"):
        await confirm_unnaming(db, key, by="suzuki", note="checked", now=now)
    first = await propose_unnaming(db, key, by="tanaka", note="a guess", now=now)
    second = await propose_unnaming(db, key, by="sato", note="a member's", now=now)
    closed = await confirm_unnaming(db, key, by="suzuki", note="checked", now=now)

    await carry_out(morning.desk, closed)
    await carry_out(morning.desk, closed)
    await morning.reconcile()

    assert first.id == second.id == closed.id
    assert await balances(morning) == {CASH: 5_000, "unidentified": -5_000}


async def test_of_those_who_confirm_an_opening_at_once_one_books_it(morning: Morning) -> None:
    db, opening = morning.desk.db, Opening(BANK, TODAY, 1_000_000)
    with pytest.raises(OpeningRefused, match="--note"):
        await propose_account_opening(db, opening, by="sato", note=" ", now=START)
    await propose_account_opening(db, opening, by="sato", note="letter", now=START)

    ended = await asyncio.gather(
        *(
            confirm_account_opening(db, opening, by=by, note="checked", now=START)
            for by in ("suzuki", "tanaka", "ito", "abe")
        ),
        return_exceptions=True,
    )

    assert sorted(type(one).__name__ for one in ended) == ["KnownOpening"] + ["OpeningRefused"] * 3
    assert await balances(morning) == {CASH: 1_000_000, "opening": -1_000_000}


async def test_of_those_who_approve_a_rule_at_once_one_does(morning: Morning, owner: Any) -> None:
    db, wanted = morning.desk.db, rule()
    with pytest.raises(RuleRefused, match="--note"):
        await add_rule(db, wanted, by="sato", note=" ", now=START)
    await add_rule(db, wanted, by="sato", note="each morning", now=START)
    with pytest.raises(RuleRefused, match="of that id already"):
        await add_rule(db, wanted, by="tanaka", note="each evening", now=START)

    ended = await asyncio.gather(
        *(
            approve(db, wanted.id, by=by, note="checked", now=START)
            for by in ("suzuki", "tanaka", "ito", "abe")
        ),
        return_exceptions=True,
    )

    assert sorted(type(one).__name__ for one in ended) == ["KnownRule"] + ["RuleRefused"] * 3
    acts = await owner.fetch("SELECT action FROM operator_actions ORDER BY action")
    assert [row["action"] for row in acts] == ["rule_approve", "rule_propose"]
    with pytest.raises(NotFoundHere, match="no standing rule"):
        await approve(db, UUID(int=99), by="suzuki", note="checked", now=START)


async def test_a_name_is_taken_back_once_something_explains_its_line(morning: Morning) -> None:
    state(morning, IN, 700)
    await reconcile_day(morning.desk, BANK, TODAY)
    await resolve(morning, await only_item(morning), R.GIVEN_BACK)
    assert await balances(morning) == {CASH: 700, "to_give_back": -700}
    await typed_funding(morning.desk, BANK, 700)

    await reconcile_day(morning.desk, BANK, TODAY)

    assert await balances(morning) == {CASH: 700, "funding": -700}
    item = await only_item(morning)
    assert (item.kind, item.amount) == (ReviewKind.EXPLAINED_LATER, 700)
