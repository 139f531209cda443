"""Answers to requests of web frameworks, each of which is imported when its adapter is called."""

from __future__ import annotations

import inspect
from collections.abc import Awaitable, Callable, Iterable, Mapping
from typing import TYPE_CHECKING

from coderunner.model import Execution
from coderunner.webhooks.errors import WebhookError
from coderunner.webhooks.receiving import MAX_BODY_BYTES, receive
from coderunner.webhooks.seen import Seen

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse
    from flask import Request as FlaskRequest
    from flask import Response as FlaskResponse
    from starlette.requests import Request as StarletteRequest
    from starlette.responses import Response as StarletteResponse

_NO_CONTENT = 204

Handle = Callable[[Execution], object]
HandleAsync = Callable[[Execution], Awaitable[object] | object]


async def receive_starlette(
    request: StarletteRequest, handle: HandleAsync, *, secrets: str | Iterable[str], seen: Seen | None = None
) -> StarletteResponse:
    """The response to a callback in Starlette or FastAPI, after ``handle`` (plain or asynchronous) has had the
    execution."""
    from starlette.responses import PlainTextResponse, Response  # noqa: PLC0415

    body = bytearray()
    async for piece in request.stream():
        body += piece
        if len(body) > MAX_BODY_BYTES:
            break
    try:
        with receive(request.headers, bytes(body), secrets=secrets, seen=seen) as execution:
            if execution is not None:
                done = handle(execution)
                if inspect.isawaitable(done):
                    await done
    except WebhookError as error:
        return PlainTextResponse(str(error), error.status)
    return Response(status_code=_NO_CONTENT)


def receive_django(
    request: HttpRequest, handle: Handle, *, secrets: str | Iterable[str], seen: Seen | None = None
) -> HttpResponse:
    """The response to a callback in Django, after ``handle`` has had the execution. The view is ``csrf_exempt``: the
    signature takes the token's place."""
    from django.http import HttpResponse  # noqa: PLC0415

    words, status = _receive(dict(request.headers), request.read(MAX_BODY_BYTES + 1), handle, secrets, seen)
    return HttpResponse(words, status=status, content_type="text/plain")


def receive_flask(
    request: FlaskRequest, handle: Handle, *, secrets: str | Iterable[str], seen: Seen | None = None
) -> FlaskResponse:
    """The response to a callback in Flask, after ``handle`` has had the execution."""
    from flask import Response  # noqa: PLC0415

    words, status = _receive(dict(request.headers), request.stream.read(MAX_BODY_BYTES + 1), handle, secrets, seen)
    return Response(words, status, content_type="text/plain")


def _receive(
    headers: Mapping[str, str], body: bytes, handle: Handle, secrets: str | Iterable[str], seen: Seen | None
) -> tuple[str, int]:
    try:
        with receive(headers, body, secrets=secrets, seen=seen) as execution:
            if execution is not None:
                handle(execution)
    except WebhookError as error:
        return str(error), error.status
    return "", _NO_CONTENT
