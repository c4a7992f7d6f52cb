"""PayPay's front door: every check before the business, in the profile's order."""

from collections.abc import Mapping
from datetime import timedelta
from functools import partial

from aiohttp import ClientSession, web

from gateway.sandbox.approval import show
from gateway.sandbox.collections import Collections
from gateway.sandbox.emulation import Emulation
from gateway.sandbox.exchange import Exchange, Reply, Work
from gateway.sandbox.faults import Action, Call
from gateway.sandbox.journal import Record
from gateway.sandbox.magic import CLOSED_FOR_S
from gateway.sandbox.payouts import PayOuts
from gateway.sandbox.paypay import refusals
from gateway.sandbox.paypay.answers import SHEET, refused, refused_page, said, sealed
from gateway.sandbox.paypay.authentication import Gatekeeper
from gateway.sandbox.paypay.callbacks import Caller
from gateway.sandbox.paypay.collections import CollectionDesk, returned_to
from gateway.sandbox.paypay.forms import Form, read_form, read_pairs
from gateway.sandbox.paypay.messages import (
    NameForm,
    PayOutForm,
    ReferenceForm,
    StartForm,
    StatementForm,
    read_message,
)
from gateway.sandbox.paypay.names import holder
from gateway.sandbox.paypay.payouts import PayOutDesk, numbered
from gateway.sandbox.paypay.refusals import Refusal
from gateway.sandbox.paypay.seal import Seal
from gateway.sandbox.paypay.statement import sheet
from gateway.sandbox.strict import Unreadable
from gateway.sandbox.urlencoded import Pair

BASE_PATH = "/paypay/link"
START = "/start"
MONEY_CALLS = frozenset({"/payout", START})


class PayPay:
    """The bank between two resets."""

    def __init__(self, emulation: Emulation, client: ClientSession) -> None:
        self._emulation = emulation
        self._shop_id = emulation.environ.get("GATEWAY_PAYPAY_SHOP_ID", "SHOP0001")
        self._secret = emulation.environ.get(
            "GATEWAY_PAYPAY_MAC_SECRET", "sandbox-paypay-mac-secret"
        )
        self._seal = Seal(self._secret, emulation.clock)
        self._gatekeeper = Gatekeeper(self._shop_id, self._seal, emulation.clock)
        caller = Caller(emulation, client, self._seal, self._shop_id)
        self._payouts = PayOuts(emulation, numbered=numbered, returned=caller.tell_return)
        self._desk = PayOutDesk(emulation, self._payouts)
        self.collections = Collections(
            emulation, numbered=numbered, returned_to=returned_to, ended=caller.tell_end
        )
        self._collection_desk = CollectionDesk(self.collections)
        self._calls = {
            "/payout": self._submit,
            "/payout/inquiry": self._inquire,
            "/name": self._verify_name,
            START: self._start,
            "/inquiry": self._inquire_collection,
            "/meisai": self._statement,
        }

    async def answer(self, request: web.Request) -> Reply:
        """Answer a request under the base path, sealed and complete."""
        path = request.path.removeprefix(BASE_PATH)
        pairs: list[Pair] = []
        fault: Unreadable | None = None
        try:
            pairs = await read_pairs(request)
        except Unreadable as error:
            fault = error
        try:
            reply = await self._exchange(path, pairs, fault)
        except Refusal as refusal:
            reply = _refused(path, refusal)
        return sealed(reply, self._seal, pairs)

    def credentials(self) -> Mapping[str, object]:
        """Return all that a client needs to be believed."""
        return {"base_path": BASE_PATH, "shop_id": self._shop_id, "mac_secret": self._secret}

    def replay(self, record: Record) -> None:
        """Do again what the journal says was done."""
        self._payouts.replay(record)
        self.collections.replay(record)

    def resume(self) -> None:
        """Go on with what was still to come."""
        self._payouts.resume()
        self.collections.resume()

    async def _exchange(self, path: str, pairs: list[Pair], fault: Unreadable | None) -> Reply:
        # A throttled answer too repeats the nonce: that is why the form was looked into before.
        if self._emulation.refuse_for(is_money=path in MONEY_CALLS):
            raise Refusal(refusals.THROTTLED, "too many requests")
        form = _form(pairs, fault)
        if path == START:
            self._gatekeeper.admit_browser(form)
        else:
            self._gatekeeper.admit(form)
        call = self._calls.get(path)
        if call is None:
            raise Refusal(refusals.FORMAT, "no such call")
        return await call(form).conduct()

    def _submit(self, form: Form) -> Exchange:
        order = read_message(PayOutForm, form)
        call = Call("submit", (order.tran_id,), (order.account,))
        return self._exchanged(call, partial(self._desk.submit, order))

    def _inquire(self, form: Form) -> Exchange:
        reference = read_message(ReferenceForm, form).tran_id

        async def work(_: Action | None) -> Reply:
            return self._desk.inquire(reference)

        return self._exchanged(Call("inquire", (reference,)), work)

    def _verify_name(self, form: Form) -> Exchange:
        key = read_message(NameForm, form).key

        async def work(_: Action | None) -> Reply:
            return said({"NAME": holder(self._emulation.books, key)})

        return self._exchanged(Call("verify_name", (), (key.number,)), work)

    def _start(self, form: Form) -> Exchange:
        order = read_message(StartForm, form)
        if order.expires_at <= self._emulation.clock.now():
            raise Refusal(refusals.FORMAT, "LIMIT is not in the future")

        async def work(action: Action | None) -> Reply:
            return show(self.collections, await self._collection_desk.start(order, action))

        return self._exchanged(Call("start_collection", (order.tran_id,)), work)

    def _inquire_collection(self, form: Form) -> Exchange:
        reference = read_message(ReferenceForm, form).tran_id

        async def work(_: Action | None) -> Reply:
            return self._collection_desk.inquire(reference)

        return self._exchanged(Call("inquire_collection", (reference,)), work)

    def _statement(self, form: Form) -> Exchange:
        day = read_message(StatementForm, form).day

        async def work(_: Action | None) -> Reply:
            return Reply(200, sheet(self._emulation.books, day), {"Content-Type": SHEET})

        return self._exchanged(Call("statement"), work)

    def _exchanged(self, call: Call, work: Work) -> Exchange:
        path = START if call.operation == "start_collection" else ""

        async def work_or_refuse(action: Action | None) -> Reply:
            # A refusal is an answer like any other: a rule may cut it off or spoil it.
            try:
                return await work(action)
            except Refusal as refusal:
                return _refused(path, refusal)

        return Exchange(self._emulation, call, work_or_refuse, partial(self._as_told, path))

    def _as_told(self, path: str, code: str) -> Reply:
        until = self._emulation.clock.now() + timedelta(seconds=CLOSED_FOR_S)
        is_closed = code == refusals.CLOSED
        reason = "a rule of faults said so"
        return _refused(path, Refusal(code, reason, resumes_at=until if is_closed else None))


def _form(pairs: list[Pair], fault: Unreadable | None) -> Form:
    try:
        if fault is not None:
            raise fault
        return read_form(pairs)
    except Unreadable as error:
        raise Refusal(refusals.FORMAT, str(error)) from error


def _refused(path: str, refusal: Refusal) -> Reply:
    return refused_page(refusal) if path == START else refused(refusal)
