"""Who holds an account, where the bank tells; and the bank's clock."""

from gateway.conformance.case import Case, a, equal, true
from gateway.conformance.rig import HOLDER, Rig
from gateway.domain.bank import NameFound, NameRefused
from gateway.domain.reason import Reason

GROUP = "names and clock"
DAY_S = 24 * 3600


async def the_holder_is_named(rig: Rig) -> None:
    equal(await rig.bank.verify_name(rig.order().creditor), NameFound(HOLDER))


async def an_unknown_account_is_not_named(rig: Rig) -> None:
    unknown = rig.order("0000001").creditor
    equal(await rig.bank.verify_name(unknown), NameRefused(Reason.ACCOUNT_NOT_FOUND))


async def another_holder_is_named_as_the_bank_spells_it(rig: Rig) -> None:
    found = a(NameFound, await rig.bank.verify_name(rig.order("0000002").creditor))
    equal(found.holder, "ﾍﾞﾂﾉ ﾋﾄ")


async def a_look_too_many_waits_for_the_next_day(rig: Rig) -> None:
    account = rig.order().creditor
    for _ in range(rig.expected.names_looks_a_day or 0):
        await rig.bank.verify_name(account)
    equal(await rig.bank.verify_name(account), NameRefused(Reason.LIMIT_EXCEEDED))
    await rig.advance(DAY_S)
    equal(await rig.bank.verify_name(account), NameFound(HOLDER))


async def no_name_is_asked_for(rig: Rig) -> None:
    equal(await rig.bank.verify_name(rig.order().creditor), NameRefused(Reason.NOT_OFFERED))


async def the_banks_clock_is_compared_with_ours(rig: Rig) -> None:
    await rig.set_the_banks_clock(shift_s=240)
    skew_s = a(float, await rig.bank.clock_skew_s())
    true(abs(skew_s - 240) <= 1, f"the bank is {skew_s} s ahead, wanted 240")


CASES = (
    Case(GROUP, "the holder is named", the_holder_is_named, lambda bank: bank.verifies_names),
    Case(
        GROUP,
        "an unknown account is not named",
        an_unknown_account_is_not_named,
        lambda bank: bank.verifies_names,
    ),
    Case(
        GROUP,
        "another holder is named as the bank spells it",
        another_holder_is_named_as_the_bank_spells_it,
        lambda bank: bank.verifies_names,
    ),
    Case(
        GROUP,
        "a look too many waits for the next day",
        a_look_too_many_waits_for_the_next_day,
        lambda bank: bank.names_looks_a_day is not None,
    ),
    Case(
        GROUP,
        "a bank without name checks is not asked",
        no_name_is_asked_for,
        lambda bank: not bank.verifies_names,
    ),
    Case(GROUP, "the bank's clock is compared with ours", the_banks_clock_is_compared_with_ours),
)
