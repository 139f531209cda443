"""The rule by which a task's events tell where it stands."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from schemas.execution import Execution, TaskEvent
from schemas.status import Status


def execution_after(events: Iterable[TaskEvent]) -> Execution | None:
    """The state of the task after ``events``, with how long the newest attempt had waited."""
    listed = list(events)
    last = newest(listed)
    if last is None:
        return None
    execution = Execution.told_by(last)
    waits = [Execution.told_by(event).queued_ms for event in listed if event.status is Status.RUNNING]
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
