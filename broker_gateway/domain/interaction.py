"""The rules of how a program is talked to while it runs (docs/adr/0033)."""

from __future__ import annotations

from collections.abc import Iterator

from broker_gateway.domain.draft import DraftInteraction, TaskDraft
from broker_gateway.domain.violation import Violation
from schemas.answers import CacheMode
from schemas.interaction import Interaction, Terminal

SESSION_MS, MAX_SESSION_MS = 600_000, 3_600_000
GRACE_MS, MAX_GRACE_MS = 30_000, 300_000
MIN_SESSION_MS, MIN_GRACE_MS = 1_000, 6_000
"""A gateway says every two seconds that a client is there."""
MAX_TERMINAL = 1_000
QUEUE_DEADLINE_MS = 60_000
"""What no node has begun by then is not run, where nothing else is asked for: who wanted to talk to it has gone."""


def interaction_violations(draft: TaskDraft, path: str) -> Iterator[Violation]:
    """What is wrong with how a draft asks to be talked to, if it does."""
    asked = draft.interaction
    if asked is None:
        return
    where = f"{path}.interaction"
    if draft.cases:
        yield Violation(where, "is not for a task with cases")
    if draft.cache and draft.cache != CacheMode.OFF:
        yield Violation(f"{path}.cache", "must be OFF for a task that is talked to")
    if draft.names_blobs:
        yield Violation(where, "is not for a task that names blobs")
    if draft.queue_deadline_ms > QUEUE_DEADLINE_MS:
        yield Violation(
            f"{path}.queue_deadline_ms", f"must be at most {QUEUE_DEADLINE_MS} for a task that is talked to"
        )
    if asked.terminal is not None:
        yield from size_violations(asked.terminal, f"{where}.terminal")
    bounds = {
        "session_ms": (asked.session_ms, MIN_SESSION_MS, MAX_SESSION_MS),
        "grace_ms": (asked.grace_ms, MIN_GRACE_MS, MAX_GRACE_MS),
    }
    for name, (value, least, most) in bounds.items():
        if value and not least <= value <= most:
            yield Violation(f"{where}.{name}", f"must be {least} to {most}")


def size_violations(size: tuple[int, int], path: str) -> Iterator[Violation]:
    """What is wrong with the size of a terminal."""
    for name, value in zip(("rows", "columns"), size, strict=True):
        if not 1 <= value <= MAX_TERMINAL:
            yield Violation(f"{path}.{name}", f"must be 1 to {MAX_TERMINAL}")


def interaction_of(asked: DraftInteraction | None) -> Interaction | None:
    """How the task is talked to, once there are no violations."""
    if asked is None:
        return None
    return Interaction(
        terminal=Terminal(rows=asked.terminal[0], columns=asked.terminal[1]) if asked.terminal else None,
        session_ms=asked.session_ms or SESSION_MS,
        grace_ms=asked.grace_ms or GRACE_MS,
        clock_stands=not asked.clock_goes_on,
    )
