"""The bound of a JSON text as it comes off the wire, looked at before anything is made of it.

Two bytes can be a whole object: four megabytes may be a million empty tasks, which cost seconds to decode and a
gigabyte to hold. So the values are counted first, by what stands between them outside of strings.
"""

from __future__ import annotations

SMALL_BYTES = 4096
"""A value has at least one byte and a comma: a text up to this size has few."""


def has_few_values(data: bytes, max_values: int) -> bool:
    """False where the text has more than ``max_values`` values, nested ones and names included. Linear, in a few passes
    of the library's own; of a text that is no JSON it says anything."""
    if len(data) <= SMALL_BYTES:
        return True
    if b"\\" in data:
        data = data.replace(b"\\\\", b"").replace(b'\\"', b"")
    quotes = data.count(b'"')
    if quotes > 2 * max_values:
        return False
    outside = b"".join(data.split(b'"')[::2])
    return quotes // 2 + outside.count(b",") + outside.count(b"{") + outside.count(b"[") <= max_values
