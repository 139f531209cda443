"""The backend in each web framework, asked as its server would ask it."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import django
import httpx
from django.conf import settings
from django.core.asgi import get_asgi_application
from django.core.handlers.wsgi import WSGIHandler
from django.test import override_settings
from django.urls import include, path
from starlette.applications import Starlette
from starlette.routing import Mount

from coderunner.backend import Backend
from coderunner.backend import django as django_backend
from coderunner.backend import starlette as starlette_backend

HOST = "blog.example"
ADA, BOB = "192.0.2.7", "192.0.2.8"
PROGRAM = {"language": "python", "files": [{"content": "print(6 * 7)"}]}
EXECUTIONS = "/code/v1/executions"
_EVENT = re.compile(r"^event: (\w+)\n(?:id: (\S+)\n)?data: (.*)$", re.MULTILINE)

Transport = Callable[[str], Any]
"""Of httpx, for requests from that address."""


@dataclass
class Mounted:
    """A backend in a framework."""

    transport: Transport
    is_async: bool = True

    async def ask(self, verb: str, path: str, *, reader: str = ADA, **more: Any) -> httpx.Response:
        url = f"http://{HOST}{path}"
        if self.is_async:
            async with httpx.AsyncClient(transport=self.transport(reader)) as client:
                return await client.request(verb, url, **more)
        with httpx.Client(transport=self.transport(reader)) as client:
            return await asyncio.to_thread(client.request, verb, url, **more)

    async def run(self, body: Any = PROGRAM, **more: Any) -> httpx.Response:
        return await self.ask("POST", EXECUTIONS, json=body, **more)


@dataclass
class Event:
    name: str
    id: str
    data: dict[str, Any] = field(default_factory=dict)


def events(answer: httpx.Response) -> list[Event]:
    assert answer.headers["content-type"].startswith("text/event-stream"), answer.text
    return [Event(name, place, json.loads(data)) for name, place, data in _EVENT.findall(answer.text)]


def output(told: list[Event]) -> str:
    """The standard output, put together by the offsets."""
    text = ""
    for one in told:
        if one.name == "output" and one.data["stream"] == "stdout":
            text = text[: one.data["offset"]] + one.data["text"]
    return text


@contextmanager
def on_starlette(backend: Backend, **more: Any) -> Iterator[Mounted]:
    app = Starlette(routes=[Mount("/code", starlette_backend.code_runner(backend, **more))])
    yield Mounted(lambda reader: httpx.ASGITransport(app, client=(reader, 1)))


@contextmanager
def on_django_asgi(backend: Backend, **more: Any) -> Iterator[Mounted]:
    with _django(backend, more):
        app: Any = get_asgi_application()
        yield Mounted(lambda reader: httpx.ASGITransport(app, client=(reader, 1)))


@contextmanager
def on_django_wsgi(backend: Backend, **more: Any) -> Iterator[Mounted]:
    with _django(backend, more):
        app: Any = WSGIHandler()
        yield Mounted(lambda reader: httpx.WSGITransport(app, remote_addr=reader), is_async=False)


@contextmanager
def _django(backend: Backend, more: Mapping[str, Any]) -> Iterator[None]:
    if not settings.configured:
        settings.configure()
        django.setup()
    urls = type("Urls", (), {})()
    urls.urlpatterns = [path("code/", include((django_backend.code_runner(backend, **more), "code-runner")))]
    middleware = ["django.middleware.csrf.CsrfViewMiddleware", "django.middleware.common.CommonMiddleware"]
    with override_settings(ROOT_URLCONF=urls, ALLOWED_HOSTS=[HOST], MIDDLEWARE=middleware, USE_TZ=True):
        yield


FRAMEWORKS = {"starlette": on_starlette, "django-asgi": on_django_asgi, "django-wsgi": on_django_wsgi}
