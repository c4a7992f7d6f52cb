"""Collections by Pay-easy: the link a payer follows, and the 口座振替 record of its end."""

import base64
import hashlib
import hmac
from collections.abc import Mapping
from datetime import datetime
from typing import Annotated

from aiohttp import ClientSession, web
from pydantic import AfterValidator, ConfigDict, Field

from gateway.sandbox.addresses import is_address
from gateway.sandbox.callbacks import Delivery, Insistence
from gateway.sandbox.clock import JST
from gateway.sandbox.collection import FUNDS_SHORT
from gateway.sandbox.collections import Collection, CollectionOrder, Collections, CollectionState
from gateway.sandbox.creditors import ITEM_LIMIT
from gateway.sandbox.emulation import Emulation
from gateway.sandbox.exchange import Reply
from gateway.sandbox.faults import Action, Call, CallbackPlan
from gateway.sandbox.mizuho import layouts, refusals
from gateway.sandbox.mizuho.exchanges import Exchanges, check_reference, read_fields, read_query
from gateway.sandbox.mizuho.refusals import NOT_FOUND, Refusal
from gateway.sandbox.mizuho.sougou import BANK_CODE, BANK_NAME
from gateway.sandbox.mizuho.transfers import NO_RESULT_YET, RECORDS, NoQuestion
from gateway.sandbox.mizuho.wareki import NO_DATE, era_date
from gateway.sandbox.strict import StrictModel
from gateway.sandbox.urlencoded import read_pairs

_OK = 200
INSISTENCE = Insistence(
    answer_within_s=5.0, gaps_s=(1.0, 2.0, 4.0, 8.0), is_taken=lambda status, _: status == _OK
)
_LIMIT = "%Y%m%d%H%M%S"

_DONE, _SHORT, _STOPPED_BY_PAYER, _OTHER = "0", "1", "3", "9"
# How a rule of faults may say that a collection ended.
_RESULT_CODES = frozenset({"1", "2", "3", "4", "8", "9"})
_RESULT = {
    CollectionState.PAID: _DONE,
    CollectionState.CANCELLED: _STOPPED_BY_PAYER,
    CollectionState.EXPIRED: _OTHER,
}


def _address(text: str) -> str:
    if not is_address(text):
        raise ValueError("no http or https address")
    return text


def _instant(text: str) -> datetime:
    return datetime.strptime(text, _LIMIT).replace(tzinfo=JST)


def _real_instant(text: str) -> str:
    _instant(text)
    return text


def _within_limit(text: str) -> str:
    if int(text) > ITEM_LIMIT:
        raise ValueError("above the limit of one item")
    return text


Address = Annotated[str, AfterValidator(_address)]


class LinkForm(StrictModel):
    """`POST /payeasy/link`."""

    model_config = ConfigDict(alias_generator=str.upper)

    shuno_kikan: Annotated[str, Field(pattern=r"^[0-9]{5}$")]
    okyaku: Annotated[str, Field(pattern=r"^[A-Z0-9]{20}$")]
    kakunin: Annotated[str, Field(pattern=r"^[0-9]{6}$")]
    kingaku: Annotated[str, Field(pattern=r"^[1-9][0-9]{0,9}$"), AfterValidator(_within_limit)]
    kigen: Annotated[str, Field(pattern=r"^[0-9]{14}$"), AfterValidator(_real_instant)]
    modori_url: Address
    tsuchi_url: Address

    def order(self) -> CollectionOrder:
        """Return what the payer is asked for."""
        return CollectionOrder(
            reference=self.okyaku,
            amount=int(self.kingaku),
            description=f"お客様番号 {self.okyaku} 確認番号 {self.kakunin}",
            return_url=self.modori_url,
            notify_url=self.tsuchi_url,
            expires_at=_instant(self.kigen),
            details={"SHUNO_KIKAN": self.shuno_kikan, "KAKUNIN": self.kakunin},
        )


class CollectionDesk:
    """Takes links, answers for them, and calls back every end."""

    def __init__(
        self,
        emulation: Emulation,
        exchanges: Exchanges,
        client: ClientSession,
        *,
        shuno_kikan: str,
        secret: str,
    ) -> None:
        self._emulation = emulation
        self._exchanges = exchanges
        self._client = client
        self._shuno_kikan = shuno_kikan
        self._secret = secret.encode()
        self.collections = Collections(
            emulation, numbered=_bank_number, returned_to=_way_back, ended=self._tell
        )

    async def link(self, request: web.Request, _: str) -> Reply:
        """Answer `POST /payeasy/link` with the way to the approval page."""
        form = await self._read(request)

        async def work(action: Action | None) -> Reply:
            plan = action if isinstance(action, CallbackPlan) else None
            collection = await self._opened(form.order(), plan)
            place = f"{request.url.origin()}{self.collections.approval_path(collection)}"
            return Reply(303, headers={"Location": place})

        return await self._exchanges.conduct(Call("start_collection", (form.okyaku,)), work)

    async def inquire(self, request: web.Request, reference: str) -> Reply:
        """Answer `GET /payeasy/{お客様番号}`."""
        read_query(NoQuestion, request)
        check_reference(reference)

        async def work(_: Action | None) -> Reply:
            collection = self.collections.find(reference)
            if collection is None:
                return NOT_FOUND
            if collection.is_open:
                return NO_RESULT_YET
            return Reply(200, end_record(collection), RECORDS)

        def told(code: str) -> Reply:
            collection = self.collections.find(reference)
            if collection is None or code not in _RESULT_CODES:
                return self._exchanges.as_told(code)
            return Reply(200, end_record(collection, code), RECORDS)

        call = Call("inquire_collection", (reference,))
        return await self._exchanges.conduct(call, work, told=told)

    async def _read(self, request: web.Request) -> LinkForm:
        form = read_fields(LinkForm, await _fields(request))
        if form.shuno_kikan != self._shuno_kikan:
            raise refusals.fault_of_request("SHUNO_KIKAN", "is not the contract's")
        return form

    async def _opened(self, order: CollectionOrder, plan: CallbackPlan | None) -> Collection:
        """Return the new collection, or the open one of the same form, or raise the `Refusal`."""
        self._exchanges.check_hours()
        first = self.collections.find(order.reference)
        if first is not None:
            if first.order == order and first.is_open:
                return first
            raise Refusal(Reply(409))
        # A form that was in time when it first came is answered as a repeated one, never as wrong.
        if order.expires_at <= self._emulation.clock.now():
            raise refusals.fault_of_request("KIGEN", "is not in the future")
        return await self.collections.open(order, plan)

    async def _tell(self, collection: Collection, plan: CallbackPlan) -> None:
        body = end_record(collection)
        delivery = Delivery(
            self._emulation,
            self._client,
            INSISTENCE,
            # The contract's address, where one is set, comes before the one in the form.
            lambda: collection.order.notify_url,
            lambda is_badly_signed: (body, self._headers(body, is_badly_signed)),
        )
        await delivery.run(plan)

    def _headers(self, body: bytes, is_badly_signed: bool) -> Mapping[str, str]:
        signed = body + b" " if is_badly_signed else body
        mac = hmac.digest(self._secret, signed, hashlib.sha256)
        return {**RECORDS, "X-Digest": "sha-256=" + base64.b64encode(mac).decode()}


def end_record(collection: Collection, told: str = "") -> bytes:
    """Return the 口座振替 data record of a collection that is over, or is told to be, like that."""
    booked_at = collection.booked_at
    payer = collection.payer
    return layouts.DATA_91.build(
        {
            "データ区分": "2",
            "引落銀行": BANK_CODE,
            "銀行名": BANK_NAME,
            "支店": "000" if payer is None else payer.branch,
            "種目": "1" if payer is None else payer.type,
            "口座": "0000000" if payer is None else payer.number,
            "預金者名": collection.payer_name,
            "金額": collection.amount,
            "顧客番号": collection.reference,
            "振替結果コード": told or _result(collection),
            "振替日": NO_DATE if booked_at is None else era_date(booked_at.astimezone(JST).date()),
        }
    )


def _result(collection: Collection) -> str:
    if collection.state is CollectionState.FAILED and collection.cause == FUNDS_SHORT:
        return _SHORT
    return _RESULT.get(collection.state, _OTHER)


async def _fields(request: web.Request) -> dict[str, str]:
    """Return the form's fields; the `Refusal` for a doubled one or bytes that are no form."""
    try:
        pairs = [(name.decode(), value.decode()) for name, value in await read_pairs(request)]
    except ValueError as error:
        raise refusals.fault_of_request("form", "is no form in UTF-8") from error
    fields = dict(pairs)
    if len(fields) != len(pairs):
        raise refusals.fault_of_request("form", "a field stands in it twice")
    return fields


def _way_back(collection: Collection) -> Mapping[str, str]:
    return {"okyaku": collection.reference, "result": collection.state}


def _bank_number(text: str) -> str:
    return "D" + hashlib.sha256(text.encode()).hexdigest()[:15].upper()
