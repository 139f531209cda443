"""The gateway's process: the one place where its parts are made and wired."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Mapping

import structlog

from broker_gateway.api import Api, ApiParts, wire_api
from broker_gateway.application.answer_keeping import AnswerKeeping
from broker_gateway.application.callback_relay import CallbackRelay
from broker_gateway.application.history_ports import HistoryStore
from broker_gateway.application.past_results import PastResults
from broker_gateway.application.progress_relay import ProgressRelay
from broker_gateway.application.quota_book import QuotaBook
from broker_gateway.application.settings import ProgressSettings
from broker_gateway.http_door import HttpDoor
from broker_gateway.infrastructure import policies
from broker_gateway.infrastructure.audit_file import audit_file
from broker_gateway.infrastructure.bus.answers import BusAnswerStore
from broker_gateway.infrastructure.bus.attempts import BusAttemptLedger
from broker_gateway.infrastructure.bus.audit import BusAuditTrail
from broker_gateway.infrastructure.bus.blob_questions import BlobQuestions
from broker_gateway.infrastructure.bus.blobs import BusBlobStore
from broker_gateway.infrastructure.bus.bound import BoundMessages
from broker_gateway.infrastructure.bus.declare import Declaration
from broker_gateway.infrastructure.bus.events import BusTaskEvents
from broker_gateway.infrastructure.bus.id_secret import BusIdSecret
from broker_gateway.infrastructure.bus.joined_nodes import BusJoinedNodes
from broker_gateway.infrastructure.bus.letting_in import Entry, LettingIn
from broker_gateway.infrastructure.bus.progress_source import BusEnds, BusProgressSource
from broker_gateway.infrastructure.bus.questions import NodeQuestions
from broker_gateway.infrastructure.bus.queue_consumers import QueueConsumers
from broker_gateway.infrastructure.bus.queue_lengths import QueueLengths
from broker_gateway.infrastructure.bus.recent_answers import RecentAnswers
from broker_gateway.infrastructure.bus.relayed import RelayedResults
from broker_gateway.infrastructure.bus.result_source import BusResultSource
from broker_gateway.infrastructure.bus.results import BusResultStore
from broker_gateway.infrastructure.bus.roll_call import RollCall
from broker_gateway.infrastructure.bus.store_watch import StoreWatch
from broker_gateway.infrastructure.callbacks.transports import CallbackTransports, Telling
from broker_gateway.infrastructure.callers import KnownCallers
from broker_gateway.infrastructure.client_settings import refuse_everybody
from broker_gateway.infrastructure.directory import EtcdNodeDirectory
from broker_gateway.infrastructure.health import GatewayHealth
from broker_gateway.infrastructure.history_role import HistoryRole, past_of
from broker_gateway.infrastructure.join_settings import JoinSettings
from broker_gateway.infrastructure.metrics import CountedResultSource, Metrics
from broker_gateway.infrastructure.queue_care import QueueCare
from broker_gateway.infrastructure.settings import GatewaySettings
from broker_gateway.interfaces.callers import CLIENT
from broker_gateway.interfaces.http.judge0.telling import told_submission
from broker_gateway.interfaces.progress_mapping import told_message
from chassis import logs
from chassis.loop_watch import LoopWatch
from chassis.memory_return import MemoryReturn
from chassis.nats.connection import BusConnection
from chassis.process import LastingParts, close_in_turn, serve
from chassis.reloading import level_reloader
from chassis.settings import ConfigurationError
from chassis.trace_export import tracer_of
from schemas.audit import AuditRecord

if sys.platform == "linux":
    from uvloop import run
else:
    from asyncio import run

log = structlog.get_logger(__name__)

HEALTH_EVERY_S = 0.1


class Gateway:
    """One gateway process: ``start``, ``run`` until it is told to stop, ``close``. Nothing is connected before
    ``start``."""

    def __init__(self, settings: GatewaySettings) -> None:
        """Raises ConfigurationError for settings that do not fit together."""
        self._settings = settings
        self._policies = policies.of(settings)
        self._stop = asyncio.Event()
        self._metrics = Metrics()
        self._tracer = tracer_of(settings, "coderunner-gateway", self._metrics.registry, ratio=settings.tracing_ratio)
        self._bus = BusConnection(self._policies.bus)
        self._store = StoreWatch(self._bus, keeps_unrecorded=bool(settings.history_url.get_secret_value()))
        self._id_secret = BusIdSecret(self._bus)
        self._declaration = Declaration(self._bus, self._policies.streams, then=self._id_secret.learn)
        self._past = past_of(settings, whose=CLIENT.get)
        self._bound = BoundMessages(self._policies.seals, lambda by: self._metrics.results_refused.labels(by).inc())
        past_results = PastResults(BusResultStore(self._bus, self._bound), self._past) if self._past else None
        self._questions = NodeQuestions(self._bus, past_results, self._bound)
        self._blob_questions = BlobQuestions(self._bus, BusBlobStore(self._bus))
        self._letting_in = self._wire_letting_in(self._policies.joins) if self._policies.joins else None
        self._queue_consumers = QueueConsumers(self._bus, settings.ack_wait_s)
        self._queue_lengths = QueueLengths(self._bus, self._queue_consumers)
        self._directory = EtcdNodeDirectory(self._policies.etcd, self._metrics.node_records_refused.inc)
        self._roll_call = RollCall(self._bus, self._directory)
        guard, identifications = self._policies.addresses, self._policies.identifications
        self._callbacks = CallbackTransports(
            settings, guard, identifications, self._metrics, Telling(told_message, told_submission), tracer=self._tracer
        )
        self._quotas = self._wire_quotas()
        self._relayed = RelayedResults()
        self._relay = self._wire_relay() if "relay" in settings.roles else None
        placing = self._policies.placing
        self._queue_care = QueueCare.wired(self._bus, self._queue_lengths, self._directory, placing, self._bound)
        self._audit = BusAuditTrail(self._bus)
        self._audit_file = audit_file(settings.audit_file)
        self._callers = KnownCallers(settings, self._policies.clients.identity_tokens)
        api = self._wire_api() if "api" in settings.roles else None
        self._server = api.grpc if api is not None else None
        self._history = self._wire_history(self._past) if self._past is not None else None
        self._health = self._wire_health()
        certificate, registry = self._policies.certificate, self._metrics.registry
        self._http = HttpDoor(settings, certificate, api.http if api else None, self._health.parts, registry)
        self._lasting = LastingParts()
        self._memory = MemoryReturn()
        self._metrics.watch(
            queue_lengths=self._queue_consumers.lengths,
            live_nodes=lambda: len(self._directory.nodes()),
            bus_up=self._bus.connected,
        )

    def _wire_health(self) -> GatewayHealth:
        return GatewayHealth(
            stopping=self._stop.is_set,
            bus=self._bus,
            declaration=self._declaration,
            store=self._store,
            directory=self._directory if self._server is not None else None,
            relay=self._relay,
            history=self._history,
            takes_keys=self._callers.keys is not None,
            lets_join=self._letting_in is not None,
        )

    def stop(self) -> None:
        """Ends ``run``."""
        self._stop.set()

    async def start(self) -> None:
        """Listens, and connects in the background. Raises OSError or RuntimeError where an address is taken."""
        addresses = await self._http.start()
        if self._server is not None:
            port = await self._server.start()
            addresses["grpc"] = f"{self._settings.grpc_address.rpartition(':')[0]}:{port}"
            self._directory.start()
            self._lasting.add(self._roll_call.run(), "roll call")
            self._lasting.add(self._directory.given_up(), "node directory")
            self._lasting.add(self._queue_consumers.run(self._directory), "queue consumers")
            self._lasting.add(self._server.follow(self._health, every_s=HEALTH_EVERY_S), "health")
            for name, loop in {**self._queue_care.loops(), **self._callers.loops()}.items():
                self._lasting.add(loop, name)
            if self._quotas.follows:
                self._lasting.add(self._quotas.run(), "quotas")
        self._bus.start()
        self._lasting.add(LoopWatch(self._metrics.registry).run(), "loop watch")
        self._lasting.add(self._memory.run(), "memory return")
        self._lasting.add(self._store.run(), "store watch")
        self._lasting.add(self._audit.run(), "audit")
        self._lasting.add(self._bus.given_up(), "bus connection")
        if self._relay is not None:
            self._lasting.add(self._relay.run(), "callback relay")
            self._lasting.add(self._wire_progress().run(), "progress relay")
        if self._history is not None:
            for name, loop in self._history.loops().items():
                self._lasting.add(loop, name)
        self._lasting.add(self._say_ready(addresses), "readiness", may_end=True)

    async def run(self) -> int:
        """The process's exit code: 0 when it was told to stop, 1 when a part of it failed."""
        failed = await self._lasting.failed(self._stop.wait())
        self._stop.set()
        return int(failed)

    async def close(self) -> None:
        """No new calls; those in flight get their grace; then everything else, the bus last."""
        log.info("gateway_stopping")
        grace_s = self._settings.shutdown_grace_s
        if self._server is not None:
            await asyncio.gather(self._server.stop(grace_s), self._http.stop(grace_s))
        await close_in_turn(
            *(self._lasting, self._queue_care.following, self._directory, self._queue_lengths, self._questions),
            *(self._blob_questions, self._letting_in, self._declaration, self._callbacks, self._audit, self._bus),
        )
        if self._audit_file is not None:
            self._audit_file.close()
        await close_in_turn(self._past, self._callers, self._http, self._tracer)
        log.info("gateway_stopped")

    async def _say_ready(self, addresses: Mapping[str, str]) -> None:
        """One line, once everything is there."""
        await self._declaration.done.wait()
        if self._server is not None:
            await self._directory.synced.wait()
        log.info("gateway_ready", **addresses, roles=self._settings.roles, nodes=len(self._directory.nodes()))

    def _wire_letting_in(self, joins: JoinSettings) -> LettingIn:
        def count(entry: Entry) -> None:
            self._metrics.nodes_entered.labels(entry.value).inc()

        return LettingIn(self._bus, BusJoinedNodes(self._bus), joins.account, count=count)

    def _wire_relay(self) -> CallbackRelay:
        source = BusResultSource(self._bus, self._relayed, self._bound)
        return CallbackRelay(
            source=CountedResultSource(source, self._metrics, self._quotas.stored),
            transports=self._callbacks.by_scheme,
            ledger=BusAttemptLedger(self._bus),
            settings=self._policies.relay,
            count=self._metrics.count_callback,
            keeping=AnswerKeeping(BusAnswerStore(self._bus), max_bytes=self._settings.cache_answer_bytes),
        )

    def _wire_progress(self) -> ProgressRelay:
        return ProgressRelay(
            source=BusProgressSource(self._bus, self._bound),
            transports=self._callbacks.by_scheme,
            ends=BusEnds(self._bus),
            settings=ProgressSettings(per_s=self._settings.progress_per_s),
            count=self._metrics.count_progress,
        )

    def _wire_history(self, past: HistoryStore) -> HistoryRole:
        return HistoryRole(
            self._bus,
            past,
            self._settings,
            self._policies.retention,
            metrics=self._metrics,
            relayed=self._relayed,
            bound=self._bound,
            tracer=self._tracer,
        )

    def _audited(self, record: AuditRecord) -> None:
        self._audit.note(record)
        if self._audit_file is not None:
            self._audit_file.note(record)

    def _wire_quotas(self) -> QuotaBook:
        return QuotaBook(
            policy=self._policies.quotas,
            readers=self._policies.reader_quotas,
            events=BusTaskEvents(self._bus),
            on_refused=self._metrics.count_over_quota,
        )

    def _wire_api(self) -> Api:
        return wire_api(
            ApiParts(
                bus=self._bus,
                settings=self._settings,
                policies=self._policies,
                metrics=self._metrics,
                bound=self._bound,
                queue_lengths=self._queue_lengths,
                queue_care=self._queue_care,
                quotas=self._quotas,
                secret=self._id_secret,
                transports=self._callbacks.by_scheme,
                answers=RecentAnswers(BusAnswerStore(self._bus)),
                audit=self._audit,
                audited=self._audited,
                callers=self._callers,
                past=self._past,
                tracer=self._tracer,
            )
        )


def main() -> None:
    """Runs ``coderunner-gateway``. Exit code 2 means that the configuration is wrong, 1 that something failed."""
    try:
        settings = GatewaySettings.load(sys.argv[1:])
        level = logs.configure(settings.log_format, settings.log_level)
        refuse_everybody(settings)
        if not settings.seal_secrets:
            log.warning("nodes_are_believed", reason="no seal_secrets are set")
        on_hangup = level_reloader(level, lambda: GatewaySettings.load(sys.argv[1:]))
        code = run(serve(lambda: Gateway(settings), on_hangup=on_hangup))
    except ConfigurationError as error:
        print(f"coderunner-gateway: {error}", file=sys.stderr)  # noqa: T201  # before there is a log
        code = 2
    sys.exit(code)


if __name__ == "__main__":
    main()
