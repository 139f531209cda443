"""What can go wrong, as exceptions. A program that fails is no exception: its ``Execution`` says so."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Violation:
    """One thing that is wrong with a request."""

    field: str
    """Its path, such as ``task.files[0].name``."""
    description: str


class CodeRunnerError(Exception):
    """The base of all: the request did not do what it was for."""


class InvalidTask(CodeRunnerError):  # noqa: N818 - reads as what happened; the base class carries "Error"
    """The request is not acceptable as it is; ``violations`` name each fault. Another try cannot help."""

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
    """The dead letter stays where it is."""


class Unauthenticated(CodeRunnerError):  # noqa: N818 - reads as what happened; the base class carries "Error"
    """The token is missing, wrong, or not enough for this."""


class GatewayUnavailable(CodeRunnerError):  # noqa: N818 - reads as what happened; the base class carries "Error"
    """The gateway did not answer within the client's patience."""
