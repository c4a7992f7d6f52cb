"""Answers that change rarely: marked, and left out where the caller has them already."""

import hashlib

from aiohttp import web

from gateway.http.answers import json_response
from gateway.http.headers import has_tag

TAG_LENGTH = 32


def json_or_unchanged(request: web.Request, document: object) -> web.Response:
    """Return the document with its mark, or 304 where `If-None-Match` names that."""
    response = json_response(document)
    body = response.body
    etag = f'"{hashlib.sha256(body if isinstance(body, bytes) else b"").hexdigest()[:TAG_LENGTH]}"'
    if has_tag(request, etag):
        return web.Response(status=304, headers={"ETag": etag})
    response.headers["ETag"] = etag
    return response
