"""Operators: who they are, when two names are one person's, and what each role may do."""

import re
import unicodedata
from dataclasses import dataclass
from enum import StrEnum

from gateway.domain.errors import GatewayError

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


class NameMissing(GatewayError):
    """Nobody is named where an operator's name is wanted."""

    code = "operator_name_missing"


def person(name: str) -> str:
    """Return a name as it is compared and kept: `sato` for ` Sato `, `SATO` and `ＳＡＴＯ`.

    Raises NameMissing where nothing is left of it.
    """
    folded = _folded(name)
    if not folded:
        raise NameMissing("--by: nobody is named; give the name of the operator who does this")
    return folded


def is_same_person(one: str, other: str) -> bool:
    """Whether two names, however they were typed, are one person's."""
    return _folded(one) == _folded(other)


def _folded(name: str) -> str:
    """Fold width and case, and leave out what nobody sees. The SQL function `person` agrees."""
    folded = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", name).casefold())
    seen = "".join(c for c in folded if unicodedata.category(c) != "Cf")
    return " ".join(seen.split())


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
