"""What a line is named as the lender's own money, and which standing rule says so."""

from datetime import date, datetime
from uuid import UUID

import pytest

from gateway.domain.account import BankCode
from gateway.domain.bank import Direction, StatementLine
from gateway.domain.hours import JST
from gateway.domain.house_money import (
    BY_RULE,
    NAMES,
    LineKey,
    Opening,
    StandingRule,
    counter_account,
    named,
    naming,
    opening_posting,
    rule_for,
    unnaming,
)
from gateway.domain.ledger import HOUSE_ACCOUNTS, UNIDENTIFIED, settlement_cash
from gateway.domain.money import Yen
from gateway.domain.review import Resolution

R = Resolution
BANK = BankCode.SMBC
DAY = date(2026, 12, 1)
KEY = LineKey(BANK, DAY, "T1")
LINE = StatementLine(
    bank_id="T1",
    direction=Direction.IN,
    amount=Yen(10_000_000),
    booked_at=datetime(2026, 12, 1, 9, tzinfo=JST),
    value_date=DAY,
    reference=None,
    counterparty="ﾌﾟﾛﾐｽ",
    is_return=False,
    text="ﾌﾘｺﾐ",
)


def rule(
    name: Resolution = R.FUNDING,
    *,
    counterparty: str = "ﾌﾟﾛﾐｽ",
    text: str = "",
    amounts: tuple[int, int] = (1_000_000, 20_000_000),
    number: int = 1,
) -> StandingRule:
    least, most = amounts
    return StandingRule(UUID(int=number), BANK, name, counterparty, text, (Yen(least), Yen(most)))


def line(**changed: object) -> StatementLine:
    fields = {name: getattr(LINE, name) for name in LINE.__slots__}
    return StatementLine(**(fields | changed))


@pytest.mark.parametrize("name", NAMES)
def test_every_name_has_an_account_of_the_house(name: Resolution) -> None:
    account = counter_account(name, BANK)

    assert account in HOUSE_ACCOUNTS | {"bank_charges_payable:smbc"}
    assert account != UNIDENTIFIED


@pytest.mark.parametrize("yen", [700, -700], ids=["money that came in", "money that went out"])
def test_a_name_takes_money_out_of_unidentified_and_its_taking_back_puts_it_there(yen: int) -> None:
    first = naming(KEY, named(KEY, {}), R.GIVEN_BACK, yen, item="7")
    there = {first.id: first}
    back = unnaming(KEY, named(KEY, there))
    assert back is not None
    both = there | {back.id: back}

    assert named(KEY, there).yen == yen
    assert (back.debit, back.credit, back.amount) == (first.credit, first.debit, first.amount)
    assert (named(KEY, both).yen, named(KEY, both).number) == (0, 2)
    assert unnaming(KEY, named(KEY, both)) is None
    assert dict(first.source or {}) == {
        "kind": "given_back",
        "bank": "smbc",
        "day": "2026-12-01",
        "line": "T1",
        "item": "7",
    }


FITS = [
    pytest.param(line(), True, id="name and amount"),
    pytest.param(line(amount=Yen(1_000_000)), True, id="the least amount"),
    pytest.param(line(amount=Yen(20_000_000)), True, id="the greatest amount"),
    pytest.param(line(amount=Yen(999_999)), False, id="a yen too little"),
    pytest.param(line(amount=Yen(20_000_001)), False, id="a yen too much"),
    pytest.param(line(counterparty="ﾌﾟﾛﾐｽ ﾎﾝﾃﾝ"), False, id="a name that only begins so"),
    pytest.param(line(direction=Direction.OUT), False, id="money that goes out is no funding"),
    pytest.param(line(reference="A" * 20), False, id="a line with a reference"),
    pytest.param(line(is_return=True), False, id="a return"),
]


@pytest.mark.parametrize(("shown", "fits"), FITS)
def test_a_rule_fits_what_it_says_whole(shown: StatementLine, fits: bool) -> None:
    assert rule().fits(shown) is fits


def test_a_rule_looks_at_the_text_where_it_names_one() -> None:
    assert rule(text="ﾌﾘｺﾐ").fits(LINE)
    assert not rule(text="ｼｷﾝ").fits(LINE)
    assert rule(counterparty="", text="ﾌﾘｺﾐ").fits(LINE)


def test_two_rules_that_say_different_things_say_nothing() -> None:
    charge = rule(R.BANK_CHARGE, counterparty="", text="ﾃｽｳﾘﾖｳ", amounts=(1, 9_999))
    sweep = rule(R.SWEEP, counterparty="", text="ﾃｽｳﾘﾖｳ", amounts=(1, 9_999), number=2)
    bill = line(direction=Direction.OUT, amount=Yen(3_300), counterparty="", text="ﾃｽｳﾘﾖｳ")

    assert rule_for([charge], bill) is charge
    assert rule_for([charge, sweep], bill) is None
    assert rule_for([charge, rule(number=3)], bill) is charge
    assert rule_for([], bill) is None


def test_what_people_look_at_each_time_is_no_rules() -> None:
    assert set(NAMES) - {R.OPENING, R.GIVEN_BACK} == BY_RULE


@pytest.mark.parametrize("balance", [5_000, -5_000], ids=["money", "overdrawn"])
def test_an_opening_is_one_posting_for_a_bank_whatever_it_says(balance: int) -> None:
    posting = opening_posting(Opening(BANK, DAY, balance))
    other = opening_posting(Opening(BANK, date(2026, 12, 2), 1))
    assert posting is not None
    assert other is not None

    assert posting.id == other.id
    cash = 1 if posting.debit == settlement_cash(BANK) else -1
    assert cash * posting.amount.amount == balance


def test_an_empty_account_has_no_opening_to_post() -> None:
    assert opening_posting(Opening(BANK, DAY, 0)) is None
