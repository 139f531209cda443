"""Conversions from the caller's Task to the gateway's messages."""

from __future__ import annotations

import dataclasses
import reprlib
from collections.abc import Iterable, Mapping
from typing import Any

from coderunner.blob import Blob
from coderunner.errors import InvalidTask, Violation
from coderunner.idempotency_key import fresh_key
from coderunner.task import Callback, Checker, Content, Interaction, Limits, Source, Task, TestCase
from coderunner.v1 import execution_pb2 as pb

_CACHES = {
    "": pb.Task.CACHE_UNSPECIFIED,
    "OFF": pb.Task.OFF,
    "READ": pb.Task.READ,
    "READ_WRITE": pb.Task.READ_WRITE,
}
_EVENTS = {"FINISHED": pb.Callback.FINISHED, "RUNNING": pb.Callback.RUNNING, "CASE": pb.Callback.CASE}
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
            **_stdin(task.stdin),
            args=_strings("args", task.args),
            env=task.env or {},
            compile_options=_strings("compile_options", task.compile_options),
            archive=task.archive,
            outputs=_strings("outputs", task.outputs),
            limits=_limits(task.limits),
            priority=_priority(task.priority),
            cases=_cases(task.cases),
            stop_at_first_failure=task.stop_at_first_failure,
            checker=_checker(task.checker),
            idempotency_key=task.idempotency_key or fresh_key(),
            queue_deadline_ms=task.queue_deadline_ms,
            callback=_callback(task.callback),
            labels=task.labels or {},
            large_result=task.large_result,
            cache=_cache(task.cache),
            reader=task.reader,
            redirect_stderr=task.redirect_stderr,
            packages=_strings("packages", task.packages),
            test_framework=task.test_framework,
            interaction=interaction_message(task.interaction),
        )
    except (TypeError, ValueError) as error:
        raise InvalidTask(f"the task cannot be sent: {error}") from error


def interaction_message(given: Interaction | None) -> pb.Interaction | None:
    """How a program is talked to."""
    if given is None:
        return None
    terminal = given.terminal
    return pb.Interaction(
        terminal=pb.Terminal(rows=terminal.rows, columns=terminal.columns) if terminal else None,
        session_ms=given.session_ms,
        grace_ms=given.grace_ms,
        clock_goes_on=given.clock_goes_on,
    )


def _callback(given: str | Callback | None) -> pb.Callback | None:
    if given is None:
        return None
    callback = Callback(given) if isinstance(given, str) else given
    events = [_event(word) for word in _strings("callback.events", callback.events)]
    return pb.Callback(url=callback.url, headers=callback.headers, events=events)


def _event(word: str) -> pb.Callback.Event:
    if word not in _EVENTS:
        violation = Violation("task.callback.events", f"must be of {', '.join(_EVENTS)}")
        raise InvalidTask(f"callback event {word!r} is none of {', '.join(_EVENTS)}", (violation,))
    return _EVENTS[word]


def _files(source: Source) -> list[pb.File]:
    named = source if isinstance(source, Mapping) else {"": source}
    return [_file(name, content) for name, content in named.items()]


def _file(name: str, content: Content) -> pb.File:
    if isinstance(content, Blob):
        return pb.File(name=name, digest=content.digest)
    return pb.File(name=name, data=content) if isinstance(content, bytes) else pb.File(name=name, content=content)


def _stdin(content: Content) -> dict[str, Any]:
    if isinstance(content, Blob):
        return {"stdin_digest": content.digest}
    return {"stdin_data": content} if isinstance(content, bytes) else {"stdin": content}


def _limits(limits: Limits | None) -> pb.Limits | None:
    return pb.Limits(**dataclasses.asdict(limits)) if limits is not None else None


def _priority(word: str) -> pb.Task.Priority:
    if word not in _PRIORITIES:
        violation = Violation("task.priority", "must be LOW, NORMAL or HIGH")
        raise InvalidTask(f"priority {word!r} is none of LOW, NORMAL, HIGH", (violation,))
    return _PRIORITIES[word]


def _cache(word: str) -> pb.Task.Cache:
    if word not in _CACHES:
        violation = Violation("task.cache", "must be OFF, READ, READ_WRITE or empty")
        raise InvalidTask(f"cache {word!r} is none of OFF, READ, READ_WRITE", (violation,))
    return _CACHES[word]


def _strings(field: str, given: object) -> list[str]:
    """The strings of a list. One string is a sequence of strings, too, and nobody means its letters."""
    strings = _items(given)
    if strings is None or not all(isinstance(one, str) for one in strings):
        raise _wrong_list(field, "strings", given)
    return strings


def _cases(given: object) -> list[pb.TestCase]:
    cases = _items(given)
    if cases is None or not all(isinstance(case, TestCase) for case in cases):
        raise _wrong_list("cases", "TestCase", given)
    return [_case(case, f"cases[{index}]") for index, case in enumerate(cases)]


def _items(given: object) -> list[Any] | None:
    """What a list or the like holds; None where it is something else."""
    if given is None:
        return []
    if isinstance(given, str | bytes | Mapping) or not isinstance(given, Iterable):
        return None
    return list(given)


def _wrong_list(field: str, kind: str, given: object) -> InvalidTask:
    said = f"must be a list of {kind}, not {reprlib.repr(given)}"
    return InvalidTask(f"{field} {said}", (Violation(f"task.{field}", said),))


def _case(case: TestCase, field: str) -> pb.TestCase:
    comparison = pb.Comparison(mode=case.comparison.mode, epsilon=case.comparison.epsilon)
    return pb.TestCase(
        name=case.name,
        **_stdin(case.stdin),
        args=_strings(f"{field}.args", case.args),
        expected_output=case.expected_output,
        comparison=comparison,
        limits=_limits(case.limits),
    )


def _checker(checker: Checker | None) -> pb.Checker | None:
    if checker is None:
        return None
    return pb.Checker(language=checker.language, language_version=checker.version, files=_files(checker.source))
