"""`gateway ops ledger-verify`: the ledger proved from its postings, finding by finding.

It runs beside live traffic: a member's balances and what they follow from are read in one
statement, and so from one snapshot.
"""

import re
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from types import MappingProxyType
from typing import Any
from uuid import UUID

from asyncpg import Record

from gateway.domain.account import BankCode
from gateway.domain.identifier import public_id
from gateway.domain.ledger import (
    HOUSE_ACCOUNTS,
    MEMBER_ACCOUNTS,
    NIL_MEMBER,
    Entry,
    position,
    settlement_cash,
)
from gateway.domain.money import Yen
from gateway.domain.transfer import HOLDS_RESERVATION
from gateway.store.database import Database
from gateway.store.sql import SQL

VERIFY_MEMBERS = SQL["ops.verify_members"]
VERIFY_TRANSFERS = SQL["ops.verify_transfers"]
VERIFY_POSTINGS = SQL["ops.verify_postings"]
ACCOUNT_TOTALS = SQL["ops.account_totals"]
FIRST_POSTING = SQL["ops.first_posting"]
WRONG_MARKS = SQL["ops.wrong_marks"]

PAGE = 200
FINDINGS_MAX = 1_000
BANK_ACCOUNTS = re.compile(
    rf"(settlement_cash|fee_expense|bank_charges_payable):({'|'.join(BankCode)})"
)

# What movements with a reference brought in minus what they took out, by the bank's own
# statements from the first day on; None where the bank could not be asked.
StatementTotal = Callable[[], Awaitable[int | None]]
NO_STATEMENTS: Mapping[BankCode, StatementTotal] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that must not be. `code` is stable; `about` is an id, a member or an account."""

    code: str
    about: str
    says: str


@dataclass(frozen=True, slots=True)
class LedgerReport:
    """What was looked at and what was found. Clean: no findings."""

    members: int
    postings: int
    balances: Mapping[str, int]
    findings: tuple[Finding, ...]


async def verify_ledger(
    db: Database, *, statement_totals: Mapping[BankCode, StatementTotal] = NO_STATEMENTS
) -> LedgerReport:
    """Check every member, transfer and account, and the books of each bank that is given."""
    members = postings = 0
    findings: list[Finding] = []
    after: UUID = NIL_MEMBER
    states = [state.value for state in HOLDS_RESERVATION]
    while rows := await db.fetch(VERIFY_MEMBERS, after, PAGE, states):
        after = rows[-1]["member_id"]
        members += len(rows)
        postings += sum(len(row["postings"]) for row in rows)
        findings += [finding for row in rows for finding in _member_findings(row)]
        wrong = await db.fetch(VERIFY_TRANSFERS, [row["member_id"] for row in rows])
        findings += [_transfer_finding(row) for row in wrong]
    findings += [_stray(row) for row in await db.fetch(VERIFY_POSTINGS, FINDINGS_MAX)]
    findings += [_wrong_mark(row) for row in await db.fetch(WRONG_MARKS)]
    totals = await db.fetch(ACCOUNT_TOTALS)
    balances = {row["account"]: row["balance"] for row in totals}
    findings += _account_findings(balances)
    # Funding has no reference of ours, so what transfers moved is compared.
    moved = {row["account"]: row["moved"] for row in totals}
    findings += await _bank_findings(moved, statement_totals)
    return LedgerReport(members, postings, balances, tuple(findings))


async def first_posting_at(db: Database) -> datetime | None:
    """Return when the ledger began; None while it is empty."""
    row = await db.fetchrow(FIRST_POSTING)
    return None if row is None else row["at"]


def _member_findings(row: Record) -> list[Finding]:
    folded = position(_entries(row["postings"]))
    # A principal below 0 is owed to the member: the fold says so as suspense.
    principal = max(row["principal"], 0)
    suspense = max(row["suspense"], 0) + max(-row["principal"], 0)
    compared = (
        ("principal_differs", principal, folded.principal.amount, "its postings fold to"),
        ("suspense_differs", suspense, folded.suspense.amount, "its postings fold to"),
        ("reserved_differs", row["reserved"], row["open_amount"], "open transfers sum to"),
        ("events_missing", row["event_no"], row["events"], "events there are"),
        ("events_misnumbered", row["event_no"], row["last_event"], "the last event is"),
    )
    return [
        Finding(code, str(row["member_id"]), f"the loan says {stored}, {because} {derived}")
        for code, stored, derived, because in compared
        if stored != derived
    ]


def _entries(postings: Iterable[Mapping[str, Any]]) -> list[Entry]:
    return [
        Entry(
            debit=posting["debit"],
            credit=posting["credit"],
            amount=Yen(posting["amount"]),
            effective_on=date.fromisoformat(posting["effective_on"]),
            recorded_at=datetime.fromisoformat(posting["recorded_at"]),
            id=UUID(posting["id"]),
        )
        for posting in postings
    ]


def _transfer_finding(row: Record) -> Finding:
    says = (
        f"it is {row['state']} with {row['amount']}; the ledger paid {row['paid']} in"
        f" {row['paid_times']} and took back {row['returned']} in {row['returned_times']} postings"
        f" ({row['others']} to accounts that are not its bank's)"
    )
    return Finding("transfer_misbooked", public_id("tr", row["id"]), says)


def _stray(row: Record) -> Finding:
    says = "its member has no loan" if row["has_no_loan"] else "its transfer is not there"
    return Finding("posting_stray", str(row["id"]), says)


def _wrong_mark(row: Record) -> Finding:
    says = f"its mark says {row['balance']}, the postings before it sum to {row['posted']}"
    return Finding("mark_differs", settlement_cash(BankCode(row["bank"])), says)


def _account_findings(balances: Mapping[str, int]) -> list[Finding]:
    findings = [
        Finding("account_unknown", account, "no such account is in the chart of accounts")
        for account in balances
        if account not in MEMBER_ACCOUNTS | HOUSE_ACCOUNTS and not BANK_ACCOUNTS.fullmatch(account)
    ]
    total = sum(balances.values())
    if total != 0:
        findings.append(Finding("ledger_unbalanced", "all accounts", f"they sum to {total}"))
    return findings


async def _bank_findings(
    moved: Mapping[str, int], statement_totals: Mapping[BankCode, StatementTotal]
) -> list[Finding]:
    findings = []
    for bank, total in statement_totals.items():
        account = settlement_cash(bank)
        ours, theirs = moved.get(account, 0), await total()
        if theirs is None:
            findings.append(Finding("statement_unavailable", account, "the bank was not readable"))
        elif theirs != ours:
            says = f"the ledger moved {ours} yen, the bank's statements {theirs}"
            findings.append(Finding("bank_differs", account, says))
    return findings
