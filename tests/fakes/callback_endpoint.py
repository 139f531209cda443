"""What a blog would serve: an HTTP endpoint and a CallbackService that remember each delivery. The endpoint also takes
what Judge0 would send."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, Self

import grpc
from aiohttp import web

from coderunner.v1 import callback_pb2, callback_pb2_grpc
from schemas.trace import TRACEPARENT


class CallbackEndpoint(callback_pb2_grpc.CallbackServiceServicer):
    """A blog backend's two callback endpoints. ``deliveries``: idempotency key to the statuses that came with it."""

    def __init__(self, expected: int = 1) -> None:
        self.deliveries: dict[str, list[tuple[str, str]]] = defaultdict(list)
        self.progress: list[tuple[str, callback_pb2.Progress]] = []
        """What came before the ends, by gRPC, with its idempotency key."""
        self.traces: list[str] = []
        """The ``traceparent`` of each delivery; empty where it had none."""
        self.complete = asyncio.Event()
        self.is_busy = False
        """It takes nothing now: 503 and UNAVAILABLE."""
        self._expected = expected

    async def __aenter__(self) -> Self:
        application = web.Application()
        application.router.add_post("/done", self._post)
        application.router.add_put("/done", self._put)
        self._runner = web.AppRunner(application)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", 0)
        await site.start()
        self.url = f"http://127.0.0.1:{self._runner.addresses[0][1]}/done"
        self._server = grpc.aio.server()
        callback_pb2_grpc.add_CallbackServiceServicer_to_server(self, self._server)
        self.grpc_url = f"grpc://127.0.0.1:{self._server.add_insecure_port('127.0.0.1:0')}"
        await self._server.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._runner.cleanup()
        await self._server.stop(None)

    async def _post(self, request: web.Request) -> web.Response:
        if self.is_busy:
            return web.Response(status=503)
        body = await request.json()
        self.traces.append(request.headers.get(TRACEPARENT, ""))
        self._note(request.headers["Idempotency-Key"], body["id"], body["status"])
        return web.Response()

    async def _put(self, request: web.Request) -> web.Response:
        if self.is_busy:
            return web.Response(status=503)
        body = await request.json()
        self._note(request.headers["Idempotency-Key"], body["token"], body["status"]["description"])
        return web.Response()

    async def Deliver(self, request: Any, context: Any) -> Any:
        if self.is_busy:
            await context.abort(grpc.StatusCode.UNAVAILABLE, "busy")
        sent = dict(context.invocation_metadata())
        keys = [sent["idempotency-key"]]
        self.traces.append(sent.get(TRACEPARENT, ""))
        status = type(request.execution).Status.Name(request.execution.status)
        self._note(keys[0], request.execution.id, status)
        return callback_pb2.DeliverResponse()

    async def Progress(self, request: Any, context: Any) -> Any:
        keys = [value for name, value in context.invocation_metadata() if name == "idempotency-key"]
        self.progress.append((keys[0], request.progress))
        return callback_pb2.ProgressResponse()

    def _note(self, key: str, task_id: str, status: str) -> None:
        self.deliveries[key].append((task_id, status))
        if len(self.deliveries) >= self._expected:
            self.complete.set()


@asynccontextmanager
async def serving(answer: Any) -> AsyncIterator[str]:
    """The URL of an HTTP endpoint whose requests ``answer`` answers."""
    application = web.Application()
    application.router.add_route("*", "/{path:.*}", answer)
    runner = web.AppRunner(application, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    try:
        yield f"http://127.0.0.1:{runner.addresses[0][1]}/done"
    finally:
        await runner.cleanup()
