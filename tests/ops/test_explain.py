"""`ops explain` and `ops transfers` tell operators what there is, without names and accounts."""

from datetime import timedelta
from uuid import UUID

import pytest

from gateway.domain.account import BankCode
from gateway.domain.errors import NotFoundHere
from gateway.domain.hours import OneOffWindow
from gateway.domain.transfer import State
from gateway.ops.commands.stops import hold_bank, release_bank
from gateway.ops.commands.windows import add_window
from gateway.services.explain import explain, files_of
from gateway.services.list_transfers import Filter, list_transfers
from gateway.store.database import Database
from tests.manual_clock import START
from tests.ops.conftest import HOLDER, NUMBER, Books

NOBODY = UUID(int=7)
REFERENCE = "ABCDEFGHIJKLMNOPQR22"


async def test_a_transfers_life_is_one_timeline(database: Database, books: Books) -> None:
    _, transfer = await books.settled()
    await books.owner.execute(
        "INSERT INTO callbacks_inbox VALUES ('smbc', 'ev-1', $1, 'transfer.settled', $2, $2)",
        REFERENCE,
        START + timedelta(seconds=11),
    )

    explanation = await explain(database, str(transfer))

    assert (explanation.state, explanation.amount) == (State.SETTLED, 30_000)
    assert [(step.source, step.what) for step in explanation.steps] == [
        ("request", "accepted"),
        ("event", "transfer.accepted"),
        ("bank", "submit: settled"),
        ("callback", "transfer.settled"),
        ("event", "transfer.settled"),
        ("ledger", "settlement_cash:smbc → principal"),
    ]


async def test_a_timeline_says_what_the_member_was_told(database: Database, books: Books) -> None:
    _, transfer = await books.settled()
    await books.owner.execute(
        "UPDATE transfers SET quote_id = $1, credited_at = $2, credited_by = $3",
        *(NOBODY, START + timedelta(seconds=10), START + timedelta(seconds=60)),
    )

    steps = (await explain(database, str(transfer))).steps

    (told,) = [step for step in steps if step.source == "quote"]
    assert told.what == "promised"
    assert told.details == {
        "quote_id": f"qt_{NOBODY.hex}",
        "credited_at": START + timedelta(seconds=10),
        "credited_by": START + timedelta(seconds=60),
    }


async def test_a_timeline_has_no_account_and_no_name(database: Database, books: Books) -> None:
    _, transfer = await books.settled()

    text = repr(await explain(database, str(transfer)))

    assert not [secret for secret in (NUMBER, HOLDER, "YAMADA") if secret in text]


async def test_a_transfer_is_found_by_any_of_its_names(database: Database, books: Books) -> None:
    _, transfer = await books.settled()

    found = [
        (await explain(database, name)).id
        for name in (str(transfer), f"tr_{transfer.hex}", REFERENCE)
    ]

    assert found == [transfer] * 3


@pytest.mark.parametrize("name", ["", "tr_1", str(NOBODY), "2" * 20, "1 OR 1=1"])
async def test_what_is_not_there_is_not_explained(name: str, database: Database) -> None:
    with pytest.raises(NotFoundHere):
        await explain(database, name)


@pytest.mark.parametrize(
    ("chosen", "found"),
    [
        pytest.param(Filter(), [State.UNKNOWN, State.REVIEW], id="what is open"),
        pytest.param(Filter(states=[State.SETTLED]), [State.SETTLED], id="by state"),
        pytest.param(Filter(bank=BankCode.MUFG), [State.REVIEW], id="by bank"),
        pytest.param(Filter(age=timedelta(minutes=30)), [State.UNKNOWN], id="by age"),
        pytest.param(Filter(states=tuple(State), limit=1), [State.UNKNOWN], id="oldest first"),
    ],
)
async def test_transfers_are_listed_by_state_bank_and_age(
    chosen: Filter, found: list[State], database: Database, books: Books
) -> None:
    member = await books.loan()
    for state, bank, minutes in (
        ("review", "mufg", 5),
        ("unknown", "smbc", 60),
        ("settled", "smbc", 9),
    ):
        await books.transfer(
            member,
            state,
            bank=bank,
            reference=state.upper().ljust(20, "2"),
            accepted_at=START - timedelta(minutes=minutes),
        )

    lines = await list_transfers(database, chosen, now=START)

    assert [line.state for line in lines] == found


async def test_a_timeline_has_the_statements_lines_and_what_people_decided(
    database: Database, books: Books
) -> None:
    await books.settled()
    await books.owner.execute(
        "INSERT INTO statement_lines VALUES ('smbc', $1, 1, 'line-1', 'out', 30000, $2, $1, $3,"
        " FALSE, $4)",
        *(START.date(), START + timedelta(minutes=1), REFERENCE, START + timedelta(days=1)),
    )
    await books.owner.execute(
        "INSERT INTO review_items (member_id, id, key, kind, bank, reference, details, raised_at,"
        " state, resolution, proposed_by, proposed_at, confirmed_by, confirmed_at)"
        " VALUES ($1, $1, 'k', 'date_differs', 'smbc', $2, '{}', $3, 'closed', 'noted', 'sato',"
        " $4, 'suzuki', $5)",
        *(NOBODY, REFERENCE, START + timedelta(days=1)),
        *(START + timedelta(days=2), START + timedelta(days=3)),
    )

    steps = (await explain(database, REFERENCE)).steps

    assert [(step.source, step.what) for step in steps][-4:] == [
        ("statement", "out"),
        ("review", "date_differs"),
        ("review", "proposed: noted"),
        ("review", "confirmed: noted"),
    ]


@pytest.mark.parametrize("name", [f"rp_{NOBODY.hex}", "B" * 20], ids=["its id", "its reference"])
async def test_a_repayment_is_explained_too(database: Database, books: Books, name: str) -> None:
    await books.owner.execute(
        "INSERT INTO repayments (member_id, id, bank, reference, kind, amount, description,"
        " return_url, quote_id, request_id, accepted_at, expires_at, state, step, start_until,"
        " watch_until) VALUES ($1, $1, 'mufg', $2, 'due', 4000, 'ｺﾞﾍﾝｻｲ', 'https://x.example',"
        " $1, 'req-1', $3, $3, 'expired', $1, $3, $3)",
        *(NOBODY, "B" * 20, START),
    )

    await hold_bank(database, BankCode.MUFG, reason="x", by="abe", now=START - timedelta(hours=1))

    explained = await explain(database, name)

    assert (explained.prefix, explained.state, explained.amount) == ("rp", "expired", 4_000)
    assert [(step.source, step.what) for step in explained.steps] == [
        ("stop", "held"),
        ("request", "accepted"),
        ("quote", "due"),
    ]


async def test_a_transfer_that_is_not_there_is_in_no_file(database: Database) -> None:
    assert await files_of(database, NOBODY, NOBODY) == []


async def test_holds_releases_and_windows_are_steps_with_who_did_them(
    database: Database, books: Books
) -> None:
    _, transfer = await books.settled()
    hour = timedelta(hours=1)
    window = OneOffWindow("臨時", START - hour, START + hour)
    before = OneOffWindow("前", START - 3 * hour, START - 2 * hour)
    bank = BankCode.SMBC
    await hold_bank(database, bank, reason="drill", by="Sato", now=START - hour)
    await hold_bank(database, None, reason="night", by="abe", now=START + timedelta(seconds=2))
    await hold_bank(database, BankCode.MUFG, reason="another's", by="abe", now=START - hour)
    await add_window(database, bank, window, by="ito", now=START - 2 * hour)
    await add_window(database, bank, before, by="ito", now=START - 3 * hour)
    await release_bank(database, bank, by="Kato", now=START + timedelta(seconds=1))
    await hold_bank(database, bank, reason="after", by="abe", now=START + timedelta(days=1))

    steps = (await explain(database, str(transfer))).steps

    told = [(step.what, step.details["reason"], step.details["by"]) for step in steps[:2]]
    later = [(s.what, s.details["by"]) for s in steps[2:] if s.source == "stop"]
    assert told == [("window added", "臨時", "ito"), ("held", "drill", "sato")]
    assert later == [("released", "kato"), ("held", "abe")]


@pytest.mark.parametrize("name", [REFERENCE.lower(), f" {REFERENCE} ", "tr_{0}", "{0}", "{1}"])
async def test_a_name_is_read_as_people_type_it(
    name: str, database: Database, books: Books
) -> None:
    _, transfer = await books.settled()

    found = await explain(database, name.format(transfer.hex.upper(), str(transfer).upper()))

    assert found.id == transfer
