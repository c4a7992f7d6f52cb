"""The branches of the five banks, from a frozen table that `scripts/freeze_branches` writes."""

from collections.abc import Iterable
from functools import cache

from gateway.domain.account import ZENGIN_CODES, BankCode
from gateway.domain.frozen_table import packaged


def branch_exists(bank: BankCode, branch: str) -> bool:
    """Return whether the bank has a branch of these three digits."""
    return (ZENGIN_CODES[bank], branch) in _names()


def branch_name(bank: BankCode, branch: str) -> str | None:
    """Return the branch's name as people write it, or None if the bank has no such branch."""
    return _names().get((ZENGIN_CODES[bank], branch))


def check_table() -> int:
    """Return how many branches the table has. Raises TableDamaged if it is not as released."""
    return len(_names())


@cache
def _names() -> dict[tuple[str, str], str]:
    return read_table(packaged("branches.tsv")[1])


def read_table(rows: Iterable[str]) -> dict[tuple[str, str], str]:
    """Return the names in rows of bank, branch and name, by bank and branch."""
    return {(bank, branch): name for bank, branch, name in (row.split("\t") for row in rows)}
