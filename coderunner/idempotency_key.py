"""Idempotency keys that the client makes where the caller gives none."""

from __future__ import annotations

import secrets
import time
from uuid import UUID

_RANDOM_BITS = 74
_LOW_BITS = 62


def fresh_key() -> str:
    """A UUID of version 7 (RFC 9562, 5.7): its time tells the gateway that nobody can have used it long ago, which
    saves a look-up. Python's own ``uuid`` module makes them from 3.14 on."""
    time_ms = time.time_ns() // 1_000_000
    high, low = divmod(secrets.randbits(_RANDOM_BITS), 1 << _LOW_BITS)
    return str(UUID(int=time_ms << 80 | 0x7 << 76 | high << 64 | 0b10 << 62 | low))
