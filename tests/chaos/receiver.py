"""The HTTP endpoint that callbacks go to, as a blog's backend would have it; it refuses some of them at first."""

from __future__ import annotations

import asyncio
import json
from collections import defaultdict
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any

from aiohttp import web

from tests.servers.ports import free_port

REFUSED_AT_FIRST = 25
"""One task in so many has its first callback answered with 503."""

TAKES_S = 0.05
"""What a backend needs for one: a relay that dies has some of them under way."""

Execution = Mapping[str, Any]
"""With the proto's field names."""


class Receiver:
    """``came[key]`` is every execution that was taken for the idempotency key, in order."""

    def __init__(self) -> None:
        self.came: dict[str, list[Execution]] = defaultdict(list)
        self.refused: set[str] = set()
        self.progress = 0
        """What it was told of tasks that ran."""
        self._asked = 0
        self._port = free_port()
        self._hangs = False
        self._is_busy = False
        self._runner: web.AppRunner | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._port}/finished"

    async def start(self) -> None:
        app = web.Application(client_max_size=16 << 20)
        app.router.add_post("/finished", self._take)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", self._port).start()

    async def close(self) -> None:
        """Nobody listens any more, and what is under way is cut off."""
        if self._runner is not None:
            await self._runner.cleanup()

    @asynccontextmanager
    async def killed(self) -> AsyncIterator[None]:
        """Inside the block it is away."""
        await self.close()
        try:
            yield
        finally:
            await self.start()

    @asynccontextmanager
    async def hanging(self) -> AsyncIterator[None]:
        """Inside the block it listens and never answers."""
        self._hangs = True
        try:
            yield
        finally:
            self._hangs = False

    @asynccontextmanager
    async def busy(self) -> AsyncIterator[None]:
        """Inside the block it answers 503."""
        self._is_busy = True
        try:
            yield
        finally:
            self._is_busy = False

    async def _take(self, request: web.Request) -> web.Response:
        key = request.headers["Idempotency-Key"]
        execution = json.loads(await request.read())
        if self._hangs:
            await asyncio.Event().wait()
        await asyncio.sleep(TAKES_S)
        if self._is_busy:
            return web.Response(status=503)
        if "data" in execution:
            self.progress += 1
            return web.Response(status=204)
        if key not in self.refused and key not in self.came:
            self._asked += 1
            if self._asked % REFUSED_AT_FIRST == 0:
                self.refused.add(key)
                return web.Response(status=503)
        self.came[key].append(execution)
        return web.Response(status=204)
