"""The message that tells of a task before its end, where its callback asked for that."""

from __future__ import annotations

import msgspec

from schemas.execution import CaseResult, Execution, Stage
from schemas.task import Callback, CallbackEvent, TaskMessage

MAX_OUTPUT_CHARS = 2048
"""Of each output of a case that is told of, bytes where it is no text; the result has all."""
PER_ATTEMPT = 1_000_000
"""More than an attempt has to tell: a later attempt's sequences are higher."""


class Progress(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that happened to a task before its end."""

    event: CallbackEvent
    """RUNNING or CASE."""
    sequence: int
    """Of one task's, the later has the higher one, in whatever order they arrive."""
    at_ms: int
    """Unix milliseconds, by the node's clock."""
    execution: Execution
    """The task as it runs; of its cases only the one that is told of."""
    case_index: int | None
    """From 0; ``None`` where no case is told of."""


class ProgressMessage(msgspec.Struct, frozen=True, kw_only=True):
    """The message on PROGRESS: what happened, and whom the relay tells."""

    progress: Progress
    callback: Callback
    client: str
    seal: str = ""
    """The task's: whom it names is called only where that is bound to the task by it."""

    @classmethod
    def of(
        cls, running: Execution, task: TaskMessage, at_ms: int, case: tuple[int, CaseResult] | None = None
    ) -> ProgressMessage | None:
        """What is told of the ``running`` task: that it runs, or that this ``case`` has its verdict. None where its
        callback did not ask for that."""
        event = CallbackEvent.RUNNING if case is None else CallbackEvent.CASE
        if task.callback is None or event not in task.callback.events:
            return None
        index, cases = (None, []) if case is None else (case[0], [_cut(case[1])])
        progress = Progress(
            event=event,
            sequence=(running.attempt - 1) * PER_ATTEMPT + (0 if index is None else index + 1),
            at_ms=at_ms,
            execution=msgspec.structs.replace(running, cases=cases),
            case_index=index,
        )
        return cls(progress=progress, callback=task.callback, client=task.client, seal=task.seal)


def _cut(case: CaseResult) -> CaseResult:
    stage = None if case.stage is None else _cut_stage(case.stage)
    return msgspec.structs.replace(case, stage=stage, checker_output=case.checker_output[:MAX_OUTPUT_CHARS])


def _cut_stage(stage: Stage) -> Stage:
    stdout, stdout_data = _beginning(stage.stdout, stage.stdout_data)
    stderr, stderr_data = _beginning(stage.stderr, stage.stderr_data)
    return msgspec.structs.replace(
        stage,
        stdout=stdout,
        stderr=stderr,
        stdout_data=stdout_data,
        stderr_data=stderr_data,
        stdout_truncated=stage.stdout_truncated or _is_long(stage.stdout, stage.stdout_data),
        stderr_truncated=stage.stderr_truncated or _is_long(stage.stderr, stage.stderr_data),
    )


def _beginning(text: str, data: bytes | None) -> tuple[str, bytes | None]:
    """Of an output; of one that is no text as many bytes, and the text of these."""
    if data is None:
        return text[:MAX_OUTPUT_CHARS], None
    some = data[:MAX_OUTPUT_CHARS]
    return some.decode(errors="replace"), some


def _is_long(text: str, data: bytes | None) -> bool:
    return len(text if data is None else data) > MAX_OUTPUT_CHARS
