"""The gateway's ports on the bus, twice: in memory, as the unit tests use them, and on a real server."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

import msgspec

from broker_gateway.application.callback_ports import AttemptLedger
from broker_gateway.application.operations_ports import TaskRerun
from broker_gateway.application.ports import History, LiveFeed, ResultSource, ResultStore, TaskQueue
from broker_gateway.application.queue_ports import QueueReader, TaskMover
from broker_gateway.infrastructure.bus.attempts import BusAttemptLedger
from broker_gateway.infrastructure.bus.feed import BusLiveFeed
from broker_gateway.infrastructure.bus.history import BusHistory
from broker_gateway.infrastructure.bus.mover import BusTaskMover
from broker_gateway.infrastructure.bus.queue_lengths import QueueLengths
from broker_gateway.infrastructure.bus.queue_reader import BusQueueReader
from broker_gateway.infrastructure.bus.rerun import BusTaskRerun
from broker_gateway.infrastructure.bus.result_source import BusResultSource
from broker_gateway.infrastructure.bus.results import BusResultStore
from broker_gateway.infrastructure.bus.tasks import BusTaskQueue
from chassis.nats import jetstream
from chassis.nats.connection import BusConnection
from schemas import names
from schemas.dead_letter import DeadLetter
from schemas.execution import Execution, ResultMessage, TaskEvent
from tests.fakes.callbacks import MemoryAttemptLedger, MemoryResultDelivery, MemoryResultSource
from tests.fakes.memory_bus import MemoryBus, MemoryHistory, MemoryLiveFeed, MemoryResultStore
from tests.fakes.memory_queue import MemoryQueueReader, MemoryTaskMover, MemoryTaskQueue
from tests.fakes.operations import MemoryTaskRerun

MAX_TASKS = 3
"""The bus under test holds no more."""


@dataclass
class Parts:
    """The ports under test, and what others do to the bus meanwhile."""

    queue: TaskQueue
    reader: QueueReader
    mover: TaskMover
    results: ResultStore
    rerun: TaskRerun
    history: History
    feeds: LiveFeed
    source: ResultSource
    ledger: AttemptLedger
    happens: Callable[[TaskEvent], Awaitable[None]]
    """A node announces a state; known when this returns."""
    finishes: Callable[[ResultMessage], Awaitable[None]]
    """A node stores a result, which the relay is to deliver."""
    dead: Callable[[str, str], Awaitable[DeadLetter | None]]
    """The task's last dead letter of that reason."""


def in_memory() -> Parts:
    bus, source = MemoryBus(), MemoryResultSource()
    bus.max_tasks = MAX_TASKS

    async def happens(event: TaskEvent) -> None:
        bus.reach(Execution.told_by(event))
        bus.owners.setdefault(event.id, event.client)

    async def finishes(result: ResultMessage) -> None:
        source.put(MemoryResultDelivery(result))

    async def dead(task_id: str, reason: str) -> DeadLetter | None:
        found = [one for one in source.buried if (one.id, one.reason) == (task_id, reason)]
        return found[-1] if found else None

    return Parts(
        MemoryTaskQueue(bus),
        MemoryQueueReader(bus),
        MemoryTaskMover(bus),
        MemoryResultStore(bus),
        MemoryTaskRerun(bus),
        MemoryHistory(bus),
        MemoryLiveFeed(bus),
        source,
        MemoryAttemptLedger(),
        happens,
        finishes,
        dead,
    )


def on_nats(bus: BusConnection, lengths: QueueLengths) -> Parts:
    store = BusResultStore(bus)

    async def happens(event: TaskEvent) -> None:
        await bus.request(names.event_subject(event.id, event.status), msgspec.json.encode(event))

    async def finishes(result: ResultMessage) -> None:
        assert await store.store(result)

    async def dead(task_id: str, reason: str) -> DeadLetter | None:
        stored = await jetstream.last_message(bus, names.STREAM_DEAD, names.dead_subject(reason, task_id))
        return None if stored is None else msgspec.json.decode(stored.payload, type=DeadLetter)

    return Parts(
        BusTaskQueue(bus, lengths),
        BusQueueReader(bus),
        BusTaskMover(bus, lengths),
        store,
        BusTaskRerun(bus),
        BusHistory(bus),
        BusLiveFeed(bus),
        BusResultSource(bus),
        BusAttemptLedger(bus),
        happens,
        finishes,
        dead,
    )
