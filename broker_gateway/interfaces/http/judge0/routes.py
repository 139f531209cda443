"""The routes of Judge0's API."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING

from starlette.requests import Request
from starlette.routing import BaseRoute, Route

from broker_gateway.interfaces.http.calls import Handler
from broker_gateway.interfaces.http.catalog_routes import CATALOG
from broker_gateway.interfaces.http.execution_routes import EXECUTION
from broker_gateway.interfaces.http.judge0.errors import response
from broker_gateway.interfaces.http.judge0.informing import Informing
from broker_gateway.interfaces.http.judge0.reading import Reading
from broker_gateway.interfaces.http.judge0.submitting import Submitting
from broker_gateway.interfaces.http.judge0.tokens import callers_token

if TYPE_CHECKING:
    from broker_gateway.interfaces.http.dialects import DialectParts

CallOf = Callable[[Request], str]
_Row = tuple[str, str, CallOf, Handler]


def _a(method: str) -> CallOf:
    return lambda _request: method


_LANGUAGES, _NODES = _a(CATALOG + "ListLanguages"), _a(CATALOG + "ListNodes")
_GET, _LIST = _a(EXECUTION + "Get"), _a(EXECUTION + "List")


def judge0_routes(parts: DialectParts) -> Sequence[BaseRoute]:
    """All of them."""
    return [route for row in (*_of_submissions(parts), *_of_information(parts)) for route in _routes(parts, *row)]


def _of_submissions(parts: DialectParts) -> Iterator[_Row]:
    submitting, reading, informing = Submitting(parts), Reading(parts), Informing(parts)
    yield "POST", "/submissions", submitting.call_of, submitting.create
    yield "GET", "/submissions", _LIST, reading.index
    yield "POST", "/submissions/batch", _a(EXECUTION + "SubmitBatch"), submitting.create_batch
    yield "GET", "/submissions/batch", _GET, reading.show_batch
    yield "GET", "/submissions/{token}", _GET, reading.show
    yield "DELETE", "/submissions/{token}", _GET, informing.delete


def _of_information(parts: DialectParts) -> Iterator[_Row]:
    informing = Informing(parts)
    yield "GET", "/languages", _LANGUAGES, informing.languages
    yield "GET", "/languages/all", _LANGUAGES, informing.all_languages
    yield "GET", "/languages/{id}", _LANGUAGES, informing.language
    yield "GET", "/statuses", _LANGUAGES, informing.statuses
    yield "GET", "/about", _LANGUAGES, informing.about
    yield "GET", "/version", _LANGUAGES, informing.version
    yield "GET", "/license", _LANGUAGES, informing.license
    yield "GET", "/isolate", _LANGUAGES, informing.isolate
    yield "GET", "/config_info", _LANGUAGES, informing.config_info
    yield "GET", "/system_info", _NODES, informing.system_info
    yield "GET", "/workers", _NODES, informing.workers
    yield "GET", "/statistics", _LIST, informing.statistics
    yield "POST", "/authenticate", _LANGUAGES, informing.allowed
    yield "POST", "/authorize", _GET, informing.allowed


def _routes(parts: DialectParts, verb: str, path: str, call_of: CallOf, handler: Handler) -> Iterator[BaseRoute]:
    """A path ends with a slash or without, as with Rails."""
    endpoint = parts.calls.endpoint(call_of, handler, callers_token, response)
    for one in (path, path + "/"):
        route = Route(one, endpoint, methods=[verb])
        route.methods = {verb}  # and no HEAD
        yield route
