"""The use case of the queue deadline: a task that no node has started by then is EXPIRED, nodes or none
(docs/adr/0011-the-gateway-keeps-the-queue-deadline.md)."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import structlog

from broker_gateway.application.clock import wall_clock_ms
from broker_gateway.application.deadline_book import DeadlineBook
from broker_gateway.application.live_nodes import LiveNodes
from broker_gateway.application.ports import History, NodeControl, ResultStore, TaskQueue
from broker_gateway.application.settings import ExpirySettings
from broker_gateway.domain.execution_task import ExecutionTask
from chassis.errors import BusUnavailableError
from schemas.execution import Execution
from schemas.status import Status
from schemas.task import TaskMessage

REASON = "its queue deadline has passed"

_log = structlog.get_logger(__name__)


class Expiring:
    """The use case. All gateways do it, each for the tasks that it knows of: of two results the first stays."""

    def __init__(
        self,
        *,
        book: DeadlineBook,
        queue: TaskQueue,
        results: ResultStore,
        history: History,
        nodes: LiveNodes,
        control: NodeControl,
        settings: ExpirySettings,
        now_ms: Callable[[], int] = wall_clock_ms,
    ) -> None:
        self._book = book
        self._queue = queue
        self._results = results
        self._history = history
        self._nodes = nodes
        self._control = control
        self._settings = settings
        self._now_ms = now_ms
        self._at_once = asyncio.Semaphore(settings.at_once)
        self._lost: dict[str, int] = {}
        """Task id to when its node was first missed."""

    async def run(self) -> None:
        """Ends tasks as they become due, until it is cancelled."""
        while True:
            due = await self._book.due()
            await asyncio.gather(*(self._look_at(task_id) for task_id in due))

    async def _look_at(self, task_id: str) -> None:
        try:
            again_ms = await self.expire(task_id)
        except BusUnavailableError as error:
            _log.info("task_not_expired_yet", task_id=task_id, error=str(error))
            again_ms = self._now_ms() + self._settings.retry_ms
        if again_ms is not None:
            self._book.look_again(task_id, again_ms)

    async def expire(self, task_id: str) -> int | None:
        """Ends the task if its deadline has passed and it does not run. Returns when it is to be looked at again; None:
        never. Raises BusUnavailableError."""
        async with self._at_once:
            again_ms, has_ended = await self._try_to_expire(task_id)
        if has_ended:  # a node that has it, and has not begun it, lets go of it
            await self._control.cancel(task_id, REASON, self._settings.node_answer_s)
        return again_ms

    async def _try_to_expire(self, task_id: str) -> tuple[int | None, bool]:
        """As ``expire``, and whether it was ended here."""
        message = await self._queue.find(task_id)
        if message is None or message.expires_at_ms is None:
            self._lost.pop(task_id, None)
            return None, False
        now_ms = self._now_ms()
        if message.expires_at_ms > now_ms:
            return message.expires_at_ms, False  # it was redriven, and has a new one
        known = await self._history.latest(task_id)
        if known is not None and self._runs(known, now_ms):
            return now_ms + self._settings.running_ms, False
        has_ended = await self._end(message, known, now_ms)
        self._lost.pop(task_id, None)
        return None, has_ended

    def _runs(self, known: Execution, now_ms: int) -> bool:
        """True for a task that was started: its program is never cut short by this deadline. Where its node is gone,
        and nobody else has taken it since, it waits again."""
        if known.status is not Status.RUNNING:
            return False
        if any(node.id == known.node_id for node in self._nodes.live()):
            self._lost.pop(known.id, None)
            return True
        return now_ms - self._lost.setdefault(known.id, now_ms) < self._settings.lost_ms

    async def _end(self, message: TaskMessage, known: Execution | None, now_ms: int) -> bool:
        """The result first, then the message: a gateway that dies in between leaves a task whose result stays. False
        where it had one already."""
        queued = known if known is not None and not known.status.is_final else None
        result = ExecutionTask.found(message, queued).expired(now_ms)
        is_ours = await self._results.store(result)
        await self._queue.remove(message.id)
        if is_ours:
            self._history.record(result.execution, message)
            _log.info("task_expired", task_id=message.id, queued_ms=result.execution.queued_ms)
        return is_ours
