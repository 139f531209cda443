"""The gateway's ports on the bus, in memory. They share one MemoryBus, as the adapters share one server."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import msgspec

from broker_gateway.application.ports import Page, TaskFilter
from chassis.errors import BusUnavailableError
from schemas.execution import Execution, OutputChunk, ResultMessage, TaskEvent
from schemas.status import Status
from schemas.talk import TalkOrder, TalkRefusal, TalkReply
from schemas.task import TaskMessage

Item = Execution | OutputChunk | ResultMessage


class MemoryBus:
    """What is on the bus. ``before`` holds a function per operation, awaited just before it: that is where tests put
    what happens at the worst moment. ``is_down`` makes every operation fail."""

    def __init__(self) -> None:
        self.tasks: dict[str, TaskMessage] = {}
        self.seen: set[str] = set()
        self.numbers: dict[str, int] = {}
        """Of the tasks, in the order in which they were queued."""
        self.results: dict[str, ResultMessage] = {}
        self.history: dict[str, Execution] = {}
        self.owners: dict[str, str] = {}
        """The clients of the tasks in ``history``."""
        self.feeds: dict[str, list[MemoryFeed]] = {}
        self.before: dict[str, Callable[[], Awaitable[None]]] = {}
        self.calls: list[str] = []
        self.is_down = False
        self.max_tasks = 100_000
        self.max_message_bytes = 8 << 20
        self.changed = asyncio.Event()

    async def operation(self, name: str) -> None:
        self.calls.append(name)
        hook = self.before.pop(name, None)
        if hook is not None:
            await hook()
        if self.is_down:
            raise BusUnavailableError("the memory bus is down")

    def publish(self, task_id: str, item: Item) -> None:
        """To whoever listens now."""
        for feed in self.feeds.get(task_id, ()):
            feed.put(item)

    def reach(self, execution: Execution) -> None:
        """A state, as a node announces it."""
        self.history[execution.id] = execution
        self.publish(execution.id, execution)

    def finish(self, result: ResultMessage, *, is_heard: bool = True) -> bool:
        """What a node does at the end: the result is stored, its message goes. False where there was a result."""
        task_id = result.execution.id
        is_first = self.results.setdefault(task_id, result) is result
        self.tasks.pop(task_id, None)
        if is_first and is_heard:
            self.publish(task_id, result)
        return is_first

    def open_feeds(self) -> int:
        return sum(map(len, self.feeds.values()))


class MemoryIdSecret:
    """Implements ``IdSecret``."""

    def current(self) -> bytes:
        return bytes(32)


class MemoryResultStore:
    """Implements ``ResultStore``."""

    def __init__(self, bus: MemoryBus) -> None:
        self._bus = bus

    async def find(self, task_id: str) -> ResultMessage | None:
        await self._bus.operation("find_result")
        return self._bus.results.get(task_id)

    async def store(self, result: ResultMessage) -> bool:
        await self._bus.operation("store_result")
        is_first = self._bus.results.setdefault(result.execution.id, result) is result
        if is_first:
            self._bus.publish(result.execution.id, result)
            self._bus.changed.set()
        return is_first


class MemoryHistory:
    """Implements ``History``. Page tokens are offsets."""

    def __init__(self, bus: MemoryBus) -> None:
        self._bus = bus

    async def latest(self, task_id: str) -> Execution | None:
        await self._bus.operation("latest")
        return self._bus.history.get(task_id)

    async def owner(self, task_id: str) -> str | None:
        await self._bus.operation("owner")
        return self._bus.owners.get(task_id)

    async def page(self, wanted: TaskFilter, size: int, token: str) -> Page:
        await self._bus.operation("page")
        start = int(token or "0")
        found = [
            one
            for one in reversed(self._bus.history.values())
            if _matches(one, wanted) and wanted.client in (None, self._bus.owners.get(one.id))
        ]
        rest = found[start + size :]
        return Page(found[start : start + size], str(start + size) if rest else "")

    def record(self, execution: Execution, task: TaskMessage) -> None:
        if not task.id == execution.id:
            raise AssertionError("an event of another task")
        self._bus.owners[task.id] = task.client
        self._bus.reach(execution)


def _matches(execution: Execution, wanted: TaskFilter) -> bool:
    return (
        (not wanted.statuses or execution.status in wanted.statuses)
        and wanted.language in ("", execution.language)
        and wanted.node_id in ("", execution.node_id)
        and wanted.labels.items() <= execution.labels.items()
    )


class MemoryFeed:
    """Implements ``Feed``."""

    def __init__(self, bus: MemoryBus, task_id: str, *, results_only: bool) -> None:
        self._bus = bus
        self._task_id = task_id
        self._results_only = results_only
        self._items: asyncio.Queue[Item] = asyncio.Queue()
        self._others: list[str] = []
        self.is_lossy = False
        self.waits = 0
        """How often the next message was waited for."""

    async def also(self, task_id: str) -> None:
        await self._bus.operation("also")
        self._bus.feeds.setdefault(task_id, []).append(self)
        self._others.append(task_id)

    def put(self, item: Item) -> None:
        if isinstance(item, ResultMessage) or not self._results_only:
            self._items.put_nowait(item)

    async def next(self, timeout_s: float) -> Item | None:
        self.waits += 1
        try:
            async with asyncio.timeout(timeout_s):
                return await self._items.get()
        except TimeoutError:
            return None

    def has_gap(self) -> bool:
        return self.is_lossy or self._bus.is_down

    async def close(self) -> None:
        for task_id in (self._task_id, *self._others):
            self._bus.feeds[task_id].remove(self)
        self._bus.changed.set()


class MemoryLiveFeed:
    """Implements ``LiveFeed``."""

    def __init__(self, bus: MemoryBus) -> None:
        self._bus = bus

    async def open(self, task_id: str, *, results_only: bool = False) -> MemoryFeed:
        await self._bus.operation("open_feed")
        feed = MemoryFeed(self._bus, task_id, results_only=results_only)
        self._bus.feeds.setdefault(task_id, []).append(feed)
        self._bus.changed.set()
        return feed


class MemoryNodeControl:
    """Implements ``NodeControl``. ``on_cancel`` is the node that runs the task: it is called with the id, and its
    name is the answer. ``on_order`` is the node that an order is for: it says whether it took it."""

    def __init__(self, bus: MemoryBus) -> None:
        self._bus = bus
        self.on_cancel: Callable[[str], str | None] = lambda _task_id: None
        self.on_order: Callable[[str, str], bool] = lambda _node_id, _order: True
        self.cancelled: list[str] = []
        self.timeouts_s: list[float] = []
        """How long each cancellation waited for an answer at most."""
        self.orders: list[tuple[str, str]] = []
        self.on_talk: Callable[[str, TalkOrder], TalkReply | TalkRefusal | None] = lambda _node, _order: None
        """The node that runs the task which is talked to."""

    async def cancel(self, task_id: str, reason: str, timeout_s: float) -> str | None:
        try:
            await self._bus.operation("cancel_on_node")
        except BusUnavailableError:
            return None
        self.cancelled.append(task_id)
        self.timeouts_s.append(timeout_s)
        return self.on_cancel(task_id)

    async def order(self, node_id: str, order: str, timeout_s: float) -> bool:
        if self._bus.is_down:
            return False
        self.orders.append((node_id, order))
        return self.on_order(node_id, order)

    async def talk(self, node_id: str, order: TalkOrder, timeout_s: float) -> TalkReply | TalkRefusal | None:
        return None if self._bus.is_down else self.on_talk(node_id, order)


class MemoryTaskEvents:
    """Implements ``TaskEvents``."""

    def __init__(self) -> None:
        self.queue: asyncio.Queue[TaskEvent] = asyncio.Queue()

    async def next(self) -> TaskEvent:
        return await self.queue.get()


def running(execution: Execution, node_id: str = "n1", attempt: int = 1) -> Execution:
    """What a node announces when it starts the task."""
    return msgspec.structs.replace(execution, status=Status.RUNNING, node_id=node_id, attempt=attempt)
