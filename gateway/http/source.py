"""Where a request comes from, as far as that can be believed."""

import hashlib
import hmac
import re
from ipaddress import IPv6Address, ip_address, ip_network

from aiohttp import web

from gateway.http.deps import desk_of

IPV6_NETWORK = 64  # what one subscriber is given
FORWARDED = "X-Forwarded-For"
WITH_PORT = re.compile(r"([0-9.]+):[0-9]{1,5}|\[([0-9A-Fa-f:.]+)\](?::[0-9]{1,5})?")


def source_of(request: web.Request) -> bytes:
    """Return a keyed hash of the network that the request comes from."""
    pepper = desk_of(request).settings.pin_pepper.get_secret_value().encode()
    network = f"login source {network_of(address_of(request))}"
    return hmac.digest(pepper, network.encode(), hashlib.sha256)


def address_of(request: web.Request) -> str:
    """Return the peer's address, or the one that trusted proxies saw before them.

    Where one of them wrote what is no address, the last one that was believed counts.
    """
    address = request.remote or ""
    trusted = desk_of(request).settings.trusted_proxies
    if not trusted:
        return address
    lists = request.headers.getall(FORWARDED, [])
    hops = [hop.strip() for one in lists for hop in one.split(",")]
    # Each hop was written by the one behind it: from the end, as long as that one is trusted.
    while hops and _is_in(address, trusted):
        before = _plain(hops.pop())
        if before is None:
            break
        address = before
    return address


def _plain(hop: str) -> str | None:
    """Return the address of a hop without the port that some proxies write, None if it has none."""
    match = WITH_PORT.fullmatch(hop)
    try:
        return str(ip_address(match[1] or match[2] if match else hop))
    except ValueError:
        return None


def _is_in(address: str, networks: tuple[str, ...]) -> bool:
    try:
        return any(ip_address(address) in ip_network(network) for network in networks)
    except ValueError:
        return False


def network_of(remote: str) -> str:
    """Return what counts as one source: an IPv4 address, or what one subscriber has of IPv6."""
    try:
        address = ip_address(remote)
    except ValueError:
        return remote
    if isinstance(address, IPv6Address) and address.ipv4_mapped is None:
        return str(ip_network((address.packed, IPV6_NETWORK), strict=False))
    return str(address)
