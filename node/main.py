"""The node daemon, wired by hand: startup, run, shutdown."""

from __future__ import annotations

import asyncio
import gc
import signal
import sys
import time
from collections.abc import Sequence

import stamina
import structlog
import uvloop

from node.application.draining import Draining
from node.application.heartbeat import Heartbeat
from node.application.ports import LoadProbe
from node.application.runner import Policy, TaskRunner
from node.application.running import RunningTasks
from node.application.task_loops import Slots
from node.application.workbench import Workbench
from node.infrastructure.artefacts import MemoryArtefactStore
from node.infrastructure.bus.connection import Bus
from node.infrastructure.bus.consumers import Consumers
from node.infrastructure.bus.publisher import Publisher
from node.infrastructure.bus.sink import NatsAnnouncer, NatsResultSink, NatsRunLedger
from node.infrastructure.bus.source import NatsTaskSource
from node.infrastructure.directory import EtcdNodeDirectory
from node.infrastructure.identity import node_id
from node.infrastructure.languages import LanguageFileError
from node.infrastructure.load_probe import PsutilProbe
from node.infrastructure.logs import StructuredTaskLog, configure_logging
from node.infrastructure.metrics import Metrics
from node.infrastructure.settings import NodeSettings, SettingsError, load_settings
from node.infrastructure.wiring import (
    StartedPool,
    bus_settings,
    etcd_settings,
    identity,
    nearest_existing,
    runtime,
    sandboxes,
)
from node.interfaces.http import HttpServer
from node.interfaces.orders import Orders

GARBAGE_AFTER = 10_000
"""New objects after which cycles are looked for. A task leaves hardly any, and Python's 700 cost 5 % of our time."""

CALLED_OFF_S = 2.0
"""What is called off and goes on for so long is called off again."""


def main(arguments: Sequence[str] | None = None) -> int:
    """The exit code: 0 after a drain, 2 for a setting that is wrong."""
    try:
        settings = load_settings(sys.argv[1:] if arguments is None else arguments)
        configure_logging(settings.log_format, settings.log_level)
        name = node_id(settings.node_id, settings.state_dir)
        pool = sandboxes(settings, name)
    except (SettingsError, LanguageFileError, OSError) as error:
        print(f"coderunner-node: {error}", file=sys.stderr)  # noqa: T201 - nothing logs yet
        return 2
    uvloop.run(_serve(settings, name, pool))
    return 0


async def _serve(settings: NodeSettings, name: str, pool: StartedPool) -> None:
    node = Node(settings, name, pool)
    tune_gc()
    loop = asyncio.get_running_loop()
    for signum in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(signum, node.stop)
    await node.run()


def tune_gc() -> None:
    """What has been made by now stays."""
    gc.freeze()
    gc.set_threshold(GARBAGE_AFTER)


class Node:
    """All parts of one node. Several can live in one process."""

    def __init__(self, settings: NodeSettings, name: str, pool: StartedPool, probe: LoadProbe | None = None) -> None:
        self.settings = settings
        self.name = name
        self.pool = pool
        self.probe = probe or PsutilProbe(nearest_existing(settings.state_dir))
        self.log = structlog.get_logger("node").bind(node_id=name)
        self.metrics = Metrics()
        self.running = RunningTasks()
        self.ready = asyncio.Event()
        self._stopping: set[asyncio.Task[None]] = set()
        self._wire_bus()
        self._wire_work()
        self._wire_outside()

    def _wire_bus(self) -> None:
        settings = self.settings
        self.bus = Bus(bus_settings(settings), f"node-{self.name}")
        self.publisher = Publisher(self.bus)
        self.announcer = NatsAnnouncer(self.publisher)
        self.source = NatsTaskSource(
            self.bus,
            self.publisher,
            Consumers(self.publisher, settings.ack_wait_s, self.name),
            pools=settings.pools,
            node_id=self.name,
            decile=lambda: self.heartbeat.decile,
        )

    def _wire_work(self) -> None:
        settings = self.settings
        self.runner = TaskRunner(
            Policy(self.name, settings.max_attempts, settings.code_check),
            Workbench(self.pool, MemoryArtefactStore(settings.artefact_bytes), self.announcer),
            sink=NatsResultSink(self.publisher),
            announcer=self.announcer,
            ledger=NatsRunLedger(self.publisher),
            running=self.running,
            log=StructuredTaskLog(self.name, self.metrics),
            clock=_now_ms,
        )
        self.slots = Slots(self.source, self.runner, settings.concurrency)

    def _wire_outside(self) -> None:
        settings = self.settings
        self.directory = EtcdNodeDirectory(etcd_settings(settings), self.name)
        self.heartbeat = Heartbeat(
            identity(settings, self.name, int(_now_ms())),
            probe=self.probe,
            slots=self.slots,
            pool=self.pool,
            directory=self.directory,
            clock=_now_ms,
            on_alarms=self._alarmed,
            announce_s=settings.heartbeat_s,
        )
        self.draining = Draining(self.slots, self.heartbeat, settings.drain_s)
        self.orders = Orders(
            self.name,
            self.running,
            {"drain": self.draining.begin, "resume": self.draining.take_back},
            self.heartbeat.record,
        )
        self.http = HttpServer(settings.http_address, self.metrics.registry, self.why_not_ready)
        watch = self.metrics.watch
        watch("running", "Tasks in this node's hands.", lambda: len(self.running))
        watch("capacity", "The most tasks at once.", lambda: settings.concurrency)
        watch("open_for", "Tasks that may run now, by measured load.", lambda: self.slots.open_for)
        watch("load_score", "0 (idle) to 100.", lambda: self.heartbeat.score)
        watch("alarms", "Thresholds that the node is over.", lambda: self.heartbeat.alarm_count)
        watch("handed_back", "Tasks that came when no slot was free.", lambda: self.source.handed_back)
        watch("lost_pulls", "Waiting requests that the bus lost.", lambda: self.source.lost_pulls)
        watch("bus_connected", "1 while the bus is there.", lambda: self.bus.connected)
        watch("directory_reachable", "1 while the directory is there.", lambda: self.directory.reachable)

    def why_not_ready(self) -> str:
        """Empty where tasks are taken."""
        if self.draining.wanted:
            return "draining"
        if not self.ready.is_set():
            return "starting: the bus or the sandboxes are not there yet"
        return "" if self.bus.connected else "the bus is away"

    def stop(self) -> None:
        """Begins to drain; ``run`` returns when that is done."""
        task = asyncio.ensure_future(self.draining.begin())
        self._stopping.add(task)
        task.add_done_callback(self._stopping.discard)

    async def run(self) -> None:
        """Until it is drained."""
        await self.http.start()
        async with asyncio.TaskGroup() as group:
            background = [
                group.create_task(self.directory.run(), name="directory"),
                group.create_task(self.heartbeat.run(), name="heartbeat"),
                group.create_task(self._keep_alive(), name="keep-alive"),
                group.create_task(self.source.run(), name="source"),
                group.create_task(self.bus.closed_for_good(), name="bus"),
            ]
            slots = group.create_task(self.slots.run(), name="slots")
            starting = group.create_task(self._start(), name="start")
            quiet = await self.draining.finished()
            await _cancelled(starting, slots, *background)
        await self._shut_down(quiet)

    async def _start(self) -> None:
        async with asyncio.TaskGroup() as group:
            group.create_task(self.bus.connect())
            group.create_task(self._start_pool())
        await self.orders.listen(self.bus.client)
        self.heartbeat.started()
        if not self.draining.wanted:
            await self.slots.resume()
        self.ready.set()
        served = {language.name: version for language, version in self.pool.languages()}
        self.log.info(
            "ready",
            pools=self.settings.pools,
            concurrency=self.settings.concurrency,
            languages=served,
            sandbox=runtime(self.settings),
            http_port=self.http.port,
        )

    async def _start_pool(self) -> None:
        """Tries for as long as the engine is away."""
        base_s, most_s = self.settings.reconnect_base_s, self.settings.reconnect_max_s
        async for attempt in stamina.retry_context(
            on=self._worth_another_try, attempts=None, timeout=None, wait_initial=base_s, wait_max=most_s
        ):
            with attempt:
                await self.pool.start()

    def _worth_another_try(self, error: Exception) -> bool:
        self.log.warning("the sandboxes do not start", error=str(error))
        return True

    async def _keep_alive(self) -> None:
        while True:
            await asyncio.sleep(self.settings.ack_wait_s / 3)
            await self.running.keep_alive()

    async def _shut_down(self, quiet: bool) -> None:
        await self.directory.withdraw()
        await self.pool.close()
        await self.bus.close()
        await self.http.close()
        self.log.info("drained" if quiet else "drained; what still ran was handed back")

    def _alarmed(self, alarms: Sequence[str]) -> None:
        if alarms:
            self.log.warning("overloaded", alarms=list(alarms))
        else:
            self.log.info("no longer overloaded")


def _now_ms() -> float:
    return time.time() * 1000


async def _cancelled(*tasks: asyncio.Task[None]) -> None:
    """Ends them one after the other, in this order. A library may swallow a cancellation: then it is repeated."""
    for task in tasks:
        while not task.done():
            task.cancel()
            await asyncio.wait({task}, timeout=CALLED_OFF_S)


if __name__ == "__main__":
    sys.exit(main())
