"""The message that tells who did what, on the stream AUDIT."""

from __future__ import annotations

import msgspec


class AuditRecord(msgspec.Struct, frozen=True, kw_only=True):
    """One call that is audited: something was changed, somebody looked at another's task, or a caller was refused for
    who he is."""

    at_ms: int
    """When it had ended, or a stream was about to give its first answer; Unix milliseconds."""
    action: str
    """The API's method, such as ``Cancel``."""
    outcome: str
    """The name of its gRPC code: ``OK`` where it was done; with ``CANCELLED`` (the caller went), ``UNAVAILABLE`` and
    ``INTERNAL`` it may have been."""
    client: str
    """Who called; empty for a caller who is not known, or where no token is asked for."""
    subject: str
    """The task, node or API key that it was about; empty where it was about none."""
    owner: str | None
    """Whose task it was, where that was another's (empty: everybody's, in a list, or nobody knows), or whose API key;
    None where it was his own, or nobody's."""
    not_told: int
    """Refused calls before this one of which nothing is stored: there were too many."""
