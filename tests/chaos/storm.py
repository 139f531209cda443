"""One fault after the other, with load running, and the ledger looked at after each."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from typing import Protocol

from coderunner.operations import Operator
from tests.chaos.engine import kill_a_slot
from tests.chaos.ledger import Balance, Ledger
from tests.chaos.load import Load, Recipe, simulated
from tests.chaos.receiver import Receiver
from tests.servers.process import ServerProcess
from tests.servers.stack import Gateway, Node, Stack

FAILED_CALLBACKS = 5
"""Before that, a receiver in trouble is in nobody's way."""
Fault = Callable[[], Awaitable[None]]


@dataclass(slots=True)
class Report:
    """What all storms of this run amount to."""

    tasks: int = 0
    faults: int = 0
    lost: int = 0
    duplicates: int = 0
    undelivered: int = 0
    misrecorded: int = 0
    lines: list[str] = field(default_factory=list)

    def __str__(self) -> str:
        return (
            f"chaos: {self.tasks} tasks, {self.faults} faults, {self.lost} lost, "
            f"{self.duplicates} duplicate results, {self.undelivered} undelivered callbacks, "
            f"{self.misrecorded} history rows missing or doubled"
        )

    def add(self, balance: Balance) -> None:
        self.tasks += balance.tasks
        self.lost += balance.lost
        self.duplicates += balance.duplicates
        self.undelivered += balance.undelivered
        self.misrecorded += balance.misrecorded


class Storm:
    """``settle_s``: how long after the last submission of a fault's load everything may take to be even again."""

    def __init__(
        self, stack: Stack, load: Load, ledger: Ledger, receiver: Receiver, report: Report, settle_s: float
    ) -> None:
        self.stack = stack
        self.load = load
        self.ledger = ledger
        self.receiver = receiver
        self._report = report
        self._settle_s = settle_s
        self.balance = Balance(0, 0, 0, 0, 0, ())

    async def strike(self, name: str, fault: Fault, *, tasks: int, over_s: float, recipe: Recipe = simulated) -> None:
        """The fault happens when a quarter of the tasks are accepted. Raises AssertionError where the ledger is not
        even after it."""
        self._report.faults += 1
        began = time.monotonic()
        late_before = refused_results(self.stack.nodes)
        async with asyncio.TaskGroup() as group:
            group.create_task(self.load.send(tasks, over_s, recipe))
            await self.load.more(tasks // 4)
            await fault()
        sent = time.monotonic()
        self.balance = await self.ledger.settled(self._settle_s)
        late = refused_results(self.stack.nodes) - late_before
        self._report.lines.append(
            f"  {name}: {tasks} tasks, even {time.monotonic() - sent:.1f} s after the last one "
            f"({time.monotonic() - began:.1f} s in all), {late} late results refused"
        )
        assert self.balance.is_even, f"{name}: {self.balance}; {dict(self.ledger.failures())}"

    async def kill_and_restart(self, process: ServerProcess) -> None:
        process.kill()
        await self._up_again(process)

    async def kill_and_go_on_without(self, process: ServerProcess, tasks: int = 20) -> None:
        """It comes back only when so many more tasks have been accepted."""
        process.kill()
        await self.load.more(tasks)
        await self._up_again(process)

    async def purge_answers(self, times: int = 4, tasks: int = 8) -> None:
        """All kept and promised answers are forgotten, so often, after so many tasks each."""
        async with Operator(self.stack.gateways[0].target) as operator:
            for _ in range(times):
                await operator.purge_cache()
                await self.load.more(tasks)

    async def pause_and_go_on_without(self, process: ServerProcess, tasks: int = 20) -> None:
        """It holds its connections and says nothing until so many more tasks have been accepted."""
        process.pause()
        try:
            await self.load.more(tasks)
        finally:
            process.resume()

    async def in_trouble(self, trouble: AbstractAsyncContextManager[None], tasks: int = 20) -> None:
        """The trouble of the receiver lasts until so many more tasks have been accepted, and some callbacks have
        failed."""
        before = failed_callbacks(self.stack.gateways)
        async with trouble:
            await self.load.more(tasks)
            async with asyncio.timeout(30):
                while failed_callbacks(self.stack.gateways) < before + FAILED_CALLBACKS:  # noqa: ASYNC110  # they tell their logs only
                    await asyncio.sleep(0.05)

    async def pause_past_its_ack_wait(self, node: Node) -> None:
        """Others finish what it holds before it goes on."""
        before = given_up_by(node)
        await asyncio.to_thread(until_busy, node)
        node.pause()
        await self.ledger.all_stored(set(self.load.accepted), 60)
        node.resume()
        async with asyncio.timeout(30):
            while given_up_by(node) == before:  # noqa: ASYNC110  # it tells its log only
                await asyncio.sleep(0.05)

    async def kill_a_slot_of(self, node: Node, engine: str | None = None) -> None:
        """The container of a task that runs."""
        await asyncio.to_thread(until_busy, node)
        await asyncio.to_thread(kill_a_slot, engine, node.name)

    async def _up_again(self, process: ServerProcess, tries: int = 3) -> None:
        """As a service manager does it: what ends at its start is started again. (A Docker engine may take its own
        containerd, which is just dying, for one that runs, and give up.)"""
        for left in reversed(range(tries)):
            process.start(wait=False)
            try:
                await asyncio.to_thread(process.wait_ready)
            except RuntimeError:
                if process.running or not left:
                    raise
            else:
                return


def refused_results(nodes: Sequence[Node]) -> int:
    """How many results came after another node's and were refused, by the nodes' own logs."""
    return sum(node.log.read_bytes().count(b'"stored":false') for node in nodes if node.log.exists())


def failed_callbacks(gateways: Sequence[Gateway]) -> int:
    """How many calls to a receiver have failed, by the relays' own logs."""
    return sum(gateway.log.read_bytes().count(b'"callback_failed"') for gateway in gateways)


def given_up_by(node: Node) -> int:
    """How many tasks it held too long: it ended them as lost, or its result came after another node's."""
    return refused_results([node]) + node.log.read_bytes().count(b"task_lost")


def until_busy(node: Node, within_s: float = 30) -> None:
    """Returns when it holds at least two tasks. Blocks. Raises AssertionError."""
    deadline = time.monotonic() + within_s
    while running(node) < 2:
        assert time.monotonic() < deadline, f"{node.name} never had two tasks at once"


def running(node: Node) -> float:
    """By its own metrics."""
    lines = node.get("/metrics")[1].splitlines()
    return next(float(line.split()[-1]) for line in lines if line.startswith("coderunner_node_running "))


class StartStorm(Protocol):
    """``start_storm(stack)``; ``history_url``: the database of the stack's projectors."""

    async def __call__(self, stack: Stack, history_url: str = "") -> Storm: ...
