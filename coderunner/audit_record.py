"""The client's type of what was audited."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class AuditRecord:
    """One call that was audited."""

    at_ms: int
    """When it had ended, Unix milliseconds."""
    action: str
    """The API's method, such as ``Cancel``."""
    outcome: str
    """The name of its gRPC code: ``OK`` where it was done."""
    client: str
    """Who called; empty for a caller who is not known, or where no token is asked for."""
    subject: str
    """The task, node or API key that it was about; empty where it was about none."""
    owner: str | None = None
    """Whose task it was, where that was another client's, or whose API key."""
    not_told: int = 0
    """Refused calls before this one of which nothing is kept: there were too many."""
