"""The application service for running code."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Sequence

from broker_gateway.application.callback_ports import AttemptLedger
from broker_gateway.application.cancellation import Cancelling
from broker_gateway.application.commands import (
    Caller,
    Cancellation,
    Invalid,
    Lasts,
    NotKnownAnyMore,
    OnAccepted,
    Refusal,
    SubmitTaskCommand,
    TaskDTO,
    Unavailable,
    UnknownTask,
    lasts_for_ever,
)
from broker_gateway.application.interacting import AllSaid, Heard, Interacting
from broker_gateway.application.listing import Listing
from broker_gateway.application.lookup import TaskLookup
from broker_gateway.application.ports import Page, TaskFilter
from broker_gateway.application.submission import Submission
from broker_gateway.application.waiting import Waiting
from broker_gateway.application.watching import Watched, Watching
from broker_gateway.domain.task_id import TaskId
from schemas.callback import CallbackRecord
from schemas.execution import Execution
from schemas.kept_source import KeptSource


class CodeExecutionAppService:
    """The application service for running code, one method for each use case. Refusals come back as values;
    BusUnavailableError means that we failed."""

    def __init__(
        self,
        *,
        submission: Submission,
        waiting: Waiting,
        watching: Watching,
        interacting: Interacting,
        lookup: TaskLookup,
        listing: Listing,
        cancelling: Cancelling,
        attempts: AttemptLedger,
    ) -> None:
        self._submission = submission
        self._waiting = waiting
        self._watching = watching
        self._interacting = interacting
        self._lookup = lookup
        self._listing = listing
        self._cancelling = cancelling
        self._attempts = attempts

    async def submit(self, command: SubmitTaskCommand) -> TaskDTO | Refusal:
        """Accepts one task, or refuses it. See Submission.submit."""
        return await self._submission.submit(command)

    async def submit_batch(
        self, commands: Sequence[SubmitTaskCommand]
    ) -> Sequence[TaskDTO | Refusal | Unavailable] | Invalid:
        """Accepts many tasks: one answer for each, in order; Invalid where there are too many."""
        return await self._submission.submit_batch(commands)

    async def execute(
        self, command: SubmitTaskCommand, lasts: Lasts = lasts_for_ever, on_accepted: OnAccepted = lambda _id: None
    ) -> Execution | Refusal | NotKnownAnyMore:
        """Accepts a task and waits for its result. See Waiting.execute."""
        return await self._waiting.execute(command, lasts, on_accepted)

    def watch(self, task_id: str, caller: Caller, lasts: Lasts = lasts_for_ever) -> AsyncGenerator[Watched, None]:
        """The states and the output of a task, as they come; to be closed when done. See Watching.watch."""
        return self._watching.watch(task_id, caller, lasts)

    def submit_and_watch(
        self, command: SubmitTaskCommand, caller: Caller, lasts: Lasts = lasts_for_ever
    ) -> AsyncGenerator[Watched | Refusal, None]:
        """Accepts a task and gives all that is told of it, or a refusal; to be closed when done. See
        Watching.submit."""
        return self._watching.submit(command, caller, lasts)

    def interact(
        self, command: SubmitTaskCommand, said: AllSaid, caller: Caller, lasts: Lasts = lasts_for_ever
    ) -> AsyncGenerator[Heard, None]:
        """Accepts a task and talks to its program; to be closed when done. See Interacting.begin."""
        return self._interacting.begin(command, said, caller, lasts)

    def go_on_interacting(
        self, task_id: str, said: AllSaid, caller: Caller, lasts: Lasts = lasts_for_ever
    ) -> AsyncGenerator[Heard, None]:
        """Talks to the program of a task that was accepted before. See Interacting.resume."""
        return self._interacting.resume(task_id, said, caller, lasts)

    async def get(self, task_id: str, caller: Caller) -> Execution | UnknownTask:
        """The task as it is now."""
        name = TaskId.parse(task_id)
        found = await self._lookup.find(name, caller) if name is not None else None
        return found or UnknownTask(task_id)

    async def source(self, task_id: str, caller: Caller) -> KeptSource | UnknownTask | None:
        """What was submitted; None where that is not kept."""
        name = TaskId.parse(task_id)
        if name is None or await self._lookup.find(name, caller) is None:
            return UnknownTask(task_id)
        return await self._lookup.source(name)

    async def callback_attempts(self, task_id: str, caller: Caller) -> CallbackRecord | UnknownTask | None:
        """What was tried to deliver the task's result to its callback; None where none is known."""
        name = TaskId.parse(task_id)
        if name is None or await self._lookup.find(name, caller) is None:
            return UnknownTask(task_id)
        return await self._attempts.newest(name.value)

    async def list(self, wanted: TaskFilter, size: int, token: str, *, with_total: bool = False) -> Page | Invalid:
        """Returns one page of what has been submitted. See Listing.list."""
        return await self._listing.list(wanted, size, token, with_total=with_total)

    async def cancel(self, task_id: str, caller: Caller) -> Cancellation | UnknownTask:
        """Cancels a task. See Cancelling.cancel."""
        return await self._cancelling.cancel(task_id, caller)
