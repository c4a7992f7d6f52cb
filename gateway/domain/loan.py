"""A member's loan, as far as borrowing needs it."""

from dataclasses import dataclass
from datetime import date
from uuid import UUID

from gateway.domain.money import Yen


@dataclass(frozen=True, slots=True)
class Loan:
    """Credit limit, what is owed, and what open transfers have reserved; whole yen.

    `due_on`: the oldest unmet due date, None where nothing is due or nobody has worked it out yet.
    """

    member_id: UUID
    credit_limit: Yen
    principal: Yen
    reserved: Yen
    suspense: Yen
    advances_stopped: bool
    version: int
    due_on: date | None = None

    @property
    def available(self) -> Yen:
        """Return what may be borrowed at this moment; never below 0."""
        left = self.credit_limit.amount - self.principal.amount - self.reserved.amount
        return Yen(max(0, left))
