"""PayPay銀行 as a `Bank`: each call of the port, built, sent and understood."""

from collections.abc import Mapping
from datetime import date

import httpx

from gateway.adapters.failure import inquiry_outcome, submit_outcome
from gateway.adapters.line import Call, Line
from gateway.adapters.paypay import codes, messages
from gateway.adapters.paypay.callback import read_callback
from gateway.adapters.paypay.channel import Channel
from gateway.adapters.paypay.collections import inquire_collection, start_collection
from gateway.adapters.paypay.payouts import read_payout_state, settled
from gateway.adapters.paypay.statement import read_statement
from gateway.adapters.skew import clock_skew_s
from gateway.domain.account import BankAccount, BankCode
from gateway.domain.bank import (
    Callback,
    CollectionOrder,
    Health,
    NameFound,
    NameRefused,
    Statement,
    StatementUnavailable,
    TransferOrder,
)
from gateway.domain.outcome import (
    Answer,
    CollectionOutcome,
    InquiryOutcome,
    StartOutcome,
    SubmitOutcome,
)
from gateway.domain.ports import Clock


class PayPay:
    """Every method hands out outcomes; what cannot be read, or believed, is Unknown."""

    code = BankCode.PAYPAY

    def __init__(
        self,
        line: Line,
        client: httpx.AsyncClient,
        channel: Channel,
        clock: Clock,
        *,
        item_limit: int,
    ) -> None:
        self._line = line
        self._client = client
        self._channel = channel
        self._clock = clock
        self._item_limit = item_limit

    @property
    def health(self) -> Health:
        return self._line.health

    async def submit(self, order: TransferOrder, *, send_before: float) -> Answer[SubmitOutcome]:
        question = self._channel.ask("/payout", _instruction(order))

        async def read(answer: httpx.Response) -> tuple[str, SubmitOutcome]:
            found = question.read(answer, messages.PAYOUT, codes.PAYOUT)
            return "DONE", settled(found)

        call: Call[SubmitOutcome] = Call(
            "submit",
            "money",
            order.reference,
            build=question.build,
            read=read,
            otherwise=submit_outcome,
            send_before=send_before,
        )
        return await self._line.call(call)

    async def inquire(self, order: TransferOrder) -> Answer[InquiryOutcome]:
        question = self._channel.ask("/payout/inquiry", {"TRAN_ID": order.reference})

        async def read(answer: httpx.Response) -> tuple[str, InquiryOutcome]:
            found = question.read(answer, messages.PAYOUT_STATE, codes.ASKED_WRONGLY)
            return found["STATE"], read_payout_state(found, order)

        call: Call[InquiryOutcome] = Call(
            "inquire",
            "inquiry",
            order.reference,
            build=question.build,
            read=read,
            otherwise=inquiry_outcome,
        )
        return await self._line.call(call)

    async def start_collection(self, order: CollectionOrder) -> Answer[StartOutcome]:
        """Make the signed form which the payer's browser posts; nothing is sent by us."""
        return start_collection(
            self._channel, order, now=self._clock.now(), item_limit=self._item_limit
        )

    async def inquire_collection(self, order: CollectionOrder) -> Answer[CollectionOutcome]:
        return await inquire_collection(self._line, self._channel, order)

    async def verify_name(self, account: BankAccount) -> NameFound | NameRefused:
        question = self._channel.ask("/name", _place(account))

        async def read(answer: httpx.Response) -> tuple[str, NameFound | NameRefused]:
            found = question.read(answer, messages.HOLDER, codes.NAME)
            return "FOUND", NameFound(messages.read_holder(found["NAME"]))

        call: Call[NameFound | NameRefused] = Call(
            "verify_name",
            "inquiry",
            "",
            build=question.build,
            read=read,
            otherwise=lambda error: NameRefused(error.reason),
        )
        return (await self._line.call(call)).outcome

    async def statement(self, day: date) -> Statement | StatementUnavailable:
        return await read_statement(self._line, self._channel, day)

    async def read_callback(self, headers: Mapping[str, str], body: bytes) -> Callback | None:
        return read_callback(self._channel, headers, body, now=self._clock.now())

    async def clock_skew_s(self) -> float | None:
        # A GET is refused without a look at anything, and its refusal bears the bank's Date.
        request = httpx.Request("GET", self._channel.url("/inquiry"))
        return await clock_skew_s(lambda: self._client.send(request), self._clock)


def _instruction(order: TransferOrder) -> dict[str, str]:
    return {
        "TRAN_ID": order.reference,
        "AMOUNT": str(order.amount.amount),
        **_place(order.creditor),
        # A strict name is one byte a character, so that none of the 30 is ever cut.
        "NAME": order.creditor.holder,
    }


def _place(account: BankAccount) -> dict[str, str]:
    return {"BRANCH": account.branch, "KIND": account.type.value, "ACCOUNT": account.number}
