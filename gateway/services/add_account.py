"""Add an account by hand, at a bank that tells nobody whose an account is."""

import secrets
from dataclasses import dataclass
from datetime import datetime

import structlog

from gateway.domain.account import AccountType, BankAccount, BankCode
from gateway.domain.errors import BranchUnknown, MemberSuspended, Mistyped, NotFoundHere
from gateway.domain.identifier import uuid7
from gateway.domain.operator import person
from gateway.services.add_branch import is_branch
from gateway.store.accounts import RegisteredAccount, add_account
from gateway.store.database import Database
from gateway.store.members import find_member, find_member_id
from gateway.store.operator_actions import OperatorAction, write_action

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class AccountOnPaper:
    """An account that an operator has seen proof of: passbook or card in the member's own name."""

    member_number: str
    bank: BankCode
    branch: str
    type: AccountType
    number: str
    operator: str


async def add_account_on_paper(
    db: Database, seen: AccountOnPaper, *, now: datetime
) -> RegisteredAccount:
    """Return the account registered in the member's own name, the old one if it was already.

    The act is on record, under the operator's name, before the account can be used. Raises
    NotFoundHere (no such member), MemberSuspended or BranchUnknown; Mistyped for a branch or
    number of the wrong shape; NameMissing where no operator is named.
    """
    operator = person(seen.operator)
    member_id = await find_member_id(db, seen.member_number)
    member = None if member_id is None else await find_member(db, member_id)
    if member is None:
        raise NotFoundHere("no member has that number")
    if member.is_suspended:
        raise MemberSuspended("the member is suspended")
    try:
        account = BankAccount(seen.bank, seen.branch, seen.type, seen.number, member.kana)
    except ValueError as error:
        raise Mistyped(str(error)) from error
    if not await is_branch(db, seen.bank, seen.branch):
        raise BranchUnknown(f"{seen.bank} has no branch {seen.branch}", field="/branch")
    identifier = uuid7(now, secrets.token_bytes(10))
    details = {"bank": seen.bank.value, "branch": seen.branch, "number": account.number_masked}
    await write_action(
        db,
        OperatorAction(identifier, now, operator, "account_add", member.id, details),
    )
    kept = await add_account(db, member.id, identifier, account, now=now)
    log.info("account.registered", bank=seen.bank, account_id=kept.id.hex)
    return kept
