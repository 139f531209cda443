"""The end of a task as Piston tells it: an object for the compiler, and one for the program."""

from __future__ import annotations

from signal import Signals

from msgspec import UNSET, Struct, UnsetType

from schemas.execution import Execution, Stage
from schemas.status import LimitName

_KILLED = "SIGKILL"
_TIMES = {LimitName.CPU: "Time limit exceeded", LimitName.WALL: "Time limit exceeded (wall clock)"}
_REAL_TIME = range(34, 65)


class StageBody(Struct, kw_only=True):
    """How one program ended."""

    stdout: str = ""
    stderr: str = ""
    output: str = ""
    """Both, one behind the other: in which order they were written is not known."""
    code: int | None = None
    signal: str | None = None
    message: str | None = None
    status: str | None = None
    """RE, SG, TO, OL, EL or XX; None where it ended well."""
    cpu_time: float | None = None
    """Milliseconds."""
    wall_time: float | None = None
    memory: int | None = None
    """Bytes."""

    @classmethod
    def of(cls, stage: Stage) -> StageBody:
        """The program that ran."""
        status, message = _status(stage)
        is_ended_here = status in ("TO", "OL", "EL")
        return cls(
            stdout=stage.stdout,
            stderr=stage.stderr,
            output=stage.stdout + stage.stderr,
            code=None if is_ended_here else stage.exit_code,
            signal=_KILLED if is_ended_here else signal_name(stage),
            message=message,
            status=status,
            cpu_time=stage.cpu_ms,
            wall_time=stage.wall_ms,
            memory=stage.peak_memory_bytes,
        )

    @classmethod
    def failed(cls, message: str) -> StageBody:
        """Where nothing ran, or nobody knows how it ended."""
        return cls(message=message, status="XX")


class ExecuteAnswer(Struct, kw_only=True):
    """What is answered."""

    run: StageBody
    compile: StageBody | UnsetType = UNSET
    language: str
    version: str


def answer_of(ended: Execution, version: str) -> ExecuteAnswer:
    """The answer; ``version`` is told where no node has said which it took."""
    compiled = StageBody.of(ended.compile) if ended.compile is not None else None
    if ended.run is not None:
        run = StageBody.of(ended.run)
    elif compiled is not None and compiled.status is not None:
        run = compiled
    else:
        run = StageBody.failed(ended.error or ended.status.value)
    return ExecuteAnswer(
        run=run,
        compile=UNSET if compiled is None else compiled,
        language=ended.language,
        version=ended.language_version or version,
    )


def signal_name(stage: Stage) -> str | None:
    """The signal that ended the program, such as SIGSEGV; a program of which neither code nor signal is known was
    killed."""
    if stage.signal is None:
        return _KILLED if stage.exit_code is None else None
    try:
        return Signals(stage.signal).name
    except ValueError:
        return f"SIGRTMIN+{stage.signal - 34}" if stage.signal in _REAL_TIME else None


def _status(stage: Stage) -> tuple[str | None, str | None]:
    """The status and its words."""
    for limit, words in _TIMES.items():
        if limit in stage.limits_hit:
            return "TO", words
    if LimitName.OUTPUT in stage.limits_hit:
        return ("OL", "stdout length exceeded") if stage.stdout_truncated else ("EL", "stderr length exceeded")
    if stage.exit_code is None:
        return "SG", f"Caught fatal signal {9 if stage.signal is None else stage.signal}"
    return ("RE", f"Exited with error status {stage.exit_code}") if stage.exit_code else (None, None)
