"""The events of one task as a stream of server-sent events: https://html.spec.whatwg.org/multipage/server-sent-events.html"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing, suppress

import msgspec
from starlette.requests import Request
from starlette.types import Receive, Scope, Send

from broker_gateway.application.commands import Refusal
from broker_gateway.application.watching import Item, Watched
from broker_gateway.interfaces.failures import failure
from broker_gateway.interfaces.http.calls import Call, Calls
from broker_gateway.interfaces.http.problems import Problem, problem, problem_of
from broker_gateway.interfaces.http.told_output import ToldOutput
from schemas.execution import Execution, OutputChunk

MEDIA_TYPE = "text/event-stream"
END = "end"
"""The id of the last event: who shows it has had everything."""
BEAT_S = 15.0
"""Between two signs of life, where nothing happens: proxies close what is silent."""
RETRY_MS = 1000
"""After which a browser connects again."""
_HEADERS = (
    (b"content-type", b"text/event-stream; charset=utf-8"),
    (b"cache-control", b"no-store"),
    (b"x-accel-buffering", b"no"),
)
_encode = msgspec.json.Encoder().encode


class EventStream:
    """The response: ``state`` with an execution, ``output`` with a piece of it, ``waits`` where a program that is
    talked to waits for its input, ``result`` with the execution at its end, ``error`` with a problem where it cannot go
    on. All output that the result has was told before it, in events whose offsets say where it belongs."""

    def __init__(
        self, calls: Calls, call: Call, first: Item, items: AsyncGenerator[Watched | Refusal, None], told: ToldOutput
    ) -> None:
        """``first`` came out of ``items``; ``told``: what the caller had before."""
        self._calls = calls
        self._call = call
        self._first = first
        self._items = items
        self._told = told

    async def __call__(self, _scope: Scope, _receive: Receive, send: Send) -> None:
        async with self._call.until_left():  # which ends with the last thing that is sent
            async with aclosing(self._items):
                self._calls.opened(self._call)
                await send({"type": "http.response.start", "status": 200, "headers": list(_HEADERS)})
                await _write(send, b"retry: %d\n\n" % RETRY_MS)
                beating = asyncio.create_task(_beat(send))
                try:
                    await self._tell(send)
                finally:
                    beating.cancel()
                    with suppress(asyncio.CancelledError):
                        await beating
            await send({"type": "http.response.body", "body": b"", "more_body": False})

    async def _tell(self, send: Send) -> None:
        try:
            await self._tell_item(send, self._first)
            async for item in self._items:
                if not isinstance(item, Execution | OutputChunk):
                    await self._fail(send, problem_of(item))
                    return
                await self._tell_item(send, item)
        except asyncio.CancelledError:
            raise
        except Exception as error:  # noqa: BLE001 - as for every call: a fault becomes a problem
            await self._fail(send, problem(*failure(error, self._call.method)))

    async def _tell_item(self, send: Send, item: Item) -> None:
        if isinstance(item, OutputChunk):
            await self._tell_output(send, item)
        elif item.status.is_final:
            for chunk in self._told.missing(item):
                await _write(send, event("output", _encode(chunk), self._told.place))
            await _write(send, event("result", _encode(item), END))
        else:
            await _write(send, event("state", _encode(item), self._told.place))

    async def _tell_output(self, send: Send, chunk: OutputChunk) -> None:
        if chunk.stream == "stdin":
            await _write(send, event("waits", b'{"attempt":%d}' % chunk.attempt))
            return
        news = self._told.news(chunk)
        if news is not None:
            await _write(send, event("output", _encode(news), self._told.place))

    async def _fail(self, send: Send, problem: Problem) -> None:
        await _write(send, event("error", _encode(self._call.ends_with(problem))))


def follows(request: Request) -> bool:
    """Whether its caller takes events alone."""
    accepted = request.headers.get("accept", "")
    return accepted.partition(";")[0].strip().lower() == MEDIA_TYPE


def event(name: str, data: bytes, event_id: str = "") -> bytes:
    """One event; ``data`` is JSON, which has no line feeds."""
    told = b"id: " + event_id.encode() + b"\n" if event_id else b""
    return b"event: " + name.encode() + b"\n" + told + b"data: " + data + b"\n\n"


def is_early(state: Item) -> bool:
    """Whether who is told this first follows since before the task began."""
    return isinstance(state, Execution) and state.attempt == 0 and not state.status.is_final


async def _beat(send: Send) -> None:
    while True:
        await asyncio.sleep(BEAT_S)
        await _write(send, b": \n\n")


async def _write(send: Send, data: bytes) -> None:
    await send({"type": "http.response.body", "body": data, "more_body": True})
