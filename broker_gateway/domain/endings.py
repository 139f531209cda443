"""The rules that hang on the language: sources of a compiled one, and those of a checker, are named as their compilers
ask, and tests are those of a framework that it has."""

from __future__ import annotations

from collections.abc import Iterator

from broker_gateway.domain.code import Code
from broker_gateway.domain.draft import TaskDraft
from broker_gateway.domain.scheduler import Placement, TaskScheduler
from broker_gateway.domain.testing import framework_violations
from broker_gateway.domain.violation import Violation


def placement_violations(
    draft: TaskDraft, placement: Placement, scheduler: TaskScheduler, path: str
) -> Iterator[Violation]:
    """What is wrong with a task by the languages that it is placed for: the names of its files, its test framework."""
    yield from framework_violations(draft, placement, scheduler, path)
    program = Code(draft.files, draft.entry_point)
    yield from program.ending_violations(scheduler.source_endings(placement.languages[0]), path)
    if draft.checker is not None:
        endings = scheduler.source_endings(placement.languages[1])
        yield from Code(draft.checker.files).ending_violations(endings, f"{path}.checker")
