"""One canonical log line per task, and the same told to the metrics."""

from __future__ import annotations

import structlog

from node.application.ports import FinishedTask
from node.infrastructure.metrics import Metrics


class StructuredTaskLog:
    """Implements ``TaskLog``."""

    def __init__(self, node_id: str, metrics: Metrics) -> None:
        self._log = structlog.get_logger(__name__).bind(node_id=node_id)
        self._metrics = metrics

    def finished(self, task: FinishedTask) -> None:
        execution = task.execution
        self._metrics.task_finished(task)
        self._log.info(
            "task_finished",
            task_id=execution.id,
            attempt=execution.attempt,
            language=execution.language,
            version=execution.language_version,
            status=execution.status.value,
            client=task.client,
            pool=task.pool,
            priority=task.priority,
            queued_ms=round(execution.queued_ms, 1),
            compile_ms=round(task.compile_ms, 1),
            run_ms=round(task.run_ms, 1),
            total_ms=round(task.total_ms, 1),
            cached=task.cached,
            stored=task.stored,
            **({"trace_id": task.trace_id} if task.trace_id else {}),
        )

    def trouble(self, what: str, task_id: str, error: BaseException | str) -> None:
        self._metrics.trouble(what)
        trace = error if isinstance(error, BaseException) else None
        self._log.warning(what, task_id=task_id, error=str(error) or type(error).__name__, exc_info=trace)
