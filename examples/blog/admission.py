"""What of a stranger's HTTP request is looked at before it runs anything: who is asked, from where, and how much."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import json
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlsplit

from aiohttp import web

MAX_BODY_BYTES = 160 << 10
"""A source of 64 KiB and what it reads, spelled as JSON."""
MAX_CALLBACK_BYTES = 8 << 20
"""As large as a result on CodeRunner's bus may be."""
BODY_S = 10.0
"""How long a body may take to arrive."""
MAX_STREAMS = 1_000
MAX_STREAMS_PER_READER = 20
"""A reader is an address: behind a proxy that is everybody, and the proxy has to count."""
MAX_AFTER_DIGITS = 9
READER_CHARS = 32

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


def only_our_readers(hosts: frozenset[str]) -> Any:
    """A middleware that answers under the names in ``hosts`` only, and lets no other site's page start or stop a run.

    The first is against DNS rebinding, which makes a stranger's page one of ours in its browser's eyes; the second
    against forms and plain-text POSTs, which browsers send to any site without asking."""

    @web.middleware
    async def middleware(request: web.Request, handler: Handler) -> web.StreamResponse:
        if _name(request.host) not in hosts:
            raise web.HTTPMisdirectedRequest(text="This blog is not known by that name.")
        if request.method == "POST":
            _require_our_page(request)
        return await handler(request)

    return middleware


def _require_our_page(request: web.Request) -> None:
    """Raises web.HTTPForbidden, web.HTTPUnsupportedMediaType. What is no browser sends neither header."""
    site, origin = request.headers.get("Sec-Fetch-Site", "same-origin"), request.headers.get("Origin")
    if site != "same-origin" or (origin is not None and host_of(origin) != request.host.lower()):
        raise web.HTTPForbidden(text="Only this blog's own page may do that.")
    if request.content_type != "application/json":
        raise web.HTTPUnsupportedMediaType(text="A run is told in application/json.")


def host_of(url: str) -> str:
    """The host and port of a URL, in small letters; empty where it has none."""
    try:
        return urlsplit(url).netloc.lower()
    except ValueError:
        return ""


def _name(host: str) -> str:
    """A Host header without its port."""
    name, _, port = host.lower().rpartition(":")
    return name if name and port.isdecimal() else host.lower()


async def json_body(request: web.Request, max_bytes: int) -> Any:
    """The JSON of a request, read up to ``max_bytes``. Raises ValueError, web.HTTPRequestEntityTooLarge,
    web.HTTPRequestTimeout."""
    return json_value(await whole_body(request, max_bytes))


async def whole_body(request: web.Request, max_bytes: int) -> bytes:
    """A request's body of at most ``max_bytes``. Raises web.HTTPRequestEntityTooLarge, web.HTTPRequestTimeout."""
    body = bytearray()
    try:
        async with asyncio.timeout(BODY_S):
            async for piece in request.content.iter_any():
                body += piece
                if len(body) > max_bytes:
                    raise web.HTTPRequestEntityTooLarge(max_size=max_bytes, actual_size=len(body))
    except TimeoutError:
        raise web.HTTPRequestTimeout from None
    return bytes(body)


def json_value(body: bytes) -> Any:
    """What a body says in JSON. Raises ValueError."""
    try:
        return json.loads(body)
    except RecursionError:
        raise ValueError("nested too deeply") from None


def number_after(text: str) -> int:
    """The number of events that a reader has seen. Raises web.HTTPBadRequest."""
    if not (text.isascii() and text.isdecimal() and len(text) <= MAX_AFTER_DIGITS):
        raise web.HTTPBadRequest(text="`after` is the number of the last event that was seen.")
    return int(text)


def hashed_reader(reader: str, salt: bytes) -> str:
    """What CodeRunner is told of a reader: the same for the same one, and nothing of the address."""
    return hmac.new(salt, reader.encode(), hashlib.sha256).hexdigest()[:READER_CHARS]


class Streams:
    """The streams that are open, by reader."""

    def __init__(self) -> None:
        self._open: Counter[str] = Counter()

    @contextmanager
    def one_more(self, reader: str) -> Iterator[None]:
        """While one more is open. Raises web.HTTPTooManyRequests."""
        if self._open[reader] >= MAX_STREAMS_PER_READER or self._open.total() >= MAX_STREAMS:
            raise web.HTTPTooManyRequests(text="Too many samples are running at once. Please wait for one to end.")
        self._open[reader] += 1
        try:
            yield
        finally:
            self._open[reader] -= 1
            if not self._open[reader]:
                del self._open[reader]
