"""An operator adds an account at a bank that names nobody: in the member's own name, on record."""

from dataclasses import replace
from typing import Any
from uuid import UUID

import asyncpg
import pytest

from gateway.domain.account import AccountType, BankCode
from gateway.domain.due_dates import DueDay
from gateway.domain.errors import BranchUnknown, MemberSuspended, NotFoundHere, Refused
from gateway.domain.identifier import uuid7
from gateway.domain.loan_rules import Contract, percent
from gateway.domain.money import Yen
from gateway.services.add_account import AccountOnPaper, add_account_on_paper
from gateway.store import members
from gateway.store.accounts import list_accounts
from gateway.store.database import Database
from gateway.store.members import NewMember
from tests.manual_clock import START

SEEN = AccountOnPaper("10000001", BankCode.MUFG, "001", AccountType.ORDINARY, "1234567", "sato")


@pytest.fixture
async def member(operators_db: Database) -> UUID:
    member_id = await members.claim_login_name(
        operators_db, "10000001", uuid7(START, b"0123456789")
    )
    contract = Contract(percent("17.8"), DueDay.FIFTH)
    new = NewMember(member_id, "10000001", "ﾔﾏﾀﾞ ﾀﾛｳ", "hash", "ﾌﾟﾛﾐｽ", Yen(100_000), contract)
    await members.enrol(operators_db, new, now=START)
    return member_id


async def test_the_account_is_the_members_own(operators_db: Database, member: UUID) -> None:
    added = await add_account_on_paper(operators_db, SEEN, now=START)

    (kept,) = await list_accounts(operators_db, member)
    assert kept == added
    assert kept.account.holder == "ﾔﾏﾀﾞ ﾀﾛｳ"
    assert (kept.account.bank, kept.account.number) == (BankCode.MUFG, "1234567")


async def test_it_is_on_record_who_added_it_without_the_whole_number(
    operators_db: Database, member: UUID, owner: Any
) -> None:
    await add_account_on_paper(operators_db, SEEN, now=START)

    (row,) = await owner.fetch(
        "SELECT at, operator, action, member_id, details ->> 'number' AS number"
        " FROM operator_actions"
    )
    assert (row["at"], row["operator"], row["action"]) == (START, "sato", "account_add")
    assert row["member_id"] == member
    assert row["number"] == "****567"


async def test_an_account_added_twice_is_one_account_and_two_acts(
    operators_db: Database, member: UUID, owner: Any
) -> None:
    first = await add_account_on_paper(operators_db, SEEN, now=START)
    again = await add_account_on_paper(operators_db, replace(SEEN, operator="kato"), now=START)

    assert again.id == first.id
    assert len(await list_accounts(operators_db, member)) == 1
    acts = await owner.fetch("SELECT operator FROM operator_actions ORDER BY operator")
    assert [row["operator"] for row in acts] == ["kato", "sato"]


@pytest.mark.parametrize(
    ("seen", "refusal"),
    [
        pytest.param(replace(SEEN, member_number="99999999"), NotFoundHere, id="no such member"),
        pytest.param(replace(SEEN, branch="999"), BranchUnknown, id="no such branch"),
    ],
)
async def test_what_cannot_be_is_refused_and_leaves_nothing(
    operators_db: Database, member: UUID, owner: Any, seen: AccountOnPaper, refusal: type[Refused]
) -> None:
    with pytest.raises(refusal):
        await add_account_on_paper(operators_db, seen, now=START)

    assert await list_accounts(operators_db, member) == []
    assert await owner.fetch("SELECT id FROM operator_actions") == []


async def test_a_suspended_member_gets_no_account(
    operators_db: Database, member: UUID, owner: Any
) -> None:
    await owner.execute("UPDATE members SET status = 'suspended' WHERE member_id = $1", member)

    with pytest.raises(MemberSuspended):
        await add_account_on_paper(operators_db, SEEN, now=START)


@pytest.mark.usefixtures("member")
async def test_the_gateways_role_cannot_rewrite_the_record(operators_db: Database) -> None:
    await add_account_on_paper(operators_db, SEEN, now=START)

    for statement in ("UPDATE operator_actions SET operator = 'x'", "DELETE FROM operator_actions"):
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await operators_db.fetch(statement)
