"""The gateway's use cases, wired to the in-memory ports."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection
from itertools import count

from broker_gateway.application.answering import Answering, CacheModes
from broker_gateway.application.callback_delivery import CallbackDelivery
from broker_gateway.application.cancellation import Cancelling
from broker_gateway.application.catalog_service import CatalogAppService
from broker_gateway.application.commands import SubmitTaskCommand, TaskDTO
from broker_gateway.application.deadline_book import DeadlineBook
from broker_gateway.application.execution_service import CodeExecutionAppService
from broker_gateway.application.expiring import Expiring
from broker_gateway.application.follower_ends import FollowerEnds
from broker_gateway.application.following import Following
from broker_gateway.application.history_ports import HistoryStore
from broker_gateway.application.interacting import Interacting
from broker_gateway.application.listing import Listing
from broker_gateway.application.live_nodes import LiveNodes
from broker_gateway.application.lookup import TaskLookup
from broker_gateway.application.operations_service import OperationsAppService
from broker_gateway.application.placing_again import PlacingAgain
from broker_gateway.application.pool_activity import PoolActivity
from broker_gateway.application.queue_sweep import QueueSweep
from broker_gateway.application.quota_book import QuotaBook
from broker_gateway.application.redriving import Redriving
from broker_gateway.application.settings import (
    CancelSettings,
    ExpirySettings,
    FollowSettings,
    OperationsSettings,
    PlacingSettings,
    SubmissionSettings,
    SweepSettings,
    WaitSettings,
)
from broker_gateway.application.submission import CallbackRefusal, Submission
from broker_gateway.application.waiting import Waiting
from broker_gateway.application.watching import Watching
from broker_gateway.domain.admission import AdmissionPolicy
from broker_gateway.domain.quota import QuotaPolicy
from broker_gateway.domain.seals import UNSEALED, Seals
from schemas.execution import Execution, ResultMessage
from schemas.status import Status
from tests.builders import a_draft, a_node_record, a_result
from tests.fakes.callbacks import MemoryAttemptLedger, MemoryTransport
from tests.fakes.live_nodes import MemoryNodeDirectory
from tests.fakes.memory_answers import MemoryAnswerStore
from tests.fakes.memory_audit import MemoryAuditTrail
from tests.fakes.memory_bus import (
    MemoryBus,
    MemoryHistory,
    MemoryIdSecret,
    MemoryLiveFeed,
    MemoryNodeControl,
    MemoryResultStore,
    MemoryTaskEvents,
    running,
)
from tests.fakes.memory_queue import MemoryQueueActivity, MemoryQueueReader, MemoryTaskMover, MemoryTaskQueue
from tests.fakes.operations import MemoryDeadLetters, MemoryTaskRerun
from tests.unit.gateway.blobs_on_fakes import BlobsOnFakes

NOW_MS = 1_699_999_999_999  # all its low bits are set: what is added to it is not the same as what is or-ed to it
PATIENCE_S = 3.0  # a test that waits longer than this has failed


class GatewayOnFakes:
    def __init__(
        self,
        *,
        bus: MemoryBus | None = None,
        admission: AdmissionPolicy | None = None,
        settings: SubmissionSettings | None = None,
        quota: QuotaPolicy | None = None,
        lookup_every_s: float = 60.0,
        cancel: CancelSettings | None = None,
        callback_refusal: CallbackRefusal | None = None,
        header_sets: Collection[tuple[str, str]] = (),
        cache_modes: CacheModes | None = None,
        follow: FollowSettings | None = None,
        on_foreign: Callable[[str], object] = lambda _owner: None,
        past: HistoryStore | None = None,
        seals: Seals = UNSEALED,
    ) -> None:
        """``lookup_every_s`` is beyond every test's patience unless a test says otherwise."""
        self._seals = seals
        self._callback_refusal, self._cache_modes = callback_refusal, cache_modes or CacheModes()
        self._header_sets = header_sets
        self.now_ms = NOW_MS
        self._wire_bus(bus or MemoryBus(), quota or QuotaPolicy())
        self._lookup = TaskLookup(
            results=self._results, history=self._history, queue=self._queue, past=past, on_foreign=on_foreign
        )
        self.following = self._following(follow or FollowSettings())
        self.submission = self._submission(admission or AdmissionPolicy(), settings or SubmissionSettings())
        self._wire_service(WaitSettings(lookup_every_s=lookup_every_s), cancel or CancelSettings())
        self._wire_care()

    def _wire_bus(self, bus: MemoryBus, quota: QuotaPolicy) -> None:
        """What the use cases stand on: the bus, the directory and the books beside them."""
        self.bus = bus
        self.answers, self.audit = MemoryAnswerStore(self.bus), MemoryAuditTrail()
        self.answer_outcomes: list[str] = []
        self.directory = MemoryNodeDirectory(a_node_record())
        self.events, self.control = MemoryTaskEvents(), MemoryNodeControl(self.bus)
        self.pools, self.activity = PoolActivity(), MemoryQueueActivity(self.bus)
        self.activity.active = {"default"}
        self.nodes = LiveNodes(directory=self.directory, activity=self.pools)
        self.quotas = QuotaBook(policy=quota, events=self.events, now_ms=self.clock)
        self.deadlines = DeadlineBook(self.clock)
        self._queue, self._results = MemoryTaskQueue(self.bus), MemoryResultStore(self.bus)
        self._history, self._feeds = MemoryHistory(self.bus), MemoryLiveFeed(self.bus)
        self.ledger, self.large = MemoryAttemptLedger(), BlobsOnFakes(self.bus, self.clock)

    def _wire_service(self, waits: WaitSettings, cancel: CancelSettings) -> None:
        """What a caller reaches."""
        self.catalog = CatalogAppService(nodes=self.nodes)
        watching = self._watching(waits)
        self.service = CodeExecutionAppService(
            submission=self.submission,
            waiting=Waiting(submission=self.submission, results=self._results, feeds=self._feeds, settings=waits),
            watching=watching,
            interacting=Interacting(watching=watching, lookup=self._lookup, nodes=self.control),
            lookup=self._lookup,
            listing=Listing(history=self._history, nodes=self.nodes),
            cancelling=self._cancelling(cancel),
            attempts=self.ledger,
        )
        self.blobs = self.large.service(self.service.get)

    def _wire_care(self) -> None:
        """What runs beside the calls, and what operators reach."""
        self.expiring = self._expiring()
        self.placing = self._placing(PlacingSettings(queue_limit=5))
        self.sweep = QueueSweep(
            reader=MemoryQueueReader(self.bus),
            book=self.deadlines,
            placing=self.placing,
            following=self.following,
            settings=SweepSettings(every_s=0.01, max_parts=2, min_forgotten=3),
        )
        self.dead, self.rerun = MemoryDeadLetters(self.bus), MemoryTaskRerun(self.bus)
        self.transport = MemoryTransport()
        self.operations = self._operations(OperationsSettings(leaving_s=0.2, look_every_s=0.01))

    def _submission(self, admission: AdmissionPolicy, settings: SubmissionSettings) -> Submission:
        numbers = count()
        return Submission(
            queue=self._queue,
            results=self._results,
            history=self._history,
            nodes=self.nodes,
            quotas=self.quotas,
            deadlines=self.deadlines,
            answering=Answering(
                answers=self.answers,
                results=self._results,
                history=self._history,
                modes=self._cache_modes,
                count=lambda outcome, _language: self.answer_outcomes.append(outcome),
                now_ms=self.clock,
            ),
            following=self.following,
            blobs=self.large.store,
            secret=MemoryIdSecret(),
            admission=admission,
            settings=settings,
            callback_refusal=self._callback_refusal,
            knows_headers=lambda client, name: (client, name) in self._header_sets,
            now_ms=self.clock,
            entropy=lambda size: next(numbers).to_bytes(size, "big"),
        )

    def _following(self, settings: FollowSettings) -> Following:
        return Following(
            answers=self.answers,
            queue=self._queue,
            results=self._results,
            history=self._history,
            feeds=self._feeds,
            ends=FollowerEnds(
                queue=self._queue,
                mover=MemoryTaskMover(self.bus),
                results=self._results,
                history=self._history,
                nodes=self.nodes,
                now_ms=self.clock,
            ),
            settings=settings,
        )

    def _watching(self, settings: WaitSettings) -> Watching:
        return Watching(
            submission=self.submission,
            lookup=self._lookup,
            results=self._results,
            history=self._history,
            feeds=self._feeds,
            following=self.following,
            settings=settings,
        )

    def _cancelling(self, settings: CancelSettings) -> Cancelling:
        return Cancelling(
            lookup=self._lookup,
            queue=self._queue,
            results=self._results,
            history=self._history,
            feeds=self._feeds,
            nodes=self.control,
            settings=settings,
            now_ms=self.clock,
        )

    def _placing(self, settings: PlacingSettings) -> PlacingAgain:
        return PlacingAgain(
            queue=self._queue,
            mover=MemoryTaskMover(self.bus),
            activity=self.activity,
            pools=self.pools,
            results=self._results,
            history=self._history,
            nodes=self.nodes,
            settings=settings,
            now_ms=self.clock,
        )

    def _expiring(self) -> Expiring:
        return Expiring(
            book=self.deadlines,
            queue=self._queue,
            results=self._results,
            history=self._history,
            nodes=self.nodes,
            control=self.control,
            settings=ExpirySettings(),
            now_ms=self.clock,
        )

    def _operations(self, settings: OperationsSettings) -> OperationsAppService:
        redriving = Redriving(
            dead=self.dead,
            rerun=self.rerun,
            results=self._results,
            history=self._history,
            delivery=CallbackDelivery({"http": self.transport}, PATIENCE_S),
            ledger=self.ledger,
            settings=settings,
            seals=self._seals,
            now_ms=self.clock,
        )
        return OperationsAppService(
            dead=self.dead,
            redriving=redriving,
            attempts=self.ledger,
            control=self.control,
            answers=self.answers,
            audit=self.audit,
            settings=settings,
        )

    def clock(self) -> int:
        return self.now_ms

    async def until(self, condition: Callable[[], bool]) -> None:
        """Returns once ``condition`` holds; it is looked at after each change on the bus."""
        async with asyncio.timeout(PATIENCE_S):
            while not condition():
                self.bus.changed.clear()
                await self.bus.changed.wait()

    async def queued_task_id(self) -> str:
        await self.until(lambda: bool(self.bus.tasks))
        return next(iter(self.bus.tasks))

    def start(self, task_id: str, attempt: int = 1) -> Execution:
        """A node takes the task."""
        execution = running(self.bus.history[task_id], attempt=attempt)
        self.bus.reach(execution)
        return execution

    def finish(self, task_id: str, *, status: Status = Status.SUCCEEDED, is_heard: bool = True) -> ResultMessage:
        """A node stores the task's result."""
        self.bus.finish(result := a_result(task_id, status=status), is_heard=is_heard)
        return result


def command(source: str = "print(42)", client: str = "", **fields: object) -> SubmitTaskCommand:
    return SubmitTaskCommand(client, a_draft(source, **fields))


async def submitted(gateway: GatewayOnFakes, **fields: object) -> str:
    """The id of a task that the gateway accepts."""
    answer = await gateway.service.submit(command(**fields))  # type: ignore[arg-type]  # fields of a draft
    assert isinstance(answer, TaskDTO)
    return answer.id
