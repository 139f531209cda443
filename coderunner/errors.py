"""The exceptions of the client. A program that fails raises none of them: its ``Execution`` says so."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from coderunner.model import Execution


@dataclass(frozen=True, slots=True)
class Violation:
    """One field of a request that the gateway refuses, and why."""

    field: str
    """Its path, such as ``task.files[0].name``."""
    description: str


class CodeRunnerError(Exception):
    """The base class of every exception of this package: the request did not do what it was for."""


class InvalidTask(CodeRunnerError):  # noqa: N818 - reads as what happened; the base class carries "Error"
    """The gateway refuses the request as it is; ``violations`` name each wrong field. Another try cannot help."""

    def __init__(self, message: str, violations: tuple[Violation, ...] = ()) -> None:
        super().__init__(message)
        self.violations = violations


class QueueFull(CodeRunnerError):  # noqa: N818 - reads as what happened; the base class carries "Error"
    """The queue is full or a quota is used up. Nothing was accepted."""

    def __init__(self, message: str, retry_after: float | None = None) -> None:
        super().__init__(message)
        self.retry_after = retry_after
        """Seconds after which another try is worth it; None where the gateway did not say."""


class LanguageUnavailable(CodeRunnerError):  # noqa: N818 - reads as what happened; the base class carries "Error"
    """No live node serves the language, or not in that version."""


class NotFound(CodeRunnerError):  # noqa: N818 - reads as what happened; the base class carries "Error"
    """There is no task, dead letter or node of that id."""


class NotRedriven(CodeRunnerError):  # noqa: N818 - reads as what happened; the base class carries "Error"
    """The dead letter was not redriven and stays where it is."""


class Unauthenticated(CodeRunnerError):  # noqa: N818 - reads as what happened; the base class carries "Error"
    """The token is missing, wrong, or not enough for this."""


class GatewayUnavailable(CodeRunnerError):  # noqa: N818 - reads as what happened; the base class carries "Error"
    """The gateway did not answer within the client's patience."""


class TimedOut(CodeRunnerError, TimeoutError):  # noqa: N818 - reads as what happened; the base class carries "Error"
    """The result was not there within the ``timeout`` that the caller gave, so the task was cancelled.

    The program's own wall-clock limit is another thing: it ends the program as TIME_LIMIT and raises nothing.
    """

    def __init__(self, message: str, task_id: str = "", execution: Execution | None = None) -> None:
        super().__init__(message)
        self.task_id = task_id
        """Empty where the gateway did not say it in time, or was never asked."""
        self.execution = execution
        """The task after it was cancelled, with the output until then, or the result that came too late. None where the
        gateway did not answer in time: then the task may still run."""
