"""The gateway's port on the audit trail, in memory."""

from __future__ import annotations

from broker_gateway.application.audit import AuditFilter, AuditPage
from schemas.audit import AuditRecord


class MemoryAuditTrail:
    """Implements ``AuditTrail``. Page tokens are offsets."""

    def __init__(self) -> None:
        self.records: list[AuditRecord] = []

    def note(self, record: AuditRecord) -> None:
        self.records.append(record)

    async def page(self, wanted: AuditFilter, size: int, token: str) -> AuditPage:
        start = int(token or "0")
        found = [one for one in reversed(self.records) if _matches(one, wanted)]
        return AuditPage(found[start : start + size], str(start + size) if found[start + size :] else "")


def _matches(record: AuditRecord, wanted: AuditFilter) -> bool:
    return (
        wanted.action in ("", record.action)
        and wanted.client in (None, record.client)
        and record.at_ms >= wanted.since_ms
    )
