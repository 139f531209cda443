"""Kept answers: the outcome of one run that stands for the runs of all tasks that are alike (docs/adr/0022)."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Set
from enum import StrEnum

import msgspec

from schemas import names
from schemas.execution import Execution, Stage
from schemas.status import Priority, Status, Verdict
from schemas.task import TaskMessage

_KEY_VERSION = "1"
"""Of how a key is made: another one makes all others."""
_PROGRAMS_OWN = frozenset({Status.SUCCEEDED, Status.FAILED, Status.COMPILE_ERROR})
_OUR_DOING = frozenset({Verdict.TIME_LIMIT, Verdict.MEMORY_LIMIT, Verdict.OUTPUT_LIMIT, Verdict.CHECKER_ERROR})
_SIGKILL = 9
_encoder = msgspec.json.Encoder(order="deterministic")


class CacheMode(StrEnum):
    """What a task does with kept answers."""

    OFF = "OFF"
    READ = "READ"
    """Takes one where it is there."""
    READ_WRITE = "READ_WRITE"
    """And leaves its own where it is not."""


class KeptAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """What is kept under one key: who makes the answer, the answer, or why there is none to be had."""

    task_id: str
    """The task that runs, or ran, for all."""
    digests: list[str]
    """What it may be run by (``LanguageRecord.digest``, the checker's behind a plus sign)."""
    execution: Execution | None = None
    """Its outcome; None while it runs."""
    reason: str = ""
    """Why such tasks are never answered by another's run; empty where they may be."""


def answer_key(task: TaskMessage, digests: Set[str]) -> str:
    """The key of all tasks of this one's client that must end as it does: by everything that decides the outcome, which
    is what runs it and all of the message but its names, its terms and what it asks for on the side. Raises ValueError
    for a language that is no token."""
    bare = msgspec.structs.replace(
        task,
        id="",
        priority=Priority.NORMAL,
        pool="",
        callback=None,
        labels={},
        traceparent="",
        reader="",
        submitted_at_ms=0,
        expires_at_ms=None,
        reply="",
        answer="",
        keeps_answer=False,
        keeps_source=False,
        seal="",
    )
    material = _encoder.encode((_KEY_VERSION, sorted(digests), bare))
    return names.answer_key(task.language, task.client, hashlib.sha256(material).hexdigest())


def why_not_kept(execution: Execution) -> str:
    """Why an outcome stands for its own run alone: it is not the program's own doing. Empty where it is."""
    if execution.status not in _PROGRAMS_OWN:
        return f"it ended as {execution.status}"
    for case in execution.cases:
        if case.verdict in _OUR_DOING:
            return f"case {case.name} ended as {case.verdict}"
    if any(file.place for file in execution.files):
        return "it left files that are too large for an answer"
    for stage in _stages(execution):
        if stage.limits_hit:
            return f"it met a limit: {', '.join(stage.limits_hit)}"
        if stage.signal == _SIGKILL:
            return "it was killed"
    return ""


def _stages(execution: Execution) -> Iterator[Stage]:
    stages = (execution.compile, execution.run, *(case.stage for case in execution.cases))
    return (stage for stage in stages if stage is not None)
