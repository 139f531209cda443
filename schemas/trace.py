"""The trace that a task belongs to, in the words of W3C Trace Context (https://www.w3.org/TR/trace-context/).

A caller's own span comes with its call, goes with the task over the bus, and on to whoever is called back. What we log
of the task carries the id of its trace.
"""

from __future__ import annotations

import re

TRACEPARENT = "traceparent"
"""Name of the header, in gRPC's metadata as in HTTP."""
_SHAPE = re.compile(r"00-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}")

_SAMPLED = 1
"""The flag of what is recorded."""


def traceparent_of(value: object) -> str:
    """The value where it is one of version 00; empty where it is anything else, which anybody may send."""
    return value if isinstance(value, str) and _SHAPE.fullmatch(value) else ""


def trace_id(traceparent: str) -> str:
    """The id of the trace, 32 hexadecimal digits; empty where ``traceparent`` is none."""
    return traceparent_of(traceparent)[3:35]


def is_sampled(traceparent: str) -> bool:
    """True where ``traceparent`` is one, and says that its spans are recorded."""
    return bool(int(traceparent_of(traceparent)[-2:] or "0", 16) & _SAMPLED)


def unsampled(traceparent: str) -> str:
    """The same, saying that no span is recorded from here on; empty where it is none."""
    found = traceparent_of(traceparent)
    return found and f"{found[:-2]}{int(found[-2:], 16) & ~_SAMPLED:02x}"
