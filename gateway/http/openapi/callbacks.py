"""What the description says of what banks call, and of the browsers that they send back."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from gateway.domain.account import BankCode
from gateway.domain.errors import Busy, CallbackForged, NotFoundHere, ReturnStateInvalid
from gateway.http.openapi.fields import Shown
from gateway.http.openapi.operation import Body, Caller, Gives, Operation, Tag
from gateway.http.openapi.parameters import Header, Parameter


class Received(Shown):
    """What ends the deliveries of one call."""

    received: Literal[True]


@dataclass(frozen=True, slots=True)
class Format:
    """What one bank calls with; docs/banks/ has a page for each."""

    means: str
    media_type: str
    schema: Mapping[str, object]
    signed_in: str | None = None  # the header; None: in the body itself


def _strings(*names: str, optional: tuple[str, ...] = ()) -> Mapping[str, object]:
    properties = {name: {"type": "string"} for name in (*names, *optional)}
    return {"type": "object", "required": list(names), "properties": properties}


FORMATS: Mapping[BankCode, Format] = {
    BankCode.SMBC: Format(
        "an event in JSON, a detached JWS over it",
        "application/json",
        _strings(
            *("eventId", "type", "occurredAt", "clientReference", "status", "amount"),
            optional=("orderId", "transferId", "returnedAt"),
        ),
        "X-Jws-Signature",
    ),
    BankCode.MUFG: Format(
        "a camt.054 with one entry, base64 of HMAC-SHA256 over it",
        "application/xml",
        {"type": "string"},
        "X-Signature",
    ),
    BankCode.PAYPAY: Format(
        "a form in Shift_JIS with its `MAC` among the fields",
        "application/x-www-form-urlencoded",
        _strings(
            *("SHOP_ID", "TRAN_ID", "STATE", "AMOUNT", "DATETIME", "NONCE", "MAC"),
            optional=("PAID_AT", "RETURNED_AT"),
        ),
    ),
    BankCode.MIZUHO: Format(
        "one 口座振替 record of 122 bytes, `sha-256=` and base64 of HMAC-SHA256 over it",
        "application/octet-stream",
        {"type": "string", "format": "binary"},
        "X-Digest",
    ),
}


SILENT = ", ".join(f"`{bank}`" for bank in BankCode if bank not in FORMATS)


def _told(bank: BankCode, form: Format) -> str:
    place = f" in `{form.signed_in}`" if form.signed_in else ""
    return f"- `{bank}`: `{form.media_type}`, {form.means}{place} (docs/banks/{bank}.md)"


TAKE_CALLBACK = Operation(
    "takeCallback",
    Tag.FOR_BANKS,
    "Take a bank's call",
    {200: Gives("Kept, now or before; PayPay銀行 reads the text", Received, or_text="OK")},
    description="In the bank's own format with the bank's own signature over the raw body. A call "
    "is kept once, answered alike each time it comes, and taken for a hint: the bank is asked. "
    f"Some call nobody, and what comes in their name is `callback_not_authentic`: {SILENT}.",
    caller=Caller.BANK,
    body=Body(
        "\n".join(_told(bank, form) for bank, form in FORMATS.items()),
        {form.media_type: form.schema for form in FORMATS.values()},
    ),
    parameters=tuple(
        Parameter(form.signed_in, form.signed_in, "header", f"From `{bank}`.", {"type": "string"})
        for bank, form in FORMATS.items()
        if form.signed_in
    ),
    problems=(NotFoundHere, CallbackForged),
)

STATE = Parameter(
    "State",
    "state",
    "query",
    "Ours, sealed: it is in the address that the bank was given. Without it: "
    "`return_state_invalid`.",
    {"type": "string"},
)


def _take_return(operation_id: str, body: Body | None = None) -> Operation:
    return Operation(
        operation_id,
        Tag.FOR_BANKS,
        "Take a payer's browser back from a bank's page",
        {303: Gives("On to the return_url, with `repayment_id`", headers=(Header.LOCATION,))},
        description="Only the sealed `state` counts; what else the browser brings, in the query or "
        "in a form, is not looked at. The bank is asked before the browser goes on.",
        caller=Caller.ANYONE,
        body=body,
        parameters=(STATE,),
        problems=(ReturnStateInvalid, NotFoundHere, Busy),
        pages=(ReturnStateInvalid, Busy),
    )


TAKE_RETURN = _take_return("takeReturn")
TAKE_RETURN_FORM = _take_return(
    "takeReturnForm",
    Body(
        "What the bank's page posts: never looked at.",
        {"application/x-www-form-urlencoded": {"type": "object"}},
    ),
)
