from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawler.fetch.guard import refusal

LOOPBACK = (ip_network("127.0.0.0/8"),)


@pytest.mark.parametrize("host", ["8.8.8.8", "2606:4700:4700::1111", "::ffff:8.8.8.8", "64:ff9b::808:808"])
@pytest.mark.parametrize("port", [80, 443, 8080, 8443])
def test_public_addresses_may_be_visited_on_web_ports(host: str, port: int) -> None:
    assert refusal(host, port) is None


@pytest.mark.parametrize(
    "host",
    [
        *("127.0.0.1", "127.8.8.8", str(IPv4Address(0)), "10.0.0.1", "172.16.0.1", "192.168.1.1", "169.254.169.254"),
        *("100.64.0.1", "192.0.2.1", "198.18.0.1", "224.0.0.1", "240.0.0.1", "255.255.255.255"),
        *("::", "::1", "fe80::1", "fe80::1%eth0", "fc00::1", "fec0::1", "ff02::1", "2001:db8::1"),
        *("::ffff:127.0.0.1", "::ffff:10.0.0.1", "::127.0.0.1", "::a00:1"),
        *("64:ff9b::7f00:1", "64:ff9b::a00:1", "64:ff9b:1::1", "2002:7f00:1::", "2002:a00:1::1"),
        "2001:0:7f00:1::",  # Teredo with a private server
        "2001:0:808:808:0:0:f5ff:fffe",  # Teredo with a private client
        "not-an-address",
    ],
)
def test_what_is_not_public_is_refused_however_it_is_wrapped(host: str) -> None:
    assert refusal(host, 80) is not None


@pytest.mark.parametrize("port", [22, 25, 81, 6379, 8000, 65535])
def test_other_ports_are_refused(port: int) -> None:
    assert "port" in (refusal("8.8.8.8", port) or "")


def test_an_opened_network_may_be_visited_on_every_port() -> None:
    assert refusal("127.0.0.1", 6379, LOOPBACK) is None
    assert refusal("::ffff:127.0.0.1", 6379, LOOPBACK) is None
    assert refusal("10.0.0.1", 80, LOOPBACK) is not None
    assert refusal("::1", 80, LOOPBACK) is not None
    assert refusal("fd00::7", 1200, (ip_network("fd00::/8"),)) is None


def test_the_reason_names_the_way_out() -> None:
    assert "fetch.allow_private" in (refusal("10.0.0.1", 80) or "")


@given(st.ip_addresses(v=4))
def test_wrapping_an_address_changes_nothing(address: IPv4Address) -> None:
    plain = refusal(str(address), 80) is None
    for wrapped in (
        IPv6Address(f"::ffff:{address}"),
        ip_address((0x64FF9B << 96) | int(address)),
        ip_address((0x2002 << 112) | (int(address) << 80) | 1),
    ):
        assert (refusal(str(wrapped), 80) is None) is plain
