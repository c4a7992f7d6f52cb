"""Registering an account asks the bank, and so meets the bank's trouble with us too."""

from dataclasses import dataclass, field, replace

import pytest

from gateway.domain.account import AccountType, BankAccount, BankCode
from gateway.domain.bank import NameFound, NameRefused
from gateway.domain.errors import Busy
from gateway.domain.reason import Reason
from gateway.services.desk import TransferDesk
from gateway.services.register_account import AccountRequest, register_account
from gateway.store.stops import stops_in_force
from tests.services.conftest import Member, ToldBank


@dataclass
class NamingBank(ToldBank):
    """Answers each question about a name as told."""

    name: NameFound | NameRefused = field(default_factory=lambda: NameFound("ﾔﾏﾀﾞ ﾀﾛｳ"))

    async def verify_name(self, account: BankAccount) -> NameFound | NameRefused:
        del account
        return self.name


@pytest.mark.parametrize(
    ("reason", "held"),
    [
        pytest.param(Reason.CONTRACT_ERROR, ["contract_error"], id="our contract is refused"),
        pytest.param(Reason.THROTTLED, [], id="too many questions"),
        pytest.param(Reason.OUT_OF_HOURS, [], id="closed"),
    ],
)
async def test_contract_trouble_met_by_a_name_check_holds_the_bank_and_nothing_else_does(
    desk: TransferDesk, member: Member, bank: ToldBank, reason: Reason, held: list[str]
) -> None:
    naming = NamingBank(bank.clock, name=NameRefused(reason))
    desk = replace(desk, banks={BankCode.SMBC: naming})
    asked = AccountRequest(
        member.id, BankCode.SMBC, "001", AccountType.ORDINARY, "7654321", holder=None
    )

    with pytest.raises(Busy):
        await register_account(desk, asked)

    assert [stop.reason for stop in await stops_in_force(desk.db, now=desk.clock.now())] == held
