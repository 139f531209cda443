"""What became of a task, as Judge0 says it."""

from __future__ import annotations

from typing import NamedTuple

from broker_gateway.interfaces.http.judge0.statuses import BY_SIGNAL, SubmissionStatus
from schemas.content import Content, bytes_of
from schemas.execution import CaseResult, Execution, Stage
from schemas.status import LimitName, Status, Verdict

_TIMES = frozenset((LimitName.CPU, LimitName.WALL))
_UNBUILT = frozenset((Status.COMPILE_ERROR, Status.REJECTED))
_NOT_RUN = frozenset((Status.CANCELLED, Status.EXPIRED, Status.INTERNAL_ERROR))
_BY_STATUS = {
    Status.SUCCEEDED: SubmissionStatus.ACCEPTED,
    Status.TIME_LIMIT: SubmissionStatus.TIME_LIMIT_EXCEEDED,
    Status.OUTPUT_LIMIT: SubmissionStatus.SIGXFSZ,
}
_BY_VERDICT = {
    Verdict.ACCEPTED: SubmissionStatus.ACCEPTED,
    Verdict.WRONG_ANSWER: SubmissionStatus.WRONG_ANSWER,
    Verdict.TIME_LIMIT: SubmissionStatus.TIME_LIMIT_EXCEEDED,
    Verdict.OUTPUT_LIMIT: SubmissionStatus.SIGXFSZ,
    Verdict.CHECKER_ERROR: SubmissionStatus.INTERNAL_ERROR,
    Verdict.SKIPPED: SubmissionStatus.INTERNAL_ERROR,
}
_LIMITS = (
    (LimitName.CPU, "Time limit exceeded"),
    (LimitName.WALL, "Time limit exceeded (wall clock)"),
    (LimitName.MEMORY, "Memory limit exceeded"),
    (LimitName.OUTPUT, "Output limit exceeded"),
)


class Outcome(NamedTuple):
    """How a submission stands."""

    status: SubmissionStatus
    run: Stage | None = None
    """The program's run, where there was one."""
    message: str | None = None
    compile_output: Content | None = None


def outcome_of(execution: Execution) -> Outcome:
    """The outcome of a task. Of several cases it is that of the first that was not accepted, or else of the last."""
    status = execution.status
    if not status.is_final:
        is_running = status is Status.RUNNING
        return Outcome(SubmissionStatus.PROCESSING if is_running else SubmissionStatus.IN_QUEUE)
    if status in _UNBUILT:
        return Outcome(SubmissionStatus.COMPILATION_ERROR, compile_output=_why_unbuilt(execution))
    case = _telling(execution.cases)
    run = case.stage if case is not None else execution.run
    compiled = _compile_output(execution.compile)
    if status in _NOT_RUN:
        return Outcome(SubmissionStatus.INTERNAL_ERROR, run, execution.error or status.lower(), compiled)
    known = _BY_VERDICT.get(case.verdict) if case is not None else _BY_STATUS.get(status)
    ended = known or _ended(run)
    message = _message(ended, run) if run is not None else execution.error or None
    return Outcome(ended, run, message, compiled)


def _telling(cases: list[CaseResult]) -> CaseResult | None:
    failed = (case for case in cases if case.verdict is not Verdict.ACCEPTED)
    return next(failed, cases[-1] if cases else None)


def _why_unbuilt(execution: Execution) -> Content | None:
    stage = execution.compile
    if stage is not None and _TIMES.intersection(stage.limits_hit):
        return "Compilation time limit exceeded."
    return _compile_output(stage) or execution.error or None


def stdout_of(stage: Stage) -> Content:
    """What it wrote to its standard output. Of what a node of an older version ran, bytes that are no text are not
    known, and U+FFFD stands for them."""
    return _said(stage.stdout, stage.stdout_data, stage.stdout_invalid_utf8)


def stderr_of(stage: Stage) -> Content:
    """What it wrote to its standard error."""
    return _said(stage.stderr, stage.stderr_data, stage.stderr_invalid_utf8)


def together(first: Content, second: Content) -> Content:
    """One behind the other."""
    if isinstance(first, str) and isinstance(second, str):
        return first + second
    return bytes_of(first) + bytes_of(second)


def _said(text: str, data: bytes | None, is_no_text: bool) -> Content:
    return (text.encode() if data is None else data) if is_no_text else text


def _compile_output(stage: Stage | None) -> Content | None:
    return together(stdout_of(stage), stderr_of(stage)) or None if stage is not None else None


def _ended(run: Stage | None) -> SubmissionStatus:
    if run is None:
        return SubmissionStatus.INTERNAL_ERROR
    if run.signal is not None:
        return BY_SIGNAL.get(run.signal, SubmissionStatus.OTHER)
    return SubmissionStatus.NZEC if run.exit_code else SubmissionStatus.OTHER


def _message(status: SubmissionStatus, run: Stage) -> str | None:
    if status in (SubmissionStatus.ACCEPTED, SubmissionStatus.WRONG_ANSWER):
        return None
    limit = next((words for name, words in _LIMITS if name in run.limits_hit), None)
    if limit is not None:
        return limit
    if run.signal is not None:
        return f"Caught fatal signal {run.signal}"
    return f"Exited with error status {run.exit_code}"
