"""A callback in the web frameworks that blogs are made with, each asked as its server would ask it."""

from __future__ import annotations

import asyncio
import contextlib
import io
import subprocess
import sys
import time
from collections.abc import Callable
from typing import Any

import django
import msgspec
import pytest
from django.conf import settings as django_settings
from django.core.handlers.wsgi import WSGIRequest
from flask import Flask, request
from flask.typing import ResponseReturnValue
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from broker_gateway.infrastructure.callbacks.identification import Identification
from coderunner import Execution
from coderunner.webhooks import MemorySeen, Seen, receive_django, receive_flask, receive_starlette
from coderunner.webhooks.receiving import MAX_BODY_BYTES
from tests.builders import a_stage, an_execution

SECRET, OTHER = ("whsec_" + letter * 32 for letter in "SO")
BODY = msgspec.json.encode(an_execution("t1", run=a_stage("x" * (4 << 20))))  # beyond what Django takes by itself

Post = Callable[[bytes, dict[str, str]], int]
Server = Callable[[Callable[[Execution], object], Seen], Post]


def environ(body: bytes, headers: dict[str, str]) -> dict[str, Any]:
    said = {f"HTTP_{name.upper().replace('-', '_')}": value for name, value in headers.items()}
    return said | {
        "REQUEST_METHOD": "POST",
        "PATH_INFO": "/done",
        "SCRIPT_NAME": "",
        "SERVER_NAME": "blog",
        "SERVER_PORT": "80",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "CONTENT_TYPE": "application/json",
        "CONTENT_LENGTH": str(len(body)),
        "wsgi.url_scheme": "http",
        "wsgi.input": io.BytesIO(body),
        "wsgi.errors": sys.stderr,
    }


def on_flask(handle: Callable[[Execution], object], seen: Seen) -> Post:
    app = Flask("blog")

    @app.post("/done")
    def done() -> ResponseReturnValue:
        return receive_flask(request, handle, secrets=[SECRET], seen=seen)

    def post(body: bytes, headers: dict[str, str]) -> int:
        statuses: list[str] = []
        answer = app(environ(body, headers), lambda status, _headers, _error=None: statuses.append(status))  # type: ignore[arg-type]
        assert b"".join(answer) is not None
        return int(statuses[0].split()[0])

    return post


def on_django(handle: Callable[[Execution], object], seen: Seen) -> Post:
    if not django_settings.configured:
        django_settings.configure()
        django.setup()

    def post(body: bytes, headers: dict[str, str]) -> int:
        answer = receive_django(WSGIRequest(environ(body, headers)), handle, secrets=[SECRET], seen=seen)
        return int(answer.status_code)

    return post


def on_starlette(handle: Callable[[Execution], object], seen: Seen) -> Post:
    async def done(asked: Request) -> Response:
        return await receive_starlette(asked, handle, secrets=[SECRET], seen=seen)

    app = Starlette(routes=[Route("/done", done, methods=["POST"])])

    def post(body: bytes, headers: dict[str, str]) -> int:
        return asyncio.run(_asgi(app, body, headers))

    return post


async def _asgi(app: Starlette, body: bytes, headers: dict[str, str]) -> int:
    pieces = [body[at : at + 65536] for at in range(0, len(body), 65536)] or [b""]
    statuses: list[int] = []

    async def receive() -> Any:
        piece = pieces.pop(0)
        return {"type": "http.request", "body": piece, "more_body": bool(pieces)}

    async def send(message: Any) -> None:
        if message["type"] == "http.response.start":
            statuses.append(message["status"])

    spelled = [(name.lower().encode(), value.encode()) for name, value in headers.items()]
    scope = {"type": "http", "method": "POST", "path": "/done", "query_string": b"", "headers": spelled}
    await app(scope, receive, send)
    return statuses[0]


@pytest.fixture(params=[on_starlette, on_django, on_flask])
def server(request: pytest.FixtureRequest) -> Server:
    chosen: Server = request.param
    return chosen


def signed(body: bytes, secret: str = SECRET) -> dict[str, str]:
    return Identification.of([secret], {}).headers("t1", body, int(time.time()))


def test_a_callback_is_handled_once(server: Server) -> None:
    taken: list[Execution] = []
    post = server(taken.append, MemorySeen())
    assert [post(BODY, signed(BODY)) for _ in range(2)] == [204, 204]
    assert [(one.id, one.run and len(one.run.stdout)) for one in taken] == [("t1", 4 << 20)]


def test_what_a_stranger_sends_is_answered_with_401_and_not_handled(server: Server) -> None:
    taken: list[Execution] = []
    post = server(taken.append, MemorySeen())
    assert post(BODY, signed(BODY, OTHER)) == 401
    assert post(BODY, {}) == 401
    assert taken == []


def test_a_body_that_is_too_large_is_answered_with_413(server: Server) -> None:
    assert server(print, MemorySeen())(b" " * (MAX_BODY_BYTES + 1), {}) == 413


def test_a_callback_that_could_not_be_handled_is_handled_when_it_comes_again(server: Server) -> None:
    taken: list[Execution] = []

    def fails_once(execution: Execution) -> None:
        taken.append(execution)
        if len(taken) == 1:
            raise KeyError

    post = server(fails_once, MemorySeen())
    with contextlib.suppress(KeyError):  # what asks an ASGI application, or a view by itself, is told so
        assert post(BODY, signed(BODY)) == 500
    assert post(BODY, signed(BODY)) == 204
    assert len(taken) == 2


def test_a_handler_in_starlette_may_be_asynchronous() -> None:
    taken: list[str] = []

    async def handle(execution: Execution) -> None:
        await asyncio.sleep(0)
        taken.append(execution.id)

    assert on_starlette(handle, MemorySeen())(BODY, signed(BODY)) == 204
    assert taken == ["t1"]


def test_no_framework_is_imported_before_it_is_asked_for() -> None:
    code = "import coderunner.webhooks, sys; print({'django', 'flask', 'starlette'} & set(sys.modules))"
    assert subprocess.check_output([sys.executable, "-c", code], text=True) == "set()\n"
