"""What is refused, as Judge0 says it: ``{"error": words}``, or ``{field: [words]}`` for a submission."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NoReturn

import grpc
import msgspec
from starlette.responses import Response

from broker_gateway.application.commands import Busy, Invalid, Refusal, Unavailable, Unserved
from broker_gateway.domain.violation import Violation
from broker_gateway.interfaces.http.problems import Problem, RefusedError, problem, problem_of
from broker_gateway.interfaces.http.problems import response as usual_response
from broker_gateway.interfaces.refusals import AnyRefusal

QUEUE_IS_FULL = "queue is full"
NOT_UTF8 = "some attributes for this submission cannot be converted to UTF-8, use base64_encoded=true query parameter"
SOME_NOT_UTF8 = (
    "some attributes for one or more submissions cannot be converted to UTF-8, use base64_encoded=true query parameter"
)
_BASE = "base"
"""The name that Rails has for the whole of what is wrong."""
UNPROCESSABLE = 422
_OURS = {
    "task": _BASE,
    "files": "source_code",
    "entry_point": "additional_files",
    "callback": "callback_url",
    "cases": "stdin",
    "args": "command_line_arguments",
    "language_version": "language_id",
    "language": "language_id",
    "compile_options": "compiler_options",
}
"""The first part of a path of ours to the field that it came from."""

Errors = dict[str, list[str]]


def response(problem: Problem) -> Response:
    """The response that tells of the problem."""
    if problem.status == UNPROCESSABLE:
        told: object = by_field((one.field, one.description) for one in problem.violations)
    else:
        told = {"error": problem.detail}
    headers = usual_response(problem).headers
    kept = {name: headers[name] for name in ("WWW-Authenticate", "Retry-After") if name in headers}
    return Response(msgspec.json.encode(told), problem.status, kept, "application/json")


def wrong(words: str) -> NoReturn:
    """Ends the call: it asks for what there is not."""
    raise RefusedError(problem(grpc.StatusCode.INVALID_ARGUMENT, words))


def refuse_submission(refusal: AnyRefusal) -> NoReturn:
    """Ends the call that submits with the refusal."""
    if isinstance(refusal, Unserved):
        refusal = _invalid(refusal)
    told = problem_of(refusal)
    if isinstance(refusal, Busy):
        told.status, told.detail = 503, QUEUE_IS_FULL
    if isinstance(refusal, Invalid):
        told.status = UNPROCESSABLE
    raise RefusedError(told)


def errors_of(refusal: Refusal | Unavailable) -> Errors:
    """The refusal of one submission of many."""
    if isinstance(refusal, Unserved):
        refusal = _invalid(refusal)
    if isinstance(refusal, Invalid):
        return by_field(refusal.violations)
    return {_BASE: [QUEUE_IS_FULL if isinstance(refusal, Busy) else refusal.message]}


def by_field(violations: Iterable[tuple[str, str]]) -> Errors:
    """What is wrong, by the fields of a submission."""
    errors: Errors = {}
    for path, words in violations:
        first = path.removeprefix("task.").partition(".")[0].partition("[")[0]
        errors.setdefault(_OURS.get(first, first or _BASE), []).append(words)
    return errors


def _invalid(refusal: Unserved) -> Invalid:
    return Invalid([Violation("language_id", refusal.message)])
