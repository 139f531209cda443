"""A small blog whose code samples run: the reader's browser, this backend, CodeRunner.

``POST /run`` submits a sample with the SDK and answers with a stream of server-sent events: what the program prints
while it runs, then how it ended. The result arrives by the watch, or by CodeRunner's callback to this backend,
whichever is first.

Settings: ``BLOG_HOST`` (127.0.0.1), ``BLOG_PORT`` (8080), ``BLOG_CALLBACK_BASE`` (how CodeRunner reaches this backend;
http://127.0.0.1:8080), ``BLOG_NAMES`` (the host names it answers under, with commas between; ``127.0.0.1``,
``localhost`` and the two before are always among them), ``BLOG_CALLBACK_SECRETS`` (with commas between: the gateway's
``callback_secret``, and the one before it while they change), ``CODERUNNER_GATEWAY``, ``CODERUNNER_TOKEN``.
"""

from __future__ import annotations

import asyncio
import json
import os
import secrets
from collections.abc import Iterable
from urllib.parse import urlsplit

from aiohttp import web

from coderunner import Client, CodeRunnerError, Limits, Output
from coderunner.webhooks import MemorySeen, WebhookError, receive
from examples.blog.admission import (
    MAX_BODY_BYTES,
    MAX_CALLBACK_BYTES,
    Streams,
    hashed_reader,
    json_body,
    json_value,
    number_after,
    only_our_readers,
    whole_body,
)
from examples.blog.messages import error_message
from examples.blog.page import HERE, TITLES, page
from examples.blog.runs import Run

LIMITS = Limits(cpu_ms=5_000, wall_ms=10_000, memory_bytes=256 << 20)
MAX_SOURCE_BYTES = 64 << 10
MAX_RUNS = 500  # kept for readers who come back after a broken connection; and the most that go on at once
ALWAYS_OURS = ("127.0.0.1", "localhost", "[::1]")
SECURITY = {
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self';"
    " img-src 'self' data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
}


class Blog:
    """The blog's HTTP handlers, which share one client of CodeRunner."""

    def __init__(
        self, client: Client, callback_base: str, names: Iterable[str] = (), callback_secrets: Iterable[str] = ()
    ) -> None:
        """``names``: the hosts, beside this machine's own, under which readers and CodeRunner reach it.
        ``callback_secrets``: those by which the gateway signs its callbacks to us."""
        called_back = urlsplit(callback_base).hostname or ""
        self._names = frozenset(name.strip().lower() for name in (*ALWAYS_OURS, called_back, *names) if name.strip())
        self._client = client
        self._streams = Streams()
        self._runs: dict[str, Run] = {}
        self._callback_secrets = tuple(callback_secrets)
        self._seen = MemorySeen()
        self._key = secrets.token_urlsafe(24)  # who knows this address was told it by us
        self._salt = secrets.token_bytes(32)
        self._callback = f"{callback_base}/callback/{self._key}"
        self._page = page()

    def application(self) -> web.Application:
        app = web.Application(middlewares=[only_our_readers(self._names)])
        app.router.add_get("/", self.article)
        app.router.add_post("/run", self.run)
        app.router.add_get("/run/{id}", self.watch)
        app.router.add_post("/run/{id}/cancel", self.cancel)
        app.router.add_post("/callback/{key}", self.finished)
        app.router.add_static("/static", HERE / "static")
        app.on_response_prepare.append(_secure)
        app.on_cleanup.append(self._close)
        return app

    async def article(self, request: web.Request) -> web.Response:
        return web.Response(text=self._page, content_type="text/html", headers={"Cache-Control": "no-cache"})

    async def run(self, request: web.Request) -> web.StreamResponse:
        language, source, stdin = await _parse_run(request)
        with self._streams.one_more(request.remote or ""):
            return await self._run(request, language, source, stdin)

    async def _run(self, request: web.Request, language: str, source: str, stdin: str) -> web.StreamResponse:
        if sum(not run.done for run in self._runs.values()) >= MAX_RUNS:
            return web.json_response({"error": "Many readers are running code just now. Please try again."}, status=429)
        try:
            task_id = await self._client.submit(
                language,
                source,
                stdin=stdin,
                limits=LIMITS,
                callback=self._callback,
                labels={"from": "blog"},
                cache="READ_WRITE",  # most readers run a sample as it stands
                reader=hashed_reader(request.remote or "", self._salt),
            )
        except CodeRunnerError as error:
            status, words = error_message(error, TITLES[language])
            return web.json_response({"error": words}, status=status)
        run = self._remember(Run(task_id))
        run.follower = asyncio.create_task(self._follow(run))
        return await _stream(request, run)

    async def watch(self, request: web.Request) -> web.StreamResponse:
        """The same events again, for a browser whose connection broke; ``?after=N`` leaves out the first N."""
        after = number_after(request.query.get("after", "0"))
        with self._streams.one_more(request.remote or ""):
            return await _stream(request, self._known(request), after)

    async def cancel(self, request: web.Request) -> web.Response:
        run = self._known(request)
        try:
            run.state((await self._client.cancel(run.id)).execution)
        except CodeRunnerError as error:
            return web.json_response({"error": error_message(error)[1]}, status=502)
        return web.Response(status=204)

    async def finished(self, request: web.Request) -> web.Response:
        """CodeRunner's callback. Where it is signed, it is the result; where it is not, it only says which task: the
        result is asked for, so a forged one is no use."""
        if not secrets.compare_digest(request.match_info["key"].encode(), self._key.encode()):
            raise web.HTTPNotFound
        body = await whole_body(request, MAX_CALLBACK_BYTES)
        if self._callback_secrets:
            return self._signed(request, body)
        try:
            task_id = str(json_value(body)["id"])
        except (ValueError, TypeError, KeyError):
            raise web.HTTPBadRequest from None
        run = self._runs.get(task_id)
        if run is not None and not run.done:
            run.state(await self._client.get(task_id))
        return web.Response(status=204)

    def _signed(self, request: web.Request, body: bytes) -> web.Response:
        try:
            with receive(request.headers, body, secrets=self._callback_secrets, seen=self._seen) as execution:
                run = self._runs.get(execution.id) if execution is not None else None
                if run is not None and execution is not None and not run.done:
                    run.state(execution)
        except WebhookError as error:
            return web.Response(status=error.status, text=str(error))
        return web.Response(status=204)

    async def _follow(self, run: Run) -> None:
        try:
            async for event in self._client.watch(run.id):
                if isinstance(event, Output):
                    run.output(event)
                else:
                    run.state(event)
        except CodeRunnerError as error:
            run.fail(error_message(error)[1])

    def _remember(self, run: Run) -> Run:
        self._runs[run.id] = run
        for old in [old for old in self._runs.values() if old.done][: max(0, len(self._runs) - MAX_RUNS)]:
            del self._runs[old.id]
        return run

    def _known(self, request: web.Request) -> Run:
        run = self._runs.get(request.match_info["id"])
        if run is None:
            raise web.HTTPNotFound(text="This run is no longer known.")
        return run

    async def _close(self, _: web.Application) -> None:
        followers = [run.follower for run in self._runs.values() if run.follower is not None]
        for follower in followers:
            follower.cancel()
        await asyncio.gather(*followers, return_exceptions=True)
        await self._client.close()


async def _parse_run(request: web.Request) -> tuple[str, str, str]:
    """Language, source and stdin of a request. Raises web.HTTPBadRequest."""
    try:
        body = await json_body(request, MAX_BODY_BYTES)
        language, source, stdin = body["language"], body["source"], body.get("stdin", "")
    except (ValueError, TypeError, KeyError, AttributeError):
        raise web.HTTPBadRequest(text="This is not a run.") from None
    if not all(isinstance(text, str) for text in (language, source, stdin)) or language not in TITLES:
        raise web.HTTPBadRequest(text="This is not a run.")
    if _utf8_bytes(source) > MAX_SOURCE_BYTES or _utf8_bytes(stdin) > MAX_SOURCE_BYTES:
        raise web.HTTPRequestEntityTooLarge(max_size=MAX_SOURCE_BYTES, actual_size=len(source) + len(stdin))
    return language, source, stdin


def _utf8_bytes(text: str) -> int:
    """Its size. Raises web.HTTPBadRequest for half a surrogate pair, which is no text."""
    try:
        return len(text.encode())
    except UnicodeEncodeError:
        raise web.HTTPBadRequest(text="This is not a run.") from None


async def _stream(request: web.Request, run: Run, after: int = 0) -> web.StreamResponse:
    headers = {"Content-Type": "text/event-stream", "Cache-Control": "no-store", "X-Accel-Buffering": "no"}
    response = web.StreamResponse(headers=headers)
    await response.prepare(request)
    try:
        async for event in run.events(after):
            if event is None:
                await response.write(b": still here\n\n")
            else:
                number, kind, data = event
                await response.write(f"id: {number}\nevent: {kind}\ndata: {json.dumps(data)}\n\n".encode())
        await response.write_eof()
    except ConnectionError:
        pass  # the reader left; the run goes on, and a reader who comes back finds it
    return response


async def _secure(_: web.Request, response: web.StreamResponse) -> None:
    response.headers.update(SECURITY)


def main() -> None:
    host, port = os.environ.get("BLOG_HOST", "127.0.0.1"), int(os.environ.get("BLOG_PORT", "8080"))
    base = os.environ.get("BLOG_CALLBACK_BASE", f"http://127.0.0.1:{port}").rstrip("/")
    names = [host, *os.environ.get("BLOG_NAMES", "").split(",")]
    signed_by = [one for one in os.environ.get("BLOG_CALLBACK_SECRETS", "").split(",") if one]
    web.run_app(Blog(Client(), base, names, signed_by).application(), host=host, port=port, access_log=None)
