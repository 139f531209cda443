"""The API of Piston, version 2: runtimes, packages, and programs that are run while their client waits."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, NoReturn

import grpc
from msgspec import Struct
from starlette.requests import HTTPConnection
from starlette.responses import Response
from starlette.routing import BaseRoute, Route
from starlette.types import ASGIApp

from broker_gateway.interfaces.http.by_verb import ByVerb
from broker_gateway.interfaces.http.calls import Call, Endpoint, Handler, bearer_of
from broker_gateway.interfaces.http.catalog_routes import CATALOG
from broker_gateway.interfaces.http.dialect_files import made_of
from broker_gateway.interfaces.http.execution_routes import EXECUTION
from broker_gateway.interfaces.http.operations import json_answer
from broker_gateway.interfaces.http.piston_bodies import ExecuteBody, chars_of, draft_of, runtime_of, shown
from broker_gateway.interfaces.http.piston_results import answer_of
from broker_gateway.interfaces.http.piston_runtimes import PistonRuntimes, Runtime
from broker_gateway.interfaces.http.piston_socket import connect_route
from broker_gateway.interfaces.http.problems import Problem, RefusedError, headers_of, problem
from broker_gateway.interfaces.http.reading import BodyOf
from broker_gateway.interfaces.http.run_to_end import run_to_end
from schemas.status import Status

if TYPE_CHECKING:
    from broker_gateway.interfaces.http.dialects import DialectParts

API = "/api/v2"
CLOSED = API + "/piston"
"""Where the public API had the same."""
_LIST = CATALOG + "ListLanguages"
_TOLD: Mapping[int, str] = {415: "requests must be of type application/json"}
"""Words for the status of a problem; any other is told in its own."""


class RuntimeBody(Struct):
    """One version of a language."""

    language: str
    version: str
    aliases: list[str]


class PackageBody(Struct):
    """The same, as a package; all that is served is installed."""

    language: str
    language_version: str
    installed: bool = True


class PackageAsked(Struct):
    """Which package is meant."""

    language: Any = None
    version: Any = None


class Told(Struct):
    """Why something was not done."""

    message: str


_execute, _package = BodyOf(ExecuteBody), BodyOf(PackageAsked)


def piston_routes(parts: DialectParts) -> Sequence[BaseRoute]:
    """All routes; whatever else is asked for below is not found. Clients write them with and without a last slash."""
    routes, nothing = PistonRoutes(parts), _told(404, "Not Found")

    def endpoint(method: str, handler: Handler) -> Endpoint:
        return parts.calls.endpoint(lambda _request: method, handler, token_of, told)

    listed, run = endpoint(_LIST, routes.runtimes), endpoint(EXECUTION + "Execute", routes.execute)
    packages = {
        "GET": endpoint(_LIST, routes.packages),
        "POST": endpoint(_LIST, routes.install),
        "DELETE": endpoint(_LIST, routes.uninstall),
    }
    served: dict[str, Mapping[str, ASGIApp]] = {API + "/packages": packages}
    for base in (API, CLOSED):
        served |= {base + "/runtimes": {"GET": listed}, base + "/execute": {"POST": run}}
    found: list[BaseRoute] = [
        Route(path + end, ByVerb(verbs, nothing)) for path, verbs in served.items() for end in ("", "/")
    ]
    found.append(connect_route(parts, API + "/connect", token_of))
    return [*found, Route(API + "/{rest:path}", nothing)]


class PistonRoutes:
    """The handlers."""

    def __init__(self, parts: DialectParts) -> None:
        self._parts = parts
        self._runtimes = PistonRuntimes(parts.catalog)

    async def runtimes(self, _call: Call) -> ASGIApp:
        """What can be run."""
        return json_answer([RuntimeBody(one.language.name, one.version, one.aliases) for one in self._runtimes.all()])

    async def execute(self, call: Call) -> ASGIApp:
        """Runs a program, and answers with what came of it."""
        body = await call.body(_execute)
        runtime = runtime_of(body, self._runtimes)
        parts = self._parts
        draft = await made_of(chars_of(body), lambda: draft_of(body, runtime, parts.limits, parts.counts))
        ended = await run_to_end(call, parts.executions, draft)
        if ended.status is Status.REJECTED:
            _refuse(400, ended.error)
        return json_answer(answer_of(ended, runtime.version))

    async def packages(self, _call: Call) -> ASGIApp:
        """What is installed, which is all that there is."""
        return json_answer([PackageBody(one.language.name, one.version) for one in self._runtimes.all()])

    async def install(self, call: Call) -> ASGIApp:
        """Installs nothing: an operator gives languages to nodes."""
        await self._package(call)
        _refuse(500, "Already installed")

    async def uninstall(self, call: Call) -> ASGIApp:
        """Uninstalls nothing, for the same reason."""
        found = await self._package(call)
        _refuse(500, f"{found.language.name}-{found.version} cannot be uninstalled here")

    async def _package(self, call: Call) -> Runtime:
        asked = await call.body(_package)
        known = isinstance(asked.language, str) and isinstance(asked.version, str)
        found = self._runtimes.find(asked.language, asked.version) if known else None
        if found is None:
            _refuse(404, f"Requested package {shown(asked.language, asked.version)} does not exist")
        return found


def token_of(request: HTTPConnection) -> str:
    """The token, with ``Bearer`` before it or, as Piston's clients send theirs, with nothing."""
    return bearer_of(request) or request.headers.get("authorization", "").strip()


def told(problem: Problem) -> Response:
    """A problem in Piston's words."""
    words = _TOLD.get(problem.status, problem.detail.removeprefix(": "))
    return _told(problem.status, words, headers_of(problem))


def _told(status: int, words: str, headers: dict[str, str] | None = None) -> Response:
    return json_answer(Told(words), status, headers)


_CODES = {
    400: grpc.StatusCode.INVALID_ARGUMENT,
    404: grpc.StatusCode.NOT_FOUND,
    500: grpc.StatusCode.UNIMPLEMENTED,
}


def _refuse(status: int, words: str) -> NoReturn:
    raise RefusedError(problem(_CODES[status], words, status))
