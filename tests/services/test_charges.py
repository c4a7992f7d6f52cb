"""What a bank charges the lender is posted with the settlement, from the bank's table of fees."""

from dataclasses import replace
from datetime import timedelta

from gateway.domain.account import BankCode
from gateway.domain.fees import Channel, FeeRow, Payer, Tariff
from gateway.domain.money import Yen
from gateway.services.accept_transfer import accept_transfer
from gateway.services.desk import TransferDesk
from tests.services.conftest import Member, request


async def test_the_charge_of_the_day_of_booking_is_posted(
    desk: TransferDesk, member: Member, owner
) -> None:
    today = desk.clock.now().date()
    transfer = (Payer.LENDER, Channel.INTERNET_TRANSFER, Yen(1))
    tariff = Tariff(
        (FeeRow(*transfer, today, Yen(110)), FeeRow(*transfer, today + timedelta(1), Yen(55)))
    )
    profile = replace(desk.profiles[BankCode.SMBC], tariff=tariff)
    charging = replace(desk, profiles={BankCode.SMBC: profile})

    await accept_transfer(charging, request(member))
    await desk.senders.drain(10)

    postings = await owner.fetch("SELECT debit, credit, amount FROM postings ORDER BY amount")
    assert [tuple(row) for row in postings] == [
        ("fee_expense:smbc", "bank_charges_payable:smbc", 110),
        ("principal", "settlement_cash:smbc", 10_000),
    ]
