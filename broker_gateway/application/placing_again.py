"""The use case of placing a waiting task again, where no living node takes it from the pool that it was put into."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import structlog

from broker_gateway.application.clock import wall_clock_ms
from broker_gateway.application.live_nodes import LiveNodes
from broker_gateway.application.pool_activity import PoolActivity
from broker_gateway.application.ports import History, QueueFullError, ResultStore, TaskQueue
from broker_gateway.application.queue_ports import Move, QueueActivity, TaskMover
from broker_gateway.application.settings import PlacingSettings
from broker_gateway.domain.scheduler import Need, NobodyServes, Placement
from broker_gateway.domain.waiting_task import WaitingTask
from chassis.errors import BusUnavailableError
from schemas.execution import Execution
from schemas.status import Status

Group = tuple[str, tuple[Need, ...]]
"""A pool, and what a node must run: tasks that are alike to the scheduler."""

_log = structlog.get_logger(__name__)


class PlacingAgain:
    """The use case. All gateways do it: what two of them move at once arrives once."""

    def __init__(
        self,
        *,
        queue: TaskQueue,
        mover: TaskMover,
        activity: QueueActivity,
        pools: PoolActivity,
        results: ResultStore,
        history: History,
        nodes: LiveNodes,
        settings: PlacingSettings,
        now_ms: Callable[[], int] = wall_clock_ms,
    ) -> None:
        self._queue = queue
        self._mover = mover
        self._activity = activity
        self._pools = pools
        self._results = results
        self._history = history
        self._nodes = nodes
        self._settings = settings
        self._now_ms = now_ms
        self._looked_ms = 0
        self._waiting: dict[Group, dict[str, None]] = {}
        self._untaken_ms: dict[Group, int] = {}
        """When it was first seen that nobody takes such tasks there."""

    def found(self, task: WaitingTask) -> None:
        """Notes a task that was found in its queue."""
        self._waiting.setdefault((task.pool, task.needs), {})[task.id] = None

    def clear(self) -> None:
        """Forgets all tasks: they are about to be found again."""
        self._waiting.clear()

    async def look(self) -> None:
        """Looks at who takes tasks where, and moves those that nobody has taken for too long. Raises
        BusUnavailableError."""
        await self._look_at_pools()
        self._forget_taken()
        for number, group in enumerate(list(self._waiting), 1):
            placement = self._better(group)
            if placement is not None:
                await self._move_all(group, placement)
            if number % _GROUPS_AT_ONCE == 0:
                await asyncio.sleep(0)

    async def _look_at_pools(self) -> None:
        now_ms = self._now_ms()
        if now_ms - self._looked_ms >= self._settings.look_every_ms:
            listed = {pool for node in self._nodes.live() for pool in node.record.pools}
            self._pools.note(listed, await self._activity.active_pools(), now_ms)
            self._looked_ms = now_ms

    def _forget_taken(self) -> None:
        """Of groups of which no task waits now."""
        scheduler = self._nodes.scheduler()
        for pool, needs in self._untaken_ms.keys() - self._waiting.keys():
            if scheduler.takes(pool, needs):
                del self._untaken_ms[pool, needs]

    def _better(self, group: Group) -> Placement | None:
        """Where the group's tasks could go, if nobody takes them where they are and somebody does elsewhere."""
        pool, needs = group
        scheduler = self._nodes.scheduler()
        if scheduler.takes(pool, needs):
            self._untaken_ms.pop(group, None)
            return None
        now_ms = self._now_ms()
        since_ms = self._untaken_ms.setdefault(group, now_ms)
        if now_ms - since_ms < self._settings.untaken_ms and pool not in self._pools.quiet:
            return None
        placement = scheduler.place(needs)
        if isinstance(placement, NobodyServes) or any(one.pool == pool for one in placement.pools):
            return None
        return placement

    async def _move_all(self, group: Group, placement: Placement) -> None:
        tasks = self._waiting[group]
        part = list(tasks)[: self._settings.at_once]
        settled = await asyncio.gather(*(self._move(task_id, group[0], placement) for task_id in part))
        for task_id, is_settled in zip(part, settled, strict=True):
            tasks.pop(task_id, None)
            if not is_settled:
                tasks[task_id] = None  # after the others
        if not tasks:
            self._waiting.pop(group, None)
            self._untaken_ms.pop(group, None)

    async def _move(self, task_id: str, pool: str, placement: Placement) -> bool:
        """False where it is to be looked at again."""
        try:
            return await self._try_to_move(task_id, pool, placement)
        except (QueueFullError, BusUnavailableError) as error:
            _log.info("task_not_placed_again", task_id=task_id, error=str(error))
            return False

    async def _try_to_move(self, task_id: str, pool: str, placement: Placement) -> bool:
        task = await self._queue.find(task_id)
        if task is None or task.pool != pool:
            return True
        known = await self._history.latest(task_id)
        if known is not None and self._is_in_hands(known):
            return False
        waiting = {one.pool: await self._queue.waiting(one.pool, task.priority) for one in placement.pools}
        target = placement.pool(waiting)
        if waiting[target] >= self._settings.queue_limit:
            return False
        move = await self._mover.move(task, target)
        if move is Move.LEFT_MEANWHILE and await self._results.find(task_id) is not None:
            await self._queue.remove(task_id)  # it has ended, and was put back just then
        elif move is not Move.NOT_OURS:
            _log.info("task_placed_again", task_id=task_id, pool=pool, to_pool=target)
        return True

    def _is_in_hands(self, known: Execution) -> bool:
        """True for a task that a node has begun which is still there, if only to finish what it has."""
        return known.status is Status.RUNNING and any(node.id == known.node_id for node in self._nodes.live())


_GROUPS_AT_ONCE = 50
"""Looked at without a pause for others: versions are the clients' own words."""
