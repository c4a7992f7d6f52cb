"""An address is one address however it is spelt, and belongs to the sources that it belongs to."""

import pytest

from gateway.config import load_settings
from gateway.domain.network import (
    believed_address,
    is_in,
    networks_of,
    plain_address,
    plain_network,
)
from gateway.domain.return_address import is_loopback
from gateway.http.places import Places


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        pytest.param("203.0.113.7", "203.0.113.7", id="IPv4"),
        pytest.param("::ffff:203.0.113.7", "203.0.113.7", id="mapped"),
        pytest.param("::FFFF:CB00:7107", "203.0.113.7", id="mapped, in hexadecimal"),
        pytest.param("0:0:0:0:0:ffff:203.0.113.7", "203.0.113.7", id="mapped, written out"),
        pytest.param("::ffff:203.0.113.7%eth0", "203.0.113.7", id="mapped, with an interface"),
        pytest.param("2001:DB8::0:1", "2001:db8::1", id="IPv6"),
        pytest.param("fe80::1%eth0", "fe80::1", id="IPv6 with an interface"),
        pytest.param("::127.0.0.1", "::7f00:1", id="what is not mapped stays"),
        pytest.param("64:ff9b::203.0.113.7", "64:ff9b::cb00:7107", id="a translator's stays"),
    ],
)
def test_an_address_has_one_spelling(text: str, plain: str) -> None:
    assert str(plain_address(text)) == plain


@pytest.mark.parametrize("text", ["", "unknown", "127.1", "010.0.0.1", "1.2.3.4/8", "::ffff:1.2.3"])
def test_what_is_no_address_is_none(text: str) -> None:
    assert plain_address(text) is None


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        pytest.param("10.0.0.0/8", "10.0.0.0/8", id="IPv4"),
        pytest.param("10.0.0.6", "10.0.0.6/32", id="one address"),
        pytest.param("::ffff:10.0.0.0/104", "10.0.0.0/8", id="mapped"),
        pytest.param("::ffff:a00:6", "10.0.0.6/32", id="one mapped address"),
        pytest.param("::ffff:0:0/96", "0.0.0.0/0", id="all that is mapped"),
        pytest.param("2001:db8::/32", "2001:db8::/32", id="IPv6"),
        pytest.param("::/0", "::/0", id="all of IPv6, and nothing of IPv4"),
    ],
)
def test_a_network_has_one_spelling_in_settings_too(text: str, plain: str) -> None:
    assert str(plain_network(text)) == plain
    assert load_settings(trusted_proxies=(text,)).trusted_proxies == (plain,)


@pytest.mark.parametrize(
    ("peer", "hops", "trusted", "address"),
    [
        pytest.param("10.0.0.5", "203.0.113.7", "10.0.0.0/8", "203.0.113.7", id="one proxy"),
        pytest.param(
            "10.0.0.5",
            "203.0.113.7 ::ffff:10.0.0.6",
            "10.0.0.0/8",
            "203.0.113.7",
            id="a mapped hop",
        ),
        pytest.param(
            "::ffff:10.0.0.5", "203.0.113.7", "10.0.0.0/8", "203.0.113.7", id="a mapped peer"
        ),
        pytest.param(
            "10.0.0.5", "203.0.113.7", "::ffff:10.0.0.0/104", "203.0.113.7", id="a mapped setting"
        ),
        pytest.param(
            "::ffff:a00:5",
            "::ffff:203.0.113.7",
            "::ffff:a00:0/104",
            "203.0.113.7",
            id="mapped everywhere",
        ),
        pytest.param("10.0.0.5", "203.0.113.7", "", "10.0.0.5", id="nobody is trusted"),
        pytest.param("::ffff:8.8.8.8", "203.0.113.7", "10.0.0.0/8", "8.8.8.8", id="a stranger"),
        pytest.param(
            "10.0.0.5", "1.1.1.1 9.9.9.9", "10.0.0.0/8", "9.9.9.9", id="what a caller wrote itself"
        ),
        pytest.param("10.0.0.5", "1.1.1.1 unknown", "10.0.0.0/8", "10.0.0.5", id="no address"),
        pytest.param("10.0.0.5", "10.0.0.6", "10.0.0.0/8", "10.0.0.6", id="all are proxies"),
        pytest.param("", "203.0.113.7", "10.0.0.0/8", "", id="a local socket"),
    ],
)
def test_a_hop_is_believed_of_a_proxy_that_is_named_however_that_is_spelt(
    peer: str, hops: str, trusted: str, address: str
) -> None:
    assert believed_address(peer, hops.split(), trusted.split()) == address


@pytest.mark.parametrize(
    ("remote", "networks"),
    [
        pytest.param("203.0.113.7", ("203.0.113.7",), id="IPv4"),
        pytest.param("::ffff:203.0.113.7", ("203.0.113.7",), id="mapped"),
        pytest.param(
            "2001:db8:1:2345::9",
            ("2001:db8:1:2345::/64", "2001:db8:1:2300::/56", "2001:db8:1::/48"),
            id="IPv6: the narrowest first",
        ),
        pytest.param("unix:", ("unix:",), id="no address"),
    ],
)
def test_a_source_is_an_address_or_a_subscribers_network_with_those_around_it(
    remote: str, networks: tuple[str, ...]
) -> None:
    assert networks_of(remote) == networks


def test_no_address_lies_in_no_network() -> None:
    assert not is_in(plain_address("nobody"), ("0.0.0.0/0", "::/0"))


def test_a_proxy_has_every_connection_however_its_address_is_written() -> None:
    places = Places(load_settings(connections_max=4, trusted_proxies=("127.0.0.1",)))

    assert [places.take("::ffff:127.0.0.1") for _ in range(4)] == ["127.0.0.1"] * 4


def test_an_address_of_this_machine_is_one_however_it_is_written() -> None:
    assert is_loopback("http://[::ffff:127.0.0.1]:8101")
    assert not is_loopback("http://[::ffff:8.8.8.8]:8101")
