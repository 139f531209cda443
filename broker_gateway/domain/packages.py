"""The rules of the packages that a task names: there are nodes that install such, and each has the form of a name."""

from __future__ import annotations

from collections.abc import Iterator

from broker_gateway.domain.draft import TaskDraft
from broker_gateway.domain.scheduler import TaskScheduler
from broker_gateway.domain.text import quoted
from broker_gateway.domain.violation import Violation
from schemas.packages import MAX_PACKAGES, faults_of


def package_violations(draft: TaskDraft, scheduler: TaskScheduler, path: str) -> Iterator[Violation]:
    """What is wrong with a task's packages, by the nodes that there are now. Nothing is said of a language that none of
    them serves."""
    language = scheduler.language_name(draft.language) if draft.packages else None
    if language is None:
        return
    where = f"{path}.packages"
    kinds = scheduler.kinds_of_packages(language)
    if not kinds:
        yield Violation(where, f"no live node has packages for {quoted(language)}")
    elif len(draft.packages) > MAX_PACKAGES:
        yield Violation(where, f"must have at most {MAX_PACKAGES} packages")
    else:
        found = [list(enumerate(faults_of(kind, draft.packages))) for kind in sorted(kinds)]
        faults = min(([one for one in of_kind if one[1]] for of_kind in found), key=len)
        yield from (Violation(f"{where}[{index}]", fault) for index, fault in faults)
