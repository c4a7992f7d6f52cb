"""MUFG as a `Bank`: each call of the port, carried by the line."""

from collections.abc import Mapping
from datetime import date

from gateway.adapters.line import Line
from gateway.adapters.mufg.channel import Channel
from gateway.adapters.mufg.collections import Collections
from gateway.adapters.mufg.instructions import SettlementAccount
from gateway.adapters.mufg.notices import Notices
from gateway.adapters.mufg.payments import Payments
from gateway.adapters.mufg.readiness import Readiness
from gateway.adapters.mufg.statement import Statements
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
from gateway.domain.reason import Reason


class Mufg:
    """Every method hands out outcomes; what cannot be read, or believed, is Unknown."""

    code = BankCode.MUFG

    def __init__(
        self,
        line: Line,
        channel: Channel,
        readiness: Readiness,
        account: SettlementAccount,
        notices: Notices,
        clock: Clock,
    ) -> None:
        self._line = line
        self._channel = channel
        self._payments = Payments(channel, readiness, account, clock)
        self._collections = Collections(channel, readiness, account, clock)
        self._statements = Statements(channel, readiness, account.id, clock, line.statement_dir)
        self._notices = notices
        self._clock = clock

    @property
    def health(self) -> Health:
        return self._line.health

    async def submit(self, order: TransferOrder, *, send_before: float) -> Answer[SubmitOutcome]:
        return await self._line.call(self._payments.submit(order, send_before))

    async def inquire(self, order: TransferOrder) -> Answer[InquiryOutcome]:
        return await self._line.call(self._payments.inquire(order))

    async def start_collection(self, order: CollectionOrder) -> Answer[StartOutcome]:
        return await self._line.call(self._collections.start(order))

    async def inquire_collection(self, order: CollectionOrder) -> Answer[CollectionOutcome]:
        return await self._line.call(self._collections.inquire(order))

    async def verify_name(self, account: BankAccount) -> NameFound | NameRefused:
        del account  # this bank names no holder; nothing is sent
        return NameRefused(Reason.NOT_OFFERED)

    async def statement(self, day: date) -> Statement | StatementUnavailable:
        return (await self._line.call(self._statements.of(day))).outcome

    async def read_callback(self, headers: Mapping[str, str], body: bytes) -> Callback | None:
        return self._notices.read(headers, body)

    async def clock_skew_s(self) -> float | None:
        return await clock_skew_s(self._channel.ask_the_time, self._clock)
