"""The check that no connection of a program outlives it in the slot's network: the next program could not have its
port.

The kernel keeps no TIME_WAIT there (the container's ``net.ipv4.tcp_max_tw_buckets`` is 0). gVisor does, for a minute,
has no such setting and lists none of them: there a slot in which there ever was a connection is not clean.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterator

_NETWORK = "/proc/net"
_COUNTS = ("sockstat", "sockstat6")
"""The kernel's counts of sockets; /proc/net/tcp would walk through the table of all connections of the host."""
_TABLES = ("tcp", "tcp6", "udp", "udp6")
"""gVisor has no counts of sockets, and small tables."""
_STATISTICS = "snmp"
_OPENED = ("ActiveOpens", "PassiveOpens")
_LOOKS, _PAUSE_S = 20, 0.001
"""The kernel may still be handing over a last packet."""


def connections_left(network: str = _NETWORK) -> list[str]:
    """Problems in sentences: Internet sockets that are not yet gone."""
    for _ in range(_LOOKS):
        left = sum(_left(network))
        if not left:
            return []
        time.sleep(_PAUSE_S)
    return [f"{left} connections are left"]


def _left(network: str) -> Iterator[int]:
    if os.path.exists(f"{network}/{_COUNTS[0]}"):
        for name in _COUNTS:
            yield from (_sockets(line) for line in _lines(f"{network}/{name}"))
    else:
        for name in _TABLES:
            yield max(0, len(_lines(f"{network}/{name}")) - 1)
        yield _opened(_lines(f"{network}/{_STATISTICS}"))


def _opened(lines: list[str]) -> int:
    """Connections since the start of the slot's network: a line of names, a line of figures."""
    words = [line.split() for line in lines if line.startswith("Tcp:")]
    counted = dict(zip(*words[:2])) if len(words) > 1 else {}
    return sum(int(counted.get(name, 0)) for name in _OPENED)


def _sockets(line: str) -> int:
    """Those of one protocol: ``TCP: inuse 1 orphan 0 tw 0 alloc 1 mem 0``; orphans, alloc and mem are the host's."""
    protocol, _, counts = line.partition(": ")
    if protocol not in ("TCP", "TCP6", "UDP", "UDP6"):
        return 0
    words = counts.split()
    counted = dict(zip(words[::2], words[1::2]))
    return int(counted.get("inuse", 0)) + int(counted.get("tw", 0))


def _lines(path: str) -> list[str]:
    try:
        with open(path, "rb", buffering=0) as file:
            return file.read().decode("ascii", "replace").splitlines()
    except OSError:
        return []
