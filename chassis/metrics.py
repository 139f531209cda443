"""What the metrics of every service have in common: the registry, the buckets of times, a bound on what labels name."""

from __future__ import annotations

import asyncio
import platform
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from typing import Generic, TypeVar

import prometheus_client
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, ProcessCollector, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.metrics_core import Metric
from prometheus_client.openmetrics import exposition as openmetrics
from prometheus_client.registry import Collector

from chassis.process import version

SECONDS = (
    *(number / 1000 for number in range(1, 11)),
    *(0.012, 0.015, 0.02, 0.025, 0.03, 0.04, 0.05, 0.075, 0.1, 0.15, 0.2, 0.3, 0.5, 0.75),
    *(1, 1.5, 2, 3, 5, 10, 20, 30, 60),
)
"""Buckets of a time in seconds: millisecond by millisecond where dispatch happens, ever wider above."""
MOST_NAMES = 50
"""Different values that the labels of one metric take which others choose: each costs a series for every bucket."""
MAX_NAME_CHARS = 64
OTHER = "other"
"""The label of all values beyond those."""

Labels = tuple[str, ...]
Values = Callable[[], Mapping[Labels, float]]
"""Gives a metric's values by its labels' values, each time it is scraped."""
Kind = type[CounterMetricFamily | GaugeMetricFamily]
Child = TypeVar("Child", Counter, Histogram)


class Registry(CollectorRegistry):
    """A registry whose page is written by a thread: ten thousand lines take 70 ms, in which the event loop would do
    nothing else. What is watched is read before, on the loop whose own it is."""

    def __init__(self) -> None:
        super().__init__()
        self._watched: list[_Watched] = []

    def register(self, collector: Collector) -> None:
        super().register(collector)
        if isinstance(collector, _Watched):
            self._watched.append(collector)

    async def page(self, *, with_exemplars: bool = False) -> bytes:
        """All metrics in Prometheus' text format; ``with_exemplars``: in OpenMetrics, which has those."""
        for one in self._watched:
            one.take()
        return await asyncio.to_thread(openmetrics.generate_latest if with_exemplars else generate_latest, self)


def new_registry() -> Registry:
    """A registry with the usual metrics of a process (``process_…``) and the version of what runs."""
    prometheus_client.disable_created_metrics()  # type: ignore[no-untyped-call]  # a second series for each, and nobody looks at it
    registry = Registry()
    ProcessCollector(registry=registry)
    build = {"version": version(), "python": platform.python_version()}
    Gauge("coderunner_build_info", "Always 1; the labels tell what runs.", list(build), registry=registry).labels(
        **build
    ).set(1)
    return registry


def watch(
    registry: CollectorRegistry,
    kind: Kind,
    name: str,
    meaning: str,
    values: Values,
    *,
    labels: Sequence[str] = (),
) -> None:
    """Registers a metric that is read when it is asked for."""
    registry.register(_Watched(kind, name, meaning, labels, values))


class _Watched(Collector):
    def __init__(
        self,
        kind: Kind,
        name: str,
        meaning: str,
        labels: Sequence[str],
        values: Values,
    ) -> None:
        self._kind, self._name, self._meaning, self._labels = kind, name, meaning, labels
        self._values = values
        self._taken: Mapping[Labels, float] | None = None

    def take(self) -> None:
        """Reads the values that ``collect`` gives from then on."""
        self._taken = dict(self._values())

    def describe(self) -> Iterator[Metric]:
        """Its name, for the check that no two metrics have the same."""
        yield self._kind(self._name, self._meaning, labels=self._labels)

    def collect(self) -> Iterator[Metric]:
        family = self._kind(self._name, self._meaning, labels=self._labels)
        taken = self._taken
        for labels, value in (self._values() if taken is None else taken).items():
            family.add_metric(labels, value)
        yield family


class ByLabels(Generic[Child]):
    """The children of one metric by their labels. They are kept: finding one by its labels costs more than counting.

    ``named_by_others``: labels whose values come from outside. Of those, the first ``most`` that come keep their name,
    and all others count as ``other``: nobody can make more series than that."""

    def __init__(self, metric: Child, *, named_by_others: Collection[str] = (), most: int = MOST_NAMES) -> None:
        self._metric: Child = metric
        self._foreign = [number for number, name in enumerate(metric._labelnames) if name in named_by_others]
        self._most = most
        self._names: set[Labels] = set()
        self._children: dict[Labels, Child] = {}

    def of(self, *labels: str) -> Child:
        """The child with these values."""
        known = self._children.get(labels)
        if known is not None:
            return known
        told = self._told(labels)
        child: Child = self._metric.labels(*told)
        if told == labels:  # what became another name is not kept: there is no end to such
            self._children[labels] = child
        return child

    def _told(self, labels: Labels) -> Labels:
        names = tuple(labels[number] for number in self._foreign)
        if names in self._names:
            return labels
        if len(self._names) < self._most and all(len(name) <= MAX_NAME_CHARS for name in names):
            self._names.add(names)
            return labels
        return tuple(OTHER if number in self._foreign else value for number, value in enumerate(labels))


def within(values: Mapping[Labels, float], *, most: int, foreign: int = 1) -> Mapping[Labels, float]:
    """The values with at most ``most`` different first ``foreign`` labels; those of all others are added up."""
    names: set[Labels] = set()
    told: dict[Labels, float] = {}
    for labels, value in values.items():
        name = labels[:foreign]
        if name in names or len(names) < most:
            names.add(name)
        else:
            name = (OTHER,) * foreign
        told[*name, *labels[foreign:]] = told.get((*name, *labels[foreign:]), 0) + value
    return told
