"""The loan over HTTP: what is owed today, what happened, and what repaying would take."""

from dataclasses import replace
from fractions import Fraction
from typing import Any
from uuid import UUID

import pytest

from gateway.domain.booking import book, journal_of, withdrawal_of
from gateway.domain.loan_entries import LoanEntry
from gateway.services.desk import TransferDesk
from gateway.store.loan_books import EntryStep, read_loan_book, record_entry
from tests.domain.loans import advance, payment, returned
from tests.http.conftest import Client

ADVANCE = advance(100_000, "2026-10-10")
PAYMENT = payment(4_000, "2026-11-05")


async def write(desk: TransferDesk, member_id: UUID, *entries: LoanEntry) -> None:
    """Book entries as reconciliation does."""
    for entry in entries:
        known = await read_loan_book(desk.db, member_id)
        assert known is not None
        booking = book(known, entry)
        assert booking is not None
        journal = journal_of(booking, desk.new_id)
        step = EntryStep(member_id, desk.clock.now(), [journal])
        assert await record_entry(desk.db, step) == "moved"


@pytest.fixture
async def borrower(member: Client, desk: TransferDesk, member_id: UUID) -> Client:
    """Borrowed 100,000 yen on 10 October, paid 4,000 on 5 November; it is 25 November."""
    await write(desk, member_id, ADVANCE, PAYMENT)
    return member


async def loan_of(member: Client) -> Any:
    return (await member.call("GET", "/v1/loan")).body


async def test_who_has_not_borrowed_owes_nothing_and_nothing_is_due(member: Client) -> None:
    loan = await loan_of(member)

    assert (loan["principal"], loan["available"]) == (0, 500_000)
    assert (loan["interest"], loan["next_due"], loan["late_since"]) == (0, None, None)
    assert loan["payoff"] == {"amount": 0, "valid_until": "2026-11-26T00:00:00.000+09:00"}
    assert loan["annual_rate"] == "17.8"


async def test_a_loan_shows_todays_interest_the_next_due_date_and_the_payoff(
    borrower: Client,
) -> None:
    loan = await loan_of(borrower)

    assert (loan["as_of"], loan["principal"]) == ("2026-11-25", 97_267)
    assert loan["interest"] == 948  # 20 days
    assert loan["payoff"]["amount"] == 97_267 + 948
    assert loan["next_due"] == {
        "on": "2026-12-07",
        "amount": 4_000,
        "counts_from": "2026-11-06",
    }
    assert (loan["minimum"], loan["late_damages"], loan["fees"]) == (4_000, 0, 0)
    assert (loan["late_since"], loan["is_resting"]) == (None, False)


async def test_a_missed_due_date_shows_since_when_damages_run(
    member: Client, desk: TransferDesk, member_id: UUID
) -> None:
    await write(desk, member_id, ADVANCE)

    loan = await loan_of(member)

    assert loan["late_since"] == "2026-11-06"
    assert loan["late_damages"] == 1_095  # 20 days at 20 %
    assert loan["next_due"]["on"] == "2026-11-05"


async def test_what_is_left_below_a_thousand_yen_rests(
    member: Client, desk: TransferDesk, member_id: UUID
) -> None:
    await write(desk, member_id, advance(10_000, "2026-11-20"), payment(9_500, "2026-11-20"))

    loan = await loan_of(member)

    assert (loan["is_resting"], loan["next_due"], loan["interest"]) == (True, None, 0)
    assert loan["payoff"]["amount"] == 500


async def test_entries_show_split_and_balance_newest_first(borrower: Client) -> None:
    page = (await borrower.call("GET", "/v1/loan/entries")).body

    assert page["next_cursor"] is None
    paid, advanced = page["items"]
    assert (advanced["kind"], advanced["date"], advanced["amount"]) == (
        "advance",
        "2026-10-10",
        100_000,
    )
    assert paid["split"] == {
        "fees": 0,
        "late_damages": 0,
        "interest": 1_267,
        "principal": 2_733,
        "suspense": 0,
    }
    assert paid["balance_after"]["principal"] == paid["balance_after"]["total"] == 97_267
    assert (advanced["due_after"], paid["due_after"]) == ("2026-11-05", "2026-12-07")
    assert paid["at"] == "2026-11-05T12:00:00.000+09:00"


async def test_a_return_names_the_advance_that_it_takes_back(
    member: Client, desk: TransferDesk, member_id: UUID
) -> None:
    await write(desk, member_id, ADVANCE, returned(ADVANCE, "2026-10-12"))

    back, advanced = (await member.call("GET", "/v1/loan/entries")).body["items"]

    assert back["takes_back"] == advanced["id"]
    assert (advanced["amount"], advanced["counted"]) == (100_000, 0)
    assert (await loan_of(member))["principal"] == 0


async def test_what_was_withdrawn_is_shown_beside_its_withdrawal(
    borrower: Client, desk: TransferDesk, member_id: UUID
) -> None:
    before = await loan_of(borrower)
    wrong = payment(50_000, "2026-11-20")
    await write(desk, member_id, wrong, withdrawal_of(wrong, desk.clock.now()))

    withdrawal, paid, *_ = (await borrower.call("GET", "/v1/loan/entries")).body["items"]

    assert (paid["kind"], paid["amount"], paid["counted"]) == ("payment", 50_000, 0)
    assert (withdrawal["kind"], withdrawal["counted"]) == ("withdrawal", 0)
    assert withdrawal["takes_back"] == paid["id"]
    assert await loan_of(borrower) == before


async def test_an_entry_says_which_days_its_interest_comes_from(borrower: Client) -> None:
    paid, _ = (await borrower.call("GET", "/v1/loan/entries")).body["items"]

    entry = (await borrower.call("GET", f"/v1/loan/entries/{paid['id']}")).body

    assert {key: entry[key] for key in paid} == paid
    interest = entry["interest"]
    assert interest["segments"] == [
        {
            "first_day": "2026-10-11",
            "last_day": "2026-11-05",
            "days": 26,
            "balance": 100_000,
            "annual_rate": "17.8",
            "days_of_year": 365,
            "exact": "92560/73",
        }
    ]
    exact = Fraction(100_000 * 178 * 26, 1_000 * 365)
    assert (interest["amount"], Fraction(interest["exact"])) == (1_267, exact)
    assert Fraction(interest["forgiven"]) == exact - 1_267
    assert interest["carried"] == 0
    assert interest["text_ja"].startswith(
        "利息1,267円は、次の計算によるものです。残高100,000円 × 年17.8% × 26日"
    )
    assert entry["late_damages"]["segments"] == []
    assert entry["late_damages"]["text_ja"] == "この期間の遅延損害金はございません。"


async def test_what_was_not_paid_is_carried_and_told_beside_the_days(
    member: Client, desk: TransferDesk, member_id: UUID
) -> None:
    await write(desk, member_id, ADVANCE, payment(300, "2026-10-30"), payment(500, "2026-11-05"))
    last, first, _ = (await member.call("GET", "/v1/loan/entries")).body["items"]

    entries = [
        (await member.call("GET", f"/v1/loan/entries/{one['id']}")).body for one in (first, last)
    ]

    assert [entry["interest"]["amount"] for entry in entries] == [975, 292]
    assert [entry["interest"]["carried"] for entry in entries] == [0, 675]
    assert "前回までの未払いの利息675円" in entries[1]["interest"]["text_ja"]
    assert "675 yen of interest were unpaid" in entries[1]["interest"]["text_en"]


async def test_an_advance_bore_nothing_yet(borrower: Client) -> None:
    _, lent = (await borrower.call("GET", "/v1/loan/entries")).body["items"]

    entry = (await borrower.call("GET", f"/v1/loan/entries/{lent['id']}")).body

    assert (entry["interest"], entry["late_damages"]) == (None, None)


@pytest.mark.parametrize("name", [f"en_{'0' * 32}", "en_1", f"tr_{'0' * 32}"])
async def test_an_entry_that_is_nobodys_is_not_found(borrower: Client, name: str) -> None:
    reply = await borrower.call("GET", f"/v1/loan/entries/{name}")

    assert (reply.status, reply.body["code"]) == (404, "not_found")


async def test_entries_are_read_page_by_page(borrower: Client) -> None:
    first = await borrower.call("GET", "/v1/loan/entries?limit=1")
    cursor = first.body["next_cursor"]

    second = await borrower.call("GET", f"/v1/loan/entries?limit=1&cursor={cursor}")

    assert [each["kind"] for each in first.body["items"]] == ["payment"]
    assert [each["kind"] for each in second.body["items"]] == ["advance"]
    assert second.body["next_cursor"] is None
    assert "Link" not in second.headers


async def test_a_cursor_that_names_no_entry_is_refused(borrower: Client) -> None:
    reply = await borrower.call("GET", f"/v1/loan/entries?cursor=en_{'0' * 32}")

    assert (reply.status, reply.body["code"]) == (422, "invalid_request")


async def test_an_advance_names_its_transfer(
    member: Client, desk: TransferDesk, member_id: UUID
) -> None:
    known = await read_loan_book(desk.db, member_id)
    assert known is not None
    booking = book(known, ADVANCE)
    assert booking is not None
    journal = replace(journal_of(booking, desk.new_id), source_id=ADVANCE.id)
    await record_entry(desk.db, EntryStep(member_id, desk.clock.now(), [journal]))

    (entry,) = (await member.call("GET", "/v1/loan/entries")).body["items"]

    assert entry["transfer_id"] == f"tr_{ADVANCE.id.hex}"
    assert entry["repayment_id"] is None


async def test_a_simulation_of_ones_own_loan_begins_at_its_next_due_day(borrower: Client) -> None:
    reply = await borrower.call("POST", "/v1/loan/simulations", json={"monthly": 10_000})

    assert reply.status == 200
    assert (reply.body["principal"], reply.body["annual_rate"]) == (97_267, "17.8")
    assert reply.body["schedule"][0]["on"] == "2026-12-05"
    assert reply.body["months"] == len(reply.body["schedule"]) == 11
    assert reply.body["schedule"][-1]["left"] == 0
    assert reply.body["total"] == 97_267 + reply.body["total_interest"]
    assert reply.body["saving"] is None


async def test_a_simulation_of_any_balance_tells_what_paying_more_saves(member: Client) -> None:
    body = {"principal": 300_000, "annual_rate": "15.0", "monthly": 20_000, "extra": 50_000}

    reply = await member.call("POST", "/v1/loan/simulations", json=body)

    assert (reply.body["annual_rate"], reply.body["principal"]) == ("15.0", 300_000)
    assert reply.body["saving"]["months"] == 3
    assert reply.body["saving"]["interest"] > 0


async def test_a_high_balance_is_reckoned_at_the_rate_that_the_law_caps(member: Client) -> None:
    body = {"principal": 1_000_000, "monthly": 50_000}

    reply = await member.call("POST", "/v1/loan/simulations", json=body)

    assert reply.body["annual_rate"] == "15.0"


@pytest.mark.parametrize(
    ("body", "code"),
    [
        pytest.param({"monthly": 1_000}, "nothing_owed", id="nothing is owed"),
        pytest.param(
            {"monthly": 1_000, "principal": 1_000_000}, "never_paid_off", id="too little a month"
        ),
        pytest.param({"monthly": 0}, "invalid_request", id="nothing a month"),
        pytest.param(
            {"monthly": 1, "annual_rate": "20.1"}, "invalid_request", id="an unlawful rate"
        ),
    ],
)
async def test_what_cannot_be_simulated_says_why(
    member: Client, body: dict[str, Any], code: str
) -> None:
    reply = await member.call("POST", "/v1/loan/simulations", json=body)

    assert (reply.status, reply.body["code"]) == (422, code)
