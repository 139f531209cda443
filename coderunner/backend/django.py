"""The backend as URLs for Django, under ASGI and WSGI:

    path("code/", include((code_runner(Backend(Client())), "code-runner")))

and in the page ``<code-runner-settings url="/code">``. Under WSGI each reader who watches holds a thread, and no
program is talked to; under ASGI that takes a line in the site's ``asgi.py``:

    application = talking(get_asgi_application())
"""

from __future__ import annotations

import inspect
import json
from collections.abc import Awaitable, Callable
from functools import wraps
from typing import Any, cast
from urllib.parse import urlsplit

from asgiref.sync import sync_to_async
from django.conf import settings
from django.core.handlers.asgi import ASGIRequest
from django.db import connections, transaction
from django.http import HttpRequest, HttpResponse, HttpResponseBase, HttpResponseNotModified, StreamingHttpResponse
from django.urls import URLPattern, path
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from coderunner.backend.backend import Backend, Stream
from coderunner.backend.django_talking import opening_of, talking
from coderunner.backend.loop import AsyncEvents, Elsewhere, SyncEvents
from coderunner.backend.origins import require_json, require_own_page
from coderunner.backend.problems import MEDIA_TYPE, NO_SOCKET, TOO_LARGE, Problem
from coderunner.backend.readers import reader_at
from coderunner.backend.scripts import SCRIPTS, script
from coderunner.backend.sockets import Begun, beginning, going_on
from coderunner.backend.telling import END, HEADERS
from coderunner.backend.telling import MEDIA_TYPE as EVENTS
from coderunner.webhooks import WebhookError
from coderunner.webhooks.receiving import MAX_BODY_BYTES as MAX_CALLBACK_BYTES

__all__ = ["Reader", "code_runner", "talking"]

Reader = Callable[[HttpRequest], str | Awaitable[str]]
_View = Callable[..., Awaitable[HttpResponseBase]]


def code_runner(backend: Backend, *, reader: Reader | None = None) -> list[URLPattern]:
    """The URLs to include. ``reader``: the blog's own name for who asks, such as a user's id; None: ``REMOTE_ADDR``,
    which behind a proxy has to be made right. Whose pages may ask is Django's to say: those of its own host
    (``ALLOWED_HOSTS``), and ``CSRF_TRUSTED_ORIGINS``. The client belongs to the backend from now on."""
    return _Views(backend, reader).urls()


class _Views:
    def __init__(self, backend: Backend, reader: Reader | None) -> None:
        self._backend = backend
        self._reader_of = reader
        self._elsewhere = Elsewhere()

    def urls(self) -> list[URLPattern]:
        urls = [
            path("v1/executions", _view(self.submit, "POST")),
            path("v1/executions:interact", _view(self.talk, "GET")),
            path("v1/executions/<str:handle>/interact", _view(self.go_on_talking, "GET")),
            path("v1/executions/<str:handle>", _view(self.cancel, "DELETE")),
            path("v1/executions/<str:handle>/events", _view(self.watch, "GET")),
            *(path(f"page/{name}", _view(self.script, "GET", "HEAD"), {"name": name}) for name in SCRIPTS),
        ]
        if self._backend.callbacks is not None:
            urls.append(path("callbacks", _view(self.callback, "POST")))
        return urls

    async def submit(self, request: HttpRequest) -> HttpResponseBase:
        _require_own_page(request)
        require_json(request.headers.get("content-type", ""))
        reader = await self._reader(request)
        body = _body(request, self._backend.policy.max_body_bytes)
        return self._followed(request, await self._elsewhere.done(self._backend.run(reader, body)))

    async def watch(self, request: HttpRequest, handle: str) -> HttpResponseBase:
        place = request.headers.get("last-event-id", "")
        if place == END:  # which tells a browser not to come again
            return HttpResponse(status=204)
        reader = await self._reader(request)

        async def opened() -> Stream:
            return self._backend.watch(reader, handle, place)

        return self._followed(request, await self._elsewhere.done(opened()))

    async def cancel(self, request: HttpRequest, handle: str) -> HttpResponseBase:
        _require_own_page(request)
        answer = await self._elsewhere.done(self._backend.cancel(await self._reader(request), handle))
        return HttpResponse(json.dumps(answer), "application/json", headers={"Cache-Control": "no-store"})

    async def talk(self, request: HttpRequest) -> HttpResponseBase:
        return await self._opened(request, lambda reader: beginning(self._backend, reader))

    async def go_on_talking(self, request: HttpRequest, handle: str) -> HttpResponseBase:
        return await self._opened(request, lambda reader: going_on(self._backend, reader, handle))

    async def _opened(self, request: HttpRequest, begun: Callable[[str], Begun]) -> HttpResponseBase:
        """Lets a talk begin, once this answer has gone through the site's middleware."""
        opening = opening_of(request)
        if opening is None:
            raise Problem(NO_SOCKET, "Programs are talked to over a WebSocket, which the site has to let through.")
        _require_own_page(request)
        opening.begins(begun(await self._reader(request)), self._elsewhere, self._backend.policy.max_body_bytes)
        return HttpResponse(status=204)

    async def callback(self, request: HttpRequest) -> HttpResponseBase:
        body = _body(request, MAX_CALLBACK_BYTES)
        try:
            await self._elsewhere.done(self._backend.take_callback(request.headers, body))
        except WebhookError as error:
            return HttpResponse(str(error), "text/plain", error.status)
        return HttpResponse(status=204)

    async def script(self, request: HttpRequest, name: str) -> HttpResponseBase:
        found = script(name)
        headers = {"Cache-Control": "public, max-age=3600", "ETag": found.etag, "X-Content-Type-Options": "nosniff"}
        if found.etag in request.headers.get("if-none-match", ""):
            return HttpResponseNotModified(headers=headers)
        return HttpResponse(found.content, found.media_type, headers=headers)

    def _followed(self, request: HttpRequest, stream: Stream) -> HttpResponseBase:
        kind = AsyncEvents if isinstance(request, ASGIRequest) else SyncEvents
        return StreamingHttpResponse(kind(self._elsewhere, stream), content_type=EVENTS, headers=HEADERS)

    async def _reader(self, request: HttpRequest) -> str:
        if self._reader_of is None:
            return reader_at(request.META.get("REMOTE_ADDR"))
        if inspect.iscoroutinefunction(self._reader_of):
            return cast("str", await self._reader_of(request))
        name = await sync_to_async(self._reader_of)(request)  # it may ask the database, as a view may
        return await name if inspect.isawaitable(name) else name


def _view(view: _View, *methods: str) -> Any:
    """The view with problems answered. It has no token of Django's, which the page does not know: the check of the
    origin takes its place."""

    @wraps(view)
    async def answered(request: HttpRequest, **named: str) -> HttpResponseBase:
        try:
            return await view(request, **named)
        except Problem as problem:
            return HttpResponse(problem.body(), MEDIA_TYPE, problem.status, headers=problem.headers())

    made = csrf_exempt(require_http_methods(list(methods))(answered))
    databases = connections if settings.configured else ()  # they are where a site reads its URLs
    for database in databases:  # no transaction of ``ATOMIC_REQUESTS`` holds a coroutine
        made = transaction.non_atomic_requests(using=database)(made)
    return made


def _require_own_page(request: HttpRequest) -> None:
    origin = request.headers.get("origin")
    host = request.get_host()  # one of ALLOWED_HOSTS, or Django answers 400
    require_own_page(
        origin=origin,
        site=request.headers.get("sec-fetch-site"),
        host=host,
        is_own=origin is not None and _is_trusted(origin),
    )


def _is_trusted(origin: str) -> bool:
    """Whether CSRF_TRUSTED_ORIGINS has it: as it is, or as ``https://*.blog.example``."""
    try:
        scheme, host = urlsplit(origin)[:2]
    except ValueError:
        return False
    trusted = (urlsplit(one.replace("*", "", 1)) for one in settings.CSRF_TRUSTED_ORIGINS)
    return any(
        scheme == one.scheme and (host == one.netloc or (one.netloc.startswith(".") and host.endswith(one.netloc)))
        for one in trusted
    )


def _body(request: HttpRequest, max_bytes: int) -> bytes:
    body: bytes = request.read(max_bytes + 1)
    if len(body) > max_bytes:
        raise Problem(TOO_LARGE, f"A request has at most {max_bytes} bytes here.")
    return body
