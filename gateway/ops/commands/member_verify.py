"""One member's books, proved: the loan's row, its entries, the ledger, and what they came by.

Everything about a member is read in one statement, and so from one snapshot.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from asyncpg import Record

from gateway.domain.booking import advance_id, due_on, payment_id
from gateway.domain.correction import postings_of
from gateway.domain.identifier import public_id
from gateway.domain.ledger import PRINCIPAL, SUSPENSE, Leg, balances
from gateway.domain.loan_entries import Chains, Kind, LoanEntry
from gateway.domain.loan_history import History, history
from gateway.domain.money import Yen
from gateway.domain.transfer import HOLDS_RESERVATION, State
from gateway.store.loan_books import read_agreement, read_entries

Json = Mapping[str, Any]
Totals = Counter[tuple[date, str]]

BOOKED_TRANSFERS: Mapping[str, tuple[Kind, ...]] = {
    State.SETTLED: (Kind.ADVANCE,),
    State.RETURNED: (Kind.ADVANCE, Kind.RETURN),
}
PAID = "settled"
# What banks charge the lender stands in the journals of members, and in no loan's history.
CHARGES = ("fee_expense:", "bank_charges_payable:")


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that must not be. `code` is stable; `about` is an id, a member or an account."""

    code: str
    about: str
    says: str


def member_findings(row: Record) -> list[Finding]:
    """Return all that is wrong with the books of the member in a row of `verify_members`."""
    entries = read_entries(row["entries"])
    folded = history(entries, read_agreement(row))
    return [
        *_loan_findings(row, folded),
        *_ledger_findings(row, folded),
        *_transfer_findings(row, entries),
        *_repayment_findings(row, entries),
        *_stray_entries(row),
    ]


def _loan_findings(row: Record, folded: History) -> Iterator[Finding]:
    sums = balances(_legs(row["postings"]))
    open_amount = sum(
        t["amount"] for t in row["transfers"] if State(t["state"]) in HOLDS_RESERVATION
    )
    due = due_on(folded) if row["is_due_known"] else row["due_on"]
    compared = (
        ("principal_differs", row["principal"], sums[PRINCIPAL], "its postings sum to"),
        ("suspense_differs", row["suspense"], -sums[SUSPENSE], "its postings sum to"),
        ("reserved_differs", row["reserved"], open_amount, "open transfers sum to"),
        ("events_missing", row["event_no"], row["events"], "events there are"),
        ("events_misnumbered", row["event_no"], row["last_event"], "the last event is"),
        ("due_differs", row["due_on"], due, "its history is due on"),
    )
    for code, stored, derived, because in compared:
        if stored != derived:
            says = f"the loan says {stored}, {because} {derived}"
            yield Finding(code, str(row["member_id"]), says)


def _ledger_findings(row: Record, folded: History) -> Iterator[Finding]:
    posted, right = _by_day(_legs(row["postings"])), _by_day(postings_of(folded))
    wrong = sorted(key for key in {*posted, *right} if posted[key] != right[key])
    if wrong:
        day, account = wrong[0]
        says = (
            f"on {day} its postings moved {posted[wrong[0]]} to {account}, its entries"
            f" {right[wrong[0]]}; {len(wrong)} balances of a day differ"
        )
        yield Finding("postings_differ", str(row["member_id"]), says)


def _transfer_findings(row: Record, entries: Sequence[LoanEntry]) -> Iterator[Finding]:
    chains = Chains(entries)
    in_force = [entry for entry in entries if chains.is_in_force(entry)]
    for transfer in row["transfers"]:
        number = UUID(transfer["id"])
        # The charge is posted with the advance, so that what is looked at is the entries.
        ours = [e for e in in_force if advance_id(number) == chains.first(_about(e))]
        expected = BOOKED_TRANSFERS.get(transfer["state"], ())
        is_right = tuple(sorted(e.kind for e in ours)) == expected and all(
            e.amount.amount == transfer["amount"]
            and e.house == f"settlement_cash:{transfer['bank']}"
            and _is_dated(e, transfer["settled_at" if e.kind is Kind.ADVANCE else "returned_at"])
            for e in ours
        )
        if not is_right:
            says = f"it is {transfer['state']} with {transfer['amount']}; {_said(ours)}"
            yield Finding("transfer_misbooked", public_id("tr", number), says)


def _about(entry: LoanEntry) -> UUID:
    """Return the advance that a return is about, any other entry itself."""
    return entry.takes_back if entry.kind is Kind.RETURN and entry.takes_back else entry.id


def _is_dated(entry: LoanEntry, told: str | None) -> bool:
    """Whether an entry has the instant of its row; one entered anew has the statement's."""
    return entry.supersedes is not None or entry.at == _instant(told)


def _repayment_findings(row: Record, entries: Sequence[LoanEntry]) -> Iterator[Finding]:
    chains = Chains(entries)
    in_force = [entry for entry in entries if chains.is_in_force(entry)]
    for repayment in row["repayments"]:
        number = UUID(repayment["id"])
        ours = [e for e in in_force if chains.first(e.id) == payment_id(number, 1)]
        is_paid = repayment["state"] == PAID
        is_right = len(ours) == is_paid and all(
            e.amount.amount == repayment["paid_amount"]
            and e.house == f"settlement_cash:{repayment['bank']}"
            and _is_dated(e, repayment["settled_at"])
            for e in ours
        )
        if not is_right:
            says = f"it is {repayment['state']}, {repayment['paid_amount']} paid; {_said(ours)}"
            yield Finding("repayment_misbooked", public_id("rp", number), says)


def _stray_entries(row: Record) -> Iterator[Finding]:
    sources = {source["id"] for source in (*row["transfers"], *row["repayments"])}
    for entry in row["entries"]:
        if entry["source_id"] is not None and entry["source_id"] not in sources:
            says = "what it came by is not there"
            yield Finding("entry_stray", entry["id"], says)


def _said(entries: Iterable[LoanEntry]) -> str:
    told = [f"{e.kind} {e.amount.amount} at {e.at} by {e.house}" for e in entries]
    return "its entries are " + ", ".join(told) if told else "it has no entries"


def _instant(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text)


def _legs(postings: Iterable[Json]) -> Iterator[Leg]:
    for posting in postings:
        day = date.fromisoformat(posting["effective_on"])
        yield Leg(posting["debit"], posting["credit"], Yen(posting["amount"]), day)


def _by_day(legs: Iterable[Leg]) -> Totals:
    totals: Totals = Counter()
    for leg in legs:
        if not leg.debit.startswith(CHARGES):
            totals[leg.effective_on, leg.debit] += leg.amount.amount
            totals[leg.effective_on, leg.credit] -= leg.amount.amount
    return totals
