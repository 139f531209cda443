"""The sentences that a reader sees: how a run ended, or why nothing ran."""

from __future__ import annotations

from typing import Any

from coderunner import (
    CodeRunnerError,
    Diagnostic,
    Execution,
    GatewayUnavailable,
    InvalidTask,
    LanguageUnavailable,
    NotFound,
    QueueFull,
    Status,
)


def result_event(execution: Execution) -> dict[str, Any]:
    """The data of the ``result`` event: what the page shows of a finished execution."""
    stage = execution.run or execution.compile
    error = next((one for one in execution.diagnostics if one.severity == "ERROR" and one.line), None)
    return {
        "status": execution.status,
        "words": outcome_message(execution),
        "version": execution.language_version,
        "kept_from_ms": execution.cached_at_ms,
        "wall_ms": stage.wall_ms if stage else 0,
        "memory_bytes": stage.peak_memory_bytes if stage else 0,
        "cut": any(stage.stdout_truncated or stage.stderr_truncated for _, stage in execution.stages()),
        "error": {"line": error.line, "message": _error_words(error)} if error else None,
    }


def _error_words(error: Diagnostic) -> str:
    named = error.stage != "compile" and error.code not in ("", error.message)
    return f"{error.code}: {error.message}" if named else error.message


def outcome_message(execution: Execution) -> str:
    """A sentence on how the run ended. Empty where the output says all."""
    run = execution.run
    told = next((one for one in execution.diagnostics if one.severity == "ERROR" and not one.file), None)
    words = {
        Status.SUCCEEDED: "",
        Status.COMPILE_ERROR: "It does not compile.",
        Status.TIME_LIMIT: "Stopped: it took too long.",
        Status.MEMORY_LIMIT: f"Stopped: it wanted more than 256 MiB of memory{f' ({told.message})' if told else ''}.",
        Status.OUTPUT_LIMIT: "Stopped: it printed too much.",
        Status.CANCELLED: "Stopped.",
        Status.REJECTED: f"Not allowed here: {execution.error}",
        Status.EXPIRED: "No machine was free in time. Please try again.",
        Status.INTERNAL_ERROR: "Something broke on our side. Please try again.",
    }
    if execution.status in words:
        return words[execution.status]
    if run is not None and run.signal is not None:
        return f"It crashed ({_error_words(told) if told else f'signal {run.signal}'})."
    return f"It ended with exit code {run.exit_code}." if run is not None else "It failed."


def error_message(error: CodeRunnerError, language: str = "this language") -> tuple[int, str]:
    """The HTTP status and a sentence on why nothing ran."""
    if isinstance(error, QueueFull):
        when = f"in {error.retry_after:.0f} s" if error.retry_after else "in a moment"
        return 429, f"Many readers are running code just now. Please try again {when}."
    if isinstance(error, LanguageUnavailable):
        return 503, f"No machine that runs {language} is up at the moment. Please try again later."
    if isinstance(error, InvalidTask):
        words = "; ".join(violation.description for violation in error.violations) or str(error)
        return 400, f"This cannot be run: {words}"
    if isinstance(error, NotFound):
        return 404, "This run is no longer known."
    if isinstance(error, GatewayUnavailable):
        return 503, "The machines that run code cannot be reached just now. Please try again in a minute."
    return 502, "Something broke on our side. Please try again."
