"""The HTTP endpoint that callbacks go to, as a blog's backend would have it; it refuses some of them at first."""

from __future__ import annotations

import asyncio
import json
from collections import defaultdict
from collections.abc import Mapping
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
        self._asked = 0
        self._port = free_port()
        app = web.Application(client_max_size=16 << 20)
        app.router.add_post("/finished", self._take)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=1)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._port}/finished"

    async def start(self) -> None:
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", self._port).start()

    async def close(self) -> None:
        await self._runner.cleanup()

    async def _take(self, request: web.Request) -> web.Response:
        key = request.headers["Idempotency-Key"]
        execution = json.loads(await request.read())
        await asyncio.sleep(TAKES_S)
        if key not in self.refused and key not in self.came:
            self._asked += 1
            if self._asked % REFUSED_AT_FIRST == 0:
                self.refused.add(key)
                return web.Response(status=503)
        self.came[key].append(execution)
        return web.Response(status=204)
