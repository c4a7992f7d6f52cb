"""Why an account has its balance on a day, as it was known at an instant."""

from collections.abc import AsyncIterator, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from gateway.domain.account import AccountType, BankCode
from gateway.domain.accrual import Accrual, accruals_on
from gateway.domain.errors import NotFoundHere
from gateway.domain.fees import Channel, Payer, Tariff
from gateway.domain.ledger import (
    HOUSE_ACCOUNTS,
    INTEREST,
    LATE_DAMAGES,
    MEMBER_ACCOUNTS,
    bank_charges_payable,
    bank_of,
    fee_expense,
    settlement_cash,
)
from gateway.domain.loan_entries import Kind, LoanEntry
from gateway.domain.loan_history import history
from gateway.domain.loan_state import Agreement
from gateway.domain.resolution import assigned_id
from gateway.domain.retelling import Retelling, Told, WrittenJournal
from gateway.domain.review import Resolution
from gateway.domain.why import (
    NO_SOURCE,
    Act,
    BalancePart,
    Charge,
    HouseActs,
    Line,
    PartKind,
    Source,
    Window,
    house_parts,
    house_sources,
    line_of,
    parts_of,
)
from gateway.store.database import Database
from gateway.store.members import find_member_id
from gateway.store.why import (
    WrittenBooks,
    approved_rules,
    balance_of,
    balances,
    closed_items,
    confirmed_openings,
    everybody,
    lines_named,
    lines_without_name,
    members_in,
    written_books,
)

CHANNELS = {
    Kind.ADVANCE: Channel.INTERNET_TRANSFER,
    Kind.PAYMENT: Channel.INTERNET_REPAYMENT,
}
AT_ONCE = 200
ACCOUNTS_OF_BANKS = frozenset(
    account(bank)
    for account in (settlement_cash, fee_expense, bank_charges_payable)
    for bank in BankCode
)
ALL_HOUSE_ACCOUNTS = HOUSE_ACCOUNTS | ACCOUNTS_OF_BANKS

Tariffs = Mapping[BankCode, Tariff]


@dataclass(frozen=True, slots=True)
class Why:
    """A balance, debits minus credits in yen, and the parts that it is made of.

    `beside` is what the days have borne by now in a member's interest or late damages: neither is
    posted before a payment comes, so that it is in no balance. `difference` is what the parts are
    short of the balance, 0 unless the ledger changed while it was read.
    """

    account: str
    member_id: UUID | None
    on: date
    known_at: datetime
    balance: int
    parts: tuple[BalancePart, ...]
    beside: Accrual | None

    @property
    def difference(self) -> int:
        return self.balance - sum(part.amount for part in self.parts)

    @property
    def unexplained(self) -> tuple[BalancePart, ...]:
        return tuple(part for part in self.parts if part.kind is PartKind.UNEXPLAINED)

    @property
    def is_explained(self) -> bool:
        """Whether every yen is."""
        return not self.unexplained and not self.difference


@dataclass(frozen=True, slots=True)
class _Asked:
    """What is asked, and what is read once for it. `account` None: every one.

    `acts` are by the entry that they made or withdrew.
    """

    account: str | None
    on: date
    known_at: datetime
    tariffs: Tariffs
    acts: Mapping[UUID, Source]
    house_acts: HouseActs

    def withdrawn(self, entry: LoanEntry) -> Act | None:
        """Return the act by which people took back what a wish had booked."""
        if entry.kind is not Kind.WITHDRAWAL or entry.takes_back is None:
            return None
        return self.acts.get(entry.takes_back, NO_SOURCE).act

    def windows(self, accounts: Iterable[str]) -> list[Window]:
        """Return which of the accounts that a journal moves are looked at."""
        names = sorted(accounts) if self.account is None else [self.account]
        return [Window(name, self.on, self.known_at) for name in names]


async def why(db: Database, name: str, *, on: date, known_at: datetime, tariffs: Tariffs) -> Why:
    """Explain `interest_income`, or `{member number}:interest`. Raises NotFoundHere."""
    account, member_id = await _find(db, name)
    window = Window(account, on, known_at)
    asked = await _asked(db, Window(account, on, known_at), tariffs)
    members = await members_in(db, window) if member_id is None else [member_id]
    parts = [part async for part in _all_parts(db, members, asked)]
    return Why(
        account=account,
        member_id=member_id,
        on=on,
        known_at=known_at,
        balance=await balance_of(db, window, member_id),
        parts=_sorted(parts),
        beside=None if member_id is None else await _beside(db, window, member_id),
    )


async def why_everything(
    db: Database, *, on: date, known_at: datetime, tariffs: Tariffs
) -> list[Why]:
    """Explain every account there is, the house's and each member's, in one go."""
    asked = await _asked(db, Window("", on, known_at), tariffs)
    parts: dict[tuple[UUID | None, str], list[BalancePart]] = {}
    async for part in _all_parts(db, await everybody(db, known_at), asked):
        whose = part.member_id if part.account in MEMBER_ACCOUNTS else None
        parts.setdefault((whose, part.account), []).append(part)
    totals = await balances(db, on, known_at)
    return [
        Why(
            account=account,
            member_id=member_id,
            on=on,
            known_at=known_at,
            balance=totals.get((member_id, account), 0),
            parts=_sorted(parts.get((member_id, account), ())),
            beside=None,
        )
        for member_id, account in {**totals, **parts}
    ]


async def _asked(db: Database, window: Window, tariffs: Tariffs) -> _Asked:
    """Return what is asked with all that operators decided; an account without a name: every."""
    items = await closed_items(db)
    return _Asked(
        account=window.account or None,
        on=window.on,
        known_at=window.known_at,
        tariffs=tariffs,
        acts=_acts(items),
        house_acts=HouseActs(
            items={act.id: act for act, _ in items if act.id is not None},
            rules=await approved_rules(db),
            openings=await confirmed_openings(db),
        ),
    )


async def _all_parts(
    db: Database, members: Sequence[UUID], asked: _Asked
) -> AsyncIterator[BalancePart]:
    for begins in range(0, len(members), AT_ONCE):
        books = await written_books(db, members[begins : begins + AT_ONCE])
        lines = await _lines(db, books)
        for one in books:
            if one.agreement is None:
                for part in await _of_the_house(db, one, asked):
                    yield part
            else:
                for part in _of_a_loan(one, one.agreement, asked, lines):
                    yield part


def _sorted(parts: Iterable[BalancePart]) -> tuple[BalancePart, ...]:
    return tuple(sorted(parts, key=lambda part: (part.on, part.recorded_at, part.journal)))


async def _find(db: Database, name: str) -> tuple[str, UUID | None]:
    if name in ALL_HOUSE_ACCOUNTS:
        return name, None
    number, _, account = name.rpartition(":")
    if account not in MEMBER_ACCOUNTS:
        said = ", ".join(sorted(ALL_HOUSE_ACCOUNTS))
        own = ", ".join(sorted(MEMBER_ACCOUNTS))
        raise NotFoundHere(f"{name!r} is no account: there are {said}; and NUMBER:{own}")
    member_id = await find_member_id(db, number)
    if member_id is None:
        raise NotFoundHere(f"no member has the number {number!r}")
    return account, member_id


def _acts(items: Iterable[tuple[Act, Line | None]]) -> dict[UUID, Source]:
    """Return what two people decided, by the id of the entry that it made or withdrew."""
    acts: dict[UUID, Source] = {}
    # Of what was said of one entry, that it was taken back counts.
    for act, line in sorted(items, key=lambda one: one[0].resolution == Resolution.WITHDRAWN):
        if act.id is not None:
            made = act.entry_id or assigned_id(act.id, Resolution(act.resolution))
            acts[made] = Source(act=act, line=line)
    return acts


async def _lines(db: Database, books: Iterable[WrittenBooks]) -> dict[str, list[Line]]:
    """Return the lines of statements by reference."""
    references = {wish.reference for one in books for wish in one.wishes.values()}
    lines: dict[str, list[Line]] = {}
    for line in await lines_named(db, references):
        lines.setdefault(str(line.reference), []).append(line)
    return lines


def _of_a_loan(
    books: WrittenBooks,
    agreement: Agreement,
    asked: _Asked,
    lines: Mapping[str, list[Line]],
) -> Iterator[BalancePart]:
    sources, member_id = _sources(books, asked, lines), books.member_id
    for told in Retelling(agreement).tell(books.journals):
        journal = told.journal
        charge = _charge(journal, books, sources, asked.tariffs)
        for window in asked.windows(told.accounts):
            if journal.entries:
                yield from parts_of(
                    window, told, member_id=member_id, sources=sources, charge=charge
                )
            else:
                yield from house_parts(window, journal, member_id=member_id, sources={})


def _sources(
    books: WrittenBooks, asked: _Asked, lines: Mapping[str, list[Line]]
) -> dict[UUID, Source]:
    """Return what each entry came by; one that stands in another's place, by what that one did."""
    sources: dict[UUID, Source] = {}
    for entry in (entry for journal in books.journals for entry in journal.entries):
        source_id, bank_id = books.came_by[entry.id]
        wish = None if source_id is None else books.wishes.get(source_id)
        if wish is not None:
            named = lines.get(wish.reference, ())
            line = line_of(entry, named, bank_id=bank_id)
            sources[entry.id] = Source(wish=wish, act=asked.withdrawn(entry), line=line)
        elif entry.id in asked.acts:
            sources[entry.id] = asked.acts[entry.id]
        elif (old := entry.takes_back) is not None:
            is_act = entry.kind is Kind.WITHDRAWAL and old in asked.acts
            sources[entry.id] = asked.acts[old] if is_act else sources.get(old, NO_SOURCE)
    return sources


def _charge(
    journal: WrittenJournal,
    books: WrittenBooks,
    sources: Mapping[UUID, Source],
    tariffs: Tariffs,
) -> Charge | None:
    """Return what the tariff says of the journal's movement, if the journal posted a charge."""
    if not journal.entries:
        return None
    entry = journal.entries[0]
    wish = sources.get(entry.id, NO_SOURCE).wish
    withdrawn = entry.takes_back if entry.kind is Kind.WITHDRAWAL else None
    kind = entry.kind if withdrawn is None else books.kinds.get(withdrawn)
    if wish is None or kind not in CHANNELS:
        return None
    bank = BankCode(wish.bank)
    sides = [(one.debit, one.credit, one.effective_on) for one in journal.postings]
    days = [day for *names, day in sides if fee_expense(bank) in names]
    if not days:
        return None
    # No bank tells the class of a payer's account.
    charged = books.classes.get(wish.id, AccountType.ORDINARY)
    channel = CHANNELS[kind]
    fee = tariffs[bank].fee(Payer.LENDER, channel, charged, entry.amount, days[0])
    return Charge(bank, channel, charged, entry.amount, days[0], fee, withdrawn is not None)


async def _of_the_house(db: Database, books: WrittenBooks, asked: _Asked) -> list[BalancePart]:
    """Return the parts of what is no loan's: lines that were set aside, and the lender's own."""
    postings = [posting for journal in books.journals for posting in journal.postings]
    moved = [bank_of(name) for one in postings for name in (one.debit, one.credit)]
    banks = {bank.value for bank in moved if bank is not None}
    banks |= {one.source["bank"] for one in postings if one.source and "bank" in one.source}
    days = {posting.effective_on for posting in postings}
    lines = await lines_without_name(db, banks, days)
    sources = house_sources(postings, lines, asked.house_acts)
    return [
        part
        for journal in books.journals
        for window in asked.windows(Told(journal, ()).accounts)
        for part in house_parts(window, journal, member_id=books.member_id, sources=sources)
    ]


async def _beside(db: Database, window: Window, member_id: UUID) -> Accrual | None:
    """Return what the days have borne by now, by the entries that were known then."""
    place = {INTEREST: 0, LATE_DAMAGES: 1}.get(window.account)
    for one in await written_books(db, [member_id]):
        if place is not None and one.agreement is not None:
            entries = [
                entry
                for journal in one.journals
                if journal.recorded_at <= window.known_at
                for entry in journal.entries
            ]
            return accruals_on(history(entries, one.agreement), window.on)[place]
    return None
