"""Members and their PIN: counted before it is checked."""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from fractions import Fraction
from uuid import UUID

from gateway.domain.loan_rules import Contract
from gateway.domain.money import Yen
from gateway.store.database import Database
from gateway.store.sql import SQL

CLAIM_LOGIN_NAME = SQL["members.claim_login_name"]
FIND_BY_LOGIN_NAME = SQL["members.find_by_login_name"]
FIND = SQL["members.find"]
ENROL = SQL["members.enrol"]
BEGIN_PIN_CHECK = SQL["members.begin_pin_check"]
PASS_PIN_CHECK = SQL["members.pass_pin_check"]


@dataclass(frozen=True, slots=True)
class Member:
    """What registering an account needs to know: the name as banks spell it, and 利用停止."""

    id: UUID
    kana: str
    is_suspended: bool


@dataclass(frozen=True, slots=True)
class NewMember:
    """A member as enrolled, with the loan's limit and contract."""

    id: UUID
    member_number: str
    kana: str
    pin_hash: str
    sender_name: str
    limit: Yen
    contract: Contract


@dataclass(frozen=True, slots=True)
class PinCheck:
    """A check that has been counted already and may now be made.

    `is_last`: it was the third of the day and has locked; only a success takes that back.
    """

    pin_hash: str
    round: int
    is_last: bool = False


@dataclass(frozen=True, slots=True)
class NewSession:
    """A session to be opened; only the hash of its secret is ever stored."""

    id: UUID
    secret_sha256: bytes
    opened_at: datetime
    ends_at: datetime


async def claim_login_name(db: Database, member_number: str, member_id: UUID) -> UUID:
    """Give the number to the member unless it is taken; return whose it is."""
    await db.fetch(CLAIM_LOGIN_NAME, member_number, member_id)
    owner = await find_member_id(db, member_number)
    if owner is None:
        raise RuntimeError("a login name that was just written cannot be found")
    return owner


async def find_member_id(db: Database, member_number: str) -> UUID | None:
    row = await db.fetchrow(FIND_BY_LOGIN_NAME, member_number)
    return None if row is None else row["member_id"]


async def find_member(db: Database, member_id: UUID) -> Member | None:
    row = await db.fetchrow(FIND, member_id)
    return None if row is None else Member(member_id, row["kana"], row["status"] != "active")


async def enrol(db: Database, member: NewMember, *, now: datetime) -> bool:
    """Write a member and the loan; return False if both were there already."""
    contract = member.contract
    row = await db.step(
        ENROL,
        *(member.id, member.member_number, member.kana, member.pin_hash, member.sender_name),
        *(member.limit.amount, _decimal(contract.annual_rate), contract.due_day.value),
        *(contract.has_free_days, now),
    )
    return bool(row["is_new"])


async def begin_pin_check(
    db: Database, member_id: UUID, *, day: date, now: datetime
) -> PinCheck | None:
    """Count a check; None if none may be made: no such member, locked, or suspended.

    Not a money step: run twice after a broken connection it counts twice, which is the safe side.
    """
    row = await db.fetchrow(BEGIN_PIN_CHECK, member_id, day, now)
    return None if row is None else PinCheck(row["pin_hash"], row["pin_round"], row["is_last"])


async def pass_pin_check(
    db: Database, member_id: UUID, check: PinCheck, session: NewSession, *, new_hash: str | None
) -> bool:
    """Reset the count and open the session; False if a later lock or suspension forbids it."""
    row = await db.step(
        PASS_PIN_CHECK,
        member_id,
        check.round,
        new_hash,
        session.id,
        session.secret_sha256,
        session.opened_at,
        session.ends_at,
    )
    return bool(row["result"] == "opened")


def _decimal(rate: Fraction) -> Decimal:
    return Decimal(rate.numerator) / Decimal(rate.denominator)
