"""The lender's own money in tests: what was there at first, fundings as they once were typed."""

from uuid import uuid4

from gateway.domain.account import BankCode
from gateway.domain.hours import JST
from gateway.domain.house_money import Opening
from gateway.domain.ledger import FUNDING, Posting, settlement_cash
from gateway.domain.money import Yen
from gateway.services.desk import TransferDesk
from gateway.services.open_account import confirm_account_opening, propose_account_opening
from gateway.store.ledger import post_house


async def open_account(desk: TransferDesk, bank: BankCode, balance: int) -> None:
    """Let two operators say what was on the account before today's first line."""
    now = desk.clock.now()
    opening = Opening(bank, now.astimezone(JST).date(), balance)
    await propose_account_opening(desk.db, opening, by="sato", note="first day", now=now)
    await confirm_account_opening(desk.db, opening, by="suzuki", note="checked", now=now)


async def typed_funding(desk: TransferDesk, bank: BankCode, amount: int) -> None:
    """Book a funding as an earlier version did: on the day of typing, tied to no line."""
    now = desk.clock.now()
    day = now.astimezone(JST).date()
    posting = Posting(uuid4(), uuid4(), settlement_cash(bank), FUNDING, Yen(amount), day)
    assert await post_house(desk.db, [posting], now=now) == 1
