"""Sentences about an execution besides its output: how it ended, what was cut, warnings."""

from __future__ import annotations

import signal
from collections.abc import Iterator

from coderunner.cli.tables import local_time
from coderunner.model import Execution, Stage, Status

_WORDS = {
    Status.COMPILE_ERROR: "it does not compile",
    Status.TIME_LIMIT: "stopped at its time limit",
    Status.MEMORY_LIMIT: "stopped at its memory limit",
    Status.OUTPUT_LIMIT: "stopped at its output limit",
    Status.CANCELLED: "the task was cancelled",
    Status.REJECTED: "rejected; nothing ran",
    Status.EXPIRED: "no node was free before its queue deadline; nothing ran",
    Status.INTERNAL_ERROR: "CodeRunner failed, not the program",
}


def remarks(execution: Execution) -> Iterator[str]:
    """The sentences for standard error; none where the program ended by itself."""
    yield from (f"warning: {warning}" for warning in execution.warnings)
    if execution.status in _WORDS:
        yield _ending(execution)
    elif execution.run is not None and execution.run.signal is not None:
        yield f"the program was ended by {signal_name(execution.run.signal)}"
    for name, stage in execution.stages():
        yield from _cuts(name, stage)
    if execution.cached_at_ms:
        yield f"the outcome of a run of {local_time(execution.cached_at_ms)}"
    if execution.not_kept:
        yield f"the outcome is not kept: {execution.not_kept}"


def _ending(execution: Execution) -> str:
    limits = sorted({limit for _, stage in execution.stages() for limit in stage.limits_hit})
    words = _WORDS[execution.status] + (f" ({', '.join(limits)})" if limits else "")
    return f"{words}: {execution.error}" if execution.error else words


def _cuts(name: str, stage: Stage) -> Iterator[str]:
    for stream, cut in (("output", stage.stdout_truncated), ("error output", stage.stderr_truncated)):
        if cut:
            yield f"the {stream} of {name} was cut at its limit"


def signal_name(number: int) -> str:
    """A signal in words, such as ``SIGSEGV (11)``."""
    try:
        return f"{signal.Signals(number).name} ({number})"
    except ValueError:
        return f"signal {number}"
