"""Operators hear of a settlement account before it runs short, and once."""

from dataclasses import dataclass, field, replace

from structlog.testing import capture_logs

from gateway.domain.account import BankCode
from gateway.services.desk import TransferDesk
from gateway.services.watch_settlement import watch_settlement
from tests.services.conftest import Member, NoMetrics, ToldBank
from tests.services.house_books import open_account, typed_funding
from tests.services.test_transfers import accepted


@dataclass
class Gauges(NoMetrics):
    values: dict[str, float] = field(default_factory=dict)

    def gauge(self, name: str, value: float, /, **labels: str) -> None:
        self.values[f"{name}:{labels['bank']}"] = value


async def alerts(desk: TransferDesk) -> list[tuple[str, str, int]]:
    with capture_logs() as logs:
        await watch_settlement(desk)
    return [(line["code"], line["severity"], line["balance"]) for line in logs]


async def test_a_balance_that_falls_below_the_mark_is_told_once_and_the_gauge_says_it(
    desk: TransferDesk, member: Member, bank: ToldBank
) -> None:
    gauges = Gauges()
    desk = replace(desk, metrics=gauges)
    mark = desk.profiles[BankCode.SMBC].low_water
    await open_account(desk, BankCode.SMBC, mark + 5_000)
    assert await alerts(desk) == []

    await accepted(desk, member, amount=10_000)

    assert await alerts(desk) == [("settlement_balance_low", "ticket", mark - 5_000)]
    assert await alerts(desk) == []
    assert gauges.values == {"settlement_balance:smbc": mark - 5_000}
    assert bank.asked == []


async def test_an_account_that_was_filled_again_is_told_of_again(
    desk: TransferDesk, member: Member, bank: ToldBank
) -> None:
    del bank
    mark = desk.profiles[BankCode.SMBC].low_water
    await open_account(desk, BankCode.SMBC, mark - 1)
    assert len(await alerts(desk)) == 1
    await typed_funding(desk, BankCode.SMBC, 1)
    assert await alerts(desk) == []

    await accepted(desk, member, amount=10_000)

    assert len(await alerts(desk)) == 1


async def test_an_account_on_which_nothing_was_booked_yet_is_nobodys_alert(
    desk: TransferDesk,
) -> None:
    assert await alerts(desk) == []
