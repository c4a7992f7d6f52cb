"""What a member is told, and when a quote still holds."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.domain.account import AccountType, BankCode
from gateway.domain.hours import JST, OneOffWindow
from gateway.domain.money import Yen
from gateway.domain.quote import (
    HELD,
    REACH_S_MAX,
    Prospect,
    Wish,
    foresee,
    is_holding,
    made_at,
    promise_of,
    seal,
)
from gateway.domain.service_hours import Queue
from gateway.domain.transfer import Promise
from gateway.profiles import bank_profiles

KEY = b"a key of the tests"
SMBC = bank_profiles()[BankCode.SMBC].hours
NOON = datetime(2026, 11, 25, 12, 0, 0, 250_000, tzinfo=JST)
SUNDAY_NIGHT = datetime(2026, 11, 29, 22, tzinfo=JST)
OPENS = datetime(2026, 11, 30, 7, tzinfo=JST)
WISH = Wish(UUID(int=1), UUID(int=2), BankCode.SMBC, AccountType.ORDINARY, Yen(30_000))
FREE = Yen(0)


def told(at: datetime, **changes: Any) -> Prospect:
    return foresee(SMBC, at, **changes)


def holds(
    quoted_at: datetime, now: datetime, *, wish: Wish = WISH, fee: Yen = FREE, **changes: Any
) -> bool:
    quote_id = seal(KEY, WISH, told(quoted_at), FREE, quoted_at)
    then, present = told(made_at(quote_id), **changes), told(now, **changes)
    return is_holding(quote_id, KEY, wish, (then, present, fee), now)


def test_an_open_bank_credits_at_once_and_promises_a_minute() -> None:
    prospect = told(NOON)

    assert (prospect.service_class, prospect.why) == ("at_once", ())
    second = NOON.replace(microsecond=0)
    assert prospect.promise == Promise(
        second + timedelta(seconds=10), second + timedelta(seconds=60)
    )


def test_a_closed_bank_says_why_and_adds_its_queue_to_the_promise() -> None:
    prospect = told(SUNDAY_NIGHT, queue=Queue(450, 45.0))

    assert prospect.service_class == "next_opening"
    assert [why.name for why in prospect.why] == ["日曜夜のシステム停止"]
    assert prospect.due_at == OPENS
    assert prospect.promise == Promise(OPENS, OPENS + timedelta(seconds=70))


def test_a_hold_promises_nothing_and_tells_nobody_its_reason() -> None:
    prospect = told(NOON, held_since=NOON)

    assert (prospect.service_class, prospect.promise) == (HELD, None)
    assert [(why.name, why.ends_at) for why in prospect.why] == [("銀行との接続停止", None)]


def test_a_window_of_the_operators_counts_like_any_other() -> None:
    window = OneOffWindow("臨時", NOON - timedelta(hours=1), NOON + timedelta(hours=1))

    prospect = told(NOON, windows=(window,))

    assert (prospect.service_class, prospect.due_at) == (
        "next_opening",
        NOON.replace(hour=13, microsecond=0),
    )
    assert [why.name for why in prospect.why] == ["臨時"]


@pytest.mark.parametrize(
    ("quoted_at", "seconds", "still"),
    [
        pytest.param(NOON, 0, True, id="at the same instant"),
        pytest.param(NOON, 299.9, True, id="for five minutes"),
        pytest.param(NOON, 300, False, id="and no longer"),
        pytest.param(NOON, -4, True, id="by another process, whose clock is a little behind"),
        pytest.param(NOON, -6, False, id="not by one that is far behind"),
        pytest.param(SUNDAY_NIGHT, 240, True, id="the same opening"),
        pytest.param(OPENS - timedelta(seconds=2), 1.9, True, id="until the bank opens"),
        pytest.param(OPENS - timedelta(seconds=2), 2, False, id="not when it has opened"),
        pytest.param(
            datetime(2026, 11, 29, 20, 59, 59, tzinfo=JST), 0.9, True, id="until it closes"
        ),
        pytest.param(
            datetime(2026, 11, 29, 20, 59, 59, tzinfo=JST), 1, False, id="not when it has closed"
        ),
    ],
)
def test_a_quote_holds(quoted_at: datetime, seconds: float, still: bool) -> None:
    assert holds(quoted_at, quoted_at + timedelta(seconds=seconds)) is still


@pytest.mark.parametrize(
    "changes",
    [
        pytest.param({"wish": replace(WISH, member_id=UUID(int=9))}, id="of another member"),
        pytest.param({"wish": replace(WISH, account_id=UUID(int=9))}, id="for another account"),
        pytest.param({"wish": replace(WISH, amount=Yen(30_001))}, id="for another amount"),
        pytest.param({"fee": Yen(110)}, id="with another fee"),
        pytest.param({"held_since": NOON}, id="of a bank that is held since"),
    ],
)
def test_a_quote_does_not_hold(changes: dict[str, Any]) -> None:
    assert not holds(NOON, NOON + timedelta(seconds=1), **changes)


def test_a_window_that_makes_the_opening_later_ends_a_quote() -> None:
    later = OneOffWindow("延長", OPENS - timedelta(hours=1), OPENS + timedelta(hours=1))

    assert not holds(SUNDAY_NIGHT, SUNDAY_NIGHT + timedelta(seconds=1), windows=(later,))


def test_a_window_that_began_and_ended_since_ends_a_quote() -> None:
    short = OneOffWindow("短い", NOON + timedelta(seconds=10), NOON + timedelta(seconds=20))

    assert not holds(NOON, NOON + timedelta(seconds=30), windows=(short,))


@given(bit=st.integers(0, 79))
def test_an_id_with_one_bit_changed_is_no_quote(bit: int) -> None:
    quote_id = seal(KEY, WISH, told(NOON), FREE, NOON)
    forged = UUID(int=quote_id.int ^ (1 << bit))

    assert not is_holding(forged, KEY, WISH, (told(NOON), told(NOON), FREE), NOON)


@pytest.mark.parametrize("number", [0, 2**128 - 1])
def test_an_id_of_no_time_at_all_is_long_gone(number: int) -> None:
    assert made_at(UUID(int=number)).year == 1970


@given(waiting=st.integers(0, 2 * REACH_S_MAX))
def test_the_promise_of_a_quote_is_read_from_its_id(waiting: int) -> None:
    quoted = told(SUNDAY_NIGHT, queue=Queue(waiting, 1.0))
    quote_id = seal(KEY, WISH, quoted, FREE, SUNDAY_NIGHT)

    promise = promise_of(quote_id, told(SUNDAY_NIGHT + timedelta(minutes=4)))

    assert quoted.promise is not None
    assert promise is not None
    assert promise.credited_at == OPENS
    reach = min(quoted.promise.credited_by - OPENS, timedelta(seconds=REACH_S_MAX))
    assert promise.credited_by - OPENS == reach


def test_the_promise_of_at_once_counts_from_the_acceptance() -> None:
    quote_id = seal(KEY, WISH, told(NOON), FREE, NOON)
    later = told(NOON + timedelta(minutes=4))

    assert promise_of(quote_id, later) == later.promise
    assert promise_of(quote_id, told(NOON, held_since=NOON)) is None
