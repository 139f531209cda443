"""The node's metrics, which Prometheus scrapes."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from prometheus_client import Counter, Gauge, Histogram
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily

from chassis.metrics import SECONDS, ByLabels, Kind, Labels, new_registry, watch
from node.application.ports import FinishedTask
from node.infrastructure.slot_figures import Retirement, SlotFigures

TROUBLES = (
    "attempts_unknown",
    "stored_result_unknown",
    "task_buried",
    "task_came_again_with_a_result",
    "task_failed_on_us",
    "task_handed_back",
    "task_left_unacknowledged",
    "task_lost",
)
"""What the runner tells the log of. Each is there from the first scrape on: the first task that is buried must be seen
as a change."""
SlotValues = Callable[[SlotFigures], Mapping[str, float]]


class Metrics:
    """All of a node's metrics, in a registry of their own, so that several can live in one process."""

    def __init__(self) -> None:
        self.registry = of = new_registry()
        tasks = Counter("coderunner_node_tasks", "Finished tasks.", ["language", "status"], registry=of)
        self._tasks = ByLabels(tasks, named_by_others=["language"])
        self._seconds = self._times("task_seconds", "From delivery to acknowledgement.", "language")
        self._stage_s = self._times(
            "stage_seconds",
            "Parts of the time from delivery to acknowledgement: compile, run, and all the rest.",
            "language",
            "stage",
        )
        self._queued_s = self._times("queued_seconds", "From acceptance to delivery to this node.", "pool", "priority")
        self._cached = Counter("coderunner_node_artefacts_reused", "Tasks that needed no compiler.", registry=of)
        self._lost_race = Counter(
            "coderunner_node_results_late", "Results that another node had stored before.", registry=of
        )
        self._troubles = Counter("coderunner_node_troubles", "Failures of ours, by kind.", ["kind"], registry=of)
        for kind in TROUBLES:
            self._troubles.labels(kind)

    def watch(self, name: str, meaning: str, value: Callable[[], float]) -> None:
        """A gauge that is read when it is asked for."""
        Gauge(f"coderunner_node_{name}", meaning, registry=self.registry).set_function(value)

    def watch_count(self, name: str, meaning: str, value: Callable[[], float]) -> None:
        """A counter that is read when it is asked for."""
        watch(self.registry, CounterMetricFamily, f"coderunner_node_{name}", meaning, lambda: {(): value()})

    def watch_slots(self, figures: Callable[[], Sequence[SlotFigures]]) -> None:
        """The slots by language, role and state, and what happened to them."""

        def add(kind: Kind, name: str, meaning: str, values: SlotValues, *label: str) -> None:
            def now() -> Mapping[Labels, float]:
                return _by_labels(figures(), values)

            watch(self.registry, kind, f"coderunner_node_{name}", meaning, now, labels=("language", "role", *label))

        add(GaugeMetricFamily, "slots", "Slots, by what they do.", lambda one: one.states, "state")
        add(CounterMetricFamily, "slots_retired", "Slots that were destroyed.", _retired, "reason")
        waits = "Tasks that found no slot free."
        add(CounterMetricFamily, "slot_waits", waits, lambda one: {"": one.counts.waits})
        cold = "Programs that found no interpreter waiting, though the language keeps one."
        add(CounterMetricFamily, "cold_starts", cold, lambda one: {"": one.counts.cold_starts})

    def task_finished(self, task: FinishedTask) -> None:
        """Counts a task that was settled, and its times."""
        language = task.execution.language
        self._tasks.of(language, task.execution.status.value).inc()
        self._seconds.of(language).observe(task.total_ms / 1000)
        self._queued_s.of(task.pool, task.priority).observe(task.execution.queued_ms / 1000)
        if task.compile_ms:
            self._stage_s.of(language, "compile").observe(task.compile_ms / 1000)
        self._stage_s.of(language, "run").observe(task.run_ms / 1000)
        rest_ms = max(0.0, task.total_ms - task.compile_ms - task.run_ms)
        self._stage_s.of(language, "rest").observe(rest_ms / 1000)
        if task.cached:
            self._cached.inc()
        if not task.stored:
            self._lost_race.inc()

    def trouble(self, kind: str) -> None:
        """Counts a failure of ours."""
        self._troubles.labels(kind).inc()

    def _times(self, name: str, meaning: str, *labels: str) -> ByLabels[Histogram]:
        made = Histogram(f"coderunner_node_{name}", meaning, labels, buckets=SECONDS, registry=self.registry)
        return ByLabels(made, named_by_others=["language", "pool"])


def _retired(figures: SlotFigures) -> Mapping[str, float]:
    """Each reason, also one that has not come up: a rate has to begin at 0."""
    return {reason.value: figures.counts.retired[reason] for reason in Retirement}


def _by_labels(figures: Sequence[SlotFigures], values: SlotValues) -> Mapping[Labels, float]:
    return {
        (one.language, one.role, *([name] if name else [])): value
        for one in figures
        for name, value in values(one).items()
    }
