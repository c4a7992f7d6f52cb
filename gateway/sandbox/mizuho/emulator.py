"""みずほ's front door: every check before the business, in the profile's order."""

import re
from collections.abc import Awaitable, Callable, Mapping
from datetime import date
from typing import Annotated

from aiohttp import ClientSession, web
from pydantic import AfterValidator, Field

from gateway.sandbox.collections import Collections
from gateway.sandbox.creditors import check_creditor
from gateway.sandbox.emulation import Emulation
from gateway.sandbox.exchange import Reply
from gateway.sandbox.faults import Action, Call, CallbackPlan
from gateway.sandbox.journal import Record
from gateway.sandbox.kana import names_agree
from gateway.sandbox.mizuho import refusals
from gateway.sandbox.mizuho.authentication import is_admitted
from gateway.sandbox.mizuho.exchanges import Exchanges, read_query
from gateway.sandbox.mizuho.files import FileBook
from gateway.sandbox.mizuho.payeasy import CollectionDesk
from gateway.sandbox.mizuho.refusals import Refusal
from gateway.sandbox.mizuho.results import RESULT_OF
from gateway.sandbox.mizuho.sougou import Contract
from gateway.sandbox.mizuho.statement import statement
from gateway.sandbox.mizuho.transfers import RECORDS, TransferDesk
from gateway.sandbox.mizuho.wareki import era_date
from gateway.sandbox.payouts import PayOut, PayOuts
from gateway.sandbox.strict import StrictModel

BASE_PATH = "/mizuho/fb"

Desk = Callable[[web.Request, str], Awaitable[Reply]]


def _known_day(text: str) -> str:
    era_date(date.fromisoformat(text))
    return text


class StatementQuestion(StrictModel):
    """`GET /meisai`."""

    date: Annotated[str, Field(pattern=r"^[0-9]{8}$"), AfterValidator(_known_day)]


class Mizuho:
    """The bank between two resets."""

    def __init__(self, emulation: Emulation, client: ClientSession) -> None:
        self._emulation = emulation
        environ = emulation.environ
        self._user = environ.get("GATEWAY_MIZUHO_USER", "lender-sandbox")
        self._password = environ.get("GATEWAY_MIZUHO_PASSWORD", "sandbox-mizuho-password")
        self._secret = environ.get("GATEWAY_MIZUHO_CALLBACK_SECRET", "sandbox-mizuho-digest-secret")
        self._client_code = environ.get("GATEWAY_MIZUHO_ITAKUSHA_CODE", "0000012345")
        self._client_name = environ.get("GATEWAY_MIZUHO_ITAKUSHA_NAME", "ﾌﾟﾛﾐｽ")
        self._shuno_kikan = environ.get("GATEWAY_MIZUHO_SHUNO_KIKAN", "50001")
        self._exchanges = Exchanges(emulation)
        self._payouts = PayOuts(
            emulation, numbered=_bank_number, returned=_nobody_is_told, outcome=self._outcome
        )
        self._files = FileBook(emulation, self._payouts)
        self._transfers = TransferDesk(
            emulation,
            self._exchanges,
            self._files,
            contract=Contract(self._client_code, emulation.books.settlement.key),
            base_path=BASE_PATH,
        )
        self._payeasy = CollectionDesk(
            emulation,
            self._exchanges,
            client,
            shuno_kikan=self._shuno_kikan,
            secret=self._secret,
        )
        self._calls: tuple[tuple[str, re.Pattern[str], Desk], ...] = (
            ("POST", re.compile("/sougou()"), self._transfers.submit),
            ("GET", re.compile("/files()"), self._transfers.receipt),
            ("GET", re.compile("/files/([^/]+)"), self._transfers.file),
            ("GET", re.compile("/items/([^/]+)"), self._transfers.item),
            ("POST", re.compile("/payeasy/link()"), self._payeasy.link),
            ("GET", re.compile("/payeasy/([^/]+)"), self._payeasy.inquire),
            ("GET", re.compile("/meisai()"), self._statement),
        )

    async def answer(self, request: web.Request) -> Reply:
        """Answer a request under the base path, complete."""
        place = request.path.removeprefix(BASE_PATH)
        for method, path, desk in self._calls:
            match = path.fullmatch(place)
            if match is not None and method == request.method:
                return await self._admitted(request, desk, match.group(1))
        return refusals.NO_SUCH_CALL

    def credentials(self) -> Mapping[str, object]:
        """Return all that a client needs to be believed."""
        return {
            "base_path": BASE_PATH,
            "user": self._user,
            "password": self._password,
            "callback_secret": self._secret,
            "itakusha_code": self._client_code,
            "itakusha_name": self._client_name,
            "shuno_kikan": self._shuno_kikan,
        }

    async def bar_file(self, file_id: str) -> None:
        """Refuse that X-File-Id from now on; ControlRefused if the bank has the file."""
        await self._transfers.bar(file_id)

    def replay(self, record: Record) -> None:
        """Do again what the journal says was done."""
        self._files.replay(record)
        self._payouts.replay(record)
        self.collections.replay(record)

    def resume(self) -> None:
        """Go on with what was still to come."""
        self._payouts.resume()
        self.collections.resume()

    @property
    def collections(self) -> Collections:
        """Return the orders that payers approve."""
        return self._payeasy.collections

    async def _admitted(self, request: web.Request, desk: Desk, name: str) -> Reply:
        if desk != self._payeasy.link:
            # The contract counts files and inquiries; links are neither.
            wait_s = self._emulation.refuse_for(is_money=desk == self._transfers.submit)
            if wait_s:
                return refusals.throttled(wait_s)
        if not is_admitted(request, self._user, self._password):
            return refusals.UNAUTHORISED
        try:
            return await desk(request, name)
        except Refusal as refusal:
            return refusal.reply

    async def _statement(self, request: web.Request, _: str) -> Reply:
        day = date.fromisoformat(read_query(StatementQuestion, request).date)

        async def work(_: Action | None) -> Reply:
            today = self._emulation.clock.now().date()
            return Reply(200, statement(self._emulation.books, day, today), RECORDS)

        return await self._exchanges.conduct(Call("statement"), work)

    def _outcome(self, payout: PayOut) -> str:
        order = payout.order
        trouble = check_creditor(
            self._emulation.books,
            order.creditor,
            order.details["name"],
            order.amount,
            names_agree=names_agree,
        )
        return "" if trouble is None else RESULT_OF[trouble]


def _bank_number(key: str) -> str:
    return key


async def _nobody_is_told(_: PayOut, __: CallbackPlan) -> None:
    """Return at once: this bank tells of a return only who asks for the item."""
