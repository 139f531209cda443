"""The trace of what is being done, carried along with it."""

from __future__ import annotations

from collections.abc import Mapping
from contextvars import ContextVar

from schemas import trace

TRACEPARENT: ContextVar[str] = ContextVar("traceparent", default="")
"""The caller's span (``schemas.trace``) while its call is served or its callback is made; empty where there is none."""


def trace_fields() -> Mapping[str, str]:
    """The field of a log line that tells the trace; none where there is no trace."""
    found = trace.trace_id(TRACEPARENT.get())
    return {"trace_id": found} if found else {}


def trace_headers() -> Mapping[str, str]:
    """The header by which others go on with the trace; none where there is no trace."""
    found = trace.traceparent_of(TRACEPARENT.get())
    return {trace.TRACEPARENT: found} if found else {}
