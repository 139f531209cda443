"""The API of codapi: a page's snippet goes to ``POST /v1/exec``, and its outcome comes back on the same call. A sandbox
is a language, and its one command is ``run``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import islice
from typing import TYPE_CHECKING, NoReturn

import grpc
from msgspec import Struct
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route
from starlette.types import ASGIApp, Receive, Scope, Send

from broker_gateway.application.catalog_service import LanguageDTO
from broker_gateway.domain.code import file_name_fault
from broker_gateway.domain.draft import TaskDraft
from broker_gateway.interfaces.http.by_verb import ByVerb
from broker_gateway.interfaces.http.calls import Call
from broker_gateway.interfaces.http.codapi_outcomes import Outcome, outcome_of
from broker_gateway.interfaces.http.dialect_files import bytes_of_base64, made_of, main_name
from broker_gateway.interfaces.http.execution_routes import EXECUTION
from broker_gateway.interfaces.http.operations import json_answer
from broker_gateway.interfaces.http.problems import Problem, RefusedError, headers_of, problem
from broker_gateway.interfaces.http.reading import BodyOf
from broker_gateway.interfaces.http.run_to_end import run_to_end
from schemas.content import Content, content_of
from schemas.task import SourceFile
from schemas.versions import version_matches

if TYPE_CHECKING:
    from broker_gateway.interfaces.http.dialects import DialectParts

EXEC, HEALTH = "/v1/exec", "/v1/health"
COMMANDS = frozenset(("run",))
_CORS = {
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Allow-Methods": "options, post",
    "Access-Control-Allow-Headers": "authorization, content-type",
    "Access-Control-Max-Age": "3600",
}
_OF_ANY_METHOD = {"Access-Control-Allow-Methods": "options, get, head"}
_BUSY, _INTERNAL = (429, "busy: try again later"), (500, "internal error")
_TOLD: Mapping[int, tuple[int, str]] = {
    415: (400, "Unsupported Media Type"),
    429: _BUSY,
    500: _INTERNAL,
    503: _INTERNAL,
    504: _INTERNAL,
}
"""Status and words for the status of a problem; any other is told as it is."""
_NAME_CHARS = 64
"""Of a name that is told back."""


class ExecBody(Struct):
    """What is sent; names that are not known are passed over, as codapi does."""

    sandbox: str | None = None
    version: str | None = None
    command: str | None = None
    files: dict[str, str] | None = None
    """Name to content; the main file's name is empty."""


_exec = BodyOf(ExecBody)


def codapi_routes(parts: DialectParts) -> Sequence[BaseRoute]:
    """Both routes."""
    routes = CodapiRoutes(parts)
    run = parts.calls.endpoint(lambda _request: EXECUTION + "Execute", routes.run, told=told)
    leave, well = Response(headers=_CORS), Response(headers=_CORS | _OF_ANY_METHOD)
    return (
        Route(EXEC, ByVerb({"POST": run, "OPTIONS": leave}, unsupported)),
        Route(HEALTH, ByVerb({"GET": well, "HEAD": well, "OPTIONS": well}, unsupported)),
    )


class CodapiRoutes:
    """The handler."""

    def __init__(self, parts: DialectParts) -> None:
        self._parts = parts

    async def run(self, call: Call) -> ASGIApp:
        """Runs a snippet, and answers with its outcome."""
        body = await call.body(_exec)
        language = self._parts.catalog.language(body.sandbox or "")
        if language is None:
            _refuse(grpc.StatusCode.FAILED_PRECONDITION, "unknown sandbox", 404)
        if body.command not in COMMANDS:
            _refuse(grpc.StatusCode.UNIMPLEMENTED, "unknown command", 404)
        contents = body.files or {}
        if len(contents) < 2 and not "".join(contents.values()).strip():
            _refuse(grpc.StatusCode.INVALID_ARGUMENT, "empty request", 400)
        version = body.version or ""
        if version and not any(version_matches(version, one) for one in language.versions):
            return _answer(Outcome(id="-", stderr=f"unknown box {language.name}:{version[:_NAME_CHARS]}"))
        draft = await made_of(sum(map(len, contents.values())), lambda: self._draft(language, version, contents))
        ended = await run_to_end(call, self._parts.executions, draft)
        outcome = outcome_of(ended)
        return _answer(outcome) if outcome is not None else _failure(ended.id, *_INTERNAL)

    def _draft(self, language: LanguageDTO, version: str, contents: Mapping[str, str]) -> TaskDraft:
        several = len(contents) > 1
        main = main_name(language) if several and "" in contents else ""
        some = islice(contents.items(), self._parts.counts.files)
        return TaskDraft(
            language=language.name,
            language_version=version,
            files=[SourceFile.of(_named(name) if name else main, _content(name, content)) for name, content in some],
            entry_point=main,
        )


def _named(name: str) -> str:
    """The name. Raises RefusedError where no file may have it."""
    fault = file_name_fault(name)
    if fault is not None:
        _wrong(name, fault)
    return name


def _content(name: str, content: str) -> Content:
    """What the file has: text as it is, or what a data URL says. Raises RefusedError."""
    if not content.startswith("data:"):
        return content
    kind, comma, said = content.partition(",")
    if not comma:
        _wrong(name, "invalid data-url encoding")
    if not kind.endswith("base64"):
        return said
    data = bytes_of_base64(said)
    if data is None:
        _wrong(name, "illegal base64 data")
    return content_of(data)


def _refuse(code: grpc.StatusCode, words: str, status: int) -> NoReturn:
    raise RefusedError(problem(code, words, status))


def _wrong(name: str, words: str) -> NoReturn:
    _refuse(grpc.StatusCode.INVALID_ARGUMENT, f"files[{name[:_NAME_CHARS]}]: {words}", 400)


def told(problem: Problem) -> Response:
    """A problem in codapi's words."""
    status, words = _TOLD.get(problem.status, (problem.status, problem.detail.removeprefix(": ")))
    return _failure("-", status, words, headers_of(problem))


async def unsupported(scope: Scope, receive: Receive, send: Send) -> None:
    """Answers whoever asks with another verb."""
    await _failure("-", 405, f"unsupported method: {Request(scope).method}")(scope, receive, send)


def _failure(task_id: str, status: int, words: str, headers: Mapping[str, str] | None = None) -> Response:
    return _answer(Outcome(id=task_id, stderr=words), status, headers)


def _answer(outcome: Outcome, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    return json_answer(outcome, status, {**_CORS, **(headers or {})})
