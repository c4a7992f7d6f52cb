"""Registering an account asks the bank, and so meets the bank's trouble with us too."""

from dataclasses import dataclass, field, replace
from typing import Any
from uuid import UUID

import pytest

from gateway.domain.account import AccountType, BankAccount, BankCode
from gateway.domain.bank import NameFound, NameRefused
from gateway.domain.errors import BankRefusedAccount, Busy, NotFoundHere
from gateway.domain.money import Yen
from gateway.domain.reason import Reason
from gateway.domain.repayment import RepaymentKind
from gateway.services.book_entry import FoundEntry, book_entry
from gateway.services.desk import TransferDesk
from gateway.services.quote_repayment import RepaymentWish, quote_repayment
from gateway.services.register_account import AccountRequest, register_account
from gateway.services.simulate_loan import Question, simulate_loan
from gateway.store.stops import stops_in_force
from tests.domain.loans import payment
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


@pytest.mark.parametrize(
    ("names_strict", "is_registered"),
    [
        pytest.param(False, True, id="a bank that takes ｵ for ｦ"),
        pytest.param(True, False, id="a bank that takes only its own spelling"),
    ],
)
async def test_a_name_that_may_not_be_sent_as_the_bank_spells_it_is_refused_where_it_must_be(
    desk: TransferDesk,
    member: Member,
    bank: ToldBank,
    owner: Any,
    names_strict: bool,
    is_registered: bool,
) -> None:
    """An account there could be registered, and every transfer to it would be refused."""
    await owner.execute("UPDATE members SET kana = 'ﾔﾏﾀﾞ ﾅｵ' WHERE member_id = $1", member.id)
    naming = NamingBank(bank.clock, name=NameFound("ﾔﾏﾀﾞ ﾅｦ"))
    profile = replace(desk.profiles[BankCode.SMBC], names_strict=names_strict)
    desk = replace(desk, banks={BankCode.SMBC: naming}, profiles={BankCode.SMBC: profile})
    asked = AccountRequest(
        member.id, BankCode.SMBC, "001", AccountType.ORDINARY, "7654321", holder=None
    )

    if is_registered:
        assert (await register_account(desk, asked)).account.holder == "ﾔﾏﾀﾞ ﾅｵ"
        return
    with pytest.raises(BankRefusedAccount):
        await register_account(desk, asked)


async def test_a_member_that_there_is_not_registers_no_account(desk: TransferDesk) -> None:
    asked = AccountRequest(
        UUID(int=9), BankCode.SMBC, "001", AccountType.ORDINARY, "7654321", holder=None
    )

    with pytest.raises(NotFoundHere):
        await register_account(desk, asked)


async def test_a_member_without_a_loan_is_told_of_no_loan(desk: TransferDesk) -> None:
    nobody = UUID(int=9)
    found = FoundEntry(nobody, payment(5_000, "2026-11-20"))
    wish = RepaymentWish(nobody, RepaymentKind.PAYOFF, BankCode.SMBC, None)

    with pytest.raises(NotFoundHere, match="no loan"):
        await quote_repayment(desk, wish)
    with pytest.raises(NotFoundHere, match="no loan"):
        await simulate_loan(desk, nobody, Question(monthly=Yen(5_000)))
    with pytest.raises(LookupError, match=f"member {nobody} has no loan"):
        await book_entry(desk, found)
