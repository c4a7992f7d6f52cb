"""Transfers at Rakuten: one character says what became of them, seven fields where it could not."""

import httpx

from gateway.adapters.digits import malformed, read_amount, read_instant
from gateway.adapters.failure import (
    OutcomeUnknown,
    inquiry_outcome,
    submit_outcome,
)
from gateway.adapters.line import Call
from gateway.adapters.rakuten import codes
from gateway.adapters.rakuten.channel import Channel
from gateway.adapters.rakuten.messages import (
    MONEY_FIELDS,
    State,
    read_line,
    read_receipt,
    read_state,
)
from gateway.domain.account import BankAccount
from gateway.domain.bank import TransferOrder
from gateway.domain.outcome import (
    InquiryOutcome,
    Rejected,
    Returned,
    Settled,
    SubmitOutcome,
    Submitted,
)
from gateway.domain.ports import Clock

IS_DONE = frozenset({codes.DONE, codes.DONE_ALREADY})


class Transfers:
    """Builds and reads both calls; the line carries them."""

    def __init__(self, channel: Channel, clock: Clock) -> None:
        self._channel = channel
        self._clock = clock

    def submit(self, order: TransferOrder, *, send_before: float) -> Call[SubmitOutcome]:
        async def read(answer: httpx.Response) -> tuple[str, SubmitOutcome]:
            # "Done already" bears receipt and instant of the first request, which was this one.
            code, receipt, booked_at, _ = read_line(
                answer, codes.TRANSFER, fields=MONEY_FIELDS, done=IS_DONE
            )
            return code, Settled(read_instant(booked_at), read_receipt(receipt))

        question = self._channel.ask("/furikomi", _instruction(order))
        return Call(
            "submit",
            "money",
            order.reference,
            build=question.build,
            read=read,
            otherwise=submit_outcome,
            ready=question.ready,
            send_before=send_before,
        )

    def inquire(self, order: TransferOrder) -> Call[InquiryOutcome]:
        async def read(answer: httpx.Response) -> tuple[str, InquiryOutcome]:
            found = read_state(answer, codes.ASKED_WRONGLY)
            return f"STATE_{found.state}", _became(found, order)

        question = self._channel.ask("/furikomi/shokai", {"REF": order.reference})
        return Call(
            "inquire",
            "inquiry",
            order.reference,
            build=question.build,
            read=read,
            otherwise=inquiry_outcome,
            ready=question.ready,
        )


def place(account: BankAccount) -> dict[str, str]:
    return {"BRANCH": account.branch, "KIND": account.type.value, "ACCOUNT": account.number}


def _instruction(order: TransferOrder) -> dict[str, str]:
    return {
        "REF": order.reference,
        "AMOUNT": str(order.amount.amount),
        **place(order.creditor),
        "KANA": order.creditor.holder,
        "IRAI_KANA": order.remitter,
    }


def _became(found: State, order: TransferOrder) -> Settled | Submitted | Rejected | Returned:
    """Return what became of a transfer; ReferenceNotFound, or OutcomeUnknown for contradictions."""
    if found.state == codes.NONE:
        raise found.nothing()
    if read_amount(found.amount) != order.amount:
        raise OutcomeUnknown("OTHER_AMOUNT", integrity=True)
    is_refused, is_open = (
        found.state == state for state in (codes.TRANSFER_REFUSED, codes.TRANSFER_IN_PROCESS)
    )
    if (found.refusal != "") != is_refused or (found.booked_at and (is_refused or is_open)):
        raise OutcomeUnknown("CONTRADICTION", integrity=True)
    match found.state:
        case codes.TRANSFER_IN_PROCESS:
            return Submitted(read_receipt(found.receipt) if found.receipt else None)
        case codes.TRANSFER_REFUSED:
            return _refused(found.refusal)
        case codes.TRANSFER_DONE | codes.TRANSFER_RETURNED:
            return _moved(found)
        case _:
            raise malformed()


def _refused(code: str) -> Rejected:
    reason = codes.REFUSED.get(code)
    if reason is None:
        raise OutcomeUnknown("CONTRADICTION", integrity=True)
    return Rejected(reason)


def _moved(found: State) -> Settled | Returned:
    receipt, instant = read_receipt(found.receipt), read_instant(found.booked_at)
    if found.state == codes.TRANSFER_DONE:
        return Settled(instant, receipt)
    # The bank names the return's instant only. That the money was there before it is certain.
    return Returned(instant, instant, None, receipt)
