"""What each message of the bus tells the history."""

from __future__ import annotations

from dataclasses import replace

from broker_gateway.application.history_ports import Submitted, TaskRecord
from broker_gateway.application.ports import Place
from schemas.execution import Execution, ResultMessage, TaskEvent
from schemas.status import Status

_FINAL_EVENT = 1 << 48
_RESULT = 1 << 49
"""Above all attempts, and moments in milliseconds added to them: a task that was run once more has a later one."""
_MAX_ADDED = (1 << 48) - 1
"""A node says what it likes: its words rank within their kind."""


def record_of_event(event: TaskEvent, place: Place) -> TaskRecord:
    """``place``: where the event stands on the bus."""
    submitted = None
    if event.status is Status.QUEUED:
        submitted = Submitted(place=place, client=event.client, pool=event.pool, priority=event.priority)
    execution = Execution.told_by(event)
    return TaskRecord(rank=_rank(event), execution=execution, client=event.client, submitted=submitted, place=place)


def record_of_result(result: ResultMessage) -> TaskRecord:
    """A result ranks above the event that tells of it: it has the output."""
    execution = result.execution
    rank = _RESULT + _bounded(execution.finished_at_ms or 0)
    return TaskRecord(
        rank=rank,
        execution=execution,
        client=result.client,
        source=result.source,
        traceparent=result.traceparent,
    )


def without_source(record: TaskRecord) -> TaskRecord:
    """The same with nothing of what was submitted but language, labels and what the program and its tools say."""
    return record if record.source is None else replace(record, source=None)


def without_output(record: TaskRecord) -> TaskRecord:
    """The same with nothing that a program wrote."""
    return replace(record, execution=record.execution.without_output(), source=None)


def _rank(event: TaskEvent) -> int:
    if event.status.is_final:
        return _FINAL_EVENT + _bounded(event.at_ms)
    return min(_bounded(event.attempt) * 2 + int(event.status is Status.RUNNING), _MAX_ADDED)


def _bounded(number: int) -> int:
    return min(max(0, number), _MAX_ADDED)
