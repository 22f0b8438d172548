"""Which addresses may be connected to: nobody outside can make us talk to what is inside."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address
from socket import inet_aton
from typing import TYPE_CHECKING, TypeAlias
from unicodedata import normalize

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

Network: TypeAlias = IPv4Network | IPv6Network
Address: TypeAlias = IPv4Address | IPv6Address

PORTS = frozenset({80, 443, 8080, 8443})
_NAT64 = IPv6Network("64:ff9b::/96")
_NAT64_LOCAL = IPv6Network("64:ff9b:1::/48")
_COMPATIBLE = IPv6Network("::/96")  # deprecated IPv4-compatible addresses; :: and ::1 lie in it too


def refusal(host: str, port: int, allowed: Sequence[Network] = ()) -> str | None:
    """Return why an address must not be connected to, or None when it may.

    ``host`` is a numeric address, ``allowed`` the networks that may be visited although private, there
    on every port. An IPv6 address that carries an IPv4 one is judged by both ends of the tunnel.
    """
    try:
        address = ip_address(host)
    except ValueError:
        return f"{host} is no address"
    ends = tuple(_unwrapped(address))
    if all(any(end in network for network in allowed) for end in ends):
        return None
    for end in ends:
        if not _is_public(end):
            return f"{host} is not a public address; fetch.allow_private can open its network"
    if port not in PORTS:
        return f"port {port} is not one of {', '.join(map(str, sorted(PORTS)))}"
    return None


def spelled(host: str) -> str | None:
    """Return the address that a host is a spelling of, None when it is a name.

    ``127.1``, ``0x7f000001``, ``2130706433`` and digits of other scripts are what C libraries and proxies read as
    127.0.0.1; ``localhost`` is that address everywhere.
    """
    plain = normalize("NFKC", host).replace("\N{IDEOGRAPHIC FULL STOP}", ".").strip("[]").rstrip(".").lower()
    if plain == "localhost" or plain.endswith(".localhost"):
        return "127.0.0.1"
    try:
        return str(ip_address(plain))
    except ValueError:
        pass
    try:
        return str(IPv4Address(inet_aton(plain)))
    except (OSError, ValueError):
        return None


def _unwrapped(address: Address) -> Iterator[Address]:
    """Yield the addresses that a packet to this one ends up at."""
    if isinstance(address, IPv4Address):
        yield address
    elif address.ipv4_mapped:
        yield address.ipv4_mapped
    elif address.sixtofour:
        yield address.sixtofour
    elif address.teredo:
        yield from address.teredo
    elif address in _NAT64 or (address in _COMPATIBLE and int(address) > 1):
        yield IPv4Address(int(address) & 0xFFFF_FFFF)
    else:
        yield address


def _is_public(address: Address) -> bool:
    if isinstance(address, IPv6Address) and (address.is_site_local or address in _NAT64_LOCAL):
        return False
    return address.is_global and not address.is_multicast and not address.is_reserved
