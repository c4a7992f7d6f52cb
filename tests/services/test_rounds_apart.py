"""One row that cannot be read stops no round for the others, whichever table it is in."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from structlog.testing import capture_logs

from gateway.domain.outcome import Unknown
from gateway.domain.review import NewReview, ReviewKind
from gateway.domain.transfer import State, Transfer
from gateway.ops.commands.ledger_verify import verify_ledger
from gateway.services.accept_transfer import accept_transfer
from gateway.services.work_transfers import recover_own
from gateway.store.review_items import Subject, raise_reviews
from gateway.worker import LOOPS
from tests.manual_clock import START, ManualClock
from tests.services.conftest import Member, new_member, request
from tests.services.stating_bank import BANK, IN, OUT, Morning, at_stating_bank
from tests.services.test_resolve_review import now
from tests.services.test_transfers import settle_tasks

# What makes one row of a table unreadable: the first member's ($1), or one beside the good one.
UNREADABLE: Mapping[str, str] = {
    "transfers": "UPDATE transfers SET branch = 'none' WHERE member_id = $1",
    "repayments": "UPDATE repayments SET bank = 'nobody' WHERE member_id = $1",
    "loans": "UPDATE loans SET due_day = 7 WHERE member_id = $1",
    "loan_entries": "UPDATE loan_entries SET effective_on = 'infinity' WHERE member_id = $1",
    "callbacks_inbox": "UPDATE callbacks_inbox SET bank = 'nobody' WHERE event_id = $1::uuid::text",
    "review_items": "UPDATE review_items SET kind = 'nothing' WHERE member_id = $1",
    "bank_files": "UPDATE bank_files SET items = '[1]' WHERE file_id = left($1::uuid::text, 20)",
    "bank_stops": "UPDATE bank_stops SET bank = 'nobody' WHERE id = $1",
    "daily_runs": "UPDATE daily_runs SET day = 'infinity' WHERE $1::uuid IS NOT NULL",
    "postings": "UPDATE postings SET debit = 'nothing' WHERE member_id = $1",
    "settlement_marks": "UPDATE settlement_marks SET bank = 'nobody' WHERE $1::uuid IS NOT NULL",
    "statement_lines": "UPDATE statement_lines SET reference = '' WHERE $1::uuid IS NOT NULL",
    "standing_rules": "INSERT INTO standing_rules (id, bank, kind, counterparty, line_text, note,"
    " amount_min, amount_max, proposed_by, proposed_at, approved_by, approved_at)"
    " VALUES ($1, 'nobody', 'funding', 'x', 'x', 'x', 1, 2, 'sato', now(), 'suzuki', now())",
    "account_openings": "INSERT INTO account_openings"
    " SELECT 'nobody', 'infinity', 1, 'x', 'sato', now(), 'suzuki', now()"
    " WHERE $1::uuid IS NOT NULL",
    "settlement_days": "INSERT INTO settlement_days (bank, day, moved, read_at)"
    " SELECT 'smbc', 'infinity', 1, now() WHERE $1::uuid IS NOT NULL",
    "statement_words": "INSERT INTO statement_words"
    " VALUES ($1, 'smbc', '2026-11-25', 1, ''::bytea, 'sato', now(), 'x')",
    "accounts": "UPDATE accounts SET bank = 'nobody' WHERE member_id = $1",
    "events": "UPDATE events SET data = '3' WHERE member_id = $1",
    "misuse_counts": "INSERT INTO misuse_counts SELECT 'nothing', 'x', 1, now(), 1000"
    " WHERE $1::uuid IS NOT NULL",
    "misuse_alarms": "INSERT INTO misuse_alarms VALUES ('nothing', $1, now(), 'infinity')",
}
A_DAY = {
    *("daily_runs", "statement_lines", "transfers", "repayments", "loans", "loan_entries"),
    *("postings", "bank_stops", "events", "review_items", "standing_rules", "account_openings"),
    *("settlement_days", "statement_words"),
}
# Which tables a round reads. A round that is not here fails the test below.
READS: Mapping[str, set[str]] = {
    "watch_accounts": {"accounts"},
    "send_due": {"transfers", "bank_stops"},
    "gather_files": {"transfers", "bank_stops"},
    "work_files": {"bank_files", "transfers"},
    "ask_due": {"transfers", "loans", "loan_entries"},
    "start_repayments": {"repayments"},
    "ask_repayments": {"repayments", "loans", "loan_entries"},
    "recover_ended": {"transfers", "bank_files"},
    "work_due_dates": {"loans", "loan_entries"},
    "work_callbacks": {"callbacks_inbox", "transfers", "repayments"},
    "replan_transfers": {"bank_stops", "transfers"},
    "measure_transfers": {"transfers"},
    "measure_repayments": {"repayments"},
    "measure_reviews": {"review_items"},
    "watch_settlement": {"settlement_marks", "postings", "account_openings", "settlement_days"},
    "watch_misuse": {"misuse_counts", "misuse_alarms"},
    "act_on_reviews": {"review_items", "transfers", "loans", "loan_entries"},
    "run_mornings": A_DAY,
    "read_today": A_DAY,
}
ROUNDS = 3


@dataclass(frozen=True)
class Two:
    """Two members with the same life; the books of the first are spoiled."""

    bad: Member
    good: Member
    transfers: tuple[Transfer, Transfer]


def test_every_round_says_which_tables_it_reads() -> None:
    assert set(READS) == {loop.name for loop in LOOPS}
    assert set().union(*READS.values()) == set(UNREADABLE)


@pytest.fixture
def morning(desk, clock: ManualClock) -> Morning:
    return at_stating_bank(desk, clock)


@pytest.fixture
async def two(morning: Morning, owner: Any) -> Two:
    """Each has borrowed, asked again without an answer, and asked to pay back."""
    members = [await new_member(owner, morning.clock, limit=100_000) for _ in range(2)]
    bad, good = sorted(members, key=lambda member: member.id)
    unclear = []
    for member in (bad, good):
        await accept_transfer(morning.desk, request(member))
        await settle_tasks(morning.desk)
        morning.bank.submits.append(Unknown())
        wish = request(member, amount=20_000, key="key-0000000000000002")
        unclear.append((await accept_transfer(morning.desk, wish)).transfer)
        await settle_tasks(morning.desk)
    first, second = unclear
    found = Two(bad, good, (first, second))
    for member, transfer in ((bad, first), (good, second)):
        await beside(morning, owner, member, transfer)
    await owner.execute(
        "INSERT INTO daily_runs (name, bank, day, state, started_at, next_at)"
        " VALUES ('reconcile', 'smbc', '2026-11-20', 'failed', $1, $1)",
        START,
    )
    return found


async def beside(morning: Morning, owner: Any, member: Member, transfer: Transfer) -> None:
    """Give a member one row in each other table that rounds read."""
    morning.bank.state(transfer.reference, OUT, 20_000)
    item = NewReview(f"noted:{member.id}", ReviewKind.ONLY_US, BANK)
    await raise_reviews(morning.desk.db, Subject(member.id), [item], now=START)
    await owner.execute(
        "UPDATE review_items SET state = 'closed', resolution = 'noted', note = 'x', act_at = $2,"
        " proposed_by = 'sato', proposed_at = $2, confirmed_by = 'suzuki', confirmed_at = $2"
        " WHERE member_id = $1",
        *(member.id, START),
    )
    await owner.execute(
        "INSERT INTO callbacks_inbox (bank, event_id, reference, kind, received_at)"
        " VALUES ('smbc', $1, $2, 'settled', $3)",
        *(str(member.id), transfer.reference, START),
    )
    await owner.execute(
        "INSERT INTO bank_files (bank, file_id, items, state, stored_at, next_at)"
        " VALUES ('smbc', left($1, 20), '[]', 'accepted', $2, $2)",
        *(str(member.id), START),
    )
    await owner.execute(
        "INSERT INTO bank_stops (id, bank, reason, held_by, held_at, begins_at, ends_at)"
        " VALUES ($1, 'smbc', 'x', 'sato', $2, $3, $4)",
        *(member.id, START, START + timedelta(days=3), START + timedelta(days=4)),
    )
    await owner.execute(
        "INSERT INTO repayments (member_id, id, bank, reference, kind, amount, description,"
        " return_url, request_id, accepted_at, expires_at, state, step, start_until, inquire_at,"
        " watch_until) VALUES ($1, $1, 'smbc', $2, 'amount', 500, 'x', 'https://x.example/',"
        " 'x', $3, $3, 'authorizing', $1, $3, $3, $4)",
        *(member.id, _reference(member.id), START, START + timedelta(days=9)),
    )
    morning.bank.state(_reference(member.id), IN, 500)


def _reference(member_id: UUID) -> str:
    return "".join("ABCDEFGHIJKLMNOP"[int(digit, 16)] for digit in member_id.hex[-20:])


async def all_rounds(morning: Morning) -> list[str]:
    """Do every round, as the worker does; return which of them failed."""
    failed = []
    for _ in range(ROUNDS):
        for loop in LOOPS:
            try:
                await loop.work(morning.desk)
            except Exception as error:  # noqa: BLE001 - which is what is looked for
                failed.append(f"{loop.name}: {type(error).__name__} {error}")
            await settle_tasks(morning.desk)
    return failed


@pytest.mark.parametrize("table", UNREADABLE)
async def test_an_unreadable_row_stops_no_round_for_the_others(
    morning: Morning, two: Two, owner: Any, table: str
) -> None:
    await owner.execute(UNREADABLE[table], two.bad.id)
    morning.clock.instant = START + timedelta(days=1)

    with capture_logs() as records:
        assert await all_rounds(morning) == []

    good = two.good.id
    assert (await now(morning, two.transfers[1])).state is State.SETTLED
    served = await owner.fetchrow(
        "SELECT l.is_due_known, l.principal, r.state AS repaid, i.acted_at IS NOT NULL AS acted,"
        " c.worked_at IS NOT NULL AS called, s.replanned_at IS NOT NULL AS planned"
        " FROM loans l JOIN repayments r USING (member_id) JOIN review_items i USING (member_id)"
        " JOIN callbacks_inbox c ON c.event_id = l.member_id::text"
        " JOIN bank_stops s ON s.id = l.member_id"
        " WHERE l.member_id = $1 AND i.kind = 'only_us'",
        good,
    )
    assert (served["is_due_known"], served["repaid"]) == (True, "settled")
    assert (served["acted"], served["called"], served["planned"]) == (True, True, True)
    day = await owner.fetchval(
        "SELECT state FROM daily_runs WHERE bank = 'smbc' AND day = '2026-11-25'"
    )
    assert day == "done"
    # Who stands aside is not tried again at once, and calls people once.
    alarms = Counter(
        (record.get("loop"), record.get("transfer_id"), record.get("file_id"))
        for record in records
        if record.get("code") == "stands_aside" and record.get("loop") != "reconcile"
    )
    assert set(alarms.values()) <= {1}


async def test_the_books_of_one_member_that_cannot_be_read_are_a_finding(
    morning: Morning, two: Two, owner: Any
) -> None:
    await owner.execute(UNREADABLE["loan_entries"], two.bad.id)

    report = await verify_ledger(morning.desk.db)

    assert [(found.code, found.about) for found in report.findings] == [
        ("member_unreadable", str(two.bad.id))
    ]
    assert report.members == 2


async def test_a_gateway_starts_beside_a_file_that_cannot_be_read(
    morning: Morning, two: Two, owner: Any
) -> None:
    await owner.execute(
        "UPDATE bank_files SET lease_owner = $1, lease_until = now()", morning.desk.instance
    )
    await owner.execute(UNREADABLE["bank_files"], two.bad.id)

    await recover_own(morning.desk)

    held = await owner.fetchval("SELECT count(*) FROM bank_files WHERE lease_owner IS NOT NULL")
    assert held == 1


async def test_a_sender_that_is_gone_leaves_a_row_that_cannot_be_read_alone(
    morning: Morning, two: Two, owner: Any
) -> None:
    """It keeps its lease, and no process reads it over and over."""
    await owner.execute(
        "UPDATE transfers SET state = 'submitting', attempt = 1, lease_owner = 'gone',"
        " lease_until = now() - interval '1 s', inquire_at = NULL WHERE amount = 20000"
    )
    await owner.execute(UNREADABLE["transfers"], two.bad.id)

    with capture_logs() as records:
        assert await all_rounds(morning) == []

    assert (await now(morning, two.transfers[1])).state is not State.SUBMITTING
    loops = [record["loop"] for record in records if record.get("code") == "stands_aside"]
    assert loops.count("recover_ended") == 1
