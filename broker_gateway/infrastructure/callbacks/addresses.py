"""The rule which addresses a callback may be delivered to.

A client chooses the URL, so the relay must not become its way into the network that the gateway stands in.
"""

from __future__ import annotations

import socket
from collections.abc import Iterable, Sequence
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

from broker_gateway.infrastructure.callbacks.name_lookups import NameLookups

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

_FORBIDDEN_V4 = tuple(
    IPv4Network(text)
    for text in (
        "0.0.0.0/8",  # this host
        "10.0.0.0/8",
        "100.64.0.0/10",  # carrier-grade NAT; some clouds' metadata
        "127.0.0.0/8",
        "168.63.129.16/32",  # Azure's platform, from within each machine
        "169.254.0.0/16",  # link-local; most clouds' metadata
        "172.16.0.0/12",
        "192.0.0.0/24",
        "192.0.2.0/24",
        "192.88.99.0/24",  # 6to4 relays
        "192.168.0.0/16",
        "198.18.0.0/15",
        "198.51.100.0/24",
        "203.0.113.0/24",
        "224.0.0.0/3",  # multicast, reserved, broadcast
    )
)
_GLOBAL_V6 = IPv6Network("2000::/3")
_FORBIDDEN_V6 = tuple(IPv6Network(text) for text in ("2001::/23", "2001:db8::/32", "3fff::/20"))
_EMBEDDING_V6 = (
    (IPv6Network("::ffff:0:0/96"), 0),  # IPv4-mapped
    (IPv6Network("64:ff9b::/96"), 0),  # NAT64
    (IPv6Network("2002::/16"), 80),  # 6to4
)
"""Addresses that some gateway or kernel turns into the IPv4 address inside them, and by how many bits it is shifted."""


class ForbiddenAddressError(Exception):
    """The callback leads to where callbacks must not go."""


class AddressGuard:
    """The addresses that are permitted: public ones, and those in ``allowed``."""

    def __init__(self, allowed: Iterable[str] = ()) -> None:
        """``allowed``: networks as CIDR. Raises ValueError for one that is not."""
        self._allowed: tuple[Network, ...] = tuple(ip_network(text) for text in allowed)
        self._names = NameLookups()

    def permits(self, address: Address) -> bool:
        """True for an address that callbacks may go to."""
        if any(address in network for network in self._allowed):
            return True
        if isinstance(address, IPv4Address):
            return not any(address in network for network in _FORBIDDEN_V4)
        for network, shift in _EMBEDDING_V6:
            if address in network:
                return self.permits(IPv4Address((int(address) >> shift) & 0xFFFF_FFFF))
        return address in _GLOBAL_V6 and not any(address in network for network in _FORBIDDEN_V6)

    def check(self, host: str) -> None:
        """Checks the host of a URL: raises ForbiddenAddressError if ``host`` is a literal address that is not
        permitted; a name passes."""
        address = _literal(host)
        if address is not None and not self.permits(address):
            raise ForbiddenAddressError(f"callbacks to {host} are not allowed")

    async def resolve(self, host: str, port: int) -> Sequence[tuple[socket.AddressFamily, str]]:
        """The permitted addresses of ``host`` (a name, or a literal in any spelling), in the resolver's order.
        Raises ForbiddenAddressError if there is none, OSError if it does not resolve."""
        addresses = await self._names.addresses(host, port)
        permitted = [(family, text) for family, text in addresses if self._permits_text(text)]
        if not permitted:
            raise ForbiddenAddressError(f"callbacks to {host} are not allowed: it is no public address")
        return permitted

    def _permits_text(self, text: str) -> bool:
        address = _literal(text)
        return address is not None and self.permits(address)


def _literal(text: str) -> Address | None:
    try:
        address = ip_address(text)
    except ValueError:
        return None
    if isinstance(address, IPv6Address) and address.scope_id is not None:
        return IPv6Address(int(address))
    return address
