"""Request headers that mean something here, and query parameters."""

import re
import secrets
from collections.abc import Collection
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeVar
from uuid import UUID, uuid4

from aiohttp import web

from gateway.domain.errors import NotFoundHere
from gateway.domain.identifier import parse_public_id
from gateway.http.refusals import (
    BadField,
    FieldFault,
    FieldsInvalid,
    IdempotencyKeyInvalid,
    IdempotencyKeyMissing,
)

KEY = "Idempotency-Key"
KEY_FORM = re.compile(r"[!-~]{16,64}")  # a UUID is one of these
# Long enough for a UUID; no PIN is so long, and no session token so short.
REQUEST_ID_FORM = re.compile(r"[A-Za-z0-9._-]{5,36}")
# Ids of nothing but zeros are none (W3C Trace Context).
TRACEPARENT_FORM = re.compile(r"00-(?!0{32})([0-9a-f]{32})-(?!0{16})([0-9a-f]{16})-([0-9a-f]{2})")
BEARER = re.compile(r"bearer +(.+)", re.IGNORECASE)
PREFER_WAIT = re.compile(r"(?:^|[,;])\s*wait\s*=\s*([0-9]{1,3})\s*(?=$|[,;])")
ENTITY_TAG = re.compile(r'(?:W/)?("[!#-~]*")')
WAIT_S_MAX = 10
PAGE_DEFAULT, PAGE_MAX = 20, 100
LIMIT_FORM = re.compile(r"[1-9][0-9]{0,2}")

Word = TypeVar("Word", bound=StrEnum)


@dataclass(frozen=True, slots=True)
class Page:
    """Which part of a list is wanted: at most `limit` things beyond `cursor`."""

    cursor: UUID | None
    limit: int


def idempotency_key_of(request: web.Request) -> str:
    """Return the key. Raises IdempotencyKeyMissing or IdempotencyKeyInvalid."""
    keys = request.headers.getall(KEY, [])
    if not keys:
        raise IdempotencyKeyMissing([BadField("header", KEY, FieldFault.MISSING)])
    if len(keys) > 1:
        raise IdempotencyKeyInvalid([BadField("header", KEY, FieldFault.DUPLICATE)])
    if not KEY_FORM.fullmatch(keys[0]):
        raise IdempotencyKeyInvalid([BadField("header", KEY, FieldFault.WRONG_FORMAT)])
    return keys[0]


def bearer_of(request: web.Request) -> str | None:
    """Return the token in `Authorization` (RFC 6750), None if there is not just one."""
    given = request.headers.getall("Authorization", [])
    match = BEARER.fullmatch(given[0]) if len(given) == 1 else None
    return match and match[1]


def id_in_path(request: web.Request, name: str, prefix: str) -> UUID:
    """Return an id that is a part of the address. Raises NotFoundHere if it is none."""
    found = parse_public_id(prefix, request.match_info[name])
    if found is None:
        raise NotFoundHere
    return found


def request_id_of(request: web.Request) -> str:
    """Return the caller's X-Request-Id if it is a harmless word, else a new one."""
    given = request.headers.get("X-Request-Id", "")
    return given if REQUEST_ID_FORM.fullmatch(given) else uuid4().hex


def traceparent_of(request: web.Request) -> tuple[str, str]:
    """Return (trace id, the traceparent of our own part of the trace)."""
    match = TRACEPARENT_FORM.fullmatch(request.headers.get("traceparent", ""))
    trace_id, flags = (match[1], match[3]) if match else (secrets.token_hex(16), "00")
    return trace_id, f"00-{trace_id}-{secrets.token_hex(8)}-{flags}"


def wait_s_of(request: web.Request) -> int:
    """Return how long `Prefer: wait=N` (RFC 7240) lets us wait; 0 where it does not say."""
    match = PREFER_WAIT.search(",".join(request.headers.getall("Prefer", [])))
    return min(int(match[1]), WAIT_S_MAX) if match else 0


def has_tag(request: web.Request, etag: str) -> bool:
    """Say whether the caller has this version already (`If-None-Match`, compared weakly)."""
    given = request.headers.get("If-None-Match", "")
    return given.strip() == "*" or etag in ENTITY_TAG.findall(given)


def page_of(request: web.Request, prefix: str, others: Collection[str] = ()) -> Page:
    """Return the page that `limit` and `cursor`, beside `others`, ask for. Raises FieldsInvalid."""
    known = {*_PAGE_NAMES, *others}
    bad = [_bad_parameter(n, FieldFault.UNKNOWN) for n in request.query if n not in known]
    bad += [
        _bad_parameter(n, FieldFault.DUPLICATE)
        for n in _PAGE_NAMES
        if len(request.query.getall(n, [])) > 1
    ]
    limit = request.query.get("limit", str(PAGE_DEFAULT))
    if not LIMIT_FORM.fullmatch(limit) or int(limit) > PAGE_MAX:
        bad.append(_bad_parameter("limit", FieldFault.OUT_OF_RANGE))
    cursor = request.query.get("cursor")
    last = None if cursor is None else parse_public_id(prefix, cursor)
    if cursor is not None and last is None:
        bad.append(_bad_parameter("cursor", FieldFault.WRONG_FORMAT))
    if bad:
        raise FieldsInvalid(bad)
    return Page(last, int(limit))


_PAGE_NAMES = ("limit", "cursor")


def words_of(request: web.Request, name: str, words: type[Word]) -> tuple[Word, ...]:
    """Return what a query parameter says, as often as it is there. Raises FieldsInvalid."""
    given = request.query.getall(name, [])
    if not {*given} <= {*words}:
        raise FieldsInvalid([_bad_parameter(name, FieldFault.OUT_OF_RANGE)])
    return tuple(words(word) for word in given)


def _bad_parameter(name: str, fault: FieldFault) -> BadField:
    return BadField("parameter", name, fault)
