"""Answers that change rarely: marked, and left out where the caller has them already."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass

import orjson
from aiohttp import web

from gateway.http.headers import has_tag

TAG_LENGTH = 32


@dataclass(frozen=True, slots=True)
class Marked:
    """A body with the mark of this version of it: the same wherever it is sent from."""

    body: bytes
    media_type: str
    etag: str


def marked(body: bytes, media_type: str) -> Marked:
    return Marked(body, media_type, f'"{hashlib.sha256(body).hexdigest()[:TAG_LENGTH]}"')


def send_marked(
    request: web.Request, document: Marked, headers: Mapping[str, str] | None = None
) -> web.Response:
    """Return the document, or 304 where `If-None-Match` names its mark."""
    told = {"ETag": document.etag, **(headers or {})}
    if has_tag(request, document.etag):
        return web.Response(status=304, headers=told)
    return web.Response(body=document.body, headers={"Content-Type": document.media_type, **told})


def json_or_unchanged(request: web.Request, document: object) -> web.Response:
    return send_marked(request, marked(orjson.dumps(document), "application/json"))
