"""Rakuten's front door: every check before the business, in the profile's order."""

from collections.abc import Callable, Mapping
from functools import partial

from aiohttp import ClientSession, web

from gateway.sandbox.collections import Collections
from gateway.sandbox.emulation import Emulation
from gateway.sandbox.exchange import Exchange, Reply, Work
from gateway.sandbox.faults import Action, Call, Code
from gateway.sandbox.journal import Record
from gateway.sandbox.rakuten import codes
from gateway.sandbox.rakuten.answers import pair, refused
from gateway.sandbox.rakuten.authentication import ALLOWED, Gatekeeper
from gateway.sandbox.rakuten.codes import Refusal
from gateway.sandbox.rakuten.collections import CollectionDesk, returned_to
from gateway.sandbox.rakuten.messages import (
    NameForm,
    ReferenceForm,
    StartForm,
    StatementForm,
    TransferForm,
    as_text,
    envelope,
    read_message,
)
from gateway.sandbox.rakuten.names import holder
from gateway.sandbox.rakuten.statement import statement_page
from gateway.sandbox.rakuten.transfers import TransferDesk, numbered
from gateway.sandbox.strict import Unreadable
from gateway.sandbox.urlencoded import read_pairs

BASE_PATH = "/rakuten/rt"
MONEY_CALLS = frozenset({"/furikomi", "/kessai/start"})

Pairs = list[tuple[str, str]]


class Rakuten:
    """The bank between two resets."""

    def __init__(self, emulation: Emulation, _: ClientSession) -> None:
        self._emulation = emulation
        environ = emulation.environ
        self._user_id = environ.get("GATEWAY_RAKUTEN_USER_ID", "LENDER01")
        self._password = environ.get("GATEWAY_RAKUTEN_PASSWORD", "sandbox-rakuten-password")
        self._gatekeeper = Gatekeeper(emulation, self._user_id, self._password)
        self._transfers = TransferDesk(emulation)
        self.collections = Collections(emulation, numbered=numbered, returned_to=returned_to)
        self._collection_desk = CollectionDesk(self.collections)
        self._calls: Mapping[str, Callable[[str, Pairs, str], Exchange]] = {
            "/furikomi": self._submit,
            "/furikomi/shokai": self._inquire,
            "/meigi": self._verify_name,
            "/kessai/start": self._start,
            "/kessai/shokai": self._inquire_collection,
            "/meisai": self._statement,
        }

    async def answer(self, request: web.Request) -> Reply:
        """Answer a request under the base path."""
        if request.remote not in ALLOWED:
            return Reply(403, is_bare=True)
        path = request.path.removeprefix(BASE_PATH)
        try:
            return await self._admitted(request, path)
        except Refusal as refusal:
            return refused(path, refusal)

    def credentials(self) -> Mapping[str, object]:
        """Return all that a client needs to be believed."""
        return {
            "base_path": BASE_PATH,
            "user_id": self._user_id,
            "password": self._password,
            "allowed_addresses": sorted(ALLOWED),
        }

    def replay(self, record: Record) -> None:
        """Do again what the journal says was done."""
        self._gatekeeper.replay(record)
        self._transfers.payouts.replay(record)
        self.collections.replay(record)

    def resume(self) -> None:
        """Go on with what was still to come."""
        self._transfers.payouts.resume()
        self.collections.resume()

    async def _admitted(self, request: web.Request, path: str) -> Reply:
        if self._emulation.refuse_for(is_money=path in MONEY_CALLS):
            raise Refusal(codes.THROTTLED)
        try:
            pairs = as_text(await read_pairs(request))
        except Unreadable as error:
            raise Refusal(codes.FORMAT) from error
        self._gatekeeper.admit(envelope(pairs))
        call = self._calls.get(path)
        if call is None:
            raise Refusal(codes.FORMAT)
        return await self._conducted(call(path, pairs, str(request.url.origin())))

    async def _conducted(self, exchange: Exchange) -> Reply:
        action = self._emulation.take_fault(exchange.call)
        is_unknown = isinstance(action, Code) and action.code.startswith(codes.UNKNOWN)
        if is_unknown and exchange.call.operation == "submit":
            # Of all codes this one alone is about an item that the bank did take.
            return await exchange.work(action)
        return await exchange.conduct_under(action)

    def _submit(self, path: str, pairs: Pairs, _: str) -> Exchange:
        order = read_message(TransferForm, pairs)
        call = Call("submit", (order.ref,), (order.account,))
        return self._exchanged(path, call, partial(self._transfers.submit, order))

    def _inquire(self, path: str, pairs: Pairs, _: str) -> Exchange:
        reference = read_message(ReferenceForm, pairs).ref

        async def work(_: Action | None) -> Reply:
            return self._transfers.inquire(reference)

        return self._exchanged(path, Call("inquire", (reference,)), work)

    def _verify_name(self, path: str, pairs: Pairs, _: str) -> Exchange:
        key = read_message(NameForm, pairs).key

        async def work(_: Action | None) -> Reply:
            return pair(holder(self._emulation.books, key))

        return self._exchanged(path, Call("verify_name", (), (key.number,)), work)

    def _start(self, path: str, pairs: Pairs, origin: str) -> Exchange:
        order = read_message(StartForm, pairs)
        if order.expires_at <= self._emulation.clock.now():
            raise Refusal(codes.FORMAT)

        async def work(_: Action | None) -> Reply:
            return await self._collection_desk.start(order, origin)

        return self._exchanged(path, Call("start_collection", (order.ref,)), work)

    def _inquire_collection(self, path: str, pairs: Pairs, _: str) -> Exchange:
        reference = read_message(ReferenceForm, pairs).ref

        async def work(_: Action | None) -> Reply:
            return self._collection_desk.inquire(reference)

        return self._exchanged(path, Call("inquire_collection", (reference,)), work)

    def _statement(self, path: str, pairs: Pairs, _: str) -> Exchange:
        question = read_message(StatementForm, pairs)

        async def work(_: Action | None) -> Reply:
            return statement_page(self._emulation.books, question.day, int(question.page))

        return self._exchanged(path, Call("statement"), work)

    def _exchanged(self, path: str, call: Call, work: Work) -> Exchange:
        async def work_or_refuse(action: Action | None) -> Reply:
            # A refusal is an answer like any other: a rule may cut it off or spoil it.
            try:
                return await work(action)
            except Refusal as refusal:
                return refused(path, refusal)

        def as_told(code: str) -> Reply:
            # How an unknown result is to end concerns pay-outs only.
            return refused(path, Refusal(code[:1]))

        return Exchange(self._emulation, call, work_or_refuse, as_told)
