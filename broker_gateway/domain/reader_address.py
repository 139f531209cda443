"""The address of whoever sends a request over HTTP: the peer of the connection, or what proxies that are trusted say of
it. It is told apart from others' as a network tells its customers apart: IPv4 as it is, IPv6 by its first 64 bits."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network
MAX_HOPS = 16
"""Of so many proxies behind one another what they say is looked at."""
MAX_TOLD_CHARS = 4096
"""What stands before that many characters of a header's end is not looked at."""
_MAX_ADDRESS_CHARS = 64
_PREFIX_BITS = 64


class ForwardedHeader(StrEnum):
    """The header in which the proxies say whom they forward. A proxy writes one of them and hands the other on as it
    came, whoever wrote that."""

    X_FORWARDED_FOR = "x-forwarded-for"
    FORWARDED = "forwarded"
    """RFC 7239."""


@dataclass(frozen=True, slots=True)
class TrustedProxies:
    """The networks of proxies whose word is taken, and where they say it."""

    networks: tuple[Network, ...] = ()
    header: ForwardedHeader = ForwardedHeader.X_FORWARDED_FOR

    @classmethod
    def of(cls, networks: Iterable[str], header: str) -> TrustedProxies:
        """``networks`` as CIDR. Raises ValueError for what is none."""
        return cls(tuple(ip_network(text) for text in networks), ForwardedHeader(header))

    def reader(self, peer: str, told: Sequence[str]) -> str:
        """The address behind the connection of ``peer``: the last one in the header's lines ``told`` that is no trusted
        proxy's. Where a trusted proxy says nothing that can be read, it is the proxy's own: those whom nobody can tell
        apart are one. Empty where even the peer has no address."""
        found = _address(peer)
        if found is None:
            return ""
        for said in self._hops(told):
            if not self._is_trusted(found):
                break
            before = _address(said)
            if before is None:
                break
            found = before
        return _network_of(found)

    def _is_trusted(self, address: Address) -> bool:
        return any(address in network for network in self.networks)

    def _hops(self, told: Sequence[str]) -> Iterator[str]:
        """What the proxies said, the nearest one's first. Commas within quotes part as well: only the farthest, who may
        be anybody, would write some."""
        if not self.networks:
            return
        end = ",".join(told)[-MAX_TOLD_CHARS:]
        for hop in reversed(end.rsplit(",", MAX_HOPS)[-MAX_HOPS:]):
            yield _for_of(hop) if self.header is ForwardedHeader.FORWARDED else hop.strip(" \t")


def _for_of(element: str) -> str:
    """The ``for`` of one element of ``Forwarded``; empty where there is not just one."""
    pairs = (pair.strip(" \t").partition("=") for pair in element.split(";"))
    values = [value for name, _, value in pairs if name.lower() == "for"]
    return values[0].strip('"') if len(values) == 1 else ""


def _address(text: str) -> Address | None:
    """An address, with or without a port; IPv4 within IPv6 as what it is."""
    if len(text) > _MAX_ADDRESS_CHARS:
        return None
    if text.startswith("["):
        text = text[1:].partition("]")[0]
    elif text.count(":") == 1:
        text = text.partition(":")[0]
    try:
        address = ip_address(text.partition("%")[0])
    except ValueError:
        return None
    mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
    return mapped or address


def _network_of(address: Address) -> str:
    if isinstance(address, IPv4Address):
        return str(address)
    return str(IPv6Network((address, _PREFIX_BITS), strict=False))
