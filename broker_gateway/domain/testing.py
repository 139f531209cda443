"""The rules of a task whose files are run as the tests of a framework (docs/adr/0039)."""

from __future__ import annotations

from collections.abc import Iterator

from broker_gateway.domain.draft import TaskDraft
from broker_gateway.domain.scheduler import Placement, TaskScheduler
from broker_gateway.domain.text import CONTROL, quoted
from broker_gateway.domain.violation import Violation

_NAME_CHARS = 64


def testing_violations(draft: TaskDraft, path: str) -> Iterator[Violation]:
    """What is wrong with how a draft asks for a test framework, whatever its language, if it does."""
    name, where = draft.test_framework, f"{path}.test_framework"
    if not name:
        return
    if len(name) > _NAME_CHARS or CONTROL.search(name):
        yield Violation(where, f"must have at most {_NAME_CHARS} characters, none a control character")
    if draft.cases or draft.checker is not None:
        yield Violation(where, "is not for a task with cases")
    if draft.interaction is not None:
        yield Violation(where, "is not for a task that is talked to")


def framework_violations(
    draft: TaskDraft, placement: Placement, scheduler: TaskScheduler, path: str
) -> Iterator[Violation]:
    """What is wrong with its test framework, by the language that it is placed for."""
    name, language = draft.test_framework, placement.languages[0]
    if not name:
        return
    known = scheduler.test_frameworks(language, draft.language_version)
    if name not in known:
        served = ", ".join(known) or "none at all"
        yield Violation(f"{path}.test_framework", f"{quoted(name)} is none of {language}'s; it has: {served}")
