"""What is refused, and what failed, as a problem (RFC 9457, ``application/problem+json``)."""

from __future__ import annotations

from collections.abc import Sequence
from http import HTTPStatus
from typing import NoReturn

import grpc
import msgspec
from starlette.responses import Response

from broker_gateway.application.commands import Busy, Invalid
from broker_gateway.domain.violation import Violation
from broker_gateway.interfaces.refusals import AnyRefusal, code_of, message_of

MEDIA_TYPE = "application/problem+json"
MAX_VIOLATIONS = 64
_MAX_DETAIL_CHARS = 400
_STATUSES = {
    grpc.StatusCode.CANCELLED: 499,
    grpc.StatusCode.INVALID_ARGUMENT: 400,
    grpc.StatusCode.FAILED_PRECONDITION: 400,
    grpc.StatusCode.DEADLINE_EXCEEDED: 504,
    grpc.StatusCode.NOT_FOUND: 404,
    grpc.StatusCode.ALREADY_EXISTS: 409,
    grpc.StatusCode.PERMISSION_DENIED: 403,
    grpc.StatusCode.UNAUTHENTICATED: 401,
    grpc.StatusCode.RESOURCE_EXHAUSTED: 429,
    grpc.StatusCode.UNAVAILABLE: 503,
}
"""As google/rpc/code.proto maps codes to HTTP; whatever is not here is 500."""
_TITLES = {status.value: status.phrase for status in HTTPStatus}
_TASK = "task."
"""How gRPC's words name what is the whole body here."""


class FieldProblem(msgspec.Struct):
    """One field that is wrong, by its path in the body, such as ``files[0].name``."""

    field: str
    description: str


class Problem(msgspec.Struct, omit_defaults=True):
    """Why a request was not served (RFC 9457)."""

    title: str
    status: int
    detail: str
    code: str
    """The code that gRPC has for it, such as INVALID_ARGUMENT."""
    violations: list[FieldProblem] = msgspec.field(default_factory=list)
    retry_after_ms: int = 0
    """Milliseconds after which another try is worth it; left out where none is."""


class RefusedError(Exception):
    """Ends a call with a problem."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.detail)
        self.problem = problem


def refuse(refusal: AnyRefusal) -> NoReturn:
    """Ends the call with the refusal's problem."""
    raise RefusedError(problem_of(refusal))


def problem_of(refusal: AnyRefusal) -> Problem:
    """The problem that tells a caller of the refusal."""
    made = problem(code_of(refusal), _words(refusal))
    if isinstance(refusal, Invalid):
        made.violations = field_problems(refusal.violations)
    if isinstance(refusal, Busy):
        made.retry_after_ms = refusal.retry_after_ms
    return made


def problem(code: grpc.StatusCode, detail: str, status: int = 0) -> Problem:
    """A problem in words; ``status`` 0: the one that goes with the code."""
    status = status or _STATUSES.get(code, 500)
    title = _TITLES.get(status, code.name)
    return Problem(title, status, detail[:_MAX_DETAIL_CHARS], code.name)


def field_problems(violations: Sequence[Violation]) -> list[FieldProblem]:
    """The violations by their paths in the body; the last entry tells how many are not told."""
    told = [
        FieldProblem(_path(one.field)[:_MAX_DETAIL_CHARS], one.description[:_MAX_DETAIL_CHARS])
        for one in violations[:MAX_VIOLATIONS]
    ]
    if len(violations) > MAX_VIOLATIONS:
        told.append(FieldProblem("", f"and {len(violations) - MAX_VIOLATIONS} more"))
    return told


def response(problem: Problem) -> Response:
    """The response with the problem, and the headers that go with it."""
    return Response(msgspec.json.encode(problem), problem.status, headers_of(problem), MEDIA_TYPE)


def headers_of(problem: Problem) -> dict[str, str]:
    """The headers that go with a problem, in whatever words it is told."""
    headers = {}
    if problem.status == 426:
        headers["Upgrade"] = "websocket"
    if problem.status == 401:
        headers["WWW-Authenticate"] = "Bearer"
    if problem.retry_after_ms:
        headers["Retry-After"] = str(-(-problem.retry_after_ms // 1000))  # whole seconds, rounded up
    return headers


def _words(refusal: AnyRefusal) -> str:
    words = message_of(refusal)
    return words.removeprefix(_TASK).removeprefix(": ") if isinstance(refusal, Invalid) else words


def _path(field: str) -> str:
    return field.removeprefix(_TASK)
