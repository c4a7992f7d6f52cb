"""Book the money that the lender puts into its settlement account at a bank."""

import hashlib
from uuid import UUID

from gateway.domain.account import BankCode
from gateway.domain.hours import JST
from gateway.domain.ledger import FUNDING, NIL_MEMBER, Posting, settlement_cash
from gateway.domain.money import Yen
from gateway.services.desk import TransferDesk
from gateway.store.ledger import post_once


async def fund_bank(desk: TransferDesk, bank: BankCode, amount: Yen, *, note: str) -> bool:
    """Book a funding once under its `note` (the bank's reference); False if booked already."""
    now = desk.clock.now()
    digest = hashlib.sha256(f"{FUNDING} {bank} {note}".encode()).digest()
    posting = Posting(
        id=UUID(bytes=digest[:16]),
        journal=UUID(bytes=digest[16:]),
        debit=settlement_cash(bank),
        credit=FUNDING,
        amount=amount,
        effective_on=now.astimezone(JST).date(),
    )
    return await post_once(desk.db, posting, member_id=NIL_MEMBER, now=now)
