"""The branches of the five banks, from a frozen table that `scripts/freeze_branches` writes."""

import pkgutil
from functools import cache

from gateway.domain.account import ZENGIN_CODES, BankCode


def branch_exists(bank: BankCode, branch: str) -> bool:
    """Return whether the bank has a branch of these three digits."""
    return (ZENGIN_CODES[bank], branch) in _names()


def branch_name(bank: BankCode, branch: str) -> str | None:
    """Return the branch's name as people write it, or None if the bank has no such branch."""
    return _names().get((ZENGIN_CODES[bank], branch))


@cache
def _names() -> dict[tuple[str, str], str]:
    # Read at first use, by the importer: to the event loop it is one more module being imported.
    return read_table(pkgutil.get_data("gateway.domain", "branches.tsv"))


def read_table(table: bytes | None) -> dict[tuple[str, str], str]:
    """Return the names in a table of bank, branch and name, by bank and branch.

    Raises FileNotFoundError where there is none: a broken installation, not a missing branch.
    """
    if table is None:
        raise FileNotFoundError("gateway/domain/branches.tsv")
    rows = (line.split("\t") for line in table.decode().splitlines() if not line.startswith("#"))
    return {(bank, branch): name for bank, branch, name in rows}
