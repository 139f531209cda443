"""The rules of what a page may ask for that runs a reader's program with a publishable key: whoever opens the page has
the key, and may ask for anything that the page could."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from broker_gateway.domain.draft import DraftInteraction, TaskDraft
from broker_gateway.domain.violation import Violation
from schemas.status import Priority
from schemas.task import Limits

QUEUE_DEADLINE_MS = 60_000
"""What no node has begun by then is not run: its reader has gone."""
SESSION_MS, GRACE_MS = 300_000, 30_000
"""Of a program that a reader talks to: it keeps a place on a node for so long, whatever it does there."""
_FAULT = "is not for a publishable key: its client alone decides that"


def page_violations(draft: TaskDraft, most: Limits, path: str) -> Iterator[Violation]:
    """What a page may not ask for; ``most``: its limits."""
    asked = {
        "callback": draft.callback_url is not None,
        "files": any(file.blob is not None for file in draft.files),
        "stdin_digest": draft.stdin_blob is not None,
        "cases": draft.cases,
        "checker": draft.checker is not None,
        "labels": draft.labels,
        "large_result": draft.large_result,
        "cache": draft.cache,
        "reader": draft.reader,
        "packages": draft.packages,
    }
    for name, is_asked in asked.items():
        if is_asked:
            yield Violation(f"{path}.{name}", _FAULT)
    if draft.priority == Priority.HIGH:
        yield Violation(f"{path}.priority", "must be NORMAL or LOW with a publishable key")
    if draft.queue_deadline_ms > QUEUE_DEADLINE_MS:
        yield Violation(f"{path}.queue_deadline_ms", f"must be at most {QUEUE_DEADLINE_MS} with a publishable key")
    asked_for = draft.interaction or DraftInteraction()
    for name, value, bound in (
        ("session_ms", asked_for.session_ms, SESSION_MS),
        ("grace_ms", asked_for.grace_ms, GRACE_MS),
    ):
        if value > bound:
            yield Violation(f"{path}.interaction.{name}", f"must be at most {bound} with a publishable key")
    for name, value in draft.limits.items():
        if value > getattr(most, name):
            words = f"must be at most {getattr(most, name)} with a publishable key, is {value}"
            yield Violation(f"{path}.limits.{name}", words)


def of_reader(draft: TaskDraft, reader: str, most: Limits) -> TaskDraft:
    """The draft as the task of a page's reader, once there are no violations."""
    limits = {"wall_ms": most.wall_ms, **draft.limits} if draft.limits else draft.limits
    deadline_ms = draft.queue_deadline_ms or QUEUE_DEADLINE_MS
    talk = draft.interaction
    if talk is not None:
        talk = replace(talk, session_ms=talk.session_ms or SESSION_MS, grace_ms=talk.grace_ms or GRACE_MS)
    return replace(draft, reader=reader, limits=limits, queue_deadline_ms=deadline_ms, interaction=talk)
