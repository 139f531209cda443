"""The metrics that Prometheus scrapes, and the wrappers that count: the parts themselves know nothing of them."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily

from broker_gateway.application.callback_ports import CallbackOutcome, ProgressOutcome
from broker_gateway.application.ports import (
    CallbackTransport,
    DeliveryError,
    QueueFullError,
    ResultDelivery,
    ResultSource,
    TaskQueue,
    Told,
)
from broker_gateway.domain.quota import Quota
from broker_gateway.infrastructure.bus.bound import READERS
from broker_gateway.infrastructure.bus.letting_in import Entry
from chassis.errors import BusUnavailableError
from chassis.metrics import MOST_NAMES, SECONDS, ByLabels, Labels, new_registry, watch, within
from schemas.execution import ResultMessage
from schemas.progress import Progress
from schemas.status import Priority
from schemas.task import TaskMessage
from schemas.trace import is_sampled, trace_id

QueueLengths = Callable[[], Mapping[tuple[str, Priority], int]]

_LAG_SECONDS = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 1800, 7200, 21600, 43200)
"""As long as callbacks are tried."""


class Metrics:
    """All of the gateway's metrics, in a registry of their own."""

    def __init__(self) -> None:
        self.registry = new_registry()
        self._of_tasks(self.registry)
        self._of_calls(self.registry)
        self._of_callbacks(self.registry)
        self.nodes_entered = Counter(
            "coderunner_nodes_entered",
            "Those that came to the bus and are not in its configuration: let_in, refused, not_answered.",
            ["outcome"],
            registry=self.registry,
        )
        for entry in Entry:
            self.nodes_entered.labels(entry.value)
        self._live_nodes = Gauge("coderunner_live_nodes", "Nodes in the directory.", registry=self.registry)
        self._bus_up = Gauge("coderunner_bus_up", "1 while connected to the bus.", registry=self.registry)

    def _of_tasks(self, of: CollectorRegistry) -> None:
        submitted = Counter("coderunner_submitted", "Tasks stored on the bus.", ["pool", "priority"], registry=of)
        self.submitted = ByLabels(submitted, named_by_others=["pool"])
        finished = Counter(
            "coderunner_finished", "Results that this gateway's relay saw first.", ["status", "language"], registry=of
        )
        self.finished = ByLabels(finished, named_by_others=["language"])
        end_to_end_s = Histogram(
            "coderunner_end_to_end_seconds",
            "From a task's acceptance to its end, by the clocks of gateway and node.",
            ["language"],
            buckets=SECONDS,
            registry=of,
        )
        self.end_to_end_s = ByLabels(end_to_end_s, named_by_others=["language"])
        self.enqueue_s = Histogram(
            "coderunner_enqueue_seconds", "Until the bus had stored a task.", buckets=SECONDS, registry=of
        )
        self.answers = Counter(
            "coderunner_answers",
            "Tasks that asked for a kept answer: hit, joined (a run that was under way), miss, varies, failed.",
            ["outcome", "language"],
            registry=of,
        )
        self.results_refused = Counter(
            "coderunner_results_refused",
            "Words of nodes that are not bound to the task that they name, by who read them.",
            ["reader"],
            registry=of,
        )
        for reader in READERS:
            self.results_refused.labels(reader)

    def _of_calls(self, of: CollectorRegistry) -> None:
        self.refused = Counter("coderunner_refused", "Calls refused, by gRPC code.", ["reason"], registry=of)
        self.over_quota = Counter(
            "coderunner_over_quota", "Tasks and calls refused because of a client's quota.", ["quota"], registry=of
        )
        for quota in Quota:
            self.over_quota.labels(quota.value)  # there from the first scrape on: a rate has to begin at 0
        self.call_s = Histogram(
            "coderunner_call_seconds", "gRPC calls.", ["method", "code"], buckets=SECONDS, registry=of
        )
        self.requests_unreceived = Counter(
            "coderunner_requests_unreceived", "Calls whose request did not arrive in time.", registry=of
        )
        self.node_records_refused = Counter(
            "coderunner_node_records_refused", "Records of nodes that were left out for what is in them.", registry=of
        )

    def _of_callbacks(self, of: CollectorRegistry) -> None:
        self.attempts = Counter("coderunner_delivery_attempts", "Callbacks tried.", ["scheme"], registry=of)
        self.failures = Counter(
            "coderunner_delivery_failures", "Callbacks that failed.", ["scheme", "permanent"], registry=of
        )
        self.callbacks = Counter(
            "coderunner_callbacks", "Tries to deliver a result to its callback.", ["outcome"], registry=of
        )
        for outcome in CallbackOutcome:
            self.callbacks.labels(outcome.value)
        self.progress = Counter(
            "coderunner_progress_callbacks",
            "What became of what a callback was to be told before its task's end.",
            ["outcome"],
            registry=of,
        )
        for told in ProgressOutcome:
            self.progress.labels(told.value)
        self.callback_lag_s = Histogram(
            "coderunner_callback_lag_seconds",
            "From a task's end until its callback was taken.",
            buckets=_LAG_SECONDS,
            registry=of,
        )

    def watch(self, *, queue_lengths: QueueLengths, live_nodes: Callable[[], int], bus_up: Callable[[], bool]) -> None:
        """Adds the values that are asked for at each scrape."""
        self._live_nodes.set_function(live_nodes)
        self._bus_up.set_function(bus_up)

        def lengths() -> Mapping[Labels, float]:
            every = queue_lengths().items()
            named: dict[Labels, float] = {(pool, priority.value): length for (pool, priority), length in every}
            return within(named, most=MOST_NAMES)

        name, meaning = "coderunner_queue_length", "Tasks that wait."
        watch(self.registry, GaugeMetricFamily, name, meaning, lengths, labels=["pool", "priority"])

    def count_over_quota(self, quota: Quota) -> None:
        """Counts a task or a call that was refused because of it."""
        self.over_quota.labels(quota.value).inc()

    def count_callback(self, outcome: CallbackOutcome, lag_s: float) -> None:
        """Counts one try to deliver a result, ``lag_s`` after its task's end."""
        self.callbacks.labels(outcome.value).inc()
        if outcome is CallbackOutcome.DELIVERED:
            self.callback_lag_s.observe(lag_s)

    def count_progress(self, outcome: ProgressOutcome) -> None:
        """Counts what became of one word before a task's end."""
        self.progress.labels(outcome.value).inc()

    def watch_history(
        self,
        *,
        works: Callable[[], bool],
        stored: Callable[[], Mapping[str, int]],
        waiting: Callable[[], Mapping[str, int]],
    ) -> None:
        """Adds the values of the history; ``stored`` and ``waiting`` by what the messages are: events or results."""
        up = Gauge("coderunner_history_up", "1 while the database of past tasks answers.", registry=self.registry)
        up.set_function(works)
        name, meaning = "coderunner_history_stored", "Messages that this gateway wrote into the history."
        watch(self.registry, CounterMetricFamily, name, meaning, lambda: _by_kind(stored()), labels=["kind"])
        name, meaning = "coderunner_history_waiting", "Messages that wait to be written."
        watch(self.registry, GaugeMetricFamily, name, meaning, lambda: _by_kind(waiting()), labels=["kind"])


def _by_kind(counts: Mapping[str, int]) -> Mapping[Labels, float]:
    return {(kind,): count for kind, count in counts.items()}


class CountedTaskQueue:
    """Implements ``TaskQueue`` over another one, and counts what enters and what is refused."""

    def __init__(self, inner: TaskQueue, metrics: Metrics) -> None:
        self._inner = inner
        self._metrics = metrics

    async def enqueue(self, task: TaskMessage) -> bool:
        started = time.perf_counter()
        try:
            stored = await self._inner.enqueue(task)
        except QueueFullError:
            self._metrics.refused.labels("bus_full").inc()
            raise
        except BusUnavailableError:
            self._metrics.refused.labels("bus_unavailable").inc()
            raise
        self._metrics.enqueue_s.observe(time.perf_counter() - started)
        if stored:
            self._metrics.submitted.of(task.pool, task.priority.value).inc()
        return stored

    async def waiting(self, pool: str, priority: Priority, *, recount: bool = False) -> int:
        return await self._inner.waiting(pool, priority, recount=recount)

    async def find(self, task_id: str) -> TaskMessage | None:
        return await self._inner.find(task_id)

    async def remove(self, task_id: str) -> bool:
        return await self._inner.remove(task_id)


class CountedResultSource:
    """Implements ``ResultSource`` over another one, and counts what it gives out for the first time."""

    def __init__(self, inner: ResultSource, metrics: Metrics, on_stored: Callable[[str, int], None]) -> None:
        """``on_stored`` is told the client and the bytes of each."""
        self._inner = inner
        self._metrics = metrics
        self._on_stored = on_stored

    async def take(self, max_results: int) -> Sequence[ResultDelivery]:
        deliveries = await self._inner.take(max_results)
        for delivery in deliveries:
            if delivery.attempt == 1:
                self._count(delivery.result)
                self._on_stored(delivery.result.client, delivery.size_bytes)
        return deliveries

    def _count(self, result: ResultMessage) -> None:
        execution = result.execution
        self._metrics.finished.of(execution.status.value, execution.language).inc()
        if execution.finished_at_ms is not None:
            seconds = max(0, execution.finished_at_ms - execution.submitted_at_ms) / 1000
            exemplar = {"trace_id": trace_id(result.traceparent)} if is_sampled(result.traceparent) else None
            self._metrics.end_to_end_s.of(execution.language).observe(seconds, exemplar)


class CountedCallbackTransport:
    """Implements ``CallbackTransport`` over another one, and counts its attempts and failures."""

    def __init__(self, inner: CallbackTransport, metrics: Metrics) -> None:
        self._inner = inner
        self._metrics = metrics

    async def deliver(
        self,
        url: str,
        told: Told,
        idempotency_key: str,
        *,
        client: str = "",
        headers: str = "",
        timeout_s: float | None = None,
    ) -> None:
        if isinstance(told, Progress):  # counted by the relay that tells it
            await self._inner.deliver(url, told, idempotency_key, client=client, headers=headers, timeout_s=timeout_s)
            return
        scheme = url.partition(":")[0].lower()
        self._metrics.attempts.labels(scheme).inc()
        try:
            await self._inner.deliver(url, told, idempotency_key, client=client, headers=headers, timeout_s=timeout_s)
        except DeliveryError as error:
            self._metrics.failures.labels(scheme, str(error.permanent).lower()).inc()
            raise
