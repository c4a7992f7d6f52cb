"""Know a branch that a bank opened after the release: by an operator's word, on record."""

import re
import secrets
from datetime import datetime
from uuid import UUID

import structlog

from gateway.domain.account import BankCode
from gateway.domain.branches import branch_exists, branch_name
from gateway.domain.errors import Mistyped, Refused
from gateway.domain.identifier import uuid7
from gateway.domain.operator import person
from gateway.store.branches import AddedBranch, find_added, store_branch
from gateway.store.database import Database

NAME_MAX = 40
DIGITS = re.compile(r"[0-9]{3}", re.ASCII)

log = structlog.get_logger()


class BranchKnown(Refused):
    """The bank has a branch of that number already; nothing was written."""

    code = "branch_known"


async def is_branch(db: Database, bank: BankCode, branch: str) -> bool:
    """Return whether the bank has the branch, by the release's table or an operator's word."""
    return branch_exists(bank, branch) or await find_added(db, bank, branch) is not None


async def add_branch(db: Database, word: AddedBranch) -> AddedBranch:
    """Add a branch for all processes from its commit on; return it as it is kept.

    `word.added_by` is the operator as typed. Raises BranchKnown where the number has another name
    or is the release's; Mistyped for no three digits or no name; NameMissing.
    """
    name, operator = word.name.strip(), person(word.added_by)
    if DIGITS.fullmatch(word.branch) is None:
        raise Mistyped(f"{word.branch}: a branch is three digits")
    if not 0 < len(name) <= NAME_MAX or not name.isprintable():
        raise Mistyped(f"a branch's name is 1 to {NAME_MAX} characters that can be printed")
    released = branch_name(word.bank, word.branch)
    if released is not None:
        raise BranchKnown(f"{word.bank} {word.branch} is {released} in this release's table")
    new = AddedBranch(word.bank, word.branch, name, operator, word.added_at)
    await store_branch(db, new, action_id=_new_id(word.added_at))
    kept = await find_added(db, word.bank, word.branch)
    if kept is None or kept.name != name:
        raise BranchKnown(f"{word.bank} {word.branch} was added under another name")
    log.warning("branch.added", bank=word.bank, operator=operator)
    return kept


def _new_id(now: datetime) -> UUID:
    return uuid7(now, secrets.token_bytes(10))
