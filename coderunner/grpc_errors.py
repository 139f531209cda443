"""The conversion of gRPC's errors to the client's exceptions."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import grpc
from google.rpc import error_details_pb2, status_pb2

from coderunner.errors import (
    CodeRunnerError,
    GatewayUnavailable,
    InvalidTask,
    LanguageUnavailable,
    NotFound,
    QueueFull,
    Unauthenticated,
    Violation,
)
from coderunner.v1 import execution_pb2

_DETAILS_KEY = "grpc-status-details-bin"
_TOO_LARGE = "larger than max"  # gRPC's own words where a message exceeds what the other side takes

_BY_CODE: dict[grpc.StatusCode, type[CodeRunnerError]] = {
    grpc.StatusCode.FAILED_PRECONDITION: LanguageUnavailable,
    grpc.StatusCode.NOT_FOUND: NotFound,
    grpc.StatusCode.UNAUTHENTICATED: Unauthenticated,
    grpc.StatusCode.PERMISSION_DENIED: Unauthenticated,
}
_CODES: dict[int, grpc.StatusCode] = {code.value[0]: code for code in grpc.StatusCode}
_TRANSIENT = (grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.DEADLINE_EXCEEDED)


def is_transient(error: BaseException) -> bool:
    """True where the same call may succeed a moment later: the gateway is away or restarts."""
    return isinstance(error, grpc.aio.AioRpcError) and error.code() in _TRANSIENT


def call_error(error: grpc.aio.AioRpcError, target: str) -> CodeRunnerError:
    """The exception that a failed call to ``target`` means to the caller."""
    words = error.details() or error.code().name
    if is_transient(error):
        return GatewayUnavailable(f"the gateway at {target} does not answer: {words}")
    details = _details(error)
    return _classify(error.code(), words, _violations(details), _retry_after(details))


def refusal_error(message: execution_pb2.SubmitError) -> CodeRunnerError:
    """The exception that says why one task of a batch was refused."""
    code = _CODES.get(message.code, grpc.StatusCode.UNKNOWN)
    if code in _TRANSIENT:
        return GatewayUnavailable(message.message)
    violations = tuple(Violation(item.field, item.description) for item in message.violations)
    return _classify(code, message.message, violations, message.retry_after_ms / 1000 or None)


def _classify(
    code: grpc.StatusCode, words: str, violations: tuple[Violation, ...], retry_after: float | None
) -> CodeRunnerError:
    if code is grpc.StatusCode.INVALID_ARGUMENT:
        return InvalidTask(words, violations)
    if code is grpc.StatusCode.RESOURCE_EXHAUSTED:
        return InvalidTask(f"the task is too large: {words}") if _TOO_LARGE in words else QueueFull(words, retry_after)
    if code in _BY_CODE:
        return _BY_CODE[code](words)
    return CodeRunnerError(f"the gateway failed ({code.name}): {words}")


def _details(error: grpc.aio.AioRpcError) -> list[Any]:
    metadata: Any = error.trailing_metadata() or ()  # pairs, whatever the stubs say
    for key, value in metadata:
        if key == _DETAILS_KEY:
            return list(status_pb2.Status.FromString(value).details)
    return []


def _violations(details: Iterable[Any]) -> tuple[Violation, ...]:
    request = error_details_pb2.BadRequest()
    return tuple(
        Violation(violation.field, violation.description)
        for detail in details
        if detail.Unpack(request)
        for violation in request.field_violations
    )


def _retry_after(details: Iterable[Any]) -> float | None:
    info = error_details_pb2.RetryInfo()
    for detail in details:
        if detail.Unpack(info):
            return float(info.retry_delay.ToTimedelta().total_seconds())
    return None
