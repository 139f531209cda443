"""The use case of submitting a task: from a draft to a message on the bus (docs/adr/0008-recent-keys.md)."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Awaitable, Callable, Iterator, Sequence
from dataclasses import dataclass, replace

from broker_gateway.application.answering import Answered, Answering, Entering
from broker_gateway.application.blob_ports import BlobStore
from broker_gateway.application.blob_service import with_blobs_placed
from broker_gateway.application.clock import wall_clock_ms
from broker_gateway.application.commands import (
    Busy,
    Invalid,
    Refusal,
    SubmitTaskCommand,
    TaskDTO,
    Unavailable,
    Unserved,
)
from broker_gateway.application.deadline_book import DeadlineBook
from broker_gateway.application.following import Following
from broker_gateway.application.live_nodes import LiveNodes
from broker_gateway.application.ports import (
    History,
    IdSecret,
    QueueFullError,
    ResultStore,
    TaskQueue,
    TaskTooLargeError,
)
from broker_gateway.application.quota_book import QuotaBook
from broker_gateway.application.settings import SubmissionSettings
from broker_gateway.application.unpacking import with_archive_unpacked
from broker_gateway.domain.admission import AdmissionPolicy
from broker_gateway.domain.draft import TaskDraft
from broker_gateway.domain.endings import placement_violations
from broker_gateway.domain.execution_task import ExecutionTask, Terms
from broker_gateway.domain.idempotency_key import is_recent
from broker_gateway.domain.packages import package_violations
from broker_gateway.domain.page_rules import of_reader, page_violations
from broker_gateway.domain.resource_limit import ResourceLimit
from broker_gateway.domain.scheduler import NobodyServes, Placement, PoolChoice, needs_of
from broker_gateway.domain.task_id import ENTROPY_BYTES, TaskId
from broker_gateway.domain.violation import Violation
from chassis.errors import BusUnavailableError
from schemas.names import POOL_OF_FOLLOWERS
from schemas.status import Priority

_OF_FOLLOWERS = Placement((), (PoolChoice(POOL_OF_FOLLOWERS, 1, all_nodes_can=True),))
BeforeQueue = Callable[[], Awaitable[object]]
CallbackRefusal = Callable[[str], Awaitable[str]]
"""Why the callback with this well-formed URL is refused; empty where it is not."""
KnowsHeaders = Callable[[str, str], bool]
"""Whether the client (first) has header values of this name for its callbacks."""


@dataclass(frozen=True, slots=True)
class Admitted:
    """A task that may enter, and where it could go. Its id is settled; nothing has left the gateway yet."""

    id: TaskId
    command: SubmitTaskCommand
    placement: Placement


class Submission:
    """The use case in two steps: ``admit`` decides whether a task may enter, ``enter`` puts it on the bus."""

    def __init__(
        self,
        *,
        queue: TaskQueue,
        results: ResultStore,
        history: History,
        nodes: LiveNodes,
        quotas: QuotaBook,
        deadlines: DeadlineBook,
        answering: Answering,
        following: Following,
        secret: IdSecret,
        admission: AdmissionPolicy,
        settings: SubmissionSettings,
        blobs: BlobStore | None = None,
        callback_refusal: CallbackRefusal | None = None,
        knows_headers: KnowsHeaders = lambda _client, _name: False,
        now_ms: Callable[[], int] = wall_clock_ms,
        entropy: Callable[[int], bytes] = os.urandom,
    ) -> None:
        self._queue = queue
        self._results = results
        self._history = history
        self._nodes = nodes
        self._quotas = quotas
        self._deadlines = deadlines
        self._answering = answering
        self._following = following
        self._secret = secret
        self._admission = admission
        self._limits = ResourceLimit(admission.limits.defaults, admission.limits.allowed["wall_ms"].maximum)
        self._settings = settings
        self._blobs = blobs
        self._callback_refusal = callback_refusal
        self._knows_headers = knows_headers
        self._now_ms = now_ms
        self._entropy = entropy

    async def submit(self, command: SubmitTaskCommand) -> TaskDTO | Refusal:
        """Accepts one task, or refuses it. Once this returns a TaskDTO the bus has stored the task. Raises
        BusUnavailableError."""
        admitted = await self.admitted(command)
        return await self.enter(admitted) if isinstance(admitted, Admitted) else admitted

    async def admitted(self, command: SubmitTaskCommand) -> Admitted | Refusal:
        """As ``admit``, once the task's archive is unpacked."""
        whole = await with_archive_unpacked(command, self._admission.source)
        return self.admit(whole) if isinstance(whole, SubmitTaskCommand) else whole

    async def submit_batch(
        self, commands: Sequence[SubmitTaskCommand]
    ) -> list[TaskDTO | Refusal | Unavailable] | Invalid:
        """Accepts many tasks: one answer for each, in order."""
        if len(commands) > self._settings.batch_limit:
            return Invalid([Violation("tasks", f"must have at most {self._settings.batch_limit} tasks")])
        answers: list[TaskDTO | Refusal | Unavailable] = [
            Unavailable("the bus does not answer; this task was not tried")
        ] * len(commands)
        waiting = iter(range(len(commands)))

        async def work(indexes: Iterator[int]) -> None:
            """Ends where the bus does not answer: the next task would only wait for it in vain."""
            for index in indexes:
                answers[index] = await self._submit_one(commands[index])
                if isinstance(answers[index], Unavailable):
                    break
                await asyncio.sleep(0)  # a refused task waits for nothing, and so would a thousand of them

        async with asyncio.TaskGroup() as group:
            for _ in range(min(self._settings.batch_concurrency, len(commands))):
                group.create_task(work(waiting))
        return answers

    async def _submit_one(self, command: SubmitTaskCommand) -> TaskDTO | Refusal | Unavailable:
        try:
            return await self.submit(command)
        except BusUnavailableError as error:
            return Unavailable.because(error)

    def admit(self, command: SubmitTaskCommand) -> Admitted | Refusal:
        """Decides everything that can be decided without asking the bus. Raises BusUnavailableError where the bus has
        never been there."""
        draft = command.draft
        violations = self._admission.violations(draft, command.path) or list(self._headers_violations(command))
        if not violations and command.visitor is not None:
            violations = list(page_violations(draft, self._admission.limits.defaults, command.path))
        scheduler = self._nodes.scheduler()
        violations = violations or list(package_violations(draft, scheduler, command.path))
        if violations:
            return Invalid(violations)
        placement = scheduler.place(needs_of(draft, draft.checker))
        if isinstance(placement, NobodyServes):
            return Unserved(placement.message)
        violations = list(placement_violations(draft, placement, scheduler, command.path))
        if violations:
            return Invalid(violations)
        if behind := scheduler.node_behind(draft, placement.languages[0]):
            return Unserved(f"node {behind}, and has to be renewed first")
        return Admitted(self._name(command), self._of_visitor(command), placement)

    def _headers_violations(self, command: SubmitTaskCommand) -> Iterator[Violation]:
        name = command.draft.callback_headers
        if name and not self._knows_headers(command.client, name):
            yield Violation(f"{command.path}.callback.headers", "is the name of no header values of this client's")

    def _of_visitor(self, command: SubmitTaskCommand) -> SubmitTaskCommand:
        if command.visitor is None:
            return command
        return replace(command, draft=of_reader(command.draft, command.visitor.reader, self._admission.limits.defaults))

    def _name(self, command: SubmitTaskCommand) -> TaskId:
        key = command.draft.idempotency_key
        if key:
            reader = command.visitor.reader if command.visitor is not None else ""
            return TaskId.of_key(command.client, key, self._secret.current(), reader)
        return TaskId.fresh(self._now_ms(), self._entropy(ENTROPY_BYTES))

    async def enter(self, admitted: Admitted, before_queue: BeforeQueue | None = None) -> TaskDTO | Refusal:
        """Puts the task on the bus, or says why not; ``before_queue`` is done before a node can have it. Raises
        BusUnavailableError."""
        key, task_id = admitted.command.draft.idempotency_key, admitted.id.value
        if key and not is_recent(key, self._now_ms()) and await self._is_known(task_id):
            return TaskDTO(task_id, is_new=False)
        in_vain = await self._callback_in_vain(admitted.command)
        if in_vain is not None:
            return in_vain
        answer = await self._enter_within_quota(admitted, before_queue)
        if key and isinstance(answer, Busy) and await self._is_known(task_id):
            return TaskDTO(task_id, is_new=False)  # it entered before we were busy
        return answer

    async def _callback_in_vain(self, command: SubmitTaskCommand) -> Invalid | None:
        """The refusal of a task whose callback leads to where callbacks do not go."""
        url = command.draft.callback_url
        words = await self._callback_refusal(url) if url is not None and self._callback_refusal is not None else ""
        return Invalid([Violation(f"{command.path}.callback.url", words)]) if words else None

    async def _enter_within_quota(self, admitted: Admitted, before_queue: BeforeQueue | None) -> TaskDTO | Refusal:
        task_id, command = admitted.id.value, admitted.command
        owner = (command.client, command.draft.reader)
        counted_before = self._quotas.counts(owner, task_id)
        over = self._quotas.admit(owner, task_id, command.rate, command.visitor)
        if over is not None:
            return Busy(over.message, over.retry_after_ms)
        entered: TaskDTO | Refusal | None = None
        try:
            entered = await self._settle(admitted, before_queue)
        finally:
            is_ours = isinstance(entered, TaskDTO) and entered.is_new
            if not is_ours and not counted_before:
                self._quotas.release(owner, task_id)
        return entered

    async def _is_known(self, task_id: str) -> bool:
        """In this order nothing slips through: a result is stored before its task leaves the queue."""
        return await self._queue.find(task_id) is not None or await self._results.find(task_id) is not None

    async def _settle(self, admitted: Admitted, before_queue: BeforeQueue | None) -> TaskDTO | Refusal:
        """Ends the task with a kept answer, or queues it."""
        command, placement = admitted.command, admitted.placement
        limits = self._limits.changed_by(command.draft.limits)
        if isinstance(draft := await self._with_blobs(command, limits), Invalid):
            return draft
        pool = placement.pools[0].pool
        terms = Terms(
            admitted.id,
            command.client,
            placement.languages,
            pool,
            limits,
            self._now_ms(),
            keeps_source=self._settings.keeps_source,
            traceparent=command.traceparent,
            keeps_files=self._blobs is not None and command.visitor is None,
        )
        task = ExecutionTask.accepted(draft, terms)
        taken = await self._answering.take(task, command.draft.cache, placement.digests)
        if isinstance(taken, Answered):
            return TaskDTO(admitted.id.value, is_new=taken.is_new, execution=taken.execution)
        if before_queue is not None:
            await before_queue()
        entered = await self._enqueue(taken, placement, command)
        if not isinstance(entered, TaskDTO):
            await self._answering.withdraw(taken)
        return entered

    async def _with_blobs(self, command: SubmitTaskCommand, limits: ResourceLimit) -> TaskDraft | Invalid:
        if self._blobs is None or not command.draft.names_blobs:
            return command.draft
        disk_bytes = limits.value.disk_bytes
        return await with_blobs_placed(self._blobs, command.client, command.draft, disk_bytes, command.path)

    async def _enqueue(self, taken: Entering, placement: Placement, command: SubmitTaskCommand) -> TaskDTO | Refusal:
        priority = Priority(command.draft.priority)
        pool = await self._open_pool(_OF_FOLLOWERS if taken.follows else placement, priority)
        if isinstance(pool, Busy) and taken.follows:  # a queue of its own, which must not be why a task is refused
            taken = taken.alone()
            pool = await self._open_pool(placement, priority)
        if isinstance(pool, Busy):
            return pool
        task = taken.task.in_pool(pool)
        try:
            is_new = await self._queue.enqueue(task.message)
        except QueueFullError as error:
            return Busy(str(error), error.retry_after_ms)
        except TaskTooLargeError as error:
            return Invalid([Violation(command.path, str(error))])
        if is_new:
            self._entered(task)
        return TaskDTO(task.message.id, is_new=is_new)

    def _entered(self, task: ExecutionTask) -> None:
        self._history.record(task.known, task.message)
        if task.message.expires_at_ms is not None:
            self._deadlines.accepted(task.message.id, task.message.expires_at_ms)
        if task.message.pool == POOL_OF_FOLLOWERS:
            self._following.accepted(task.message)

    async def _open_pool(self, placement: Placement, priority: Priority) -> str | Busy:
        waiting = {one.pool: await self._queue.waiting(one.pool, priority) for one in placement.pools}
        pool = placement.pool(waiting)
        limit = self._settings.queue_limit
        if waiting[pool] >= limit:
            waiting = {name: await self._queue.waiting(name, priority, recount=True) for name in waiting}
            pool = min(waiting, key=lambda name: waiting[name])
        if waiting[pool] >= limit:
            message = f"the {priority.value} queue of pool {pool} is full: {waiting[pool]} tasks wait"
            return Busy(message, self._settings.queue_full_retry_ms)
        return pool
