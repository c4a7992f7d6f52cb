"""`gateway ops ledger-verify`: the ledger proved from its postings, finding by finding.

It runs beside live traffic: a member's balances and what they follow from are read in one
statement, and so from one snapshot.
"""

import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import date
from types import MappingProxyType
from uuid import UUID

from asyncpg import Record

from gateway.domain.account import BankCode
from gateway.domain.ledger import (
    HOUSE_ACCOUNTS,
    MEMBER_ACCOUNTS,
    NIL_MEMBER,
    settlement_cash,
)
from gateway.ops.commands.member_verify import Finding, member_findings
from gateway.ops.commands.unidentified_verify import unidentified_findings
from gateway.store.database import Database
from gateway.store.sql import SQL
from gateway.store.statements import first_booked

VERIFY_MEMBERS = SQL["ops.verify_members"]
VERIFY_POSTINGS = SQL["ops.verify_postings"]
ACCOUNT_TOTALS = SQL["ops.account_totals"]
BEGAN_ON = SQL["ops.began_on"]
UNIDENTIFIED = SQL["ops.unidentified"]
WRONG_MARKS = SQL["ops.wrong_marks"]

PAGE = 200
FINDINGS_MAX = 1_000
BANK_ACCOUNTS = re.compile(
    rf"(settlement_cash|fee_expense|bank_charges_payable):({'|'.join(BankCode)})"
)

# What came in minus what went out, but for fundings that were typed in, by the bank's own
# statements from the first day on; None where the bank could not be asked.
StatementTotal = Callable[[], Awaitable[int | None]]
NO_STATEMENTS: Mapping[BankCode, StatementTotal] = MappingProxyType({})


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
    """Check every member, every account, and the books of each bank that is given."""
    members = postings = 0
    findings: list[Finding] = []
    after: UUID = NIL_MEMBER
    while rows := await db.fetch(VERIFY_MEMBERS, after, PAGE):
        after = rows[-1]["member_id"]
        members += len(rows)
        postings += sum(len(row["postings"]) for row in rows)
        findings += [finding for row in rows for finding in _findings_of(row)]
    findings += [_stray(row) for row in await db.fetch(VERIFY_POSTINGS, FINDINGS_MAX)]
    findings += [_wrong_mark(row) for row in await db.fetch(WRONG_MARKS)]
    totals = await db.fetch(ACCOUNT_TOTALS)
    balances = {row["account"]: row["balance"] for row in totals}
    findings += _account_findings(balances)
    # What was there at first, or was typed in, need be on no statement: the rest is compared.
    moved = {row["account"]: row["moved"] for row in totals}
    findings += await _bank_findings(moved, statement_totals)
    unidentified = await db.fetchrow(UNIDENTIFIED)
    findings += [] if unidentified is None else unidentified_findings(unidentified)
    return LedgerReport(members, postings, balances, tuple(findings))


def _findings_of(row: Record) -> list[Finding]:
    """Return the findings of a member; whose books cannot be read keeps nobody's from being so."""
    try:
        return member_findings(row)
    except Exception as error:  # noqa: BLE001 - whatever it is, it is a finding
        says = f"its books cannot be read: {type(error).__name__}: {error}"
        return [Finding("member_unreadable", str(row["member_id"]), says)]


async def compared_since(db: Database, bank: BankCode) -> date | None:
    """Return the first day whose statement is compared; None while the ledger is empty.

    That is when the bank's account was opened here, or else the day of the first posting of all;
    earlier where anything was booked there for an earlier day: on that day its line stands.
    """
    row = await db.fetchrow(BEGAN_ON, bank)
    known = () if row is None else (row["began_on"], row["first_line_on"])
    days = [day for day in (*known, await first_booked(db, bank)) if day is not None]
    return min(days, default=None)


def _stray(row: Record) -> Finding:
    says = "its member has no loan" if row["has_no_loan"] else "what it is about is not there"
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
