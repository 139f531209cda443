"""The dispatch plane under measurement: bus, directory, gateways, nodes and callers, each a process of its own."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil
from nats import errors
from nats.aio.client import Client

from bench.dispatch.callers import BATCH
from bench.dispatch.child_process import Answer, Child
from chassis.etcd_users import ROOT
from schemas import names
from tests.servers.etcd import EtcdServer, etcd_password
from tests.servers.nats import PASSWORDS, NatsServer
from tests.servers.stack import NO_ALARMS, Stack

MAX_QUEUED = 250_000
_POLL_S = 0.02
_ANSWER_S = 0.5
WINDOWS = {"batch": 4, "submit": 128, "execute": 128, "alone": 1, "cached": 128, "cached-alone": 1}
WINDOWS |= {f"http-{way}": WINDOWS[way] for way in ("batch", "submit", "execute", "alone")}
"""Calls in flight."""


@dataclass(frozen=True, slots=True)
class PlaneSize:
    """How many of each part a plane has."""

    gateways: int
    nodes: int
    processes: int
    """That the nodes share."""
    task_loops: int
    """Of each node."""


@dataclass(frozen=True, slots=True)
class Usage:
    """Processor time and memory used until one moment, by part: callers, gateway, nats, etcd, node."""

    at: float
    cpu_s: Mapping[str, float]
    rss_mib: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Span:
    """The time and processor time that ``tasks`` took between two moments."""

    tasks: int
    seconds: float
    cpu_us: Mapping[str, float]
    """Per task."""

    @property
    def per_s(self) -> float:
        return self.tasks / self.seconds

    @property
    def all_us(self) -> float:
        """Per task, everything but the callers."""
        return sum(value for part, value in self.cpu_us.items() if part != "callers")


def span(tasks: int, before: Usage, after: Usage) -> Span:
    used = {part: (after.cpu_s[part] - before.cpu_s[part]) / tasks * 1e6 for part in after.cpu_s}
    return Span(tasks, after.at - before.at, used)


class Plane:
    """A running dispatch plane: calls are made through it, and its usage is read."""

    def __init__(self, stack: Stack, nodes: list[Child], callers: Child, bus: Client) -> None:
        self._nodes = nodes
        self._callers = callers
        self._bus = bus
        self._servers = stack.nats.members
        self._parts = {
            "callers": [callers.pid],
            "gateway": [gateway.pid for gateway in stack.gateways],
            "nats": [server.pid for server in stack.nats.members],
            "etcd": [server.pid for server in stack.etcd.members],
            "node": [child.pid for child in nodes],
        }

    async def call(self, way: str, tasks: int) -> Answer:
        """Returns when the last call has been answered."""
        return await self._callers.ask(way=way, tasks=tasks, window=WINDOWS[way])

    async def hold(self) -> None:
        """The nodes stay announced and take nothing."""
        await self._tell("hold")

    async def go(self) -> None:
        await self._tell("go")

    async def stored(self) -> int:
        """Results, since the plane began."""
        return (await self._stream(names.STREAM_RESULTS))["messages"]

    async def disk_bytes_per_task(self) -> int:
        """What results and events take in the store."""
        results, events = await self._stream(names.STREAM_RESULTS), await self._stream(names.STREAM_EVENTS)
        return round((results["bytes"] + events["bytes"]) / results["messages"])

    async def _stream(self, name: str) -> dict[str, int]:
        state: dict[str, int] = (await self.ask(f"$JS.API.STREAM.INFO.{name}"))["state"]
        return state

    async def ask(self, subject: str) -> Any:
        """The bus's own answer to an operator."""
        return json.loads((await self._bus.request(subject, b"", timeout=10)).data)

    async def until_stored(self, results: int) -> None:
        while await self.stored() < results:  # noqa: ASYNC110  # a stream's length is asked for, not told
            await asyncio.sleep(_POLL_S)

    async def crash_bus(self) -> None:
        """kill -9, and started again; returns when it answers. Ends ``usage``: the server is another process then."""
        for server in self._servers:
            server.kill()
            server.start()
        while not await self._answers():  # noqa: ASYNC110  # nobody tells that it is back
            await asyncio.sleep(_POLL_S)

    async def _answers(self) -> bool:
        try:
            await self._bus.request(f"$JS.API.STREAM.INFO.{names.STREAM_RESULTS}", b"", timeout=_ANSWER_S)
        except (errors.Error, OSError):
            return False
        return True

    def usage(self) -> Usage:
        parts = {part: [psutil.Process(pid) for pid in pids] for part, pids in self._parts.items()}
        cpu_s = {part: sum(sum(one.cpu_times()[:2]) for one in processes) for part, processes in parts.items()}
        rss = {part: sum(one.memory_info().rss for one in processes) / 2**20 for part, processes in parts.items()}
        return Usage(time.perf_counter(), cpu_s, rss)

    async def _tell(self, what: str) -> None:
        await asyncio.gather(*(child.ask(do=what) for child in self._nodes))


@asynccontextmanager
async def plane(
    directory: Path, size: PlaneSize, of_nodes: Mapping[str, object] = {}, **settings: Any
) -> AsyncIterator[Plane]:
    """Everything is started, announced and warm on entry; the gateways, and the nodes, with these settings besides."""
    stack = Stack(directory, NatsServer(directory, roles=True), EtcdServer(directory))
    children: list[Child] = []
    try:
        stack.nats.start()
        stack.etcd.start()
        for _ in range(size.gateways):
            stack.add_gateway(wait=False, queue_limit=MAX_QUEUED, bus_max_tasks=MAX_QUEUED, **settings)
        nodes = [await _nodes(stack, directory, size, at, of_nodes) for at in range(size.processes)]
        callers = await Child.start(
            "callers", "bench.dispatch.callers", [[one.target, one.http_target] for one in stack.gateways], directory
        )
        children += [callers, *nodes]
        bus = await stack.nats.connect("operator")
        for gateway in stack.gateways:
            gateway.wait_ready()
        await asyncio.gather(*(child.ask(do="ready") for child in nodes))
        await stack.wait_served("python")
        made = Plane(stack, nodes, callers, bus)
        await _warm_up(made)
        yield made
        await bus.close()
    finally:
        for child in children:
            await child.stop()
        stack.close()


async def _nodes(stack: Stack, directory: Path, size: PlaneSize, at: int, more: Mapping[str, object]) -> Child:
    """The ``at``-th process, with its share of the nodes."""
    settings = {
        "names": [f"bench-{number}" for number in range(at, size.nodes, size.processes)],
        "concurrency": size.task_loops,
        "nats_urls": stack.nats.urls,
        "nats_user": "node",
        "nats_password": PASSWORDS["node"],
        "etcd_endpoints": stack.etcd.endpoints,
        "etcd_user": ROOT,  # one for a thousand nodes
        "etcd_password": etcd_password(ROOT),
        "state_dir": str(directory),
        **NO_ALARMS,
        **more,
    }
    return await Child.start(f"nodes-{at}", "bench.dispatch.nodes", settings, directory)


async def _warm_up(made: Plane) -> None:
    for way in WINDOWS:
        before = await made.stored()
        await made.call(way, BATCH)
        await made.until_stored(before + BATCH)
