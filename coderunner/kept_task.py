"""Conversion of the task that a gateway kept to the client's type."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from coderunner.blob import Blob
from coderunner.task import Checker, Comparison, Content, Limits, Task, TestCase
from coderunner.v1 import execution_pb2


def kept_task(message: execution_pb2.Task) -> Task:
    """The Task that a gateway kept."""
    return Task(
        language=message.language,
        source=_source(message.files),
        version=message.language_version,
        entry_point=message.entry_point,
        stdin=_stdin(message),
        args=tuple(message.args),
        env=dict(message.env) or None,
        compile_options=tuple(message.compile_options),
        outputs=tuple(message.outputs),
        limits=_limits(message.limits) if message.HasField("limits") else None,
        priority=execution_pb2.Task.Priority.Name(message.priority or execution_pb2.Task.NORMAL),
        cases=tuple(_kept_case(case) for case in message.cases),
        stop_at_first_failure=message.stop_at_first_failure,
        checker=_checker(message.checker) if message.HasField("checker") else None,
        large_result=message.large_result,
        redirect_stderr=message.redirect_stderr,
        packages=tuple(message.packages),
        test_framework=message.test_framework,
    )


def _source(files: Sequence[execution_pb2.File]) -> dict[str, Content]:
    return {file.name: Blob(file.digest) if file.digest else file.data or file.content for file in files}


def _stdin(message: execution_pb2.Task | execution_pb2.TestCase) -> Content:
    return Blob(message.stdin_digest) if message.stdin_digest else message.stdin_data or message.stdin


def _limits(message: execution_pb2.Limits) -> Limits:
    return Limits(**{field.name: value for field, value in message.ListFields()})


def _kept_case(message: execution_pb2.TestCase) -> TestCase:
    mode: Any = execution_pb2.Comparison.Mode.Name(message.comparison.mode or execution_pb2.Comparison.TRIMMED)
    return TestCase(
        name=message.name,
        stdin=_stdin(message),
        args=tuple(message.args),
        expected_output=message.expected_output,
        comparison=Comparison(mode, message.comparison.epsilon),
        limits=_limits(message.limits) if message.HasField("limits") else None,
    )


def _checker(message: execution_pb2.Checker) -> Checker:
    return Checker(message.language, _source(message.files), message.language_version)
