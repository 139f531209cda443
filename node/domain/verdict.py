"""The meaning of an outcome: the stage, status, verdict and words that it becomes."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from node.domain.ends import signal_words
from node.domain.language import Language
from node.domain.patterns import matches_in
from node.domain.sandbox import Ending, Outcome
from node.domain.text import readable
from schemas.execution import CaseResult, Stage
from schemas.status import Status, Verdict
from schemas.task import Limits

CANCELLED_BEFORE_START = Outcome(
    ending=Ending.CANCELLED,
    exit_code=None,
    signal=None,
    stdout=b"",
    stderr=b"",
    stdout_truncated=False,
    stderr_truncated=False,
    wall_ms=0.0,
    cpu_ms=0.0,
    peak_memory_bytes=0,
)

STDERR_TAIL_BYTES = 64 << 10
"""Of a program's last words, where its runtime says that memory ran out: behind them come 1,024 lines of a stack."""

_LIMIT_STATUS = {
    Ending.CPU: Status.TIME_LIMIT,
    Ending.WALL: Status.TIME_LIMIT,
    Ending.MEMORY: Status.MEMORY_LIMIT,
    Ending.OUTPUT: Status.OUTPUT_LIMIT,
    Ending.DISK: Status.FAILED,
    Ending.CANCELLED: Status.CANCELLED,
}

_CASE_VERDICT = {
    Status.TIME_LIMIT: Verdict.TIME_LIMIT,
    Status.MEMORY_LIMIT: Verdict.MEMORY_LIMIT,
    Status.OUTPUT_LIMIT: Verdict.OUTPUT_LIMIT,
    Status.FAILED: Verdict.RUNTIME_ERROR,
    Status.CANCELLED: Verdict.SKIPPED,
}

_CHECKER_VERDICT: dict[int | None, Verdict] = {0: Verdict.ACCEPTED, 1: Verdict.WRONG_ANSWER}
"""By the checker's exit code; any other is its own failure."""

_ENDED_BY_LIMIT = frozenset({Ending.CPU, Ending.WALL, Ending.MEMORY, Ending.OUTPUT, Ending.DISK})

_WHAT_IT_DID = {
    Ending.CPU: "used more than {limits.cpu_ms} ms of processor time",
    Ending.WALL: "ran for more than {limits.wall_ms} ms",
    Ending.MEMORY: "needed more than {limits.memory_bytes} bytes of memory",
    Ending.OUTPUT: "wrote more than {limits.output_bytes} bytes to one stream",
    Ending.DISK: "wrote more than {limits.disk_bytes} bytes of files",
    Ending.CANCELLED: "was cancelled",
}


def as_its_runtime_says(outcome: Outcome, language: Language) -> Outcome:
    """The outcome; ended by memory, where the runtime gave the program up for want of it before the limit did. Exit
    code and signal stay. A program that itself prints those words and fails is taken at its word."""
    pattern = language.out_of_memory_pattern
    if outcome.ending is not Ending.EXITED or outcome.exit_code == 0 or not pattern:
        return outcome
    if not matches_in(pattern, outcome.stderr[-STDERR_TAIL_BYTES:]):
        return outcome
    return replace(outcome, ending=Ending.MEMORY, fault="ran out of memory, as its runtime says")


def stage_of(outcome: Outcome) -> Stage:
    """The stage as it is told; the limit that ended it is always among ``limits_hit``."""
    stdout, stdout_invalid = readable(outcome.stdout, truncated=outcome.stdout_truncated)
    stderr, stderr_invalid = readable(outcome.stderr, truncated=outcome.stderr_truncated)
    hit = list(outcome.limits_hit)
    if outcome.ending in _ENDED_BY_LIMIT and outcome.ending.value not in hit:
        hit.append(outcome.ending.value)
    return Stage(
        exit_code=outcome.exit_code,
        signal=outcome.signal,
        stdout=stdout,
        stderr=stderr,
        stdout_truncated=outcome.stdout_truncated,
        stderr_truncated=outcome.stderr_truncated,
        stdout_invalid_utf8=stdout_invalid,
        stderr_invalid_utf8=stderr_invalid,
        wall_ms=outcome.wall_ms,
        cpu_ms=outcome.cpu_ms,
        peak_memory_bytes=outcome.peak_memory_bytes,
        limits_hit=hit,
        stdout_data=outcome.stdout if stdout_invalid else None,
        stderr_data=outcome.stderr if stderr_invalid else None,
    )


def run_status(outcome: Outcome) -> Status:
    """The status of a program that ran."""
    if outcome.ending is Ending.EXITED:
        return Status.SUCCEEDED if outcome.exit_code == 0 else Status.FAILED
    return _LIMIT_STATUS[outcome.ending]


def compile_status(outcome: Outcome) -> Status | None:
    """None where the compiler was content. A compiler that hits a limit is a compile error too."""
    if outcome.ending is Ending.CANCELLED:
        return Status.CANCELLED
    return None if run_status(outcome) is Status.SUCCEEDED else Status.COMPILE_ERROR


def explain(outcome: Outcome, limits: Limits, who: str) -> str:
    """The sentence on what ended ``who``; empty where the exit code says it all."""
    if outcome.ending is Ending.EXITED:
        return f"{who} was ended by {signal_words(outcome.signal)}" if outcome.signal is not None else ""
    if outcome.fault:
        return f"{who} {outcome.fault}"
    return f"{who} {_WHAT_IT_DID[outcome.ending].format(limits=limits)}"


def case_verdict(status: Status, *, accepted: bool) -> Verdict:
    """The verdict on one case whose program ended with ``status``; ``accepted`` counts only where it succeeded."""
    if status is Status.SUCCEEDED:
        return Verdict.ACCEPTED if accepted else Verdict.WRONG_ANSWER
    return _CASE_VERDICT[status]


def checker_verdict(outcome: Outcome) -> Verdict:
    """The verdict of a checker: exit code 0 accepts, 1 refuses, anything else is the checker's own failure."""
    if outcome.ending is not Ending.EXITED:
        return Verdict.CHECKER_ERROR
    return _CHECKER_VERDICT.get(outcome.exit_code, Verdict.CHECKER_ERROR)


def summary(cases: Iterable[CaseResult], *, cancelled: bool) -> Status:
    """The status of a task with these cases."""
    if cancelled:
        return Status.CANCELLED
    return Status.SUCCEEDED if all(case.verdict is Verdict.ACCEPTED for case in cases) else Status.FAILED
