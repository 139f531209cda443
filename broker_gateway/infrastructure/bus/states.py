"""Executions as their events tell them: state, node and times, no output."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from schemas.execution import Execution, TaskEvent
from schemas.status import Status
from schemas.task import TaskMessage


def execution_of(event: TaskEvent) -> Execution:
    """What one event alone says."""
    return Execution(
        id=event.id,
        status=event.status,
        language=event.language,
        language_version=event.language_version,
        node_id=event.node_id,
        attempt=event.attempt,
        queued_ms=float(event.at_ms - event.submitted_at_ms) if event.status is Status.RUNNING else 0.0,
        labels=event.labels,
        compile=None,
        run=None,
        cases=[],
        warnings=[],
        error="",
        submitted_at_ms=event.submitted_at_ms,
        finished_at_ms=event.at_ms if event.status.is_final else None,
    )


def execution_after(events: Iterable[TaskEvent]) -> Execution | None:
    """Where the task stands after ``events``, with how long the newest attempt had waited."""
    listed = list(events)
    last = newest(listed)
    if last is None:
        return None
    execution = execution_of(last)
    waits = [execution_of(event).queued_ms for event in listed if event.status is Status.RUNNING]
    return msgspec.structs.replace(execution, queued_ms=waits[-1]) if waits else execution


def newest(events: Iterable[TaskEvent]) -> TaskEvent | None:
    """The event that tells where the task stands. A final state stays, whatever comes in late after it; the first
    final one counts. ``events`` are in the order in which they were stored."""
    best: TaskEvent | None = None
    for event in events:
        if best is None or _rank(event) > _rank(best):
            best = event
    return best


def _rank(event: TaskEvent) -> tuple[int, int]:
    if event.status.is_final:
        return (2, 0)
    return (int(event.status is Status.RUNNING), event.attempt)


def event_of(execution: Execution, task: TaskMessage, at_ms: int) -> TaskEvent:
    """The event that announces ``execution``'s state."""
    return TaskEvent(
        id=execution.id,
        status=execution.status,
        at_ms=at_ms,
        client=task.client,
        language=execution.language,
        language_version=execution.language_version,
        priority=task.priority.value,
        pool=task.pool,
        node_id=execution.node_id,
        attempt=execution.attempt,
        labels=execution.labels,
        submitted_at_ms=execution.submitted_at_ms,
    )
