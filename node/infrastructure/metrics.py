"""The node's metrics, which Prometheus scrapes."""

from __future__ import annotations

from collections.abc import Callable

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

from node.application.ports import FinishedTask
from schemas.status import Status

_SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)


class Metrics:
    """All of a node's metrics, in a registry of their own, so that several can live in one process."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self._tasks = Counter(
            "coderunner_node_tasks", "Finished tasks.", ["language", "status"], registry=self.registry
        )
        self._seconds = Histogram(
            "coderunner_node_task_seconds",
            "From delivery to acknowledgement.",
            ["language"],
            buckets=_SECONDS,
            registry=self.registry,
        )
        self._cached = Counter(
            "coderunner_node_artefacts_reused", "Tasks that needed no compiler.", registry=self.registry
        )
        self._lost_race = Counter(
            "coderunner_node_results_late", "Results that another node had stored before.", registry=self.registry
        )
        self._troubles = Counter(
            "coderunner_node_troubles", "Failures of ours, by kind.", ["kind"], registry=self.registry
        )
        self._kept: dict[tuple[str, Status], tuple[Counter, Histogram]] = {}
        """Of a language and status: finding them by their labels costs more than counting."""

    def watch(self, name: str, meaning: str, value: Callable[[], float]) -> None:
        """A gauge that is read when it is asked for."""
        Gauge(f"coderunner_node_{name}", meaning, registry=self.registry).set_function(value)

    def task_finished(self, task: FinishedTask) -> None:
        tasks, seconds = self._of(task.execution.language, task.execution.status)
        tasks.inc()
        seconds.observe(task.total_ms / 1000)
        if task.cached:
            self._cached.inc()
        if not task.stored:
            self._lost_race.inc()

    def _of(self, language: str, status: Status) -> tuple[Counter, Histogram]:
        kept = self._kept.get((language, status))
        if kept is None:
            kept = self._tasks.labels(language, status.value), self._seconds.labels(language)
            self._kept[language, status] = kept
        return kept

    def trouble(self, kind: str) -> None:
        self._troubles.labels(kind).inc()
