"""Enrolling members: once for each number, never half."""

from fractions import Fraction
from typing import Any
from uuid import UUID

import pytest

from gateway.domain.due_dates import DueDay
from gateway.domain.loan_rules import Contract, percent
from gateway.domain.money import Yen
from gateway.services.desk import TransferDesk
from gateway.services.enrol_member import Enrolment, enrol_member
from gateway.services.pins import PinVault
from gateway.store.loan_books import read_loan_book
from gateway.store.members import claim_login_name
from tests.http.conftest import KANA, NUMBER, PIN, Client
from tests.manual_clock import ManualClock


async def test_who_is_enrolled_already_stays_as_enrolled(
    client: Client, office: TransferDesk, pins: PinVault, member_id: UUID
) -> None:
    again = Enrolment(NUMBER, "ｻﾄｳ ｼﾞﾛｳ", "9999", Yen(1))

    assert await enrol_member(office, pins, again) == member_id

    member = client.signed_in(await client.login(pin=PIN))
    assert (await member.call("GET", "/v1/loan")).body["limit"] == 500_000


async def test_what_a_crash_left_half_done_is_completed(
    client: Client, office: TransferDesk, pins: PinVault, clock: ManualClock
) -> None:
    claimed = await claim_login_name(office.db, NUMBER, office.new_id())
    assert (await client.login()).status == 401

    member_id = await enrol_member(office, pins, Enrolment(NUMBER, KANA, PIN, Yen(1)))

    assert member_id == claimed
    clock.advance(2)
    assert (await client.login()).status == 201


async def test_the_name_is_kept_as_banks_spell_it(
    office: TransferDesk, pins: PinVault, owner: Any
) -> None:
    await enrol_member(office, pins, Enrolment(NUMBER, "やまだ　ハナコ", PIN, Yen(1)))

    assert await owner.fetchval("SELECT kana FROM members") == KANA


async def test_what_was_agreed_on_is_kept_with_the_loan(
    office: TransferDesk, pins: PinVault
) -> None:
    agreed = Enrolment(NUMBER, KANA, PIN, Yen(1), percent("4.5"), DueDay.LAST, has_free_days=True)

    member_id = await enrol_member(office, pins, agreed)

    book = await read_loan_book(office.db, member_id)
    assert book is not None
    assert book.agreement.contract == Contract(percent("4.5"), DueDay.LAST, has_free_days=True)


@pytest.mark.parametrize(
    "annual_rate",
    [
        pytest.param(percent("20.1"), id="more than the law allows"),
        pytest.param(percent("-1"), id="below nothing"),
        pytest.param(Fraction(1, 7), id="more places than are kept"),
    ],
)
def test_a_rate_that_cannot_be_kept_cannot_be_agreed_on(annual_rate: Fraction) -> None:
    with pytest.raises(ValueError, match="yearly rate"):
        Enrolment(NUMBER, KANA, PIN, Yen(1), annual_rate)


@pytest.mark.parametrize(
    ("number", "kana", "pin"),
    [
        pytest.param("1", KANA, PIN, id="a short number"),
        pytest.param(NUMBER, "山田", PIN, id="kanji"),
        pytest.param(NUMBER, "ｱ" * 31, PIN, id="a name too long for messages"),
        pytest.param(NUMBER, KANA, "12345", id="five digits"),
        pytest.param(NUMBER, KANA, "１２３４", id="full-width digits"),
    ],
)
def test_what_is_no_member_cannot_be_written_down(number: str, kana: str, pin: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        Enrolment(number, kana, pin, Yen(1))
