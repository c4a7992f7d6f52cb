"""How a payment is split: fees, late damages, interest, principal; the rest is the member's."""

from dataclasses import dataclass

from gateway.domain.money import NOTHING, Yen


@dataclass(frozen=True, slots=True)
class Owed:
    """What a member owes, in whole yen, in the order in which payments are taken for it."""

    fees: Yen = NOTHING
    late_damages: Yen = NOTHING
    interest: Yen = NOTHING
    principal: Yen = NOTHING

    @property
    def total(self) -> Yen:
        return self.fees + self.late_damages + self.interest + self.principal


@dataclass(frozen=True, slots=True)
class Allocation:
    """One payment, split. `suspense` fits nothing that is owed: it is to be given back."""

    fees: Yen = NOTHING
    late_damages: Yen = NOTHING
    interest: Yen = NOTHING
    principal: Yen = NOTHING
    suspense: Yen = NOTHING

    @property
    def total(self) -> Yen:
        return self.fees + self.late_damages + self.interest + self.principal + self.suspense


def allocate(amount: Yen, owed: Owed) -> Allocation:
    """Return the split of a payment; its parts sum to `amount`, whatever is owed."""
    left, parts = amount.amount, []
    for what in (owed.fees, owed.late_damages, owed.interest, owed.principal):
        part = min(left, what.amount)
        left -= part
        parts.append(Yen(part))
    fees, late_damages, interest, principal = parts
    return Allocation(fees, late_damages, interest, principal, Yen(left))


def owed_after(owed: Owed, paid: Allocation) -> Owed:
    """Return what stays owed after a payment that was allocated to it."""
    return Owed(
        Yen(owed.fees.amount - paid.fees.amount),
        Yen(owed.late_damages.amount - paid.late_damages.amount),
        Yen(owed.interest.amount - paid.interest.amount),
        Yen(owed.principal.amount - paid.principal.amount),
    )
