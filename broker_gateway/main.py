"""The gateway's process: the one place where its parts are made and wired."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Mapping

import structlog

from broker_gateway.application.callback_delivery import CallbackDelivery
from broker_gateway.application.callback_relay import CallbackRelay
from broker_gateway.application.cancellation import Cancelling
from broker_gateway.application.catalog_service import CatalogAppService
from broker_gateway.application.execution_service import CodeExecutionAppService
from broker_gateway.application.listing import Listing
from broker_gateway.application.lookup import TaskLookup
from broker_gateway.application.operations_service import OperationsAppService
from broker_gateway.application.quota_book import QuotaBook
from broker_gateway.application.readiness import Readiness
from broker_gateway.application.redriving import Redriving
from broker_gateway.application.settings import CancelSettings, OperationsSettings, WaitSettings
from broker_gateway.application.submission import Submission
from broker_gateway.application.waiting import Waiting
from broker_gateway.infrastructure import policies
from broker_gateway.infrastructure.bus.attempts import BusAttemptLedger
from broker_gateway.infrastructure.bus.control import BusNodeControl
from broker_gateway.infrastructure.bus.dead import BusDeadLetters
from broker_gateway.infrastructure.bus.declare import Declaration
from broker_gateway.infrastructure.bus.events import BusTaskEvents
from broker_gateway.infrastructure.bus.feed import BusLiveFeed
from broker_gateway.infrastructure.bus.history import BusHistory
from broker_gateway.infrastructure.bus.id_secret import BusIdSecret
from broker_gateway.infrastructure.bus.questions import NodeQuestions
from broker_gateway.infrastructure.bus.queue_consumers import QueueConsumers
from broker_gateway.infrastructure.bus.queue_lengths import QueueLengths
from broker_gateway.infrastructure.bus.rerun import BusTaskRerun
from broker_gateway.infrastructure.bus.result_source import BusResultSource
from broker_gateway.infrastructure.bus.results import BusResultStore
from broker_gateway.infrastructure.bus.roll_call import RollCall
from broker_gateway.infrastructure.bus.store_watch import StoreWatch
from broker_gateway.infrastructure.bus.tasks import BusTaskQueue
from broker_gateway.infrastructure.call_metrics import CallMetrics
from broker_gateway.infrastructure.callbacks.transports import CallbackTransports
from broker_gateway.infrastructure.directory import EtcdNodeDirectory
from broker_gateway.infrastructure.metrics import (
    CountedResultSource,
    CountedTaskQueue,
    Metrics,
)
from broker_gateway.infrastructure.queue_care import QueueCare
from broker_gateway.infrastructure.settings import GatewaySettings
from broker_gateway.interfaces.execution_mapping import execution_message
from broker_gateway.interfaces.server import GrpcServer, GrpcSettings, build_server
from chassis import logs
from chassis.http import HttpServer
from chassis.loop_watch import LoopWatch
from chassis.memory_return import MemoryReturn
from chassis.nats.connection import BusConnection
from chassis.process import LastingParts, serve
from chassis.settings import ConfigurationError

if sys.platform == "linux":
    from uvloop import run
else:
    from asyncio import run

log = structlog.get_logger(__name__)

HEALTH_EVERY_S = 0.1
LOOPBACK = ("127.", "localhost:", "[::1]:")


class Gateway:
    """One gateway process: ``start``, ``run`` until it is told to stop, ``close``. Nothing is connected before
    ``start``."""

    def __init__(self, settings: GatewaySettings) -> None:
        """Raises ConfigurationError for settings that do not fit together."""
        self._settings = settings
        self._policies = policies.of(settings)
        self._stop = asyncio.Event()
        self._metrics = Metrics()
        self._bus = BusConnection(self._policies.bus)
        self._store = StoreWatch(self._bus)
        self._id_secret = BusIdSecret(self._bus)
        self._declaration = Declaration(self._bus, self._policies.streams, then=self._id_secret.learn)
        self._questions = NodeQuestions(self._bus)
        self._queue_consumers = QueueConsumers(self._bus, settings.ack_wait_s)
        self._queue_lengths = QueueLengths(self._bus, self._queue_consumers)
        self._directory = EtcdNodeDirectory(self._policies.etcd, self._metrics.node_records_refused.inc)
        self._roll_call = RollCall(self._bus, self._directory)
        guard, identifications = self._policies.addresses, self._policies.identifications
        self._callbacks = CallbackTransports(settings, guard, identifications, self._metrics, execution_message)
        self._quotas = self._wire_quotas()
        self._relay = self._wire_relay() if "relay" in settings.roles else None
        self._readiness = Readiness(bus=self, relay=self._relay)
        self._queue_care = QueueCare.wired(self._bus, self._queue_lengths, self._directory, self._policies.placing)
        self._server = self._wire_api() if "api" in settings.roles else None
        self._http = HttpServer(settings.http_address, self.parts, self._metrics.registry)
        self._lasting = LastingParts()
        self._memory = MemoryReturn()
        self._metrics.watch(
            queue_lengths=self._queue_lengths.known,
            live_nodes=lambda: len(self._directory.nodes()),
            bus_up=self._bus.connected,
        )

    def stop(self) -> None:
        """Ends ``run``."""
        self._stop.set()

    def connected(self) -> bool:
        """Implements ``BusState`` for the health service: calls can be answered."""
        return all(self.parts().values())

    def parts(self) -> Mapping[str, bool]:
        """The parts that must be there before calls can be answered. Nodes that are known stay so while etcd is away;
        where none has been read yet, they are asked themselves."""
        parts = {
            "running": not self._stop.is_set(),
            "bus": self._bus.connected(),
            "streams": self._declaration.connected(),
            "store": self._store.works,
        }
        if self._server is not None:
            parts["nodes"] = self._directory.synced.is_set()
        return parts

    async def start(self) -> None:
        """Listens, and connects in the background. Raises OSError or RuntimeError where an address is taken."""
        await self._http.start()
        addresses = {"http": f"{self._settings.http_address.rpartition(':')[0]}:{self._http.port}"}
        if self._server is not None:
            port = await self._server.start()
            addresses["grpc"] = f"{self._settings.grpc_address.rpartition(':')[0]}:{port}"
            self._directory.start()
            self._lasting.add(self._roll_call.run(), "roll call")
            self._lasting.add(self._directory.given_up(), "node directory")
            self._lasting.add(self._queue_consumers.run(self._directory), "queue consumers")
            self._lasting.add(self._server.follow(self._readiness, every_s=HEALTH_EVERY_S), "health")
            for name, loop in self._queue_care.loops().items():
                self._lasting.add(loop, name)
            if self._policies.quotas.concurrent:
                self._lasting.add(self._quotas.run(), "quotas")
        self._bus.start()
        self._lasting.add(LoopWatch(self._metrics.registry).run(), "loop watch")
        self._lasting.add(self._memory.run(), "memory return")
        self._lasting.add(self._store.run(), "store watch")
        self._lasting.add(self._bus.given_up(), "bus connection")
        if self._relay is not None:
            self._lasting.add(self._relay.run(), "callback relay")
        self._lasting.add(self._say_ready(addresses), "readiness", may_end=True)

    async def run(self) -> int:
        """The process's exit code: 0 when it was told to stop, 1 when a part of it failed."""
        failed = await self._lasting.failed(self._stop.wait())
        self._stop.set()
        return int(failed)

    async def close(self) -> None:
        """No new calls; those in flight get their grace; then everything else, the bus last."""
        log.info("gateway_stopping")
        if self._server is not None:
            await self._server.stop(self._settings.shutdown_grace_s)
        await self._lasting.close()
        await self._directory.close()
        await self._queue_lengths.close()
        await self._questions.close()
        await self._declaration.close()
        await self._callbacks.close()
        await self._bus.close()
        await self._http.close()
        log.info("gateway_stopped")

    async def _say_ready(self, addresses: Mapping[str, str]) -> None:
        """One line, once everything is there."""
        await self._declaration.done.wait()
        if self._server is not None:
            await self._directory.synced.wait()
        log.info("gateway_ready", **addresses, roles=self._settings.roles, nodes=len(self._directory.nodes()))

    def _wire_relay(self) -> CallbackRelay:
        return CallbackRelay(
            source=CountedResultSource(BusResultSource(self._bus), self._metrics, self._quotas.stored),
            transports=self._callbacks.by_scheme,
            ledger=BusAttemptLedger(self._bus),
            settings=self._policies.relay,
        )

    def _wire_quotas(self) -> QuotaBook:
        return QuotaBook(policy=self._policies.quotas, events=BusTaskEvents(self._bus))

    def _wire_api(self) -> GrpcServer:
        queue = CountedTaskQueue(BusTaskQueue(self._bus, self._queue_lengths), self._metrics)
        results, history, feeds = BusResultStore(self._bus), BusHistory(self._bus), BusLiveFeed(self._bus)
        control = BusNodeControl(self._bus)
        nodes = self._queue_care.nodes
        lookup = TaskLookup(results=results, history=history, queue=queue)
        submission = Submission(
            queue=queue,
            results=results,
            history=history,
            nodes=nodes,
            quotas=self._quotas,
            deadlines=self._queue_care.deadlines,
            secret=self._id_secret,
            admission=self._policies.admission,
            settings=self._policies.submission,
        )
        execution = CodeExecutionAppService(
            submission=submission,
            waiting=Waiting(
                submission=submission, lookup=lookup, results=results, feeds=feeds, settings=WaitSettings()
            ),
            lookup=lookup,
            listing=Listing(history=history, nodes=nodes),
            cancelling=Cancelling(
                lookup=lookup,
                queue=queue,
                results=results,
                history=history,
                feeds=feeds,
                nodes=control,
                settings=CancelSettings(),
            ),
        )
        return build_server(
            execution=execution,
            catalog=CatalogAppService(nodes=nodes),
            operations=self._wire_operations(results, history, control),
            settings=GrpcSettings(
                address=self._settings.grpc_address,
                tokens=self._policies.clients,
                operators=self._policies.operators,
                calls=self._policies.calls,
            ),
            counts=self._policies.admission.counts,
            interceptors=[CallMetrics(self._metrics)],
        )

    def _wire_operations(
        self, results: BusResultStore, history: BusHistory, control: BusNodeControl
    ) -> OperationsAppService:
        dead, settings = BusDeadLetters(self._bus), OperationsSettings()
        redriving = Redriving(
            dead=dead,
            rerun=BusTaskRerun(self._bus),
            results=results,
            history=history,
            delivery=CallbackDelivery(self._callbacks.by_scheme, self._policies.relay.attempts.timeout_s),
            settings=settings,
        )
        return OperationsAppService(dead=dead, redriving=redriving, control=control, settings=settings)


def main() -> None:
    """Runs ``coderunner-gateway``. Exit code 2 means that the configuration is wrong, 1 that something failed."""
    try:
        settings = GatewaySettings.load(sys.argv[1:])
        logs.configure(settings.log_format, settings.log_level)
        if not settings.tokens and not settings.grpc_address.startswith(LOOPBACK):
            log.warning("open_to_everybody", grpc=settings.grpc_address, reason="no tokens are set")
        code = run(serve(lambda: Gateway(settings)))
    except ConfigurationError as error:
        print(f"coderunner-gateway: {error}", file=sys.stderr)  # noqa: T201  # before there is a log
        code = 2
    sys.exit(code)


if __name__ == "__main__":
    main()
