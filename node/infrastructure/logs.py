"""Log lines: JSON for machines, columns and colours for people; one canonical line per task."""

from __future__ import annotations

import logging
import sys

import msgspec
import stamina
import structlog

from node.application.ports import FinishedTask
from node.infrastructure.metrics import Metrics


def configure_logging(form: str, level: str) -> None:
    """``json`` or ``console``, to standard error. Log lines of libraries from WARNING on go the same way. Where that is
    no terminal, ``console`` is one ``key=value`` after the other: columns would take twice the time."""
    shared: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso"),
        structlog.processors.format_exc_info,
    ]
    factory: structlog.BytesLoggerFactory | structlog.PrintLoggerFactory
    if form == "json":
        shared.append(structlog.processors.JSONRenderer(serializer=_json))
        factory = structlog.BytesLoggerFactory(sys.stderr.buffer)
    else:
        shared.append(structlog.dev.ConsoleRenderer() if sys.stderr.isatty() else _plain())
        factory = structlog.PrintLoggerFactory(sys.stderr)
    structlog.configure(
        processors=shared,
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelNamesMapping()[level.upper()]),
        logger_factory=factory,
        cache_logger_on_first_use=True,
    )
    stamina.instrumentation.set_on_retry_hooks(
        []
    )  # our adapters say once that something is away, and once that it is back
    logging.basicConfig(stream=sys.stderr, level=logging.WARNING, format="%(levelname)s %(name)s %(message)s")
    logging.getLogger("nats").setLevel(logging.CRITICAL)  # says again what our own callbacks are told


def _plain() -> structlog.processors.KeyValueRenderer:
    return structlog.processors.KeyValueRenderer(key_order=["timestamp", "level", "event"])


def _json(value: object, **_options: object) -> bytes:
    return msgspec.json.encode(value, enc_hook=str)


class StructuredTaskLog:
    """The canonical line, and the same told to the metrics."""

    def __init__(self, node_id: str, metrics: Metrics) -> None:
        self._log = structlog.get_logger("node.task").bind(node_id=node_id)
        self._metrics = metrics

    def finished(self, task: FinishedTask) -> None:
        execution = task.execution
        self._metrics.task_finished(task)
        self._log.info(
            "task",
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
        )

    def trouble(self, what: str, task_id: str, error: BaseException | str) -> None:
        self._metrics.trouble(what)
        trace = error if isinstance(error, BaseException) else None
        self._log.warning(what, task_id=task_id, error=str(error) or type(error).__name__, exc_info=trace)
