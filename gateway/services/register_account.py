"""Register an account for pay-outs: a branch that exists, and the member's own name at the bank."""

import hmac
import math
import secrets
from dataclasses import dataclass, replace
from datetime import datetime, time, timedelta
from typing import assert_never
from uuid import UUID

import structlog

from gateway.domain.account import HOLDER_MAX, AccountType, BankAccount, BankCode
from gateway.domain.bank import Bank, NameFound, NameRefused
from gateway.domain.believed_dates import jst_day
from gateway.domain.errors import (
    BankRefusedAccount,
    BranchUnknown,
    Busy,
    HolderMismatch,
    HolderUnreadable,
    MemberSuspended,
    NameChecksUsedUp,
    NameCheckUnavailable,
    NotFoundHere,
    required,
)
from gateway.domain.hours import JST
from gateway.domain.identifier import uuid7
from gateway.domain.kana import NameMatch, compare, normalise
from gateway.domain.misuse import Misuse
from gateway.domain.reason import FINAL_REFUSALS, Reason
from gateway.services.add_branch import is_branch
from gateway.services.desk import TransferDesk
from gateway.services.hold_bank import hold_if_ours
from gateway.store.accounts import RegisteredAccount, add_account
from gateway.store.members import Member, find_member
from gateway.store.name_checks import NameCheckCount, take_name_check

BANK_BUSY_RETRY_S = 5
# In a day (JST). A member has a handful of accounts; who tries numbers needs thousands.
CHECKS_OF_MEMBER = 10
CHECKS_OF_ACCOUNT = 5
# Not the account's fault, though final for a transfer: the account may still be good.
OUR_FAULT = frozenset({Reason.FORMAT_ERROR, Reason.LIMIT_EXCEEDED})

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class AccountRequest:
    """An account as the member typed it; `holder` only where it was typed at all."""

    member_id: UUID
    bank: BankCode
    branch: str
    type: AccountType
    number: str
    holder: str | None


async def register_account(desk: TransferDesk, request: AccountRequest) -> RegisteredAccount:
    """Return the registered account, the old one if it is registered already.

    Raises BranchUnknown, HolderUnreadable, HolderMismatch (the name as typed is another),
    BankRefusedAccount, NameCheckUnavailable, MemberSuspended, NameChecksUsedUp, or Busy when the
    bank cannot be asked just now.
    """
    member = await _member_in_good_standing(desk, request.member_id)
    bank = desk.banks.get(request.bank)
    if bank is None or not desk.profiles[request.bank].verifies_names:
        raise NameCheckUnavailable(field="/bank")
    if not await is_branch(desk.db, request.bank, request.branch):
        raise BranchUnknown(field="/branch")
    if request.holder is not None:
        _compare_holders(member.kana, request.holder)
    account = BankAccount(request.bank, request.branch, request.type, request.number, member.kana)
    await _count_check(desk, request.member_id, account)
    registered = await _at_the_bank(desk, bank, account)
    now = desk.clock.now()
    identifier = uuid7(now, secrets.token_bytes(10))
    kept = await add_account(desk.db, request.member_id, identifier, registered, now=now)
    log.info("account.registered", bank=request.bank, account_id=kept.id.hex)
    return kept


async def _member_in_good_standing(desk: TransferDesk, member_id: UUID) -> Member:
    member = required(await find_member(desk.db, member_id), NotFoundHere())
    if member.is_suspended:
        raise MemberSuspended
    return member


def _compare_holders(ours: str, typed: str) -> None:
    try:
        normalise(typed)
    except ValueError as error:
        raise HolderUnreadable(str(error), field="/holder") from None
    if compare(ours, typed) is NameMatch.MISMATCH:
        raise HolderMismatch(field="/holder")


async def _count_check(desk: TransferDesk, member_id: UUID, account: BankAccount) -> None:
    """Count the question before it is asked: each answer tells who has an account, or who not."""
    now = desk.clock.now()
    key = desk.settings.log_key.get_secret_value().encode()
    number = f"{account.bank}-{account.branch}-{account.type}-{account.number}"
    counted = (
        NameCheckCount(_subject(key, str(member_id)), CHECKS_OF_MEMBER),
        NameCheckCount(_subject(key, number), CHECKS_OF_ACCOUNT),
    )
    today = jst_day(now)
    for one in counted:
        if not await take_name_check(desk.db, one, on=today):
            midnight = datetime.combine(today + timedelta(days=1), time(), JST)
            wait_s = math.ceil((midnight - now).total_seconds())
            raise NameChecksUsedUp(retry_after_s=wait_s)


async def _at_the_bank(desk: TransferDesk, bank: Bank, account: BankAccount) -> BankAccount:
    """Return the account if the bank says it is the member's; no connection is held meanwhile."""
    desk.tally.count(Misuse.NAME_CHECKED, desk.clock.now())
    answer = await bank.verify_name(account)
    match answer:
        case NameFound():
            is_strict = desk.profiles[bank.code].names_strict
            return _own_name(account, answer.holder, is_strict=is_strict)
        case NameRefused():
            await hold_if_ours(desk, bank.code, answer.reason)
            raise _refusal(bank.code, answer.reason)
        case _:
            assert_never(answer)


def _own_name(account: BankAccount, holder: str, *, is_strict: bool) -> BankAccount:
    match compare(account.holder, holder):
        case NameMatch.EQUAL_WITH_WARNING if is_strict and normalise(holder) != holder:
            # We may not send the bank's spelling (ｦ), and it pays under no other.
            raise _refused(account.bank, Reason.NAME_MISMATCH)
        case NameMatch.MISMATCH:
            raise _refused(account.bank, Reason.NAME_MISMATCH)
        case NameMatch.EQUAL_WITH_WARNING:
            log.warning("account.name_differed", bank=account.bank)
            return _as_the_bank_spells(account, normalise(holder))
        case NameMatch.EQUAL:
            return account
        case never:
            assert_never(never)


def _as_the_bank_spells(account: BankAccount, holder: str) -> BankAccount:
    """Return the account under the spelling that the bank will compare a payee with, if it fits."""
    return replace(account, holder=holder) if len(holder) <= HOLDER_MAX else account


def _refusal(bank: BankCode, reason: Reason) -> BankRefusedAccount | Busy:
    if reason in FINAL_REFUSALS - OUR_FAULT:
        return _refused(bank, reason)
    return Busy(reason, retry_after_s=BANK_BUSY_RETRY_S)


def _refused(bank: BankCode, reason: Reason) -> BankRefusedAccount:
    """Return what the member is told, always the same; operators read the reason in the log."""
    log.info("account.refused", bank=bank, reason=reason)
    return BankRefusedAccount(field="/number")


def _subject(key: bytes, name: str) -> bytes:
    return hmac.digest(key, b"name check " + name.encode(), "sha256")
