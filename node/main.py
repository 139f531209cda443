"""The node daemon, wired by hand."""

from __future__ import annotations

import asyncio
import contextlib
import sys
import time
from collections.abc import Sequence

import nats.errors
import structlog
import uvloop

from chassis import logs
from chassis.backoff import Backoff
from chassis.http import HttpServer
from chassis.loop_watch import LoopWatch
from chassis.memory_return import MemoryReturn
from chassis.nats.connection import BusConnection
from chassis.process import LastingParts, serve
from chassis.reloading import level_reloader
from chassis.settings import ConfigurationError
from chassis.trace_export import tracer_of
from node.application.attempt import Attempts
from node.application.draining import Draining
from node.application.heartbeat import Heartbeat
from node.application.keeping_alive import KeepingAlive
from node.application.large_content import LargeContent
from node.application.ports import LoadProbe
from node.application.runner import RunnerPolicy, TaskRunner
from node.application.standing_aside import StandingAside
from node.application.task_loops import TaskLoops
from node.application.workbench import Workbench
from node.domain.retries import lost_after
from node.infrastructure.added_languages import ChosenLanguages
from node.infrastructure.artefacts import MemoryArtefactStore
from node.infrastructure.bus.consumers import Consumers
from node.infrastructure.bus.large_content import BusBlobs, BusLeftFiles
from node.infrastructure.bus.publisher import Publisher
from node.infrastructure.bus.sink import NatsAnnouncer, NatsResultSink, NatsRunLedger
from node.infrastructure.bus.source import NatsTaskSource
from node.infrastructure.directory import EtcdNodeDirectory
from node.infrastructure.health import NodeHealth
from node.infrastructure.identity import node_id
from node.infrastructure.languages import LanguageFileError
from node.infrastructure.load_probe import PsutilProbe
from node.infrastructure.metrics import Metrics
from node.infrastructure.settings import NodeSettings
from node.infrastructure.task_log import StructuredTaskLog
from node.infrastructure.told_languages import LANGUAGES_PATH, told_languages
from node.infrastructure.traced import TracedHandler, TracedResultSink, TracedSandboxPool
from node.infrastructure.wiring import (
    StartedPool,
    blob_cache,
    follow_choice,
    identity,
    nearest_existing,
    own_inbox,
    packages_of,
    runtime,
    sandboxes,
)
from node.interfaces.orders import Orders
from schemas.node import DRAIN, RESUME

log = structlog.get_logger(__name__)


class Node:
    """All parts of one node. Several can live in one process."""

    def __init__(self, settings: NodeSettings, name: str, pool: StartedPool, probe: LoadProbe | None = None) -> None:
        self.settings = settings
        self.name = name
        self.pool = pool
        self.probe = probe or PsutilProbe(nearest_existing(settings.state_dir))
        self.metrics = Metrics()
        self.tracer = tracer_of(settings, "coderunner-node", self.metrics.registry, instance=name)
        self.attempts = Attempts()
        self.ready = asyncio.Event()
        self._obeys = False
        self._not_started = "being made"
        self._lasting = LastingParts()
        self._stopping: set[asyncio.Task[None]] = set()
        self._wire_bus()
        self._wire_work()
        self._wire_outside()

    def _wire_bus(self) -> None:
        settings = self.settings
        self.bus = BusConnection(settings.bus(name=f"node-{self.name}", inbox_prefix=own_inbox(settings)))
        self.publisher = Publisher(self.bus)
        self.announcer = NatsAnnouncer(self.publisher)
        self.consumers = Consumers(self.bus)
        self.aside = StandingAside(lambda: self.heartbeat.decile, time.monotonic)
        self.source = NatsTaskSource(
            self.bus, self.publisher, self.consumers, pools=settings.pools, node_id=self.name, decile=self.aside
        )

    def _wire_work(self) -> None:
        settings, tracer = self.settings, self.tracer
        sink = NatsResultSink(self.publisher)
        self.packages = packages_of(settings, self.pool, self.announcer, self.metrics)
        self.blobs = blob_cache(settings, self.name, BusBlobs(self.bus))
        self.runner = TaskRunner(
            RunnerPolicy(self.name, settings.max_attempts, settings.code_check),
            Workbench(
                self.pool if tracer is None else TracedSandboxPool(self.pool, tracer),
                MemoryArtefactStore(settings.artefact_bytes),
                self.announcer,
                LargeContent(self.blobs, BusLeftFiles(self.bus)),
                self.packages,
            ),
            sink=sink if tracer is None else TracedResultSink(sink, tracer),
            announcer=self.announcer,
            ledger=NatsRunLedger(self.publisher),
            attempts=self.attempts,
            log=StructuredTaskLog(self.name, self.metrics),
            clock=_now_ms,
            lost_after_s=lambda: lost_after(self.consumers.ack_wait_s),
            on_unserved=self.aside.note,
        )
        handler = self.runner if tracer is None else TracedHandler(self.runner, tracer, self.name)
        self.task_loops = TaskLoops(self.source, handler, settings.concurrency, settings.sessions, self.aside.note)

    def _wire_outside(self) -> None:
        settings = self.settings
        self.directory = EtcdNodeDirectory(settings.etcd(), self.name, settings.lease_s)
        self.heartbeat = Heartbeat(
            identity(settings, self.name, int(_now_ms())),
            probe=self.probe,
            task_loops=self.task_loops,
            pool=self.pool,
            directory=self.directory,
            clock=_now_ms,
            on_alarms=self._alarmed,
            packages_of=self.packages.kind_of if self.packages is not None else lambda _language: "",
            announce_s=settings.heartbeat_s,
        )
        self.draining = Draining(self.task_loops, self.heartbeat, settings.drain_s)
        self.orders = Orders(
            self.name,
            self.attempts,
            {DRAIN: self.draining.begin, RESUME: self.draining.take_back},
            self.heartbeat.record,
        )
        self.bus.on_connect(self._listen)
        self.keeping_alive = KeepingAlive(self.attempts, lambda: self.consumers.ack_wait_s)
        self.bus.on_connect(self.keeping_alive.now)
        self.health = NodeHealth(
            draining=self.draining,
            bus=self.bus,
            publisher=self.publisher,
            pool=self.pool,
            directory=self.directory,
            heartbeat=self.heartbeat,
            not_started=lambda: "" if self.ready.is_set() else self._not_started,
        )
        self.choice = ChosenLanguages(settings)
        told = {LANGUAGES_PATH: lambda: told_languages(self.pool, settings.state_dir, self.choice.mark)}
        self.http = HttpServer(settings.http_address, self.health.parts, self.metrics.registry, further=told)
        self._wire_gauges()

    def _wire_gauges(self) -> None:
        watch = self.metrics.watch
        watch("running", "Tasks in this node's hands.", lambda: len(self.attempts))
        watch("capacity", "The most tasks at once.", lambda: self.settings.concurrency)
        watch("sessions", "Tasks that are talked to.", lambda: len(self.task_loops.sessions))
        watch("open_for", "Tasks that may run now, by measured load.", lambda: self.task_loops.open_for)
        watch("load_score", "0 (idle) to 100.", lambda: self.heartbeat.score)
        watch("alarms", "Thresholds that the node is over.", lambda: len(self.heartbeat.alarms))
        count = self.metrics.watch_count
        count("handed_back", "Tasks that came when no task loop was free.", lambda: self.source.handed_back)
        sessions = self.task_loops.sessions
        count("sessions_turned_away", "Tasks to talk to that found no room.", lambda: sessions.turned_away)
        count("blobs_fetched", "Blobs that were not in the cache.", lambda: self.blobs.fetches)
        count("blobs_found", "Blobs that were in the cache.", lambda: self.blobs.hits)
        count("lost_pulls", "Waiting requests that the bus lost.", lambda: self.source.lost_pulls)
        self.metrics.watch_slots(self.pool.slot_figures)
        watch("bus_connected", "1 while the bus is there.", self.bus.connected)
        watch("directory_reachable", "1 while the directory is there.", lambda: self.directory.reachable)

    def stop(self) -> None:
        """Begins to drain; ``run`` returns when that is done."""
        task = asyncio.ensure_future(self.draining.begin())
        self._stopping.add(task)
        task.add_done_callback(self._stopping.discard)

    async def start(self) -> None:
        """Listens, and begins to connect and to make sandboxes. Raises OSError where the HTTP address is taken."""
        await self.http.start()
        self.bus.start()
        self._lasting.add(self._become_ready(), "start", may_end=True)
        self._lasting.add(self.task_loops.run(), "task loops")
        self._lasting.add(self.directory.run(), "directory")
        self._lasting.add(self.heartbeat.run(), "heartbeat")
        self._lasting.add(self.keeping_alive.run(), "keep-alive")
        self._lasting.add(follow_choice(self.choice, self.pool, self.attempts), "language changes", may_end=True)
        self._lasting.add(self.source.run(), "task source")
        self._lasting.add(LoopWatch(self.metrics.registry).run(), "loop watch")
        self._lasting.add(MemoryReturn().run(), "memory return")
        self._lasting.add(self.bus.given_up(), "bus connection")

    async def run(self) -> int:
        """Takes tasks until it is drained (0) or a part has failed (1)."""
        return int(await self._lasting.failed(self._drained()))

    async def close(self) -> None:
        """Ends it: what still runs is handed back; then the node leaves the directory, and its sandboxes stop."""
        await self._lasting.close()
        await self.directory.withdraw()
        if self.packages is not None:
            await self.packages.close()
        await self.pool.close()
        await self.bus.close()
        await self.http.close()
        if self.tracer is not None:
            await self.tracer.close()
        log.info("node_stopped", node_id=self.name)

    async def _drained(self) -> None:
        quiet = await self.draining.finished()
        log.info("node_drained", node_id=self.name, handed_back=0 if quiet else len(self.attempts))

    async def _become_ready(self) -> None:
        async with asyncio.TaskGroup() as group:
            group.create_task(self.bus.wait_connected())
            group.create_task(self._start_pool())
        self._obeys = True
        with contextlib.suppress(nats.errors.Error, OSError):  # gone again: its reconnection subscribes
            await self._listen()
            await self.bus.settle(self.bus.current)
        self.heartbeat.started()
        if not self.draining.wanted:
            await self.task_loops.resume()
        self.ready.set()
        log.info(
            "node_ready",
            node_id=self.name,
            pools=self.settings.pools,
            concurrency=self.settings.concurrency,
            languages={language.id: version for language, version in self.pool.languages()},
            sandbox=runtime(self.settings),
            http_port=self.http.port,
        )

    async def _listen(self) -> None:
        """To orders, not before the sandboxes are there: told to resume, it would take what it cannot run yet."""
        if self._obeys:
            await self.orders.listen(self.bus.current)

    async def _start_pool(self) -> None:
        """Tries for as long as the engine is away."""
        backoff = Backoff(self.settings.reconnect_base_s, self.settings.reconnect_max_s)
        async for attempt in backoff.retrying(on=self._worth_another_try):
            with attempt:
                await self.pool.start()
        if self.packages is not None:
            await self.packages.start([language for language, _ in self.pool.languages()])

    def _worth_another_try(self, error: Exception) -> bool:
        self._not_started = str(error)
        log.warning("sandboxes_not_started", error=self._not_started)
        return True

    def _alarmed(self, alarms: Sequence[str]) -> None:
        if alarms:
            log.warning("node_overloaded", node_id=self.name, alarms=list(alarms))
        else:
            log.info("node_no_longer_overloaded", node_id=self.name)


def _now_ms() -> float:
    return time.time() * 1000


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs ``coderunner-node``. The exit code: 0 after a drain, 1 where a part failed, 2 for a setting that is
    wrong."""
    given = sys.argv[1:] if arguments is None else arguments
    try:
        settings = NodeSettings.load(given)
        level = logs.configure(settings.log_format, settings.log_level)
        name = node_id(settings.node_id, settings.state_dir)
        pool = sandboxes(settings, name)
    except (ConfigurationError, LanguageFileError, OSError) as error:
        print(f"coderunner-node: {error}", file=sys.stderr)  # noqa: T201 - nothing logs yet
        return 2
    on_hangup = level_reloader(level, lambda: NodeSettings.load(given))
    try:
        return uvloop.run(serve(lambda: Node(settings, name, pool), on_hangup=on_hangup))
    except ConfigurationError as error:  # the settings ask for what is not installed
        print(f"coderunner-node: {error}", file=sys.stderr)  # noqa: T201 - it has not begun to work
        return 2


if __name__ == "__main__":
    sys.exit(main())
