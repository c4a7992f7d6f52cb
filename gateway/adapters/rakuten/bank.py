"""楽天銀行 as a `Bank`: each call of the port, built, sent and understood."""

from collections.abc import Mapping
from datetime import date

import httpx

from gateway.adapters.digits import malformed
from gateway.adapters.line import Call, Line
from gateway.adapters.rakuten import codes
from gateway.adapters.rakuten.channel import Channel
from gateway.adapters.rakuten.collections import Collections
from gateway.adapters.rakuten.messages import read_line
from gateway.adapters.rakuten.statement import read_statement
from gateway.adapters.rakuten.transfers import Transfers, place
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

HOLDER_FIELDS = 2
HOLDER_LENGTH_MAX = 100


class Rakuten:
    """Every method hands out outcomes; what cannot be read, or believed, is Unknown."""

    code = BankCode.RAKUTEN

    def __init__(
        self, line: Line, client: httpx.AsyncClient, channel: Channel, clock: Clock
    ) -> None:
        self._line = line
        self._client = client
        self._channel = channel
        self._clock = clock
        self._transfers = Transfers(channel, clock)
        self._collections = Collections(channel, clock)

    @property
    def health(self) -> Health:
        return self._line.health

    async def submit(self, order: TransferOrder, *, send_before: float) -> Answer[SubmitOutcome]:
        return await self._line.call(self._transfers.submit(order, send_before=send_before))

    async def inquire(self, order: TransferOrder) -> Answer[InquiryOutcome]:
        return await self._line.call(self._transfers.inquire(order))

    async def start_collection(self, order: CollectionOrder) -> Answer[StartOutcome]:
        return await self._line.call(self._collections.start(order))

    async def inquire_collection(self, order: CollectionOrder) -> Answer[CollectionOutcome]:
        return await self._line.call(self._collections.inquire(order))

    async def verify_name(self, account: BankAccount) -> NameFound | NameRefused:
        async def read(answer: httpx.Response) -> tuple[str, NameFound | NameRefused]:
            _, holder = read_line(answer, codes.NAME, fields=HOLDER_FIELDS)
            if not 0 < len(holder) <= HOLDER_LENGTH_MAX:
                raise malformed()
            return "FOUND", NameFound(holder)

        question = self._channel.ask("/meigi", place(account))
        call: Call[NameFound | NameRefused] = Call(
            "verify_name",
            "inquiry",
            "",
            build=question.build,
            read=read,
            otherwise=lambda error: NameRefused(error.reason),
            ready=question.ready,
        )
        return (await self._line.call(call)).outcome

    async def statement(self, day: date) -> Statement | StatementUnavailable:
        return await read_statement(self._line, self._channel, day)

    async def read_callback(self, headers: Mapping[str, str], body: bytes) -> Callback | None:
        """Return None: this bank calls nobody, so whoever does is not this bank."""
        del headers, body
        return None

    async def clock_skew_s(self) -> float | None:
        # A GET is refused without a look at anything, and its refusal bears the bank's Date.
        request = httpx.Request("GET", self._channel.url("/furikomi/shokai"))
        return await clock_skew_s(lambda: self._client.send(request), self._clock)
