"""The mapping of protobuf to a draft. Nothing is judged here: a number without a name goes on as that number."""

from __future__ import annotations

from collections.abc import Mapping

from broker_gateway.domain.draft import DraftCase, TaskDraft
from coderunner.v1 import execution_pb2 as pb
from schemas.status import Priority
from schemas.task import DEFAULT_COMPARISON, Checker, SourceFile

_PRIORITIES = {number: name for name, number in pb.Task.Priority.items()}
_PRIORITIES[pb.Task.PRIORITY_UNSPECIFIED] = Priority.NORMAL.value
_MODES = {number: name.lower() for name, number in pb.Comparison.Mode.items()}
_MODES[pb.Comparison.MODE_UNSPECIFIED] = DEFAULT_COMPARISON.value


def draft_of(task: pb.Task) -> TaskDraft:
    """The draft of one task, every field of its message taken over."""
    return TaskDraft(
        language=task.language,
        language_version=task.language_version,
        files=[SourceFile(file.name, file.content) for file in task.files],
        entry_point=task.entry_point,
        stdin=task.stdin,
        args=list(task.args),
        env=dict(task.env),
        compile_options=list(task.compile_options),
        limits=_set_limits(task),
        priority=_PRIORITIES.get(task.priority) or str(task.priority),
        cases=[_case(case) for case in task.cases],
        stop_at_first_failure=task.stop_at_first_failure,
        checker=_checker(task.checker) if task.HasField("checker") else None,
        idempotency_key=task.idempotency_key,
        queue_deadline_ms=task.queue_deadline_ms,
        callback_url=task.callback.url if task.HasField("callback") else None,
        labels=dict(task.labels),
    )


def _set_limits(owner: pb.Task | pb.TestCase) -> Mapping[str, int]:
    if not owner.HasField("limits"):
        return {}
    return {field.name: value for field, value in owner.limits.ListFields()}


def _case(case: pb.TestCase) -> DraftCase:
    mode = case.comparison.mode
    return DraftCase(
        name=case.name,
        stdin=case.stdin,
        args=list(case.args),
        expected_output=case.expected_output,
        comparison=_MODES.get(mode) or str(mode),
        epsilon=case.comparison.epsilon,
        limits=_set_limits(case),
    )


def _checker(checker: pb.Checker) -> Checker:
    return Checker(
        language=checker.language,
        language_version=checker.language_version,
        files=[SourceFile(file.name, file.content) for file in checker.files],
    )
