"""The gateway's ports: what its use cases need from outside, each named for the need. The adapters stand in
``infrastructure``, their in-memory twins in ``tests/fakes``. The ports of the queue's care and of the operators' work
stand in ``queue_ports`` and ``operations_ports``."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Protocol

from schemas.execution import Execution, OutputChunk, ResultMessage, TaskEvent
from schemas.node import NodeRecord
from schemas.progress import Progress
from schemas.status import Priority, Status
from schemas.talk import TalkOrder, TalkRefusal, TalkReply
from schemas.task import TaskMessage


class QueueFullError(Exception):
    """The queue is full; another try is worth it after ``retry_after_ms``."""

    def __init__(self, message: str, retry_after_ms: int) -> None:
        super().__init__(message)
        self.retry_after_ms = retry_after_ms


class TaskTooLargeError(Exception):
    """The encoded task does not fit one message of the bus."""


class TaskQueue(Protocol):
    """The queue of accepted tasks, from which the nodes pull."""

    async def enqueue(self, task: TaskMessage) -> bool:
        """Puts a task into its queue; returns once the bus has stored it. False if a task of this id was there already
        (same idempotency key). Raises QueueFullError, TaskTooLargeError, BusUnavailableError."""
        ...

    async def waiting(self, pool: str, priority: Priority, *, recount: bool = False) -> int:
        """The number of tasks that wait. It may be a few hundred milliseconds old; what this gateway has put in since
        counts, also where a node has taken it already. ``recount``: as it is now; nobody is refused for an old
        count."""
        ...

    async def find(self, task_id: str) -> TaskMessage | None:
        """The task's message if it is queued or running (not acknowledged yet)."""
        ...

    async def remove(self, task_id: str) -> bool:
        """Purges the task's message. True if there was one."""
        ...


class IdSecret(Protocol):
    """The secret behind the ids of tasks with idempotency keys: the same for all gateways."""

    def current(self) -> bytes:
        """The secret, from memory. Raises BusAwayError while it is not known yet."""
        ...


class ResultStore(Protocol):
    """The store of results, one for each task that has ended."""

    async def find(self, task_id: str) -> ResultMessage | None:
        """The task's result, or None while there is none."""
        ...

    async def store(self, result: ResultMessage) -> bool:
        """Stores a task's first result. False where the task already had one, which stays."""
        ...


@dataclass(frozen=True, slots=True)
class TaskFilter:
    """What a listed execution must match; an empty field matches all."""

    statuses: frozenset[Status] = frozenset()
    language: str = ""
    node_id: str = ""
    labels: dict[str, str] = field(default_factory=dict)
    client: str | None = None
    """Whose tasks; None: everybody's."""
    since_ms: int | None = None
    """Submitted at this moment (Unix milliseconds) or later."""
    until_ms: int | None = None
    """Submitted before this moment."""
    error_text: str = ""
    """A part of the error's text, whatever its case."""


@dataclass(frozen=True, slots=True, order=True)
class Place:
    """Where a task stands in the order of submission: the place of its QUEUED event on the bus. Places only grow."""

    era: int = 0
    """When the stream of events was created, in Unix milliseconds: a new one counts from 1 again."""
    position: int = 0
    """The event's sequence in that stream; 0 where the event was never seen."""


@dataclass(frozen=True, slots=True)
class Page:
    """One page of a list of executions."""

    executions: list[Execution]
    next_token: str
    """What asks for the next page; empty after the last."""
    end: Place | None = None
    """Where the bus has no more: all tasks from this place on were looked at."""
    total: int | None = None
    """How many match on all pages, where that was asked for."""


class History(Protocol):
    """The record of what has been submitted, made from the tasks' events. Executions in it carry no output."""

    async def latest(self, task_id: str) -> Execution | None:
        """The task's newest known state, from its events."""
        ...

    async def owner(self, task_id: str) -> str | None:
        """The client that submitted the task, as its events tell; None where there are none."""
        ...

    async def page(self, wanted: TaskFilter, size: int, token: str) -> Page:
        """One page of what matches, newest first. Raises ValueError for a token that is not one of ours."""
        ...

    def record(self, execution: Execution, task: TaskMessage) -> None:
        """Announces a state that the gateway itself brought about; nobody waits for it."""
        ...


class Feed(Protocol):
    """A subscription to one task's live messages, from the moment ``open`` returned."""

    async def also(self, task_id: str) -> None:
        """Listens to another task's states and output as well. Raises BusUnavailableError."""
        ...

    async def next(self, timeout_s: float) -> Execution | OutputChunk | ResultMessage | None:
        """The next message, or None when nothing came in that time."""
        ...

    def has_gap(self) -> bool:
        """True where messages may have been lost since this was last asked: the bus was away, or too many came."""
        ...

    async def close(self) -> None:
        """Ends the subscription."""
        ...


class LiveFeed(Protocol):
    """The source of feeds: live output, state changes and results, as they happen."""

    async def open(self, task_id: str, *, results_only: bool = False) -> Feed:
        """A feed that is subscribed when this returns: what is published from now on arrives, in order."""
        ...


class NodeControl(Protocol):
    """The orders that the gateway gives to nodes."""

    async def cancel(self, task_id: str, reason: str, timeout_s: float) -> str | None:
        """Tells whichever node runs the task to kill it; the node's id, or None if none answered, also
        where the bus is away."""
        ...

    async def order(self, node_id: str, order: str, timeout_s: float) -> bool:
        """Gives the node the order ``drain`` or ``resume``. False if it did not answer."""
        ...

    async def talk(self, node_id: str, order: TalkOrder, timeout_s: float) -> TalkReply | TalkRefusal | None:
        """Tells the node what was said to a task's program. None if it did not answer in time, also where the bus is
        away."""
        ...


class NodeDirectory(Protocol):
    """The directory of live nodes as last seen; it answers from memory, also while the directory service is away."""

    def nodes(self) -> Sequence[NodeRecord]:
        """The records of all live nodes. Asked for every task, so it is cheap. A record that has not changed is the
        same object as before, and a sequence that was given out is never changed."""
        ...


Told = Execution | Progress
"""What an endpoint is told of: the end of a task, or something before it."""


class CallbackTransport(Protocol):
    """One way to call an endpoint, such as HTTP or gRPC."""

    async def deliver(
        self,
        url: str,
        told: Told,
        idempotency_key: str,
        *,
        client: str = "",
        headers: str = "",
        timeout_s: float | None = None,
    ) -> None:
        """Sends what is ``told``; returns when the endpoint said that it has it, within ``timeout_s`` or the
        transport's own time-out, whichever is shorter. ``client``: whose task it was; ``headers``: the name of the
        client's header values that it carries. Raises DeliveryError."""
        ...


class DeliveryError(Exception):
    """The endpoint did not take the execution. ``permanent``: another try cannot help. ``was_made``: false where no
    call was made. ``retry_after_s``: how long the next one should wait, where that is known. ``answer``: the status or
    code that it answered, if it did."""

    def __init__(
        self,
        message: str,
        *,
        permanent: bool = False,
        was_made: bool = True,
        retry_after_s: float | None = None,
        answer: str = "",
    ) -> None:
        super().__init__(message)
        self.permanent = permanent
        self.was_made = was_made
        self.retry_after_s = retry_after_s
        self.answer = answer


class ResultDelivery(Protocol):
    """One finished execution that the relay holds until it is settled: by ``done``, ``retry_in`` or ``bury``."""

    @property
    def result(self) -> ResultMessage:
        """The finished execution, with its callback."""
        ...

    @property
    def attempt(self) -> int:
        """The number of times it has been given out, this time included."""
        ...

    @property
    def size_bytes(self) -> int:
        """What it holds of the store."""
        ...

    async def done(self) -> None:
        """Settles it: it has been delivered, and does not come again."""
        ...

    async def retry_in(self, seconds: float) -> None:
        """Settles it for now: it comes again after ``seconds``, to this gateway or another."""
        ...

    async def bury(self, reason: str, detail: str) -> None:
        """Settles it for good: it becomes a dead letter."""
        ...

    async def keep_alive(self) -> None:
        """Says that it is still worked on; what is silent for too long comes again."""
        ...


class ResultSource(Protocol):
    """The source of finished executions for the relay; all gateways share it."""

    async def take(self, max_results: int) -> Sequence[ResultDelivery]:
        """Between one and ``max_results`` of them; waits until there is one."""
        ...


class TaskEvents(Protocol):
    """The events of all tasks of all gateways from now on; followed only where quotas for concurrent tasks are set."""

    async def next(self) -> TaskEvent:
        """The next event, waited for. Some may be missed: who counts must forget by time as well."""
        ...
