"""Who is calling: the session behind a request, and where a login comes from."""

import hashlib
import hmac
from ipaddress import IPv6Address, ip_address, ip_network

import structlog
from aiohttp import web

from gateway.domain.errors import SessionMissing
from gateway.http.deps import deps_of, desk_of
from gateway.services.authenticate import Caller, authenticate

SCHEME = "Bearer "
IPV6_NETWORK = 64  # what one subscriber is given


async def caller_of(request: web.Request) -> Caller:
    """Return the caller, whom every log line that follows will name. Raises SessionMissing."""
    given = request.headers.getall("Authorization", [])
    if len(given) != 1 or not given[0].startswith(SCHEME):
        raise SessionMissing
    caller = await authenticate(desk_of(request), given[0].removeprefix(SCHEME))
    member_ref = deps_of(request).member_ref(caller.member_id)
    structlog.contextvars.bind_contextvars(member_ref=member_ref)
    return caller


def source_of(request: web.Request) -> bytes:
    """Return a keyed hash of the network that the request comes from."""
    pepper = desk_of(request).settings.pin_pepper.get_secret_value().encode()
    network = f"login source {_network(request.remote or '')}"
    return hmac.digest(pepper, network.encode(), hashlib.sha256)


def _network(remote: str) -> str:
    try:
        address = ip_address(remote)
    except ValueError:
        return remote
    if isinstance(address, IPv6Address) and address.ipv4_mapped is None:
        return str(ip_network((address.packed, IPV6_NETWORK), strict=False))
    return str(address)
