"""The outcome of a task as codapi tells it. Its widget shows what is in ``stdout``, and ``stderr`` only where that is
empty: of a program that failed, all that it wrote is therefore in ``stderr``, with the reason behind it."""

from __future__ import annotations

from msgspec import Struct

from schemas.execution import Execution, Stage
from schemas.status import Status

TIMEOUT = "code execution timeout"
_OURS = frozenset((Status.INTERNAL_ERROR, Status.CANCELLED))
"""What is no outcome of the program."""


class Outcome(Struct, kw_only=True):
    """What is answered."""

    id: str
    """The task's; ``-`` where there is none."""
    ok: bool = False
    duration: int = 0
    """Milliseconds, of compiler and program together."""
    stdout: str = ""
    stderr: str = ""


def outcome_of(ended: Execution) -> Outcome | None:
    """The outcome; None where we failed, and not the program."""
    if ended.status in _OURS:
        return None
    duration = round(sum(stage.wall_ms for stage in (ended.compile, ended.run) if stage is not None))
    if ended.status is Status.SUCCEEDED and ended.run is not None:
        ran = ended.run
        return Outcome(id=ended.id, ok=True, duration=duration, stdout=ran.stdout, stderr=ran.stderr)
    failed = ended.compile if ended.status is Status.COMPILE_ERROR else ended.run
    return Outcome(id=ended.id, duration=duration, stderr=_words(ended, failed))


def _words(ended: Execution, failed: Stage | None) -> str:
    reason = _reason(ended, failed)
    written = (failed.stdout.strip(), failed.stderr.strip()) if failed is not None else ()
    output = "\n".join(filter(None, written))
    return f"{output} ({reason})" if output else reason


def _reason(ended: Execution, failed: Stage | None) -> str:
    if ended.status is Status.TIME_LIMIT:
        return TIMEOUT
    if ended.status in (Status.FAILED, Status.COMPILE_ERROR) and failed is not None and failed.exit_code:
        return f"exit status {failed.exit_code}"
    return ended.error or ended.status.value.lower().replace("_", " ")
