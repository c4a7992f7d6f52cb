"""Where a request comes from, as far as that can be believed."""

import hashlib
import hmac
import re

from aiohttp import web

from gateway.domain.guessing import Source
from gateway.domain.network import believed_address, networks_of
from gateway.http.deps import desk_of

FORWARDED = "X-Forwarded-For"
WITH_PORT = re.compile(r"([0-9.]+):[0-9]{1,5}|\[([0-9A-Fa-f:.]+)\](?::[0-9]{1,5})?")


def source_of(request: web.Request) -> Source:
    """Return keyed hashes of the network that the request comes from, and of those around it."""
    pepper = desk_of(request).settings.pin_pepper.get_secret_value().encode()
    own, *around = (
        hmac.digest(pepper, f"login source {network}".encode(), hashlib.sha256)
        for network in networks_of(address_of(request))
    )
    return Source(own, tuple(around))


def address_of(request: web.Request) -> str:
    """Return the peer's address, or the one that trusted proxies saw before them."""
    trusted = desk_of(request).settings.trusted_proxies
    lists = request.headers.getall(FORWARDED, []) if trusted else []
    hops = [_without_port(hop.strip()) for one in lists for hop in one.split(",")]
    return believed_address(request.remote or "", hops, trusted)


def _without_port(hop: str) -> str:
    """Return what a hop says without the port that some proxies write."""
    match = WITH_PORT.fullmatch(hop)
    return match[1] or match[2] if match else hop
