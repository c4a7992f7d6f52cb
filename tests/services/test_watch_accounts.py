"""People are called when an account gets a second member."""

from dataclasses import replace
from typing import Any

import pytest
from structlog.testing import capture_logs

from gateway.domain.account import AccountType, BankAccount, BankCode
from gateway.services.desk import TransferDesk
from gateway.services.watch_accounts import watch_accounts
from gateway.store.accounts import add_account
from tests.manual_clock import ManualClock
from tests.services.conftest import Member, new_member

ACCOUNT = BankAccount(BankCode.SMBC, "001", AccountType.ORDINARY, "7654321", "ﾔﾏﾀﾞ ﾀﾛｳ")


async def register(desk: TransferDesk, member: Member, account: BankAccount) -> str:
    now = desk.clock.now()
    kept = await add_account(desk.db, member.id, desk.new_id(), account, now=now)
    return kept.id.hex


async def alarms(desk: TransferDesk) -> list[str]:
    """Return the accounts that a round calls people for."""
    with capture_logs() as records:
        await watch_accounts(desk)
    return [one["account_id"] for one in records if one.get("code") == "account_of_two_members"]


@pytest.mark.parametrize(
    ("other", "is_told"),
    [
        pytest.param(ACCOUNT, True, id="the same account"),
        pytest.param(replace(ACCOUNT, holder="ﾔﾏﾀﾞﾀﾛｳ"), True, id="under another spelling"),
        pytest.param(replace(ACCOUNT, number="7654322"), False, id="another number"),
        pytest.param(replace(ACCOUNT, branch="002"), False, id="another branch"),
        pytest.param(replace(ACCOUNT, type=AccountType.CURRENT), False, id="another type"),
        pytest.param(replace(ACCOUNT, bank=BankCode.RAKUTEN), False, id="another bank"),
    ],
)
async def test_the_second_member_of_an_account_is_told_once(
    desk: TransferDesk,
    member: Member,
    owner: Any,
    clock: ManualClock,
    other: BankAccount,
    is_told: bool,
) -> None:
    second = await new_member(owner, clock, limit=100_000)
    await register(desk, member, ACCOUNT)
    await alarms(desk)  # all new members of these tests have one account

    registered = await register(desk, second, other)

    assert await alarms(desk) == ([registered] if is_told else [])
    assert await alarms(desk) == []


async def test_a_removed_account_is_nobodys(
    desk: TransferDesk, member: Member, owner: Any, clock: ManualClock
) -> None:
    second = await new_member(owner, clock, limit=100_000)
    await register(desk, member, ACCOUNT)
    await alarms(desk)
    await owner.execute("UPDATE accounts SET removed_at = now() WHERE number = '7654321'")

    await register(desk, second, ACCOUNT)

    assert await alarms(desk) == []
