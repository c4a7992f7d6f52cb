"""A loan's position on a JST date: what the member's page shows and what quotes are made from."""

from dataclasses import dataclass
from datetime import date
from fractions import Fraction

from gateway.domain.allocation import Owed
from gateway.domain.loan_history import History
from gateway.domain.loan_rules import LoanRules
from gateway.domain.loan_state import LoanState
from gateway.domain.money import NOTHING, Yen


@dataclass(frozen=True, slots=True)
class Due:
    """The oldest unmet due date. Only payments from `counts_from` on count for it.

    `nominal` is the due day itself, `on` the business day on which payment is due.
    """

    nominal: date
    on: date
    amount: Yen
    counts_from: date


@dataclass(frozen=True, slots=True)
class LoanPosition:
    """Where a loan stands at the end of `day`, whole yen.

    `owed` includes what the days until `day` have borne, so that its total is the payoff.
    `late_since` is the first day that bore late damages. `is_resting` is 無利息残高.
    """

    day: date
    owed: Owed
    suspense: Yen
    rate: Fraction
    minimum: Yen
    due: Due | None
    late_since: date | None
    free_until: date | None
    is_resting: bool

    @property
    def payoff(self) -> Yen:
        """Return what pays the loan off on `day` (全額返済)."""
        return self.owed.total


def position_on(history: History, day: date) -> LoanPosition:
    """Return the position at the end of `day`, by the entries effective until then."""
    state = history.state_on(day)
    owed = state.owed_now
    return LoanPosition(
        day=day,
        owed=owed,
        suspense=state.suspense,
        rate=state.rate,
        minimum=state.minimum,
        due=_due(state, owed.total),
        late_since=state.late_since,
        free_until=state.free_until,
        is_resting=state.due is None and owed.principal > NOTHING,
    )


def typed_range(position: LoanPosition, rules: LoanRules) -> tuple[Yen, Yen]:
    """Return the least and the most that a member may type for 金額指定返済; both 0: nothing owed.

    What is due and the payoff may be less than the least, and are not typed.
    """
    return min(rules.repayment_min.value, position.payoff), position.payoff


def payoff_on(history: History, day: date) -> Yen:
    """Return what pays the loan off on `day`, today or later, if nothing else happens."""
    return history.state_on(day).owed_now.total


def _due(state: LoanState, payoff: Yen) -> Due | None:
    if state.due is None:
        return None
    due, missing = state.due.due, Yen(state.minimum.amount - state.due.paid.amount)
    return Due(due.nominal, due.on, min(missing, payoff), state.due.counts_from)
