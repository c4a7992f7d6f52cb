"""Collections at Mizuho: a Pay-easy link that the member approves on the bank's page."""

import hashlib
from urllib.parse import quote

import httpx

from gateway.adapters.failure import (
    BankError,
    OutcomeUnknown,
    collection_outcome,
    start_outcome,
    unsigned,
)
from gateway.adapters.instants import booked_within
from gateway.adapters.line import Call
from gateway.adapters.mizuho import codes
from gateway.adapters.mizuho.channel import Channel
from gateway.adapters.mizuho.faults import read_fault
from gateway.adapters.mizuho.zengin.debits import Debit, decode_debit
from gateway.adapters.mizuho.zengin.records import Malformed
from gateway.adapters.mizuho.zengin.transfers import DONE
from gateway.domain.bank import CollectionOrder
from gateway.domain.hours import JST
from gateway.domain.money import Yen
from gateway.domain.outcome import (
    Authorizing,
    CollectionOutcome,
    Paid,
    Pending,
    Redirect,
    Rejected,
    StartOutcome,
)
from gateway.domain.ports import Clock

CONFIRMATIONS = 1_000_000


class Collections:
    """Builds and reads both calls; the line carries them."""

    def __init__(self, channel: Channel, collector: str, clock: Clock) -> None:
        self._channel = channel
        self._collector = collector
        self._clock = clock

    def start(self, order: CollectionOrder) -> Call[StartOutcome]:
        fields = {
            "SHUNO_KIKAN": self._collector,
            "OKYAKU": order.reference,
            "KAKUNIN": confirmation(order.reference),
            "KINGAKU": str(order.amount.amount),
            "KIGEN": f"{order.expires_at.astimezone(JST):%Y%m%d%H%M%S}",
            "MODORI_URL": order.return_url,
            "TSUCHI_URL": order.callback_url,
        }

        async def read(answer: httpx.Response) -> tuple[str, StartOutcome]:
            if answer.status_code != httpx.codes.SEE_OTHER:
                raise self._not_started(answer)
            return "HTTP_303", Authorizing(Redirect(self._page(answer)))

        return Call(
            "start_collection",
            # The contract's two a second are files: a link must neither wait for one nor delay it.
            "inquiry",
            order.reference,
            build=lambda: self._channel.post_form("/payeasy/link", fields),
            read=read,
            otherwise=start_outcome,
        )

    def inquire(self, order: CollectionOrder) -> Call[CollectionOutcome]:
        async def read(answer: httpx.Response) -> tuple[str, CollectionOutcome]:
            if answer.status_code == httpx.codes.NO_CONTENT:
                return "HTTP_204", Pending()
            if answer.status_code != httpx.codes.OK:
                raise self._channel.asked_in_vain(answer)
            debit = self._debit(answer)
            if debit.reference != order.reference:
                raise OutcomeUnknown("OTHER_REFERENCE", integrity=True)
            return f"RESULT_{debit.code}", self._became(debit, order)

        return Call(
            "inquire_collection",
            "inquiry",
            order.reference,
            build=lambda: self._channel.get(f"/payeasy/{quote(order.reference, safe='')}"),
            read=read,
            otherwise=collection_outcome,
        )

    def _not_started(self, answer: httpx.Response) -> BankError:
        """Return what an answer means that opens no page; only a readable 400 is the bank's no."""
        refused = self._channel.refused(answer, codes.START_BY_STATUS)
        if answer.status_code == httpx.codes.BAD_REQUEST:
            read_fault(answer)
            return refused
        return unsigned(refused)

    def _page(self, answer: httpx.Response) -> str:
        url = self._channel.place(answer)
        if url is None:
            raise OutcomeUnknown("NO_ADDRESS", integrity=True)
        return str(url)

    def _debit(self, answer: httpx.Response) -> Debit:
        today = self._clock.now().astimezone(JST).date()
        try:
            return decode_debit(answer.content, near=today, shown=answer.extensions["shown"])
        except Malformed as error:
            raise OutcomeUnknown("MALFORMED", integrity=True) from error

    def _became(self, debit: Debit, order: CollectionOrder) -> CollectionOutcome:
        if debit.code == DONE and debit.day is not None:
            if debit.amount == 0:
                raise OutcomeUnknown("NOTHING_PAID", integrity=True)
            return Paid(booked_within(debit.day, self._clock.now()), Yen(debit.amount))
        # Money that came counts as it is; of what did not, another amount is not our order.
        if debit.amount != order.amount.amount:
            raise OutcomeUnknown("OTHER_AMOUNT", integrity=True)
        reason = codes.DEBIT_REFUSALS.get(debit.code)
        if reason is None:
            raise OutcomeUnknown(f"RESULT_{debit.code}", integrity=True)
        return Rejected(reason)


def confirmation(reference: str) -> str:
    """Return 確認番号, six digits: always the same, so that a repeat is the same form."""
    digest = hashlib.sha256(reference.encode()).digest()
    return f"{int.from_bytes(digest, 'big') % CONFIRMATIONS:06}"
