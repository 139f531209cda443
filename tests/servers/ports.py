"""Free loopback ports."""

from __future__ import annotations

import os
import random
import socket

_FIRST, _LAST = map(int, os.environ.get("TEST_PORTS", "20000-32000").split("-"))
"""Below the range from which the kernel takes ports for outgoing connections: a server that is down for a moment must
find its port still free. Two runs at the same time have different ones (``dev/suite.py``)."""

_given: set[int] = set()


def free_port() -> int:
    """A port of 127.0.0.1 that nobody listens on and that this process has not given out before."""
    for _ in range(1000):
        port = random.randint(_FIRST, _LAST)
        if port not in _given and _is_free(port):
            _given.add(port)
            return port
    raise OSError("no free port found")


def _is_free(port: int) -> bool:
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
        return True
