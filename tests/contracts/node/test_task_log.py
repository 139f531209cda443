"""What the canonical line of a task says, of the fake as of the real log."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import pytest
import structlog.testing

from node.application.ports import FinishedTask, TaskLog
from node.infrastructure.metrics import Metrics
from node.infrastructure.task_log import StructuredTaskLog
from schemas.status import Status
from tests.builders import an_execution
from tests.contracts.implementations import MEMORY, picked
from tests.fakes.node import RecordingLog


@dataclass
class Parts:
    """A log, and what it says."""

    log: TaskLog
    finished: Callable[[], list[tuple[str, int, str, bool]]]
    """Id, attempt, status of each task, and whether its result was stored."""
    troubles: Callable[[], list[tuple[str, str, str]]]
    """What, the task's id, and the error in words."""


@pytest.fixture
def memory_parts() -> Parts:
    log = RecordingLog()

    def finished() -> list[tuple[str, int, str, bool]]:
        ended = [(task.execution, task.stored) for task in log.tasks]
        return [(one.id, one.attempt, one.status.value, stored) for one, stored in ended]

    return Parts(log, finished, lambda: log.troubles)


@pytest.fixture
def structured_parts() -> Iterator[Parts]:
    with structlog.testing.capture_logs() as lines:

        def finished() -> list[tuple[str, int, str, bool]]:
            ended = [line for line in lines if "status" in line]
            return [(line["task_id"], line["attempt"], line["status"], line["stored"]) for line in ended]

        def troubles() -> list[tuple[str, str, str]]:
            return [(line["event"], line["task_id"], line["error"]) for line in lines if "error" in line]

        yield Parts(StructuredTaskLog("n1", Metrics()), finished, troubles)


@pytest.fixture(params=[MEMORY, "structured"])
def parts(request: pytest.FixtureRequest) -> Parts:
    found: Parts = picked(request)
    return found


def a_finished_task(task_id: str, status: Status, *, stored: bool) -> FinishedTask:
    return FinishedTask(
        execution=an_execution(task_id, status),
        client="blog",
        pool="default",
        priority="NORMAL",
        compile_ms=0.0,
        run_ms=3.0,
        total_ms=5.0,
        stored=stored,
        cached=False,
    )


def test_each_finished_task_is_one_line_in_order(parts: Parts) -> None:
    parts.log.finished(a_finished_task("a", Status.SUCCEEDED, stored=True))
    parts.log.finished(a_finished_task("b", Status.TIME_LIMIT, stored=False))
    assert parts.finished() == [("a", 1, "SUCCEEDED", True), ("b", 1, "TIME_LIMIT", False)]
    assert parts.troubles() == []


@pytest.mark.parametrize(
    ("error", "words"),
    [("a slot is missing", "a slot is missing"), (OSError("gone"), "gone"), (TimeoutError(), "TimeoutError")],
)
def test_trouble_is_told_in_words_also_where_the_error_has_none(
    parts: Parts, error: BaseException | str, words: str
) -> None:
    parts.log.trouble("not_stored", "a", error)
    assert parts.troubles() == [("not_stored", "a", words)]
    assert parts.finished() == []
