"""A client's end of a WebSocket, and the node that runs the program which it talks to."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import aiohttp

from schemas.interaction import Said
from schemas.talk import TalkOrder, TalkRefusal, TalkReply
from tests.unit.gateway.gateway_on_fakes import PATIENCE_S, GatewayOnFakes
from tests.unit.gateway.http_calls import TASK, HttpCalls

BEGIN = "/v1/executions:interact"


@dataclass
class TalkingNode:
    """A node that takes all that it is told."""

    gateway: GatewayOnFakes
    taken: list[Said] = field(default_factory=list)
    is_full: bool = False
    changed: asyncio.Event = field(default_factory=asyncio.Event)

    def __post_init__(self) -> None:
        self.gateway.control.on_talk = self._hear

    def _hear(self, _node_id: str, order: TalkOrder) -> TalkReply | TalkRefusal | None:
        self.taken += order.said[max(0, len(self.taken) + 1 - order.first) :]
        self.changed.set()
        return TalkReply(id=order.id, attempt=1, taken=len(self.taken), full=self.is_full, waits=False)

    async def until(self, count: int) -> None:
        """Returns once it has so many things."""
        async with asyncio.timeout(PATIENCE_S):
            while len(self.taken) < count:
                self.changed.clear()
                await self.changed.wait()


class Talking:
    """The end of one WebSocket."""

    def __init__(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        self.socket = socket

    async def send(self, **message: Any) -> None:
        await self.socket.send_str(json.dumps(message))

    async def next(self) -> Any:
        """The next event; the code of the close frame where that comes."""
        async with asyncio.timeout(PATIENCE_S):
            message = await self.socket.receive()
        if message.type is aiohttp.WSMsgType.TEXT:
            return json.loads(message.data)
        assert message.type in (aiohttp.WSMsgType.CLOSE, aiohttp.WSMsgType.CLOSED), message
        return self.socket.close_code

    async def until(self, name: str) -> Any:
        """The next event of this name."""
        while name not in (event := await self.next()):
            assert isinstance(event, dict), event
        return event[name]

    async def begun(self, **fields: Any) -> str:
        """The id of a task that it begins with."""
        await self.send(begin={**TASK, **fields})
        return str((await self.until("execution"))["id"])

    async def refused(self) -> tuple[int, Any]:
        """The code with which it is closed, and the problem before it."""
        problem = await self.until("error")
        code = await self.next()
        assert code == 4000 + problem["status"]
        return code, problem


@asynccontextmanager
async def talking(calls: HttpCalls, path: str = BEGIN, **more: Any) -> AsyncIterator[Talking]:
    async with calls.session.ws_connect(calls.url(path), **more) as socket:
        yield Talking(socket)
