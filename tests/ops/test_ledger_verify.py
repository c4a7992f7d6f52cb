"""`ops ledger-verify` finds every kind of wrong book, and nothing in right ones."""

from collections.abc import Awaitable, Callable
from uuid import UUID, uuid4

import pytest

from gateway.domain.account import BankCode
from gateway.ops.commands import ledger_verify
from gateway.ops.commands.ledger_verify import verify_ledger
from gateway.store.database import Database
from tests.ops.conftest import CASH, Books


async def codes(database: Database) -> list[str]:
    report = await verify_ledger(database)
    return sorted(finding.code for finding in report.findings)


async def test_empty_books_are_clean(database: Database) -> None:
    assert await codes(database) == []


async def test_right_books_are_clean_and_summed_up(database: Database, books: Books) -> None:
    await books.settled(amount=30_000)
    await books.settled(amount=12_000)
    member = await books.loan(reserved=5_000)
    await books.transfer(member, "unknown", amount=5_000)

    report = await verify_ledger(database)

    assert report.findings == ()
    assert (report.members, report.postings) == (3, 2)
    assert report.balances == {"principal": 42_000, CASH: -42_000}


async def test_a_returned_transfer_leaves_nothing_owed(database: Database, books: Books) -> None:
    member = await books.loan()
    transfer = await books.transfer(member, "returned")
    await books.entry(member, transfer)
    await books.entry(member, transfer, "return")
    await books.posting(member, transfer, "principal", CASH)
    await books.posting(member, transfer, CASH, "principal")

    assert await codes(database) == []


async def test_bank_charges_are_right_beside_a_settled_transfer(
    database: Database, books: Books
) -> None:
    member, transfer = await books.settled()
    await books.posting(
        member, transfer, "fee_expense:smbc", "bank_charges_payable:smbc", amount=110
    )

    assert await codes(database) == []


async def paid_and_not_booked(books: Books) -> None:
    await books.transfer(await books.loan(), "settled")


async def entered_and_not_posted(books: Books) -> None:
    member = await books.loan()
    await books.entry(member, await books.transfer(member, "settled"))


async def returned_and_not_entered(books: Books) -> None:
    _, transfer = await books.settled()
    await books.owner.execute(
        "UPDATE transfers SET state = 'returned', returned_at = settled_at WHERE id = $1", transfer
    )


async def booked_at_another_instant(books: Books) -> None:
    await books.settled()
    await books.owner.execute("UPDATE transfers SET settled_at = settled_at + interval '1 hour'")


async def due_date_moved(books: Books) -> None:
    await books.settled()
    await books.owner.execute("UPDATE loans SET due_on = '2026-12-07', is_due_known = TRUE")


async def entry_of_nothing(books: Books) -> None:
    member, _ = await books.settled()
    await books.entry(member, uuid4(), amount=1)
    await books.posting(member, None, "principal", CASH, amount=1)
    await books.owner.execute("UPDATE loans SET principal = principal + 1")


async def booked_and_not_settled(books: Books) -> None:
    member = await books.loan(principal=30_000, reserved=30_000)
    transfer = await books.transfer(member, "unknown")
    await books.entry(member, transfer)
    await books.posting(member, transfer, "principal", CASH)


async def booked_twice(books: Books) -> None:
    member, transfer = await books.settled(amount=100)
    await books.posting(member, transfer, "principal", CASH, amount=100)
    await books.owner.execute("UPDATE loans SET principal = 200")


async def booked_with_another_amount(books: Books) -> None:
    member = await books.loan(principal=29_000)
    transfer = await books.transfer(member, "settled", amount=30_000)
    await books.entry(member, transfer, amount=29_000)
    await books.posting(member, transfer, "principal", CASH, amount=29_000)


async def booked_at_another_bank(books: Books) -> None:
    member = await books.loan(principal=30_000)
    transfer = await books.transfer(member, "settled")
    await books.entry(member, transfer)
    await books.posting(member, transfer, "principal", "settlement_cash:mufg")


async def principal_changed(books: Books) -> None:
    await books.settled()
    await books.owner.execute("UPDATE loans SET principal = principal + 1")


async def suspense_changed(books: Books) -> None:
    await books.settled()
    await books.owner.execute("UPDATE loans SET suspense = 1")


async def reserved_left_over(books: Books) -> None:
    await books.settled()
    await books.owner.execute("UPDATE loans SET reserved = 30000")


async def reserved_missing(books: Books) -> None:
    await books.transfer(await books.loan(), "review")


async def event_deleted(books: Books) -> None:
    await books.settled()
    await books.owner.execute("DELETE FROM events WHERE no = 1")


async def last_event_deleted(books: Books) -> None:
    await books.settled()
    await books.owner.execute("DELETE FROM events WHERE no = 2")


async def posting_of_nobody(books: Books) -> None:
    await books.posting(uuid4(), None, "funding", CASH)


async def posting_of_no_transfer(books: Books) -> None:
    member = await books.loan(principal=30_000)
    await books.posting(member, uuid4(), "principal", CASH)


async def posting_to_an_account_nobody_knows(books: Books) -> None:
    await books.posting(UUID(int=0), None, "petty_cash", CASH)


async def mark_moved(books: Books) -> None:
    await books.settled()
    await books.owner.execute(
        "INSERT INTO settlement_marks (bank, balance, counted_until) VALUES ('smbc', 1, now())"
    )


@pytest.mark.parametrize(
    ("spoil", "found"),
    [
        pytest.param(paid_and_not_booked, ["transfer_misbooked"], id="paid and not booked"),
        pytest.param(booked_and_not_settled, ["transfer_misbooked"], id="booked and not settled"),
        pytest.param(booked_twice, ["postings_differ"], id="booked twice"),
        pytest.param(entered_and_not_posted, ["postings_differ"], id="entered and not posted"),
        pytest.param(returned_and_not_entered, ["transfer_misbooked"], id="a return not entered"),
        pytest.param(booked_at_another_instant, ["transfer_misbooked"], id="another instant"),
        pytest.param(due_date_moved, ["due_differs"], id="a due date moved"),
        pytest.param(entry_of_nothing, ["entry_stray"], id="an entry of nothing"),
        pytest.param(booked_with_another_amount, ["transfer_misbooked"], id="another amount"),
        pytest.param(booked_at_another_bank, ["postings_differ"], id="another bank"),
        pytest.param(principal_changed, ["principal_differs"], id="principal changed"),
        pytest.param(suspense_changed, ["suspense_differs"], id="suspense changed"),
        pytest.param(reserved_left_over, ["reserved_differs"], id="reservation left over"),
        pytest.param(reserved_missing, ["reserved_differs"], id="reservation missing"),
        pytest.param(event_deleted, ["events_missing"], id="an event deleted"),
        pytest.param(
            last_event_deleted,
            ["events_misnumbered", "events_missing"],
            id="the last event deleted",
        ),
        pytest.param(posting_of_nobody, ["posting_stray"], id="a posting of nobody"),
        pytest.param(
            posting_of_no_transfer,
            ["posting_stray", "postings_differ"],
            id="a posting of no transfer",
        ),
        pytest.param(posting_to_an_account_nobody_knows, ["account_unknown"], id="an account"),
        pytest.param(mark_moved, ["mark_differs"], id="a mark moved"),
    ],
)
async def test_a_wrong_book_is_found(
    spoil: Callable[[Books], Awaitable[None]],
    found: list[str],
    database: Database,
    books: Books,
) -> None:
    await spoil(books)

    assert await codes(database) == found


@pytest.mark.parametrize(
    ("theirs", "found"),
    [
        pytest.param(-30_000, [], id="the same"),
        pytest.param(-60_000, ["bank_differs"], id="paid twice at the bank"),
        pytest.param(0, ["bank_differs"], id="booked and never paid"),
        pytest.param(None, ["statement_unavailable"], id="no statement"),
    ],
)
async def test_the_ledger_is_compared_with_the_banks_books(
    theirs: int | None, found: list[str], database: Database, books: Books
) -> None:
    await books.settled(amount=30_000)

    async def statement() -> int | None:
        return theirs

    report = await verify_ledger(database, statement_totals={BankCode.SMBC: statement})

    assert [finding.code for finding in report.findings] == found


async def test_more_members_than_a_page_are_all_looked_at(
    database: Database, books: Books, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ledger_verify, "PAGE", 2)
    for _ in range(5):
        await books.loan(principal=1)

    report = await verify_ledger(database)

    assert (report.members, len(report.findings)) == (5, 5)
