"""What the gateway needs from outside, named for the need."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from chassis.errors import BusUnavailableError as BusUnavailableError  # noqa: PLC0414 - what these ports raise
from schemas.execution import DeadLetter, Execution, OutputChunk, ResultMessage, TaskEvent
from schemas.node import NodeRecord
from schemas.status import Priority, Status
from schemas.task import TaskMessage


class QueueFullError(Exception):
    """The queue holds its most; another try is worth it after ``retry_after_ms``."""

    def __init__(self, message: str, retry_after_ms: int) -> None:
        super().__init__(message)
        self.retry_after_ms = retry_after_ms


class TaskTooLargeError(Exception):
    """The encoded task does not fit one message of the bus."""


class TaskQueue(Protocol):
    async def enqueue(self, task: TaskMessage) -> bool:
        """Returns once the bus has stored it. False if a task of this id was there already (same idempotency key).
        Raises QueueFullError, TaskTooLargeError, BusUnavailableError."""
        ...

    async def waiting(self, pool: str, priority: Priority, *, recount: bool = False) -> int:
        """How many tasks wait. May be a few hundred milliseconds old; what this gateway has put in since counts, also
        where a node has taken it already. ``recount``: as it is now; nobody is refused for an old count."""
        ...

    async def find(self, task_id: str) -> TaskMessage | None:
        """The task if it is queued or running (its message is not acknowledged yet)."""
        ...

    async def remove(self, task_id: str) -> bool:
        """Purges its message. True if there was one."""
        ...


class ResultStore(Protocol):
    async def find(self, task_id: str) -> ResultMessage | None: ...
    async def store(self, result: ResultMessage) -> bool:
        """False where the task already had a result; first writer wins."""
        ...

    async def forget(self, task_id: str) -> None: ...


@dataclass(frozen=True, slots=True)
class TaskFilter:
    statuses: frozenset[Status] = frozenset()
    language: str = ""
    node_id: str = ""
    labels: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Page:
    executions: list[Execution]
    next_token: str


class History(Protocol):
    """What has been submitted, newest first, from the events. Executions here carry no output."""

    async def latest(self, task_id: str) -> Execution | None:
        """The task's newest known state, from its events."""
        ...

    async def page(self, wanted: TaskFilter, size: int, token: str) -> Page:
        """Raises ValueError for a token that is not one of ours."""
        ...

    def record(self, execution: Execution, task: TaskMessage) -> None:
        """Announce a state that the gateway itself brought about. Fire and forget."""
        ...


class Feed(Protocol):
    """One task's live messages, from the moment ``open`` returned."""

    def __aiter__(self) -> AsyncIterator[Execution | OutputChunk | ResultMessage]: ...
    async def next(self, timeout_s: float) -> Execution | OutputChunk | ResultMessage | None:
        """None when nothing came in that time."""
        ...

    async def close(self) -> None: ...


class LiveFeed(Protocol):
    async def open(self, task_id: str, *, results_only: bool = False) -> Feed:
        """Subscribed when this returns: what is published from now on arrives, in order."""
        ...


class NodeControl(Protocol):
    async def cancel(self, task_id: str, reason: str, timeout_s: float) -> str | None:
        """Tells whichever node runs it to kill it; the node's id, or None if none answered."""
        ...

    async def order(self, node_id: str, order: str, timeout_s: float) -> bool:
        """``drain`` or ``resume``. False if the node did not answer."""
        ...


class NodeDirectory(Protocol):
    """The nodes that are alive, as last seen; answered from memory, also while the directory service is away."""

    def nodes(self) -> Sequence[NodeRecord]:
        """Asked for every task: cheap. A record that has not changed is the same object as before, and a sequence that
        was given out is never changed."""
        ...


class CallbackTransport(Protocol):
    async def deliver(self, url: str, execution: Execution, idempotency_key: str) -> None:
        """Returns when the endpoint said it has it. Raises DeliveryError."""
        ...


class DeliveryError(Exception):
    """The endpoint did not take it. ``permanent``: another try cannot help."""

    def __init__(self, message: str, *, permanent: bool = False) -> None:
        super().__init__(message)
        self.permanent = permanent


class ResultDelivery(Protocol):
    """One finished execution that the relay holds until ``done``."""

    @property
    def result(self) -> ResultMessage: ...
    @property
    def attempt(self) -> int: ...
    async def done(self) -> None: ...
    async def retry_in(self, seconds: float) -> None: ...
    async def bury(self, reason: str, detail: str) -> None: ...
    async def keep_alive(self) -> None: ...


class ResultSource(Protocol):
    """Finished executions for the relay; all gateways share it."""

    async def take(self, most: int) -> Sequence[ResultDelivery]:
        """Waits until there is at least one."""
        ...


class TaskEvents(Protocol):
    """Events of all tasks of all gateways from now on; only followed where quotas for concurrent tasks are set."""

    async def next(self) -> TaskEvent:
        """Waits for one. Some may be missed: who counts must forget by time as well."""
        ...


class BusState(Protocol):
    def connected(self) -> bool:
        """True while the bus answers; from memory."""
        ...


@dataclass(frozen=True, slots=True)
class KeptLetter:
    letter: DeadLetter
    place: int
    """Where it stands among the dead letters; a later one has a higher place."""


@dataclass(frozen=True, slots=True)
class LetterPage:
    letters: list[DeadLetter]
    """With empty payloads."""
    next_token: str


class DeadLetters(Protocol):
    """What could not be run or delivered."""

    async def page(self, reason: str, size: int, token: str) -> LetterPage:
        """Newest first; an empty ``reason`` takes all. Raises ValueError for a token that is not one of ours."""
        ...

    async def newest(self, task_id: str, reason: str = "") -> KeptLetter | None:
        """The task's last letter, whole; of any reason where none is given."""
        ...

    async def remove(self, kept: KeptLetter) -> None:
        """It goes, with what came before it for the same task and reason; a later one stays."""
        ...


@dataclass(frozen=True, slots=True)
class TaskSnapshot:
    """Where a task stands, as the bus itself says. The queue is looked at before the result."""

    is_queued: bool
    """Its message is queued or running."""
    result: ResultMessage | None
    result_place: int
    """0 where there is no result."""
    events_before: int
    """Every event stored before this look has a lower place."""


class TaskRerun(Protocol):
    """Running an ended task once more under its own id. All methods raise BusUnavailableError."""

    async def standing(self, task_id: str) -> TaskSnapshot: ...
    async def forget_attempts(self, task_id: str, standing: TaskSnapshot) -> None:
        """The events before that look go, and with them the count of attempts."""
        ...

    async def forget_result(self, standing: TaskSnapshot) -> bool:
        """Removes exactly the result that was seen. False if it was gone already; another one is left alone."""
        ...

    async def enqueue(self, task: TaskMessage, occasion: str) -> bool:
        """Queued once for each ``occasion``, a token; False where that had been done. Raises QueueFullError."""
        ...
