"""The use cases of running code."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence

from broker_gateway.application.cancellation import Cancelling
from broker_gateway.application.commands import (
    Cancellation,
    Invalid,
    Refusal,
    SubmitTaskCommand,
    TaskDTO,
    UnknownTask,
)
from broker_gateway.application.listing import Listing
from broker_gateway.application.lookup import TaskLookup
from broker_gateway.application.ports import Page, TaskFilter
from broker_gateway.application.submission import Submission
from broker_gateway.application.waiting import Waiting
from schemas.execution import Execution, OutputChunk


class CodeExecutionAppService:
    """One method per use case. Refusals come back as values; BusUnavailableError means that we failed."""

    def __init__(
        self,
        *,
        submission: Submission,
        waiting: Waiting,
        lookup: TaskLookup,
        listing: Listing,
        cancelling: Cancelling,
    ) -> None: ...

    async def submit(self, command: SubmitTaskCommand) -> TaskDTO | Refusal: ...
    async def submit_batch(self, commands: Sequence[SubmitTaskCommand]) -> list[TaskDTO | Refusal] | Invalid: ...
    async def execute(self, command: SubmitTaskCommand) -> Execution | Refusal: ...
    def watch(self, task_id: str) -> AsyncIterator[Execution | OutputChunk | UnknownTask]: ...
    async def get(self, task_id: str) -> Execution | UnknownTask: ...
    async def list(self, wanted: TaskFilter, size: int, token: str) -> Page | Invalid: ...
    async def cancel(self, task_id: str) -> Cancellation | UnknownTask: ...
