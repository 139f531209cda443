"""Who a reader is: the address of the connection, where the blog has no name for him."""

from __future__ import annotations

from ipaddress import IPv6Network, ip_address

_MAX_ADDRESS_CHARS = 64
_PREFIX_BITS = 64


def reader_at(address: str | None) -> str:
    """The reader behind an address: IPv4 as it is, IPv6 by its first 64 bits, as networks give customers no less. Those
    whom nobody can tell apart are one."""
    if not address or len(address) > _MAX_ADDRESS_CHARS:
        return ""
    try:
        found = ip_address(address.partition("%")[0])
    except ValueError:
        return ""
    if found.version == 4:
        return str(found)
    mapped = found.ipv4_mapped
    return str(mapped) if mapped else str(IPv6Network((found, _PREFIX_BITS), strict=False))
