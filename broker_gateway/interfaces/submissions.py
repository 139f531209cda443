"""What the caller submits, as commands: the same over gRPC and over HTTP."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import overload

from broker_gateway.application.commands import SubmitTaskCommand
from broker_gateway.application.tracing import TRACEPARENT
from broker_gateway.domain.draft import TaskDraft
from broker_gateway.interfaces.callers import CLIENT, RATE, VISITOR


def command_of(draft: TaskDraft, path: str = "task") -> SubmitTaskCommand:
    """The command of the client that calls now; ``path``: how its own words name the task."""
    return SubmitTaskCommand(CLIENT.get(), draft, path, TRACEPARENT.get(), RATE.get(), VISITOR.get())


class BatchCommands(Sequence[SubmitTaskCommand]):
    """The commands of a batch, each one made when it is its turn."""

    def __init__(self, count: int, draft: Callable[[int], TaskDraft]) -> None:
        """``draft``: the draft of one task, by its place."""
        self._count = count
        self._draft = draft

    def __len__(self) -> int:
        return self._count

    @overload
    def __getitem__(self, index: int) -> SubmitTaskCommand: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[SubmitTaskCommand]: ...
    def __getitem__(self, index: int | slice) -> SubmitTaskCommand | Sequence[SubmitTaskCommand]:
        if isinstance(index, slice):
            return [self[one] for one in range(*index.indices(self._count))]
        if not 0 <= index < self._count:
            raise IndexError(index)
        return command_of(self._draft(index), f"tasks[{index}]")
