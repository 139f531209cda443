"""The domain event of a task that has ended."""

from __future__ import annotations

from dataclasses import dataclass

from schemas.execution import ResultMessage
from schemas.status import Status


@dataclass(frozen=True, slots=True)
class TaskCompletedEvent:
    """A task reached a final state, and its result is stored."""

    task_id: str
    status: Status
    client: str
    callback_url: str | None
    language: str
    node_id: str
    attempt: int
    queued_ms: float
    total_ms: int
    """From acceptance to the end; milliseconds."""

    @classmethod
    def of(cls, result: ResultMessage) -> TaskCompletedEvent:
        execution = result.execution
        return cls(
            task_id=execution.id,
            status=execution.status,
            client=result.client,
            callback_url=result.callback.url if result.callback else None,
            language=execution.language,
            node_id=execution.node_id,
            attempt=execution.attempt,
            queued_ms=execution.queued_ms,
            total_ms=max(0, (execution.finished_at_ms or execution.submitted_at_ms) - execution.submitted_at_ms),
        )
