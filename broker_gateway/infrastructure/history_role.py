"""The wiring of the history: the database for whoever reads it, and the loops of the role ``history``."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Mapping
from typing import TYPE_CHECKING, Any

import structlog

from broker_gateway.application.history_care import Forgetting, HistoryWatch
from broker_gateway.application.history_ports import HistoryStore, HistoryUnavailableError, Retention, TaskRecord
from broker_gateway.application.projecting import Projector
from broker_gateway.application.task_records import without_output, without_source
from broker_gateway.infrastructure.bus.bound import BoundMessages
from broker_gateway.infrastructure.bus.history_source import BusHistorySource
from broker_gateway.infrastructure.bus.relayed import RelayedResults
from broker_gateway.infrastructure.bus.sweep import Sweep
from broker_gateway.infrastructure.metrics import Metrics
from broker_gateway.infrastructure.settings import GatewaySettings
from broker_gateway.infrastructure.traced import TracedRecorder
from chassis.backoff import Backoff, Failures
from chassis.nats.connection import BusConnection
from chassis.settings import ConfigurationError
from chassis.tracing import Tracer
from schemas import names

if TYPE_CHECKING:
    from broker_gateway.infrastructure.history.store import SqlHistoryStore

_REDACTIONS: Mapping[str, Callable[[TaskRecord], TaskRecord]] = {
    "full": lambda record: record,
    "no-source": without_source,
    "status-only": without_output,
}
_BETWEEN_TRIES = Backoff(base_s=0.5, max_s=5.0)

_log = structlog.get_logger(__name__)


def redaction(kept: str) -> Callable[[TaskRecord], TaskRecord]:
    """What leaves out of a record all that is not kept at this level of ``history``."""
    return _REDACTIONS[kept]


def past_of(settings: GatewaySettings, *, whose: Callable[[], str]) -> SqlHistoryStore | None:
    """The database of past tasks; None: there is none. Raises ConfigurationError."""
    url = settings.history_url.get_secret_value()
    if not url:
        return None
    from broker_gateway.infrastructure.history.store import SqlHistoryStore  # noqa: PLC0415 - a third of a start

    try:
        return SqlHistoryStore(url, whose=whose)
    except ValueError as error:
        raise ConfigurationError(f"history_url: {error}") from None


class HistoryRole:
    """What a gateway with a database does for it beside answering calls."""

    def __init__(
        self,
        bus: BusConnection,
        store: HistoryStore,
        settings: GatewaySettings,
        retention: Retention,
        *,
        metrics: Metrics,
        relayed: RelayedResults,
        bound: BoundMessages,
        tracer: Tracer | None = None,
    ) -> None:
        """``relayed``: what this gateway's own relay is done with."""
        self._watch = HistoryWatch(store)
        redact = redaction(settings.history)
        streams = (names.STREAM_EVENTS, names.STREAM_RESULTS)
        self._sources = {stream: BusHistorySource(bus, stream, bound=bound) for stream in streams}
        into = store if tracer is None else TracedRecorder(store, tracer)
        self._projectors = {stream: Projector(source, into, redact=redact) for stream, source in self._sources.items()}
        ages_s = {names.STREAM_EVENTS: settings.event_age_s, names.STREAM_RESULTS: settings.result_age_s}
        self._sweep = Sweep(bus, ages_s, relayed)
        self._forgetting = Forgetting(store, retention)
        self._url, self._migrates = settings.history_url.get_secret_value(), settings.history_migrate
        self._writes = "history" in settings.roles
        self._sweeps = self._writes or "relay" in settings.roles
        metrics.watch_history(
            works=lambda: not self._watch.trouble,
            stored=lambda: {_word(name): projector.stored for name, projector in self._projectors.items()},
            waiting=lambda: {_word(name): source.waiting for name, source in self._sources.items()},
        )

    def loops(self) -> Mapping[str, Coroutine[Any, Any, None]]:
        """What is to run for as long as the gateway does, by name."""
        loops: dict[str, Coroutine[Any, Any, None]] = {"history watch": self._watched()}
        if self._writes:
            loops |= {f"history of {_word(name)}": projector.run() for name, projector in self._projectors.items()}
            loops["forgetting"] = self._forgetting.run()
        if self._sweeps:
            loops["sweep"] = self._sweep.run()
        return loops

    async def _watched(self) -> None:
        """Brings the schema up to date first, where that is wanted, for as long as that takes."""
        if self._migrates:
            await self._migrated()
        await self._watch.run()

    async def _migrated(self) -> None:
        from broker_gateway.infrastructure.history.migration import migrate  # noqa: PLC0415 - for whoever migrates

        failures = Failures(_BETWEEN_TRIES)
        while True:
            try:
                return await migrate(self._url)
            except HistoryUnavailableError as error:
                self._watch.trouble = str(error)
                _log.warning("history_not_migrated", error=str(error))
                await asyncio.sleep(failures.next_s())

    def trouble(self) -> str:
        """Why it does not work; empty where it does."""
        troubles = [self._watch.trouble, *(projector.trouble for projector in self._projectors.values())]
        return next(filter(None, troubles), "")


def _word(stream: str) -> str:
    """``events`` or ``results``."""
    return stream.rpartition("_")[2].lower()
