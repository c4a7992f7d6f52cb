"""Network addresses: each has one spelling here, and belongs to networks that count as sources."""

from collections.abc import Iterable, Sequence
from functools import lru_cache
from ipaddress import (
    IPv4Address,
    IPv4Network,
    IPv6Address,
    IPv6Network,
    ip_address,
    ip_network,
)

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

# What one subscriber is given of IPv6, what a generous provider gives, what a site has.
IPV6_PREFIXES = (64, 56, 48)
MAPPED_BITS = 96  # of ::ffff:a.b.c.d, before the IPv4 address begins


def plain_address(text: str) -> Address | None:
    """Return the address that is spelt so, None if none is.

    An IPv4 address is one however IPv6 writes it (::ffff:10.0.0.5): a socket that takes both
    writes every IPv4 peer so. The name of an interface (fe80::1%eth0) is no part of an address.
    """
    try:
        address = ip_address(text)
    except ValueError:
        return None
    if isinstance(address, IPv4Address):
        return address
    return address.ipv4_mapped or IPv6Address(address.packed)


def plain_network(text: str) -> Network:
    """Return the network that is spelt so, IPv4's however IPv6 writes it. Raises ValueError."""
    network = ip_network(text)
    if isinstance(network, IPv4Network) or network.prefixlen < MAPPED_BITS:
        return network
    mapped = network.network_address.ipv4_mapped
    return network if mapped is None else IPv4Network((mapped, network.prefixlen - MAPPED_BITS))


def is_in(address: Address | None, networks: Iterable[str]) -> bool:
    """Return whether the address lies in one of the networks; no address lies in none."""
    return address is not None and any(address in one for one in _parsed(tuple(networks)))


@lru_cache(maxsize=16)
def _parsed(networks: tuple[str, ...]) -> tuple[Network, ...]:
    return tuple(map(plain_network, networks))


@lru_cache(maxsize=4_096)
def networks_of(remote: str) -> tuple[str, ...]:
    """Return what counts as one source, the narrowest first.

    That is an IPv4 address, or what one subscriber has of IPv6 with the wider networks around it;
    what is no address (a local socket) is a source as it is written.
    """
    address = plain_address(remote)
    if address is None:
        return (remote,)
    if isinstance(address, IPv4Address):
        return (str(address),)
    return tuple(str(ip_network((address.packed, p), strict=False)) for p in IPV6_PREFIXES)


def believed_address(peer: str, hops: Sequence[str], trusted: Iterable[str]) -> str:
    """Return the address that a request comes from, as far as that can be believed.

    `hops` are the addresses that proxies wrote, the last one written last. Each was written by the
    one behind it: they are followed from the end, as long as that one is trusted. Where one of
    them wrote what is no address, the last one that was believed counts.
    """
    networks = tuple(trusted)
    address = plain_address(peer)
    if address is None:
        return peer
    for hop in reversed(hops):
        before = plain_address(hop)
        if before is None or not is_in(address, networks):
            break
        address = before
    return str(address)
