"""How a task and what came of it are put into messages."""

from __future__ import annotations

from dataclasses import dataclass, field

from node.application.workbench import Produced
from schemas.execution import Execution, ResultMessage, TaskEvent
from schemas.status import Status
from schemas.task import TaskMessage


@dataclass(slots=True)
class Run:
    """One node's attempt at one task, while it lasts. Times are Unix milliseconds."""

    task: TaskMessage
    node_id: str
    attempt: int
    started_ms: float
    language: str
    language_version: str = ""
    warnings: list[str] = field(default_factory=list)

    @property
    def queued_ms(self) -> float:
        """Clocks of two machines may differ: never below 0."""
        return max(0.0, self.started_ms - self.task.submitted_at_ms)


def execution_of(run: Run, produced: Produced, finished_ms: float) -> Execution:
    return Execution(
        id=run.task.id,
        status=produced.status,
        language=run.language,
        language_version=run.language_version,
        node_id=run.node_id,
        attempt=run.attempt,
        queued_ms=run.queued_ms,
        labels=run.task.labels,
        compile=produced.compile,
        run=produced.run,
        cases=produced.cases,
        warnings=run.warnings,
        error=produced.error,
        submitted_at_ms=run.task.submitted_at_ms,
        finished_at_ms=int(finished_ms),
    )


def result_of(run: Run, execution: Execution) -> ResultMessage:
    return ResultMessage(execution=execution, callback=run.task.callback, client=run.task.client)


def event_of(run: Run, status: Status, at_ms: float) -> TaskEvent:
    task = run.task
    return TaskEvent(
        id=task.id,
        status=status,
        at_ms=int(at_ms),
        client=task.client,
        language=run.language,
        language_version=run.language_version,
        priority=task.priority.value,
        pool=task.pool,
        node_id=run.node_id,
        attempt=run.attempt,
        labels=task.labels,
        submitted_at_ms=task.submitted_at_ms,
    )
