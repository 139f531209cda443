"""Where the domain's aggregates are found. What lies behind is the application's and the adapters' matter."""

from __future__ import annotations

from collections.abc import Awaitable, Sequence
from typing import Protocol

from broker_gateway.domain.client_node import ClientNode
from broker_gateway.domain.task_id import TaskId
from schemas.execution import Execution


class ExecutionTaskRepository(Protocol):
    def find(self, task_id: TaskId) -> Awaitable[Execution | None]:
        """The task as it stands, with its result where it has one; None for an id that was never accepted."""
        ...


class ClientNodeRepository(Protocol):
    def live(self) -> Sequence[ClientNode]: ...
