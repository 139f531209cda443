"""Conversions from the caller's Task to the gateway's messages."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping

from coderunner.errors import InvalidTask, Violation
from coderunner.idempotency_key import fresh_key
from coderunner.task import Checker, Limits, Source, Task, TestCase
from coderunner.v1 import execution_pb2 as pb

_PRIORITIES = {"LOW": pb.Task.LOW, "NORMAL": pb.Task.NORMAL, "HIGH": pb.Task.HIGH}


def task_message(task: Task) -> pb.Task:
    """The message that submits ``task``, always with an idempotency key. Raises InvalidTask for what no message can
    say."""
    try:
        return pb.Task(
            language=task.language,
            language_version=task.version,
            files=_files(task.source),
            entry_point=task.entry_point,
            stdin=task.stdin,
            args=task.args,
            env=task.env or {},
            compile_options=task.compile_options,
            limits=_limits(task.limits),
            priority=_priority(task.priority),
            cases=[_case(case) for case in task.cases],
            stop_at_first_failure=task.stop_at_first_failure,
            checker=_checker(task.checker),
            idempotency_key=task.idempotency_key or fresh_key(),
            queue_deadline_ms=task.queue_deadline_ms,
            callback=pb.Callback(url=task.callback) if task.callback is not None else None,
            labels=task.labels or {},
            large_result=task.large_result,
        )
    except (TypeError, ValueError) as error:
        raise InvalidTask(f"the task cannot be sent: {error}") from error


def _files(source: Source) -> list[pb.File]:
    named = source if isinstance(source, Mapping) else {"": source}
    return [pb.File(name=name, content=content) for name, content in named.items()]


def _limits(limits: Limits | None) -> pb.Limits | None:
    return pb.Limits(**dataclasses.asdict(limits)) if limits is not None else None


def _priority(word: str) -> pb.Task.Priority:
    if word not in _PRIORITIES:
        violation = Violation("task.priority", "must be LOW, NORMAL or HIGH")
        raise InvalidTask(f"priority {word!r} is none of LOW, NORMAL, HIGH", (violation,))
    return _PRIORITIES[word]


def _case(case: TestCase) -> pb.TestCase:
    comparison = pb.Comparison(mode=case.comparison.mode, epsilon=case.comparison.epsilon)
    return pb.TestCase(
        name=case.name,
        stdin=case.stdin,
        args=case.args,
        expected_output=case.expected_output,
        comparison=comparison,
        limits=_limits(case.limits),
    )


def _checker(checker: Checker | None) -> pb.Checker | None:
    if checker is None:
        return None
    return pb.Checker(language=checker.language, language_version=checker.version, files=_files(checker.source))
