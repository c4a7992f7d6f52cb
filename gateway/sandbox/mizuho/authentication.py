"""Basic authentication (RFC 7617) with the contract's user and password."""

import base64
import binascii
import hmac

from aiohttp import web

_SCHEME = "basic"


def is_admitted(request: web.Request, user: str, password: str) -> bool:
    """Whether the request carries exactly this user and password, once."""
    given = request.headers.getall("Authorization", [])
    if len(given) != 1:
        return False
    scheme, _, encoded = given[0].partition(" ")
    if scheme.lower() != _SCHEME:
        return False
    try:
        said = base64.b64decode(encoded.strip(" "), validate=True)
    except (binascii.Error, ValueError):
        return False
    return hmac.compare_digest(said, f"{user}:{password}".encode())
