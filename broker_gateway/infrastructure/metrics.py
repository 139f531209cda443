"""The metrics that Prometheus scrapes, and the wrappers that count: the parts themselves know nothing of them."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector

from broker_gateway.application.ports import (
    CallbackTransport,
    DeliveryError,
    QueueFullError,
    ResultDelivery,
    ResultSource,
    TaskQueue,
)
from chassis.errors import BusUnavailableError
from schemas.execution import Execution
from schemas.status import Priority, Status
from schemas.task import TaskMessage

QueueLengths = Callable[[], Mapping[tuple[str, Priority], int]]

_SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60)


class Metrics:
    """All of the gateway's metrics, in a registry of their own."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        of = self.registry
        self.submitted = Counter("coderunner_submitted", "Tasks stored on the bus.", ["pool", "priority"], registry=of)
        self.refused = Counter("coderunner_refused", "Calls refused, by gRPC code.", ["reason"], registry=of)
        self.finished = Counter(
            "coderunner_finished", "Results that this gateway's relay saw first.", ["status", "language"], registry=of
        )
        self.attempts = Counter("coderunner_delivery_attempts", "Callbacks tried.", ["scheme"], registry=of)
        self.failures = Counter(
            "coderunner_delivery_failures", "Callbacks that failed.", ["scheme", "permanent"], registry=of
        )
        self.enqueue_s = Histogram(
            "coderunner_enqueue_seconds", "Until the bus had stored a task.", buckets=_SECONDS, registry=of
        )
        self.call_s = Histogram(
            "coderunner_call_seconds", "gRPC calls.", ["method", "code"], buckets=_SECONDS, registry=of
        )
        self.node_records_refused = Counter(
            "coderunner_node_records_refused", "Records of nodes that were left out for what is in them.", registry=of
        )
        self._live_nodes = Gauge("coderunner_live_nodes", "Nodes in the directory.", registry=of)
        self._bus_up = Gauge("coderunner_bus_up", "1 while connected to the bus.", registry=of)

    def watch(self, *, queue_lengths: QueueLengths, live_nodes: Callable[[], int], bus_up: Callable[[], bool]) -> None:
        """Adds the values that are asked for at each scrape."""
        self._live_nodes.set_function(live_nodes)
        self._bus_up.set_function(bus_up)
        self.registry.register(_QueueLengthCollector(queue_lengths))

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
        self.registry.register(_HistoryCollector(stored, waiting))


class _HistoryCollector(Collector):
    """How far the projectors of this gateway are."""

    def __init__(self, stored: Callable[[], Mapping[str, int]], waiting: Callable[[], Mapping[str, int]]) -> None:
        self._stored = stored
        self._waiting = waiting

    def collect(self) -> Iterator[Metric]:
        stored = CounterMetricFamily(
            "coderunner_history_stored", "Messages that this gateway wrote into the history.", labels=["kind"]
        )
        for kind, count in self._stored().items():
            stored.add_metric([kind], count)
        yield stored
        waiting = GaugeMetricFamily("coderunner_history_waiting", "Messages that wait to be written.", labels=["kind"])
        for kind, count in self._waiting().items():
            waiting.add_metric([kind], count)
        yield waiting


class _QueueLengthCollector(Collector):
    """The queues' lengths as a gauge, one value for each queue."""

    def __init__(self, queue_lengths: QueueLengths) -> None:
        self._queue_lengths = queue_lengths

    def collect(self) -> Iterator[GaugeMetricFamily]:
        family = GaugeMetricFamily("coderunner_queue_length", "Tasks that wait.", labels=["pool", "priority"])
        for (pool, priority), length in self._queue_lengths().items():
            family.add_metric([pool, priority.value], length)
        yield family


class CountedTaskQueue:
    """Implements ``TaskQueue`` over another one, and counts what enters and what is refused."""

    def __init__(self, inner: TaskQueue, metrics: Metrics) -> None:
        self._inner = inner
        self._metrics = metrics
        self._submitted: dict[tuple[str, Priority], Counter] = {}

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
            self._count(task.pool, task.priority)
        return stored

    def _count(self, pool: str, priority: Priority) -> None:
        """Counters are kept by queue: finding one by its labels costs more than counting."""
        counter = self._submitted.get((pool, priority))
        if counter is None:
            counter = self._submitted[pool, priority] = self._metrics.submitted.labels(pool, priority.value)
        counter.inc()

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
        self._finished: dict[tuple[Status, str], Counter] = {}

    async def take(self, max_results: int) -> Sequence[ResultDelivery]:
        deliveries = await self._inner.take(max_results)
        for delivery in deliveries:
            if delivery.attempt == 1:
                self._count(delivery.result.execution)
                self._on_stored(delivery.result.client, delivery.size_bytes)
        return deliveries

    def _count(self, execution: Execution) -> None:
        kind = execution.status, execution.language
        counter = self._finished.get(kind)
        if counter is None:
            counter = self._finished[kind] = self._metrics.finished.labels(execution.status.value, execution.language)
        counter.inc()


class CountedCallbackTransport:
    """Implements ``CallbackTransport`` over another one, and counts its attempts and failures."""

    def __init__(self, inner: CallbackTransport, metrics: Metrics) -> None:
        self._inner = inner
        self._metrics = metrics

    async def deliver(
        self, url: str, execution: Execution, idempotency_key: str, *, client: str = "", timeout_s: float | None = None
    ) -> None:
        scheme = url.partition(":")[0].lower()
        self._metrics.attempts.labels(scheme).inc()
        try:
            await self._inner.deliver(url, execution, idempotency_key, client=client, timeout_s=timeout_s)
        except DeliveryError as error:
            self._metrics.failures.labels(scheme, str(error.permanent).lower()).inc()
            raise
