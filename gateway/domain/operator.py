"""Operators: who they are, and what each role may do."""

import re
from dataclasses import dataclass
from enum import StrEnum

NAME = re.compile(r"[a-z][a-z0-9._-]{1,31}")


class Role(StrEnum):
    """What an operator may do; each role may do all that the ones before it may."""

    VIEWER = "viewer"  # sees
    OPERATOR = "operator"  # acts
    APPROVER = "approver"  # confirms what others propose

    def includes(self, needed: "Role") -> bool:
        """Whether this role may do what `needed` may."""
        roles = list(Role)
        return roles.index(self) >= roles.index(needed)


@dataclass(frozen=True, slots=True)
class Operator:
    """One of the lender's staff, under the name that stays on record."""

    name: str
    role: Role

    def __post_init__(self) -> None:
        if not NAME.fullmatch(self.name):
            raise ValueError(
                "an operator's name is 2 to 32 of a-z, 0-9, dot, dash and underscore,"
                " beginning with a letter"
            )
