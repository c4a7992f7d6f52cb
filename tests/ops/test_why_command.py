"""`gateway ops why` says it in tables and as JSON, and ends with 1 where nothing explains some."""

import json
from datetime import timedelta
from io import StringIO

from rich.console import Console

from gateway.domain.account import BankCode
from gateway.ops.render_why import show_balances, show_why, why_json
from gateway.profiles import bank_profiles
from gateway.services.why import Why, why, why_everything
from gateway.store.database import Database
from tests.manual_clock import START
from tests.ops.conftest import CASH, Books

TARIFFS = {bank: profile.tariff for bank, profile in bank_profiles().items()}


async def told(database: Database, name: str = CASH) -> Why:
    later = START + timedelta(days=1)
    return await why(database, name, on=later.date(), known_at=later, tariffs=TARIFFS)


def printed(shown: Why, rows: int = 50) -> str:
    screen = Console(file=StringIO(), width=200)
    show_why(screen, shown, rows=rows)
    assert isinstance(screen.file, StringIO)
    return screen.file.getvalue()


async def test_a_balance_is_shown_with_its_parts(database: Database, books: Books) -> None:
    _, transfer = await books.settled(amount=30_000)

    text = printed(await told(database))

    assert "-30,000 yen (debits - credits)" in text
    assert "wish" in text
    assert f"tr_{transfer.hex}" in text


async def test_only_the_last_parts_are_shown_and_it_says_how_many_are_not(
    database: Database, books: Books
) -> None:
    for amount in (1_000, 2_000, 3_000):
        await books.settled(amount=amount)

    text = printed(await told(database), rows=1)

    assert "2 earlier parts" in text
    assert text.count("tr_") == 1


async def test_what_nothing_explains_is_shown_however_few_rows_are_asked_for(
    database: Database, books: Books
) -> None:
    member, transfer = await books.settled(amount=30_000)
    await books.posting(member, transfer, "principal", CASH, amount=47)
    await books.settled(amount=1_000)

    shown = await told(database)

    assert not shown.is_explained
    assert "nothing explains it" in printed(shown, rows=1)
    assert {part.amount for part in shown.unexplained} == {-47}


async def test_json_says_every_yen_and_stands_alone(database: Database, books: Books) -> None:
    _, transfer = await books.settled(amount=30_000)

    answer = json.loads(json.dumps(why_json(await told(database))))

    (part,) = answer["parts"]
    assert (answer["balance"], answer["by_kind"], answer["difference"]) == (
        -30_000,
        {"wish": -30_000},
        0,
    )
    assert (part["kind"], part["wish"]["id"]) == ("wish", f"tr_{transfer.hex}")
    assert part["wish"]["bank"] == BankCode.SMBC


async def test_all_accounts_are_told_in_one_go(database: Database, books: Books) -> None:
    await books.settled(amount=30_000)
    await books.settled(amount=12_000)
    later = START + timedelta(days=1)

    everything = await why_everything(database, on=later.date(), known_at=later, tariffs=TARIFFS)

    assert sorted((one.account, one.balance) for one in everything) == [
        ("principal", 12_000),
        ("principal", 30_000),
        (CASH, -42_000),
    ]
    assert all(one.is_explained for one in everything)
    screen = Console(file=StringIO(), width=200)
    show_balances(screen, everything)
    assert isinstance(screen.file, StringIO)
    assert "wish -42,000" in screen.file.getvalue()
