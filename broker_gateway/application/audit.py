"""The port on the audit trail: who did what."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from schemas.audit import AuditRecord


@dataclass(frozen=True, slots=True)
class AuditFilter:
    """What a listed record must match; an empty field matches all."""

    action: str = ""
    client: str | None = None
    since_ms: int = 0


@dataclass(frozen=True, slots=True)
class AuditPage:
    """One page of audit records."""

    records: list[AuditRecord]
    next_token: str
    """What asks for the next page; empty after the last."""


class AuditTrail(Protocol):
    """The audit trail: nothing of it is changed or taken away before its age."""

    def note(self, record: AuditRecord) -> None:
        """Stores a record; nobody waits for it, and it outlives a bus that is away for a moment."""
        ...

    async def page(self, wanted: AuditFilter, size: int, token: str) -> AuditPage:
        """One page, newest first; it may be short. Raises ValueError for a token that is not one of ours,
        BusUnavailableError."""
        ...
