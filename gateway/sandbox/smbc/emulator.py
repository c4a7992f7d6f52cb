"""SMBC's front door: every check before the business, in the profile's order."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date, datetime, time, timedelta
from functools import partial

import orjson
from aiohttp import ClientSession, web

from gateway.sandbox import jws
from gateway.sandbox.collections import Collections
from gateway.sandbox.emulation import Emulation
from gateway.sandbox.exchange import Exchange, Reply, Work
from gateway.sandbox.faults import Action, Call
from gateway.sandbox.hours import ClosedWindow, reopens_at
from gateway.sandbox.journal import Record
from gateway.sandbox.magic import CLOSED_FOR_S
from gateway.sandbox.payouts import PayOuts
from gateway.sandbox.smbc import messages, refusals
from gateway.sandbox.smbc.authentication import Gatekeeper
from gateway.sandbox.smbc.messages import read_body, read_query
from gateway.sandbox.smbc.names import NameService
from gateway.sandbox.smbc.old_journal import as_written_now
from gateway.sandbox.smbc.payment_orders import (
    PaymentDesk,
    PaymentEvents,
    order_number,
    result_for_browser,
)
from gateway.sandbox.smbc.refusals import Refusal
from gateway.sandbox.smbc.returns import REASONS, Returns
from gateway.sandbox.smbc.seal import CONTENT_TYPE, Seal
from gateway.sandbox.smbc.statement import statement_page
from gateway.sandbox.smbc.transfers import TransferDesk, bank_number

BASE_PATH = "/smbc/api/v1"
MONEY_CALLS = frozenset({("POST", "/transfers"), ("POST", "/payment-orders")})
ORDERS = "/payment-orders/"
CLOSED = (ClosedWindow(weekday=6, begins=time(21), lasts=timedelta(hours=10)),)


class Smbc:
    """The bank between two resets."""

    def __init__(self, emulation: Emulation, client: ClientSession) -> None:
        self._emulation = emulation
        environ = emulation.environ
        self._api_key = environ.get("GATEWAY_SMBC_API_KEY", "sandbox-smbc-api-key")
        self._client_kid = environ.get("GATEWAY_SMBC_CLIENT_KID", "lender-sandbox-1")
        bank_kid = environ.get("GATEWAY_SMBC_BANK_KID", "smbc-sandbox-1")
        keys = {self._client_kid: jws.private_key(self._client_kid).public_key()}
        self._gatekeeper = Gatekeeper(self._api_key, keys, emulation.clock)
        self._seal = Seal(lambda: emulation.settings.bank_kid or bank_kid)
        returns = Returns(emulation, self._seal, client)
        self._payouts = PayOuts(
            emulation, numbered=bank_number, returned=returns.tell, reasons=REASONS
        )
        self.collections = Collections(
            emulation,
            numbered=order_number,
            returned_to=result_for_browser,
            ended=PaymentEvents(emulation, self._seal, client).tell,
        )
        self._names = NameService(emulation.books, lambda: emulation.clock.now().date())
        self._transfers = TransferDesk(
            emulation,
            self._payouts,
            closed_until=partial(reopens_at, CLOSED),
            completed=self._names.forget,
        )
        self._payments = PaymentDesk(emulation, self.collections, partial(reopens_at, CLOSED))
        self._calls = {
            ("POST", "/transfers"): self._submit,
            ("GET", "/transfers"): self._inquire,
            ("POST", "/payment-orders"): self._start_collection,
            ("GET", "/payment-orders"): self._inquire_collection,
            ("POST", "/accounts/verification"): self._verify_name,
            ("GET", "/settlement-account/transactions"): self._statement,
        }

    async def answer(self, request: web.Request) -> Reply:
        """Answer a request under the base path, signed and complete."""
        place = (request.method, request.path.removeprefix(BASE_PATH))
        if place == ("GET", "/jwks"):
            return self._jwks()
        try:
            reply = await self._exchange(request, place)
        except Refusal as refusal:
            reply = refusal.reply()
        if reply.is_bare or reply.is_cut:
            return reply
        signed = self._seal.headers(reply.body, reply.is_badly_signed)
        return replace(reply, headers={**signed, **reply.headers})

    def credentials(self) -> Mapping[str, object]:
        """Return all that a client needs to be believed."""
        return {
            "base_path": BASE_PATH,
            "api_key": self._api_key,
            "client_kid": self._client_kid,
            "client_private_jwk": jws.private_jwk(self._client_kid),
            "bank_kid": self._seal.signer().kid,
            "jwks": {"keys": [self._seal.signer().jwk()]},
        }

    def put_clients(self, keys: list[dict[str, str]]) -> None:
        """Replace the client's public keys."""
        self._gatekeeper.keys = {jwk["kid"]: jws.public_key(jwk) for jwk in keys}

    def replay(self, record: Record) -> None:
        """Do again what the journal says was done."""
        self._payouts.replay(as_written_now(record))
        self.collections.replay(record)

    def resume(self) -> None:
        """Go on with what was still to come."""
        self._payouts.resume()
        self.collections.resume()

    def _jwks(self) -> Reply:
        keys = orjson.dumps({"keys": [self._seal.signer().jwk()]})
        return Reply(200, keys, {"Content-Type": CONTENT_TYPE})

    async def _exchange(self, request: web.Request, place: tuple[str, str]) -> Reply:
        self._throttle(place)
        try:
            body = await request.read()
        except web.HTTPRequestEntityTooLarge as error:
            raise Refusal("INVALID_REQUEST", "the body is too large", status=413) from error
        self._gatekeeper.admit(request, body)
        method, path = place
        is_one_order = method == "GET" and path.startswith(ORDERS)
        call = self._inquire_order if is_one_order else self._calls.get(place)
        if call is None:
            raise Refusal("INVALID_REQUEST", "no such call", status=404)
        return await call(request, body).conduct()

    def _submit(self, request: web.Request, body: bytes) -> Exchange:
        order = read_body(messages.TransferOrder, request, body)
        if order.value_date != self._emulation.clock.now().date().isoformat():
            raise Refusal("INVALID_REQUEST", "valueDate is not the day of receipt")
        number = order.creditor_account.account_number
        call = Call("submit", (order.client_reference,), (number,))
        return self._exchanged(call, partial(self._transfers.submit, order))

    def _inquire(self, request: web.Request, body: bytes) -> Exchange:
        reference = read_query(messages.ReferenceQuestion, request, body).client_reference

        async def work(_: Action | None) -> Reply:
            return self._transfers.inquire(reference)

        return self._exchanged(Call("inquire", (reference,)), work)

    def _start_collection(self, request: web.Request, body: bytes) -> Exchange:
        order = read_body(messages.PaymentOrder, request, body)
        if datetime.fromisoformat(order.expires_at) <= self._emulation.clock.now():
            raise Refusal("INVALID_REQUEST", "expiresAt is not in the future")
        call = Call("start_collection", (order.client_reference,))
        origin = str(request.url.origin())
        return self._exchanged(call, partial(self._payments.start, order, origin))

    def _inquire_collection(self, request: web.Request, body: bytes) -> Exchange:
        reference = read_query(messages.ReferenceQuestion, request, body).client_reference
        return self._inquired(reference)

    def _inquire_order(self, request: web.Request, body: bytes) -> Exchange:
        if body or request.query:
            raise Refusal("INVALID_REQUEST", "a body or a query where none belongs")
        number = request.path.removeprefix(f"{BASE_PATH}{ORDERS}")
        found = self.collections.find_numbered(number)
        reference = "" if found is None else found.reference
        return self._inquired(reference)

    def _inquired(self, reference: str) -> Exchange:
        async def work(_: Action | None) -> Reply:
            return self._payments.inquire(self.collections.find(reference))

        return self._exchanged(Call("inquire_collection", (reference,)), work)

    def _verify_name(self, request: web.Request, body: bytes) -> Exchange:
        key = read_body(messages.NameQuestion, request, body).key

        async def work(_: Action | None) -> Reply:
            return Reply(200, orjson.dumps({"holderName": self._names.holder(key)}))

        return self._exchanged(Call("verify_name", (), (key.number,)), work)

    def _statement(self, request: web.Request, body: bytes) -> Exchange:
        question = read_query(messages.StatementQuestion, request, body)
        day = date.fromisoformat(question.date)

        async def work(_: Action | None) -> Reply:
            page = statement_page(self._emulation.books, day, int(question.page))
            return Reply(200, orjson.dumps(page))

        return self._exchanged(Call("statement"), work)

    def _exchanged(self, call: Call, work: Work) -> Exchange:
        async def work_or_refuse(action: Action | None) -> Reply:
            # A refusal is an answer like any other: a rule may cut it off or spoil it.
            try:
                return await work(action)
            except Refusal as refusal:
                return refusal.reply()

        return Exchange(self._emulation, call, work_or_refuse, partial(self._as_told, call))

    def _as_told(self, call: Call, code: str) -> Reply:
        now = self._emulation.clock.now()
        until = reopens_at(CLOSED, now) or refusals.soon(now, CLOSED_FOR_S)
        refusal = refusals.as_told(code, closed_until=until)
        is_name_unknown = (call.operation, code) == ("verify_name", "ACCOUNT_NOT_FOUND")
        return replace(refusal.reply(), status=404) if is_name_unknown else refusal.reply()

    def _throttle(self, place: tuple[str, str]) -> None:
        wait_s = self._emulation.refuse_for(is_money=place in MONEY_CALLS)
        if wait_s:
            raise refusals.throttled(wait_s)
