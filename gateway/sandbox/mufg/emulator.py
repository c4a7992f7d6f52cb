"""MUFG's front door: every check before the business, in the profile's order."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from datetime import time, timedelta
from typing import TypeAlias

from aiohttp import ClientSession, web

from gateway.sandbox.collections import Collections
from gateway.sandbox.emulation import Emulation
from gateway.sandbox.exchange import Reply
from gateway.sandbox.hours import ClosedWindow
from gateway.sandbox.journal import Record
from gateway.sandbox.mufg import xml_writing as xml
from gateway.sandbox.mufg.authentication import Doorkeeper, unauthorized
from gateway.sandbox.mufg.calls import Calls
from gateway.sandbox.mufg.notifications import Notifications
from gateway.sandbox.mufg.payments import PaymentDesk
from gateway.sandbox.mufg.refusals import Refusal, Throttled, Unauthorized
from gateway.sandbox.mufg.reports import PAIN_002, PAIN_014, ReportKind, refused
from gateway.sandbox.mufg.requests_to_pay import RequestDesk
from gateway.sandbox.mufg.sequence import SequenceNumbers

BASE_PATH = "/mufg"
CLOSED = (ClosedWindow(weekday=5, begins=time(21), lasts=timedelta(hours=10), nth=(2,)),)

Posting: TypeAlias = Callable[[web.Request, bytes], Awaitable[Reply]]
Asking: TypeAlias = Callable[[str], Awaitable[Reply]]


class Mufg:
    """The bank between two resets."""

    def __init__(self, emulation: Emulation, client: ClientSession) -> None:
        self._emulation = emulation
        environ = emulation.environ
        self._client_id = environ.get("GATEWAY_MUFG_CLIENT_ID", "lender-sandbox")
        self._secret = environ.get("GATEWAY_MUFG_CLIENT_SECRET", "sandbox-mufg-client-secret")
        self._callback_secret = environ.get(
            "GATEWAY_MUFG_CALLBACK_SECRET", "sandbox-mufg-callback-secret"
        )
        notifications = Notifications(emulation, client, self._callback_secret)
        self._doorkeeper = Doorkeeper(emulation, self._client_id, self._secret)
        self._sequence = SequenceNumbers(emulation)
        self._payments = PaymentDesk(emulation, CLOSED, notifications)
        self._requests = RequestDesk(emulation, CLOSED, notifications)
        calls = Calls(emulation, CLOSED, self._payments, self._requests)
        self._postings: Mapping[str, Posting] = {
            "/payments": calls.submit,
            "/collections": calls.start_collection,
        }
        self._questions: Mapping[str, Asking] = {
            "/payments": calls.inquire,
            "/collections": calls.inquire_collection,
            "/statements": calls.show_statement,
        }

    async def answer(self, request: web.Request) -> Reply:
        """Answer a request under the base path."""
        place = request.path.removeprefix(BASE_PATH)
        kind = PAIN_014 if place.startswith("/collections") else PAIN_002
        try:
            if (request.method, place) == ("POST", "/oauth2/token"):
                return await self._doorkeeper.give_token(request)
            reply = await self._exchange(request, place)
        except Throttled as throttled:
            return Reply(429, b"", {"Retry-After": str(throttled.seconds)}, is_bare=True)
        except Unauthorized:
            return unauthorized()
        except Refusal as refusal:
            reply = self._refused(kind, refusal)
        if reply.is_bare or reply.is_cut:
            return reply
        return replace(reply, headers={"Content-Type": xml.CONTENT_TYPE, **reply.headers})

    def credentials(self) -> Mapping[str, object]:
        """Return all that a client needs to be believed."""
        return {
            "base_path": BASE_PATH,
            "client_id": self._client_id,
            "client_secret": self._secret,
            "callback_secret": self._callback_secret,
        }

    @property
    def collections(self) -> Collections:
        """Return the requests to pay, for the approval page and the control API."""
        return self._requests.collections

    def replay(self, record: Record) -> None:
        """Do again what the journal says was done."""
        self._sequence.replay(record)
        self._payments.replay(record)
        self._requests.collections.replay(record)

    def resume(self) -> None:
        """Go on with what was still to come."""
        self._payments.resume()
        self._requests.collections.resume()

    async def _exchange(self, request: web.Request, place: str) -> Reply:
        posting = self._postings.get(place) if request.method == "POST" else None
        wait_s = self._emulation.refuse_for(is_money=posting is not None)
        if wait_s:
            raise Throttled(wait_s)
        self._doorkeeper.admit(request.headers.get("Authorization", ""))
        if posting is not None:
            return await self._posted(request, posting)
        name, _, argument = place.rpartition("/")
        question = self._questions.get(name) if request.method == "GET" else None
        if question is None:
            raise Refusal("FF01", "no such call", status=404)
        if request.query_string or request.body_exists:
            raise Refusal("FF01", "a query or a body where none belongs")
        return await question(argument)

    async def _posted(self, request: web.Request, posting: Posting) -> Reply:
        number = ",".join(request.headers.getall("X-Sequence-No", []))
        self._sequence.take(number)
        try:
            return await posting(request, await _body(request))
        except (Throttled, Unauthorized):
            self._sequence.give_back(number)
            raise

    def _refused(self, kind: ReportKind, refusal: Refusal) -> Reply:
        # The profile names pain.002 for a number used before, whatever was posted.
        report = PAIN_002 if refusal.code == "SEQNO" else kind
        body = refused(report, self._emulation.clock.now(), refusal)
        return Reply(refusal.status, body, refusal.headers)


async def _body(request: web.Request) -> bytes:
    try:
        return await request.read()
    except web.HTTPRequestEntityTooLarge as error:
        raise Refusal("FF01", "the document is too large", status=413) from error
