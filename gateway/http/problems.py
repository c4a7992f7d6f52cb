"""Problem documents (RFC 9457): every error, in the caller's language, with what to do next."""

import re
from collections.abc import Mapping

import orjson
from aiohttp import web
from aiohttp.web_request import BaseRequest

from gateway.domain.account import BankCode
from gateway.domain.errors import (
    BankClosed,
    CreditShort,
    GatewayError,
    QuoteOutdated,
    QuoteUsed,
    Refused,
    RepaymentAmountWrong,
    RepaymentOpen,
    RepeatedWish,
    TooManyAttempts,
)
from gateway.domain.quote import Quote
from gateway.domain.repayment import Repayment
from gateway.domain.repayment_quote import RepaymentQuote
from gateway.domain.transfer import Transfer
from gateway.http.answers import instant, show_quote, show_transfer
from gateway.http.error_row import Row, Words, opening_words, wait_words
from gateway.http.errors import TABLE
from gateway.http.field_rules import FAULTS, rule_for
from gateway.http.refusals import (
    BadField,
    HttpRefused,
    InternalFault,
    MethodWrong,
    RequestsExceeded,
    ServiceClosed,
)
from gateway.http.repayment_answers import show_repayment, show_repayment_quote

REQUEST_ID = web.RequestKey("request_id", str)
HEADER_FIELD = "/headers/"
PUBLIC_ID = re.compile(r"[a-z]{2}_[0-9a-f]{32}")
# The words of the routes, with the banks that two of them name. Not read from the routes: those
# lead here; a test holds the two together.
ADDRESS_WORDS = frozenset(
    {
        *("v1", "sessions", "accounts", "transfer_quotes", "transfers", "cancel"),
        *("repayment_quotes", "repayments", "loan", "entries", "simulations", "banks", "events"),
        *("ops", "operator", "explanations", "stops", "review_items", "callbacks", "returns"),
        *("openapi.json", "docs", "problems", "livez", "readyz", "metrics"),
        *BankCode,
    }
)
HIDDEN = "***"
UNAUTHORIZED = 401
RETRY_AFTER_S = 1
LANGUAGE = re.compile(
    r"\s*([A-Za-z]{1,8}|\*)(?:-[A-Za-z0-9-]*)?\s*(?:;\s*q=([01](?:\.[0-9]{0,3})?))?\s*"
)


def language_of(header: str | None) -> str:
    """Return `ja` or `en`, whichever Accept-Language ranks first; Japanese otherwise."""
    ranks = {"ja": 0.0, "en": 0.0}
    for part in (header or "").split(",")[:20]:
        match = LANGUAGE.fullmatch(part)
        if match is not None and match[1].lower() in ranks:
            language = match[1].lower()
            ranks[language] = max(ranks[language], float(match[2] or 1))
    return "en" if ranks["en"] > ranks["ja"] else "ja"


def language_headers(language: str) -> dict[str, str]:
    """Return what is said of an answer in words: which language, and that there is another."""
    return {"Content-Language": language, "Vary": "Accept-Language"}


def say(words: Words, language: str) -> str:
    return words.en if language == "en" else words.ja


def problem_response(request: BaseRequest, error: GatewayError, *, below: str) -> web.Response:
    """Return the answer for an error of the table; `below` is the path of this gateway."""
    language = language_of(request.headers.get("Accept-Language"))
    row, request_id = _row(error), request.get(REQUEST_ID, "")
    document = problem_document(
        error, language, path=request.path, request_id=request_id, below=below
    )
    return web.Response(
        status=row.status,
        body=orjson.dumps(document),
        headers={
            "Content-Type": "application/problem+json",
            **language_headers(language),
            **problem_headers(error, row),
        },
    )


def problem_document(
    error: GatewayError, language: str, *, path: str, request_id: str, below: str = ""
) -> dict[str, object]:
    """Return what is said of an error, wherever it was met."""
    row, title, detail = _row(error), say(_row(error).title, language), detail_of(error, language)
    return {
        "type": below + problem_type(error_code(error)),
        "title": title,
        "status": row.status,
        "detail": detail,
        "instance": _shown(path),
        "code": error_code(error),
        "retryable": row.is_retryable,
        "request_id": request_id,
        "errors": _errors(error, _beside_field(title, detail, language), language),
        **members_of(error),
    }


def _row(error: GatewayError) -> Row:
    return TABLE.get(type(error), TABLE[InternalFault])


def detail_of(error: GatewayError, language: str) -> str:
    """Return what to do, with the amounts, the instant or the wait that the error has."""
    told = {name: say(words, language) for name, words in _only_said(error).items()}
    return say(_row(error).detail, language).format(**members_of(error), **told)


def _only_said(error: GatewayError) -> Mapping[str, Words]:
    """Return what a detail says in words, which are no members of the document."""
    match error:
        case ServiceClosed() | BankClosed():
            return {"opens": opening_words(error.reopens_at)}
        case RequestsExceeded() | TooManyAttempts():
            return {"wait": wait_words(error.retry_after_s)}
        case _:
            return {}


def members_of(error: GatewayError) -> dict[str, object]:
    """Return what only some problems say."""
    members: dict[str, object] = {}
    match error:
        case ServiceClosed() | BankClosed():
            members = {"reopens_at": instant(error.reopens_at)}
        case QuoteOutdated(quote=Quote() as quote):
            members = {"quote": show_quote(quote)}
        case QuoteOutdated(quote=RepaymentQuote() as quote):
            members = {"quote": show_repayment_quote(quote)}
        case QuoteUsed(made=Transfer() as transfer) | RepeatedWish(first=transfer):
            members = {"transfer": show_transfer(transfer)}
        case QuoteUsed(made=Repayment() as repayment) | RepaymentOpen(other=repayment):
            members = {"repayment": show_repayment(repayment)}
        case CreditShort():
            members = {"available": error.available.amount}
        case RepaymentAmountWrong():
            members = {"amount_min": error.least.amount, "amount_max": error.most.amount}
        case _:
            pass
    return members


def problem_type(code: str) -> str:
    """Return the address, on this gateway, of the page about a code."""
    return f"/problems/{code}"


def _shown(path: str) -> str:
    """Return an address without what is neither a word of ours nor an id: it may be anything."""
    return "/".join(part if _is_ours(part) else HIDDEN for part in path.split("/"))


def _is_ours(part: str) -> bool:
    return not part or part in ADDRESS_WORDS or PUBLIC_ID.fullmatch(part) is not None


def error_code(error: GatewayError) -> str:
    """Return the stable code; what the table does not know is our own fault."""
    return error.code if type(error) in TABLE else InternalFault.code


def _errors(error: GatewayError, said: str, language: str) -> list[dict[str, str]]:
    if isinstance(error, HttpRefused):
        return [_bad_field(field, language) for field in error.fields]
    if isinstance(error, Refused) and error.field is not None:
        # Not the field's rule: what was typed keeps to that, and would be told so in vain.
        return [{**_place(error.field), "code": error.code, "detail": said}]
    return []


def _beside_field(title: str, detail: str, language: str) -> str:
    """Return what is wrong and what to do, as sentences: title and detail may not be beside it."""
    return f"{title}. {detail}" if language == "en" else f"{title}。{detail}"


def _bad_field(field: BadField, language: str) -> dict[str, str]:
    fault = say(FAULTS[field.fault], language)
    space = " " if language == "en" else ""
    detail = f"{fault}{space}{_rule(field.place, language)}".rstrip()
    return {field.where: _printable(field.place), "code": field.fault.value, "detail": detail}


def _place(field: str) -> dict[str, str]:
    if field.startswith(HEADER_FIELD):
        return {"header": field.removeprefix(HEADER_FIELD)}
    return {"pointer": field}


def _rule(place: str, language: str) -> str:
    rule = rule_for(place)
    return "" if rule is None else say(rule, language)


def _printable(place: str) -> str:
    """Return a name that a caller chose in a form that any JSON encoder takes."""
    return place[:100].encode("utf-8", "backslashreplace").decode()


def problem_headers(error: GatewayError, row: Row) -> Mapping[str, str]:
    """Return what RFC 9110 wants beside the document: how to sign in, when to come again."""
    headers = {}
    if row.status == UNAUTHORIZED:
        headers["WWW-Authenticate"] = 'Bearer realm="gateway"'
    if row.is_retryable:
        headers["Retry-After"] = str(getattr(error, "retry_after_s", RETRY_AFTER_S))
    if isinstance(error, MethodWrong):
        headers["Allow"] = ", ".join(error.allowed)
    return headers
