"""The age of an idempotency key, as the key itself tells it (docs/adr/0008-recent-keys.md)."""

from __future__ import annotations

from uuid import UUID

RECENT_MS = 60_000
"""The age up to which a key is recent: half of the bus's duplicate window: until then the bus itself refuses a second
task of the same id, whether the first one still waits or has long ended."""
_AHEAD_MS = 5_000
"""A caller's clock may be ahead of ours by so much."""
_TIME_SHIFT = 80


def is_recent(key: str, now_ms: int) -> bool:
    """True where the key itself says that it was made less than RECENT_MS ago: a UUID of version 7 (RFC 9562) begins
    with its time in Unix milliseconds. Any other key may be of any age."""
    try:
        uuid = UUID(key)
    except ValueError:
        return False
    return uuid.version == 7 and -_AHEAD_MS <= now_ms - (uuid.int >> _TIME_SHIFT) < RECENT_MS
