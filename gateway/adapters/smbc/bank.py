"""SMBC as a `Bank`: each call of the port, built, sent and understood."""

from collections.abc import Mapping
from datetime import date, datetime, time, timedelta
from urllib.parse import quote

import httpx
import orjson

from gateway.adapters.failure import (
    BankError,
    BankRejected,
    BankUnavailable,
    OutcomeUnknown,
    ReferenceNotFound,
    inquiry_outcome,
    submit_outcome,
)
from gateway.adapters.line import Call, Line
from gateway.adapters.skew import clock_skew_s
from gateway.adapters.smbc import codes
from gateway.adapters.smbc.channel import SIGNATURE, TRANSFERS, VERIFICATION, Channel, Seal
from gateway.adapters.smbc.collections import PaymentOrders
from gateway.adapters.smbc.messages import Event, Holder, TransferAnswer, TransferState, parse
from gateway.adapters.smbc.statement import read_statement
from gateway.domain.account import ZENGIN_CODES, BankAccount, BankCode
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
from gateway.domain.hours import JST
from gateway.domain.outcome import (
    Answer,
    CollectionOutcome,
    InquiryOutcome,
    Returned,
    Settled,
    StartOutcome,
    SubmitOutcome,
)
from gateway.domain.ports import Clock
from gateway.domain.reason import Reason

FRESHNESS = timedelta(seconds=300)


class Smbc:
    """Every method hands out outcomes; what cannot be read, or believed, is Unknown."""

    code = BankCode.SMBC

    def __init__(self, line: Line, channel: Channel, seal: Seal, clock: Clock) -> None:
        self._line = line
        self._channel = channel
        self._seal = seal
        self._clock = clock
        self._orders = PaymentOrders(channel, seal, clock)

    @property
    def health(self) -> Health:
        return self._line.health

    async def submit(self, order: TransferOrder, *, send_before: float) -> Answer[SubmitOutcome]:
        async def read(answer: httpx.Response) -> tuple[str, SubmitOutcome]:
            try:
                message = await self._seal.read(answer, codes.TRANSFER)
            except BankRejected as error:
                raise self._forgiving_midnight(error) from error
            transfer = parse(TransferAnswer, message)
            self._check_booking(transfer, order)
            return transfer.status, Settled(transfer.executed_at, transfer.transfer_id)

        call: Call[SubmitOutcome] = Call(
            "submit",
            "money",
            order.reference,
            build=lambda: self._channel.post(TRANSFERS, self._instruction(order)),
            read=read,
            otherwise=submit_outcome,
            ready=self._seal.ready,
            send_before=send_before,
        )
        return await self._line.call(call)

    async def inquire(self, order: TransferOrder) -> Answer[InquiryOutcome]:
        not_found = (codes.TRANSFER_NOT_FOUND, ReferenceNotFound("TRANSFER_NOT_FOUND"))

        async def read(answer: httpx.Response) -> tuple[str, InquiryOutcome]:
            message = await self._seal.read(answer, codes.ASKED_WRONGLY, not_found=not_found)
            state = parse(TransferState, message)
            self._check_booking(state, order)
            if state.amount != order.amount.amount:
                raise OutcomeUnknown("OTHER_AMOUNT", integrity=True)
            return state.status, _moved(state)

        path = f"{TRANSFERS}?clientReference={quote(order.reference)}"
        call: Call[InquiryOutcome] = Call(
            "inquire",
            "inquiry",
            order.reference,
            build=lambda: self._channel.get(path),
            read=read,
            otherwise=inquiry_outcome,
        )
        return await self._line.call(call)

    async def verify_name(self, account: BankAccount) -> NameFound | NameRefused:
        async def read(answer: httpx.Response) -> tuple[str, NameFound | NameRefused]:
            message = await self._seal.read(answer, codes.VERIFICATION)
            return "FOUND", NameFound(parse(Holder, message).holder_name)

        body = orjson.dumps(_place(account))
        call: Call[NameFound | NameRefused] = Call(
            "verify_name",
            "inquiry",
            "",
            build=lambda: self._channel.post(VERIFICATION, body),
            read=read,
            otherwise=lambda error: NameRefused(error.reason),
        )
        return (await self._line.call(call)).outcome

    async def start_collection(self, order: CollectionOrder) -> Answer[StartOutcome]:
        return await self._line.call(self._orders.start(order))

    async def inquire_collection(self, order: CollectionOrder) -> Answer[CollectionOutcome]:
        return await self._line.call(self._orders.inquire(order))

    async def statement(self, day: date) -> Statement | StatementUnavailable:
        return await read_statement(self._line, self._channel, self._seal, day)

    async def read_callback(self, headers: Mapping[str, str], body: bytes) -> Callback | None:
        try:
            event = parse(Event, await self._seal.open(body, _sealing(headers)))
        except OutcomeUnknown:
            return None
        is_fresh = abs(self._clock.now() - event.occurred_at) <= FRESHNESS
        is_return = event.type == "TRANSFER_RETURNED"
        named = event.transfer_id if is_return else event.order_id
        is_whole = named is not None and (event.returned_at is not None) == is_return
        if not (is_fresh and is_whole):
            return None
        return Callback(event.event_id, event.client_reference, event.type)

    async def clock_skew_s(self) -> float | None:
        return await clock_skew_s(self._channel.fetch_jwks, self._clock)

    def _instruction(self, order: TransferOrder) -> bytes:
        creditor = order.creditor
        account = {
            "bankCode": ZENGIN_CODES[creditor.bank],
            **_place(creditor),
            "holderName": creditor.holder,
        }
        return orjson.dumps(
            {
                "clientReference": order.reference,
                "amount": str(order.amount.amount),
                "currency": "JPY",
                "valueDate": self._clock.now().astimezone(JST).date().isoformat(),
                "remitterName": order.remitter,
                "creditorAccount": account,
            }
        )

    def _check_booking(self, booked: TransferAnswer | TransferState, order: TransferOrder) -> None:
        if booked.client_reference != order.reference:
            raise OutcomeUnknown("OTHER_REFERENCE", integrity=True)

    def _forgiving_midnight(self, error: BankRejected) -> BankError:
        """Read INVALID_REQUEST around midnight as "not taken": our date may not be theirs."""
        now = self._clock.now().astimezone(JST)
        late = now + FRESHNESS
        if error.reason is not Reason.FORMAT_ERROR or late.date() == (now - FRESHNESS).date():
            return error
        tomorrow = datetime.combine(late.date(), time(0), JST)
        return BankUnavailable(error.code, Reason.BANK_BUSY, not_before=tomorrow + FRESHNESS)


def _sealing(headers: Mapping[str, str]) -> httpx.Headers:
    """Return what the seal looks at; a stranger may put anything into the other headers."""
    looked_at = {SIGNATURE.lower(), "content-type"}
    return httpx.Headers(
        [
            (name.lower().encode(), value.encode("utf-8", "surrogateescape"))
            for name, value in headers.items()
            if name.lower() in looked_at
        ]
    )


def _place(account: BankAccount) -> dict[str, str]:
    return {
        "branchCode": account.branch,
        "accountType": account.type.value,
        "accountNumber": account.number,
    }


def _moved(state: TransferState) -> Settled | Returned:
    """Return where the money is. A state whose parts contradict each other is unknown."""
    is_back = state.returned_at is not None or state.return_reason is not None
    if state.status == "COMPLETED" and not is_back:
        return Settled(state.executed_at, state.transfer_id)
    if (
        state.status == "RETURNED"
        and state.returned_at is not None
        and state.returned_at >= state.executed_at
    ):
        # A reason that is not listed does not undo that the money is back.
        reason = codes.RETURN_REASONS.get(state.return_reason or "")
        return Returned(state.executed_at, state.returned_at, reason, state.transfer_id)
    raise OutcomeUnknown("CONTRADICTION", integrity=True)
