"""What the use cases take and what they answer. Refusals are values: each says why and what would help."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from broker_gateway.domain.draft import TaskDraft
from broker_gateway.domain.violation import Violation
from schemas.execution import Execution


@dataclass(frozen=True, slots=True)
class SubmitTaskCommand:
    """One task that ``client`` (empty: anonymous) wants to be run."""

    client: str
    draft: TaskDraft
    path: str = "task"
    """How the caller's own words name this task, for the paths of violations: ``task`` or ``tasks[3]``."""


@dataclass(frozen=True, slots=True)
class TaskDTO:
    """An accepted task."""

    id: str
    is_new: bool
    """False where the idempotency key had brought this task about before."""


@dataclass(frozen=True, slots=True)
class Invalid:
    """The input itself is wrong; the same input never passes."""

    violations: Sequence[Violation]


@dataclass(frozen=True, slots=True)
class Unserved:
    """No live node serves it."""

    message: str


@dataclass(frozen=True, slots=True)
class Busy:
    """A full queue or a used-up quota: another try is worth it after ``retry_after_ms``."""

    message: str
    retry_after_ms: int


@dataclass(frozen=True, slots=True)
class Unavailable:
    """The bus did not answer for this task of a batch. It may or may not be queued; its idempotency key tells."""

    message: str


@dataclass(frozen=True, slots=True)
class UnknownTask:
    id: str


@dataclass(frozen=True, slots=True)
class UnknownLetter:
    """No dead letter has this id."""

    id: str


@dataclass(frozen=True, slots=True)
class NotRedriven:
    """The dead letter stays where it is."""

    message: str


Refusal = Invalid | Unserved | Busy


@dataclass(frozen=True, slots=True)
class Cancellation:
    execution: Execution
    """The task after the call."""
    cancelled: bool
    """False where it had already ended."""
