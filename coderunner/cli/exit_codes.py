"""The exit codes of the command; docs/cli.md tells users the same."""

from __future__ import annotations

from coderunner.errors import (
    CodeRunnerError,
    GatewayUnavailable,
    InvalidTask,
    LanguageUnavailable,
    NotFound,
    NotRedriven,
    QueueFull,
    TimedOut,
    Unauthenticated,
)
from coderunner.model import Execution, Status

# Where sysexits.h has a number for it, that is the number.
OK = 0
FAILED = 1
WRONG_INPUT = 2
NO_SUCH_TASK = 66
UNAVAILABLE = 69
OUR_FAILURE = 70
TRY_LATER = 75
NOT_ALLOWED = 77
REJECTED = 65
TIMED_OUT = 124  # as timeout(1)
INTERRUPTED = 130  # as a shell after Ctrl-C
KILLED_FOR_MEMORY = 137  # as after the kernel's out-of-memory killer
TOO_MUCH_OUTPUT = 153  # as after SIGXFSZ
BROKEN_PIPE = 141

_OF_STATUS = {
    Status.SUCCEEDED: OK,
    Status.FAILED: FAILED,
    Status.COMPILE_ERROR: FAILED,
    Status.TIME_LIMIT: TIMED_OUT,
    Status.MEMORY_LIMIT: KILLED_FOR_MEMORY,
    Status.OUTPUT_LIMIT: TOO_MUCH_OUTPUT,
    Status.CANCELLED: INTERRUPTED,
    Status.REJECTED: REJECTED,
    Status.EXPIRED: TRY_LATER,
    Status.INTERNAL_ERROR: OUR_FAILURE,
}
_OF_ERROR: dict[type[CodeRunnerError], int] = {
    InvalidTask: WRONG_INPUT,
    QueueFull: TRY_LATER,
    LanguageUnavailable: UNAVAILABLE,
    GatewayUnavailable: UNAVAILABLE,
    NotFound: NO_SUCH_TASK,
    NotRedriven: FAILED,
    TimedOut: TIMED_OUT,
    Unauthenticated: NOT_ALLOWED,
}


def of_execution(execution: Execution) -> int:
    """The program's own exit code, 128 + signal where one ended it, or what stands for the status."""
    if execution.status is Status.FAILED and execution.run is not None:
        if execution.run.signal is not None:
            return 128 + execution.run.signal
        return execution.run.exit_code or FAILED
    return _OF_STATUS.get(execution.status, FAILED)


def of_error(error: CodeRunnerError) -> int:
    """The exit code that stands for an exception of the client."""
    return _OF_ERROR.get(type(error), OUR_FAILURE)
