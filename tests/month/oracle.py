"""What every account must hold at nine in the morning, by somebody who has not seen the gateway.

Written from the lender's own rules: a line of the bank's statement is a member's, the lender's own,
or nobody's yet; dates are the statement's. It imports nothing of the gateway. Amounts are debits
minus credits in yen.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from tests.domain.naive_loan import UNITS_A_YEN, Fact, NaiveLoan

RATE, DUE_DAY = 1_780, 5
CHARGE_PER_COLLECTION = 55


@dataclass
class Line:
    """One line of a bank's statement, and what it truly is.

    `what`: advance, payment, surplus, return, refund, each a member's, by number; funding, sweep,
    bill, given_back; or stray: nobody's, until people have decided what it is.
    """

    bank: str
    at: datetime
    yen: int  # in counted positive
    what: str
    member: int | None = None
    takes_back: "Line | None" = None
    decided: str | None = None

    @property
    def means(self) -> str:
        return self.decided or self.what


class BookedLoan(NaiveLoan):
    """A naive loan that also keeps what was posted as income."""

    interest_income = 0
    late_income = 0

    def payment(self, amount: int, today: date) -> None:
        self.interest_income += self.interest_units // UNITS_A_YEN
        self.late_income += self.late_units // UNITS_A_YEN
        super().payment(amount, today)


@dataclass
class Oracle:
    """The true month: all lines of all banks, in whatever order."""

    openings: dict[str, int]
    lines: list[Line] = field(default_factory=list)

    def balances(self, day: date) -> Counter[str]:
        """Return every account at the end of `day`, a member's as `number:account`."""
        known = [line for line in self.lines if line.at.date() <= day]
        sums: Counter[str] = Counter()
        for bank, opening in self.openings.items():
            sums[f"settlement_cash:{bank}"] += opening
            sums["opening"] -= opening
        for line in known:
            sums[f"settlement_cash:{line.bank}"] += line.yen
            for account, yen in of_the_house(line):
                sums[account] += yen
        for number, theirs in by_member(known).items():
            for account, yen in of_a_member(theirs, day):
                is_income = account.endswith("_income")
                sums[account if is_income else f"{number}:{account}"] += yen
        return Counter({account: yen for account, yen in sums.items() if yen})


def of_the_house(line: Line) -> Iterable[tuple[str, int]]:
    """Yield what a line moves on the lender's own accounts, but for cash."""
    match line.means:
        case "funding" | "sweep":
            yield line.means, -line.yen
        case "bill":
            yield f"bank_charges_payable:{line.bank}", -line.yen
        case "stray":
            yield "unidentified", -line.yen
        case "given_back":
            yield "to_give_back", -line.yen
        case _:
            pass  # a member's
    if line.what == "payment":
        yield f"fee_expense:{line.bank}", CHARGE_PER_COLLECTION
        yield f"bank_charges_payable:{line.bank}", -CHARGE_PER_COLLECTION


def by_member(lines: Iterable[Line]) -> dict[int, list[Line]]:
    theirs: dict[int, list[Line]] = {}
    for line in lines:
        if line.member is not None and line.means in MEMBERS:
            theirs.setdefault(line.member, []).append(line)
    return theirs


MEMBERS = {"advance", "payment", "surplus", "return", "refund"}


def of_a_member(lines: list[Line], day: date) -> Iterable[tuple[str, int]]:
    """Yield what a member's accounts hold at the end of `day`, and the income from the member."""
    came_back = {id(line.takes_back) for line in lines if line.means == "return"}
    extra = 0
    facts: dict[date, list[Fact]] = {}
    for order, line in enumerate(sorted(lines, key=lambda one: one.at)):
        amount, on = abs(line.yen), line.at.date()
        if line.means in ("surplus", "refund"):
            extra += amount if line.means == "surplus" else -amount
        elif line.means in ("advance", "payment") and id(line) not in came_back:
            facts.setdefault(on, []).append(Fact(line.means, amount, on, order))
    loan = BookedLoan(RATE, DUE_DAY, has_free_days=False)
    today = min(facts, default=day)
    while today <= day:
        loan.day(today, facts.get(today, []))
        today += timedelta(1)
    yield "principal", loan.principal
    yield "interest", loan.carried_interest
    yield "late_damages", loan.carried_late
    yield "suspense", -(loan.suspense + extra)
    yield "interest_income", -loan.interest_income
    yield "late_damages_income", -loan.late_income
