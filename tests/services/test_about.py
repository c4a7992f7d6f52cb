"""Every call to a bank says in the log which transfer it is about, and in which trace."""

from dataclasses import dataclass, field, replace
from typing import Any

import structlog
from structlog.contextvars import bound_contextvars, get_contextvars

from gateway.domain.account import BankCode
from gateway.domain.bank import TransferOrder
from gateway.domain.outcome import Answer, InquiryOutcome, SubmitOutcome, Unknown
from gateway.domain.reason import Reason
from gateway.services.accept_transfer import accept_transfer
from gateway.services.desk import TransferDesk
from gateway.services.inquire_transfer import inquire_transfer
from tests.manual_clock import ManualClock
from tests.services.conftest import Member, ToldBank, request

TRACE = "0af7651916cd43dd8448eb211c80319c"


@dataclass
class NotingBank(ToldBank):
    """Keeps what a log line of each call would say."""

    told: list[dict[str, Any]] = field(default_factory=list)

    async def submit(self, order: TransferOrder, *, send_before: float) -> Answer[SubmitOutcome]:
        self.told.append(dict(get_contextvars()))
        return await super().submit(order, send_before=send_before)

    async def inquire(self, order: TransferOrder) -> Answer[InquiryOutcome]:
        self.told.append(dict(get_contextvars()))
        return await super().inquire(order)


async def test_the_first_call_is_in_the_requests_trace_and_later_ones_in_the_transfers(
    desk: TransferDesk, member: Member, clock: ManualClock
) -> None:
    bank = NotingBank(clock)
    bank.submits.append(Unknown(Reason.BANK_BUSY))
    noting = replace(desk, banks={BankCode.SMBC: bank})
    with bound_contextvars(trace_id=TRACE):
        transfer = (await accept_transfer(noting, request(member))).transfer
        await noting.senders.drain(10)
    structlog.contextvars.clear_contextvars()

    for _ in range(2):
        await inquire_transfer(noting, transfer)

    assert [told["transfer_id"] for told in bank.told] == [str(transfer.id)] * 3
    assert [told["trace_id"] for told in bank.told] == [TRACE, *[transfer.id.hex] * 2]
    assert "transfer_id" not in get_contextvars()
