"""The blog: an article whose code samples run, with CodeRunner's backend mounted beside it.

The reader's browser asks ``/code`` (``coderunner.backend.starlette``), which has the key; what the program prints comes
while it is printed, and the result by the watch or by CodeRunner's signed callback, whichever is first. Settings:
``settings.py``, and ``CODERUNNER_GATEWAY``, ``CODERUNNER_TOKEN``.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

from starlette.applications import Starlette
from starlette.datastructures import MutableHeaders
from starlette.middleware import Middleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.requests import Request
from starlette.responses import HTMLResponse
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from coderunner import Client, CodeRunnerError
from coderunner.backend import Backend, Callbacks, MemoryResults, Policy
from coderunner.backend.starlette import code_runner
from examples.blog.page import HERE, LANGUAGES, page
from examples.blog.settings import Settings
from examples.blog.shared_results import SharedResults

POLICY = Policy(
    languages=tuple(LANGUAGES.values()),
    labels={"from": "blog"},
    cache="READ_WRITE",  # most readers run a sample as it stands
)
SECURITY = {
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self';"
    " img-src data:; frame-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none';"
    " require-trusted-types-for 'script'; trusted-types",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
}


def blog(settings: Settings | None = None, client: Client | None = None) -> Starlette:
    """The application; one for each process."""
    settings = settings or Settings.of()
    client = client or Client()
    results = SharedResults(settings.nats_url, settings.nats_ca) if settings.nats_url else MemoryResults()
    callbacks = None
    if settings.callback_secrets:
        url = f"{settings.callback_base}/code/callbacks"
        callbacks = Callbacks(url, settings.callback_secrets, results=results)

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        async with client:
            with suppress(CodeRunnerError):  # the first reader need not wait for a connection
                await client.languages()
            if not isinstance(results, SharedResults):
                yield
                return
            await results.open()
            try:
                yield
            finally:
                await results.close()

    article = page()

    async def show(_: Request) -> HTMLResponse:
        return HTMLResponse(article, headers={"Cache-Control": "no-cache"})

    return Starlette(
        routes=[
            Route("/", show),
            Mount("/static", StaticFiles(directory=HERE / "static")),
            Mount("/code", code_runner(Backend(client, POLICY, callbacks=callbacks))),
        ],
        middleware=[
            Middleware(_Secured),
            Middleware(TrustedHostMiddleware, allowed_hosts=list(settings.names), www_redirect=False),
        ],
        lifespan=lifespan,
    )


class _Secured:
    """Puts SECURITY to every answer."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def secured(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message).update(SECURITY)
            await send(message)

        await self._app(scope, receive, secured if scope["type"] == "http" else send)
