"""What a history keeps of a submission."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from schemas.execution import Execution, ResultMessage
from schemas.kept_source import SOURCE_BYTES, KeptSource
from schemas.task import Callback, Checker, Comparison, SourceFile, TestCase
from tests.builders import a_task

PASSWORD = "hunter2"
A_CASE = TestCase(
    name="",
    stdin="",
    args=[],
    expected_output="x" * SOURCE_BYTES,
    comparison=Comparison(mode="exact", epsilon=0.0),
    limits=None,
)


def _kept(**changes: Any) -> KeptSource | None:
    return KeptSource.of(a_task(keeps_source=True, **changes))


def test_only_what_is_asked_for_is_kept() -> None:
    task = a_task()
    assert KeptSource.of(task) is None
    assert ResultMessage.of(Execution.queued(task), task).source is None
    kept = _kept(stdin="7", args=["a"])
    assert kept is not None
    assert (kept.files, kept.stdin, kept.args) == ([SourceFile("", "print('hello')")], "7", ["a"])


def test_no_value_of_the_environment_and_no_address_of_a_callback_is_in_it() -> None:
    kept = _kept(env={"TOKEN": PASSWORD, "B": PASSWORD}, callback=Callback(url=f"http://u:{PASSWORD}@h/"))
    assert kept is not None
    assert kept.env == ["B", "TOKEN"]
    assert PASSWORD.encode() not in msgspec.json.encode(kept)


@pytest.mark.parametrize(
    "large",
    [
        {"stdin": "x" * SOURCE_BYTES},
        {"stdin": "\0" * (SOURCE_BYTES // 6)},
        {"stdin": "é" * (SOURCE_BYTES // 2)},
        {"args": ["x"] * (SOURCE_BYTES // 3)},
        {"env": dict.fromkeys(map(str, range(SOURCE_BYTES // 7)), "")},
        {"checker": Checker(language="python", language_version="", files=[SourceFile("c", "x" * SOURCE_BYTES)])},
        {"cases": [A_CASE]},
    ],
    ids=["characters", "escapes", "two bytes each", "many arguments", "many names", "a checker", "a case"],
)
def test_what_would_not_leave_the_result_its_room_is_not_kept(large: dict[str, Any]) -> None:
    assert _kept(**large) is None


def test_the_largest_that_is_kept_fits() -> None:
    kept = _kept(stdin="x" * (SOURCE_BYTES - 1024))
    assert kept is not None
    assert kept.json_bytes() == len(msgspec.json.encode(kept)) <= SOURCE_BYTES
