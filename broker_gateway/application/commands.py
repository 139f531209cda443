"""The commands that the use cases take, and their answers. Refusals are values: each says why and what would help."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

from broker_gateway.domain.draft import TaskDraft
from broker_gateway.domain.quota import TaskRate
from broker_gateway.domain.violation import Violation
from chassis.errors import BusAwayError, BusUnavailableError
from schemas.execution import Execution


@dataclass(frozen=True, slots=True)
class Caller:
    """The one who asks for a task."""

    client: str = ""
    """Empty: anonymous."""
    sees_all: bool = False
    """An operator; or anybody, where the gateway asks for no token."""

    def sees(self, owner: str | None) -> bool:
        """True where a task of the client ``owner`` (None: not known) is this caller's business."""
        return self.sees_all or owner == self.client


@dataclass(frozen=True, slots=True)
class Visitor:
    """The reader of a page, who calls with a publishable key."""

    reader: str
    """His name within the key's client, as the gateway tells it."""
    rate: TaskRate | None
    """At which his tasks are taken; None: as those of every reader, or at a usual one where those have none."""


@dataclass(frozen=True, slots=True)
class SubmitTaskCommand:
    """One task that ``client`` (empty: anonymous) wants to be run."""

    client: str
    draft: TaskDraft
    path: str = "task"
    """How the caller's own words name this task, for the paths of violations: ``task`` or ``tasks[3]``."""
    traceparent: str = ""
    """The caller's own span; empty where it has none."""
    rate: TaskRate | None = None
    """Instead of its client's."""
    visitor: Visitor | None = None
    """Who submits it from a page; None: the client itself does."""


@dataclass(frozen=True, slots=True)
class TaskDTO:
    """An accepted task."""

    id: str
    is_new: bool
    """False where the idempotency key had brought this task about before."""
    execution: Execution | None = None
    """Its end, where a kept answer has ended it already."""


@dataclass(frozen=True, slots=True)
class Invalid:
    """A refusal: the input itself is wrong, and the same input never passes."""

    violations: Sequence[Violation]


@dataclass(frozen=True, slots=True)
class Unserved:
    """A refusal: no live node serves the language or its version."""

    message: str


@dataclass(frozen=True, slots=True)
class Busy:
    """A refusal: the queue is full or a quota is used up. Another try is worth it after ``retry_after_ms``."""

    message: str
    retry_after_ms: int


@dataclass(frozen=True, slots=True)
class Unavailable:
    """The answer where the bus did not answer in time."""

    message: str

    @classmethod
    def because(cls, error: BusUnavailableError) -> Unavailable:
        """Says whether what was asked for may have happened: a task may be queued all the same."""
        if isinstance(error, BusAwayError):
            return cls("the bus is away, and nothing was done; try again")
        return cls(
            "the bus does not answer, and may have done it; a task that is submitted again with its idempotency key is"
            " the same task"
        )


@dataclass(frozen=True, slots=True)
class NotKnownAnyMore:
    """The answer to a call that lasts, where its caller's token was revoked or has expired meanwhile."""

    message: str = "the token was revoked, or has expired, since the call began"


Lasts = Callable[[], Awaitable[bool]]
"""Whether the caller of a call that lasts is still known; asked again and again while it waits."""


OnAccepted = Callable[[str], None]
"""Told the id of a task as soon as it is accepted."""


async def lasts_for_ever() -> bool:
    """Where nobody is asked for a token."""
    return True


@dataclass(frozen=True, slots=True)
class UnknownTask:
    """The answer where no task has this id."""

    id: str


@dataclass(frozen=True, slots=True)
class UnknownBlob:
    """The answer where this client has no such content, or none any more."""

    digest: str

    @property
    def message(self) -> str:
        return f"there is no content '{self.digest[:80]}' of this client, or none any more"


@dataclass(frozen=True, slots=True)
class TooSlow:
    """A refusal: what was sent did not arrive in time."""

    message: str


@dataclass(frozen=True, slots=True)
class UnknownLetter:
    """The answer where no dead letter has this id."""

    id: str


@dataclass(frozen=True, slots=True)
class UnknownKey:
    """The answer where no API key has this id."""

    id: str


@dataclass(frozen=True, slots=True)
class NoKeys:
    """The answer where this gateway takes no API keys."""

    message: str = "this gateway takes no API keys: its settings api_keys and history_url say whether it does"


@dataclass(frozen=True, slots=True)
class UnknownNode:
    """The answer where no node joined by this id."""

    id: str

    @property
    def message(self) -> str:
        return f"no node joined by the id '{self.id[:64]}'"


@dataclass(frozen=True, slots=True)
class IdTaken:
    """The answer where another node has the id."""

    id: str

    @property
    def message(self) -> str:
        return f"another node has the id '{self.id[:64]}': choose one of your own, or have that one forgotten"


@dataclass(frozen=True, slots=True)
class NotJoinable:
    """The answer where no node may join."""

    message: str = "this gateway lets no nodes join: its setting nats_account_nkey says whether it does"


@dataclass(frozen=True, slots=True)
class NotRedriven:
    """A refusal: the dead letter cannot be tried again now, and stays where it is."""

    message: str


Refusal = Invalid | Unserved | Busy


@dataclass(frozen=True, slots=True)
class Cancellation:
    """The answer to a cancellation."""

    execution: Execution
    """The task after the call."""
    cancelled: bool
    """False where it had already ended."""
