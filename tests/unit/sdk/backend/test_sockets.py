"""WebSockets of readers who go away, say nothing or ask for what is none, as ASGI's servers tell of them."""

from __future__ import annotations

import asyncio
from collections.abc import MutableMapping
from pathlib import Path
from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.routing import Mount

from coderunner import Client
from coderunner.backend import Backend, Policy, django_talking, sockets
from coderunner.backend.django import talking
from coderunner.backend.problems import Problem
from coderunner.backend.starlette import code_runner
from coderunner.errors import CodeRunnerError
from tests.fakes.fake_gateway import FakeGateway

SCOPE: dict[str, Any] = {
    "type": "websocket",
    "path": "/code/v1/executions:interact",
    "query_string": b"",
    "headers": [(b"host", b"blog.example"), (b"origin", b"https://elsewhere.example")],
    "subprotocols": ["coderunner.v1"],
}
Message = MutableMapping[str, Any]


class Server:
    """A server's end of a WebSocket; its reader goes away before ``most`` messages were sent to him."""

    def __init__(self, most: int = 100) -> None:
        self.sent: list[Message] = []
        self._most = most
        self._news: asyncio.Queue[Message] = asyncio.Queue()
        self._news.put_nowait({"type": "websocket.connect"})

    async def receive(self) -> Message:
        return await self._news.get()

    async def send(self, message: Message) -> None:
        if len(self.sent) >= self._most:
            raise OSError("the connection is closed")
        self.sent.append(message)


async def never() -> bytes | None:
    await asyncio.get_running_loop().create_future()
    return None


@pytest.mark.parametrize("most", [0, 1, 2])
async def test_who_has_gone_before_he_is_refused_is_no_fault_of_the_blogs(gateway: FakeGateway, most: int) -> None:
    app = Starlette(routes=[Mount("/code", code_runner(Backend(Client(gateway.target))))])
    server = Server(most)
    await app(dict(SCOPE), server.receive, server.send)
    assert [one["type"] for one in server.sent] == ["websocket.accept", "websocket.send"][:most]


async def test_a_fault_of_the_blogs_own_closes_a_talk_and_is_its_servers_to_log(gateway: FakeGateway) -> None:
    def reader(_: object) -> str:
        raise ZeroDivisionError

    app = Starlette(routes=[Mount("/code", code_runner(Backend(Client(gateway.target)), reader=reader))])
    server = Server()
    with pytest.raises(ZeroDivisionError):
        await app(SCOPE | {"headers": [(b"host", b"blog.example")]}, server.receive, server.send)
    assert [one.get("code") for one in server.sent] == [None, 4500]


async def test_a_page_without_an_end_is_no_answer_to_a_websocket(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(django_talking, "_ASKED_S", 0.05)
    ended = asyncio.Event()

    async def site(scope: Message, _receive: Any, send: Any) -> None:
        assert scope["type"] == "http"
        await send({"type": "http.response.start", "status": 200, "headers": []})
        try:
            while True:
                await send({"type": "http.response.body", "body": b"x" * 1000, "more_body": True})
                await asyncio.sleep(0)
        finally:
            ended.set()

    server = Server()
    await talking(site)(dict(SCOPE), server.receive, server.send)
    assert ended.is_set()
    assert [one["type"] for one in server.sent] == ["websocket.accept", "websocket.close"]
    assert server.sent[-1]["code"] == 4403


async def test_who_takes_nothing_of_what_he_is_told_is_left(
    gateway: FakeGateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sockets, "_TAKEN_S", 0.05)
    app = Starlette(routes=[Mount("/code", code_runner(Backend(Client(gateway.target))))])
    server = Server()

    async def send(message: Message) -> None:
        await server.send(message)
        if message["type"] == "websocket.send":
            await never()

    async with asyncio.timeout(10):
        await app(dict(SCOPE), server.receive, send)
    assert [one["type"] for one in server.sent] == ["websocket.accept", "websocket.send"]


async def test_who_says_nothing_has_a_place_and_frees_it(gateway: FakeGateway) -> None:
    backend = Backend(Client(gateway.target), Policy(max_streams_per_reader=1))
    silent = asyncio.ensure_future(backend.talk("ada", never))
    await asyncio.sleep(0)
    with pytest.raises(Problem, match="Too many"):
        await backend.talk("ada", never)
    silent.cancel()
    await asyncio.wait({silent})

    async def gone() -> None:
        return None

    assert await backend.talk("ada", gone) is None

    async def nonsense() -> bytes:
        return b"{}"

    for _ in range(2):
        with pytest.raises(Problem, match="must be the first message"):
            await backend.talk("ada", nonsense)


async def test_a_talk_with_a_gateway_that_cannot_be_asked_ends(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("CODERUNNER_TLS_CA", str(tmp_path / "gone.pem"))
    async with asyncio.timeout(10), Client("https://127.0.0.1:1").relay("an-id") as program:
        with pytest.raises(CodeRunnerError, match=r"gone\.pem: No such file"):
            await anext(aiter(program))
