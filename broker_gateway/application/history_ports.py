"""The ports of the history: what has ended is kept in a database, for as long as the retention says."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Protocol

from broker_gateway.application.ports import Place, TaskFilter
from schemas.execution import Execution
from schemas.kept_source import KeptSource


class HistoryUnavailableError(Exception):
    """The database does not answer; the text says why. What the bus has is answered without it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Submitted:
    """What only a task's QUEUED event tells."""

    place: Place
    client: str
    pool: str
    priority: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskRecord:
    """What one message of the bus tells of one task. Records of a task may be stored in any order and any number of
    times: the state with the highest ``rank`` stays, and ``submitted`` once it is known."""

    rank: int
    """Later states rank higher, and a result above any event."""
    execution: Execution
    """The task's state; with output only where it is a stored result."""
    client: str
    """Whose task it is, as this message says; what ``submitted`` says is believed before it."""
    submitted: Submitted | None = None
    source: KeptSource | None = None
    """What was submitted, where that is kept; the first that is stored stays."""
    traceparent: str = ""
    """The span that this goes on with; empty where there is none. It is not stored."""
    place: Place = field(default_factory=Place)
    """Where the event stands that told it; (0, 0) for a result. The lowest is a task's place until ``submitted`` is
    known, and for good where that event was lost."""


@dataclass(frozen=True, slots=True)
class PastTask:
    """One task of the history."""

    place: Place
    client: str
    execution: Execution
    """In a list without output: ``compile`` and ``run`` are None; ``cases``, ``diagnostics``, ``warnings`` empty."""


@dataclass(frozen=True, slots=True)
class Cursor:
    """The place from which a list goes on: with what comes before it in the order of submission. Of tasks with the same
    place, those whose id is smaller."""

    place: Place
    task_id: str = ""


@dataclass(frozen=True, slots=True)
class Retention:
    """How long and how much is kept. None: without an end."""

    age_s: float | None = None
    """From the end of a task."""
    failures_age_s: float | None = None
    """The same for tasks that did not succeed; None: as all others."""
    max_tasks: int | None = None
    max_tasks_per_client: int | None = None
    by_month: bool = False
    """What is too old by the longest of the ages goes with all of its month, up to a month later, where the database
    divides by month (PostgreSQL); the others take no notice."""


class TaskRecorder(Protocol):
    """What takes down what the bus tells of tasks. Every method raises HistoryUnavailableError."""

    async def record(self, records: Sequence[TaskRecord]) -> None:
        """Stores what they tell, all or nothing; durable when this returns."""
        ...

    async def check(self) -> None:
        """Returns where the database answers and has the schema of this version."""
        ...


class HistoryStore(TaskRecorder, Protocol):
    """The database of past tasks. Every method raises HistoryUnavailableError."""

    async def find(self, task_id: str) -> PastTask | None:
        """The task with its whole execution."""
        ...

    async def source(self, task_id: str) -> KeptSource | None:
        """What was submitted; None where that is not kept."""
        ...

    async def page(self, wanted: TaskFilter, before: Cursor | None, size: int) -> list[PastTask]:
        """Up to ``size`` tasks that match, the last submitted first; fewer only where there are no more."""
        ...

    async def count(self, wanted: TaskFilter) -> int:
        """How many tasks match."""
        ...

    async def forget(self, retention: Retention, now_ms: int, most: int) -> int:
        """Removes up to ``most`` ended tasks that are not to be kept any more, the oldest first; how many it removed.
        Tasks that have not ended stay."""
        ...

    async def renew_months(self, retention: Retention, now_ms: int) -> int:
        """Makes room for the months to come, and removes those that are over and hold nothing that is to be kept: how
        many tasks went with them. Nothing to do where the database does not divide by month."""
        ...


class HistoryEntry(Protocol):
    """One message of the bus that tells of a task, as a projector holds it."""

    @property
    def record(self) -> TaskRecord:
        """What it tells."""
        ...

    def done(self) -> None:
        """Settles it: the database has it. Where that word is lost, it comes again."""
        ...


class HistorySource(Protocol):
    """The source of what is to be recorded; all projectors share it."""

    async def take(self, max_entries: int) -> Sequence[HistoryEntry]:
        """Between one and ``max_entries``; waits until there is one, and a moment for more. Raises
        BusUnavailableError."""
        ...
