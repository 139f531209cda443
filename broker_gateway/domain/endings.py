"""The rule that sources of a compiled language, and those of a checker, are named as their compilers ask."""

from __future__ import annotations

from collections.abc import Iterator

from broker_gateway.domain.code import Code
from broker_gateway.domain.draft import TaskDraft
from broker_gateway.domain.scheduler import Placement, TaskScheduler
from broker_gateway.domain.violation import Violation


def ending_violations(
    draft: TaskDraft, placement: Placement, scheduler: TaskScheduler, path: str
) -> Iterator[Violation]:
    """What is wrong with the names of a task's files, by the languages that it is placed for."""
    program = Code(draft.files, draft.entry_point)
    yield from program.ending_violations(scheduler.source_endings(placement.languages[0]), path)
    if draft.checker is not None:
        endings = scheduler.source_endings(placement.languages[1])
        yield from Code(draft.checker.files).ending_violations(endings, f"{path}.checker")
