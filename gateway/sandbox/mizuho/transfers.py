"""The calls about files of pay-outs: handing one in, and asking what became of it."""

import re
from collections.abc import Callable
from functools import partial
from typing import Annotated, Literal

import orjson
from aiohttp import web
from pydantic import Field

from gateway.sandbox import magic
from gateway.sandbox.control_refused import ControlRefused
from gateway.sandbox.emulation import Emulation
from gateway.sandbox.exchange import Reply, Work
from gateway.sandbox.faults import Action, CallbackPlan, Code, ReturnAfter, Rule
from gateway.sandbox.faults import Call as Seen
from gateway.sandbox.mizuho import refusals
from gateway.sandbox.mizuho.checks import FileFault
from gateway.sandbox.mizuho.exchanges import Exchanges, check_reference, read_query
from gateway.sandbox.mizuho.files import FileBook, ItemPlan, TakenFile
from gateway.sandbox.mizuho.refusals import JSON, NOT_FOUND, Refusal
from gateway.sandbox.mizuho.results import ITEM_CODES, UNBALANCED, Settled, result_file, settled
from gateway.sandbox.mizuho.sougou import Contract, Item, TransferFile, read_checked
from gateway.sandbox.payouts import planned_return_s
from gateway.sandbox.strict import StrictModel

RECORDS = {"Content-Type": "application/octet-stream"}
NO_RESULT_YET = Reply(204)
_FILE_ID = re.compile(r"[A-Za-z0-9-]{1,20}")
_RECEIPT = re.compile(r"[A-Z0-9]{1,20}")
_OF_THE_CONNECTION = (magic.CUT_AFTER, magic.SLOW, magic.THROTTLED_TWICE, magic.BANK_CLOSED)


class NoQuestion(StrictModel):
    """The address says it all."""


class FileQuestion(StrictModel):
    """`GET /files`."""

    file_id: Annotated[str, Field(alias="fileId", pattern=r"^[A-Za-z0-9-]{1,20}$")]


class TransferDesk:
    """Takes files and answers for them; `base_path` is where their results are found."""

    def __init__(
        self,
        emulation: Emulation,
        exchanges: Exchanges,
        files: FileBook,
        *,
        contract: Contract,
        base_path: str,
    ) -> None:
        self._emulation = emulation
        self._exchanges = exchanges
        self._files = files
        self._contract = contract
        self._base_path = base_path
        self._throttled = magic.ThrottledTwice()
        self._cut: set[str] = set()

    async def submit(self, request: web.Request, _: str) -> Reply:
        """Answer `POST /sougou`; a file id seen before is answered without reading the file."""
        file_id = _file_id(request)
        first = self._files.find(file_id)
        if first is not None:
            again = await self._again(first, None)

            def told(code: str) -> Reply:
                # The file is not read: no rule can find a fault in it.
                return again if code == "400" else self._exchanges.as_told(code)

            return await self._conduct(first.file, partial(self._again, first), told)
        file = await self._read(request)
        return await self._conduct(file, partial(self._take, file_id, file))

    async def bar(self, file_id: str) -> None:
        """Refuse that X-File-Id from now on, unless the bank has a file under it."""
        if not _FILE_ID.fullmatch(file_id):
            raise ControlRefused(400, "a file's id is 1 to 20 of A-Z, a-z, 0-9, -")
        taken = self._files.find(file_id)
        if taken is not None:
            raise ControlRefused(409, f"the bank has this file: its receipt is {taken.receipt}")
        await self._files.bar(file_id)

    async def file(self, request: web.Request, receipt: str) -> Reply:
        """Answer `GET /files/{receipt}` with the result file, or 204."""
        read_query(NoQuestion, request)
        if not _RECEIPT.fullmatch(receipt):
            raise refusals.fault_of_request("receipt", "must be 1 to 20 of A-Z and 0-9")
        taken = self._files.find_receipt(receipt)
        if taken is None:
            return NOT_FOUND

        async def work(_: Action | None) -> Reply:
            return self._result(taken)

        return await self._exchanges.conduct(
            _seen("inquire", taken.file),
            work,
            told=partial(self._told_of_file, taken),
            # A file that cannot be given out yet cannot be given out wrong.
            among=lambda rule: self._results(taken) is not None or not _spoils_balance(rule),
        )

    async def receipt(self, request: web.Request, _: str) -> Reply:
        """Answer `GET /files?fileId=`."""
        file_id = read_query(FileQuestion, request).file_id

        async def work(_: Action | None) -> Reply:
            taken = self._files.find_visible(file_id)
            if taken is None:
                return NOT_FOUND
            return Reply(200, orjson.dumps({"receipt": taken.receipt}), JSON)

        known = self._files.find(file_id)
        seen = Seen("inquire") if known is None else _seen("inquire", known.file)
        return await self._exchanges.conduct(seen, work)

    async def item(self, request: web.Request, reference: str) -> Reply:
        """Answer `GET /items/{reference}` for the file that came last with it."""
        read_query(NoQuestion, request)
        check_reference(reference)

        async def work(_: Action | None) -> Reply:
            found = self._files.find_item(reference)
            if found is None:
                return NOT_FOUND
            result = settled(*found)
            return Reply(200, result.record_now(), RECORDS) if result else NO_RESULT_YET

        return await self._exchanges.conduct(Seen("inquire", (reference,)), work)

    async def _read(self, request: web.Request) -> TransferFile:
        try:
            body = await request.read()
        except web.HTTPRequestEntityTooLarge as error:
            raise Refusal(refusals.TOO_LARGE) from error
        try:
            return read_checked(body, self._contract, self._emulation.clock.now().date())
        except FileFault as fault:
            raise refusals.fault_of_file(fault) from fault

    async def _conduct(
        self, file: TransferFile, work: Work, told: Callable[[str], Reply] | None = None
    ) -> Reply:
        return await self._exchanges.conduct(
            _seen("submit", file), work, told=told, among=lambda rule: not _is_about_an_item(rule)
        )

    async def _take(self, file_id: str, file: TransferFile, _: Action | None) -> Reply:
        first = self._files.find(file_id)
        if first is not None:
            # It came while this request was held up by a rule.
            return await self._again(first, None)
        self._exchanges.check_hours()
        if self._files.is_barred(file_id):
            raise refusals.barred()
        told = _of_the_connection(file)
        if told is not None:
            self._check_connection(told)
        plans = [self._plan(item) for item in file.items]
        taken = await self._files.take(file_id, file, plans)
        return Reply(
            202,
            headers={"Location": self._location(taken)},
            wait_s=magic.SLOW_ANSWER_S if _goes_to(told, magic.SLOW) else 0.0,
            is_cut=told is not None and self._is_cut_first(told),
        )

    async def _again(self, first: TakenFile, _: Action | None) -> Reply:
        # Nobody is told of a file that a crash could still undo.
        await self._emulation.journal.flush()
        headers = {"Location": self._location(first), "X-File-Sha256": first.file.sha256}
        return Reply(409, headers=headers)

    def _check_connection(self, told: Item) -> None:
        if _goes_to(told, magic.BANK_CLOSED):
            raise Refusal(refusals.closed(self._exchanges.closed_until()))
        if self._throttled.refuses(told.creditor.number, told.reference):
            self._emulation.money.give_back()
            raise Refusal(refusals.throttled())

    def _is_cut_first(self, told: Item) -> bool:
        is_cut = _goes_to(told, magic.CUT_AFTER) and told.reference not in self._cut
        self._cut.add(told.reference)
        return is_cut

    def _plan(self, item: Item) -> ItemPlan:
        seen = Seen("submit", (item.reference,), (item.creditor.number,))
        action = self._emulation.take_fault(seen, _is_about_an_item)
        return ItemPlan(
            told=action.code if isinstance(action, Code) else "",
            return_after_s=planned_return_s(item.creditor, action),
        )

    def _results(self, taken: TakenFile) -> list[Settled] | None:
        """Return every item with its result, None while one of them has none."""
        found = [settled(item, self._files.payout(taken, item)) for item in taken.file.items]
        results = [result for result in found if result is not None]
        return results if len(results) == len(found) else None

    def _result(self, taken: TakenFile, fault: str = "") -> Reply:
        results = self._results(taken)
        if results is None:
            return NO_RESULT_YET
        return Reply(200, result_file(taken.file, results, fault), RECORDS)

    def _told_of_file(self, taken: TakenFile, code: str) -> Reply:
        return self._result(taken, code) if code in UNBALANCED else self._exchanges.as_told(code)

    def _location(self, taken: TakenFile) -> str:
        return f"{self._base_path}/files/{taken.receipt}"


def _file_id(request: web.Request) -> str:
    """Return the X-File-Id of a request whose headers are right, else raise the `Refusal`."""
    ids = request.headers.getall("X-File-Id", [])
    if len(ids) != 1 or not _FILE_ID.fullmatch(ids[0]):
        raise refusals.fault_of_request("X-File-Id", "must be once, 1 to 20 of A-Z, a-z, 0-9, -")
    if request.headers.getall("Content-Type", []) != [RECORDS["Content-Type"]]:
        raise refusals.fault_of_request("Content-Type", "must be application/octet-stream")
    if request.query_string:
        raise refusals.fault_of_request("query", "must not be there")
    return ids[0]


def _seen(operation: Literal["submit", "inquire"], file: TransferFile) -> Seen:
    return Seen(operation, file.references, file.numbers)


def _of_the_connection(file: TransferFile) -> Item | None:
    """Return the first item whose magic number concerns the connection: it holds for the file."""
    return next((item for item in file.items if item.creditor.number in _OF_THE_CONNECTION), None)


def _goes_to(item: Item | None, number: str) -> bool:
    return item is not None and item.creditor.number == number


def _is_about_an_item(rule: Rule) -> bool:
    match rule.action:
        case Code(code=code):
            return code in ITEM_CODES
        case action:
            return isinstance(action, ReturnAfter | CallbackPlan)


def _spoils_balance(rule: Rule) -> bool:
    return isinstance(rule.action, Code) and rule.action.code in UNBALANCED
