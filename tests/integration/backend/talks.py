"""Talks with programs through a blog's own backend, of whatever framework, by whatever is no page of ours."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from http import HTTPStatus
from typing import Any

import aiohttp
import websockets
from websockets.asyncio.client import ClientConnection

_PATIENCE_S = 20.0
ASKS = "a = input('? ')\nb = input('? ')\nprint(a, b, sep='|')"
BEGIN: dict[str, Any] = {"language": "python", "files": [{"content": ASKS}], "interaction": {}}
NO_BEGINNINGS: list[tuple[str | bytes, int]] = [
    ("no JSON", 4400),
    ("[" * 100_000, 4400),
    ('"begin"', 4400),
    (json.dumps({"said": {"number": 1, "input": "early"}}), 4400),
    (json.dumps({"begin": BEGIN | {"callback": {"url": "http://evil.example"}}}), 4400),
    (json.dumps({"begin": BEGIN | {"interaction": {"session_ms": 3_600_000}}}), 4400),
    (json.dumps({"begin": BEGIN | {"interaction": {"terminal": {"rows": 1 << 40, "columns": 1}}}}), 4400),
    (json.dumps({"begin": BEGIN | {"limits": {"memory_bytes": 1 << 40}}}), 4400),
    (json.dumps({"begin": BEGIN | {"stdin": "x" * 600_000}}), 4413),
    (b"bytes", 4400),
]
"""First messages that are none, and the codes with which they are refused."""
NOTHING_SAID: list[dict[str, Any]] = [
    {"number": 1},
    {"number": 0, "input": "a"},
    {"number": 1 << 70, "input": "a"},
    {"number": True, "input": "a"},
    {"number": 1, "input": 7},
    {"number": 1, "input": "a", "close": True},
    {"number": 1, "signal": "KILL"},
    {"number": 1, "signal": {"a": 1}},
    {"number": 1, "close": 1},
    {"number": 1, "terminal": {"rows": 0, "columns": 1}},
    {"number": 1, "input_data": "no base64!"},
    {"number": 1, "input": "a" * 70_000},
]
"""Later messages that say nothing."""


@asynccontextmanager
async def talk(
    site: str, path: str = "executions:interact", origin: str = "", headers: Mapping[str, str] | None = None
) -> AsyncIterator[ClientConnection]:
    """``site``: its address; ``path``: below ``/code/v1``; ``origin``: of the page, its own where nothing is said."""
    url = site.rstrip("/")
    address = f"{url.replace('http', 'ws', 1)}/code/v1/{path}"
    given: Any = {"origin": origin or url, "subprotocols": ["coderunner.v1"], "additional_headers": headers}
    async with websockets.connect(address, **given) as socket:
        yield socket


async def say(socket: ClientConnection, number: int, **what: Any) -> None:
    await socket.send(json.dumps({"said": {"number": number, **what}}))


async def heard(socket: ClientConnection, kind: str) -> dict[str, Any]:
    """The next event of that kind."""
    while True:
        event: dict[str, dict[str, Any]] = json.loads(await asyncio.wait_for(socket.recv(), 30))
        if kind in event:
            return event[kind]


async def ended(socket: ClientConnection) -> dict[str, Any]:
    while True:
        execution = await heard(socket, "execution")
        if execution["status"] not in ("QUEUED", "RUNNING"):
            return execution


async def begun(socket: ClientConnection) -> str:
    """The handle of a program that runs."""
    await socket.send(json.dumps({"begin": BEGIN}))
    while (execution := await heard(socket, "execution"))["status"] != "RUNNING":
        pass
    return str(execution["id"])


async def closed(socket: ClientConnection) -> int | None:
    """The code with which it is closed."""
    await asyncio.wait_for(socket.wait_closed(), _PATIENCE_S)
    return socket.close_code


async def hears_and_goes_on(site: str) -> None:
    """A node that says back what it hears is talked to over two connections."""
    async with talk(site) as socket:
        assert socket.subprotocol == "coderunner.v1"
        handle = await begun(socket)
        await say(socket, 1, input="gr\xfc\xdfe \U0001f642\n")
        assert (await heard(socket, "output"))["text"] == "gr\xfc\xdfe \U0001f642\n"
    async with talk(site, f"executions/{handle}/interact") as socket:
        await say(socket, 1, input="gr\xfc\xdfe \U0001f642\n")
        await say(socket, 2, input="again\n")
        assert (await heard(socket, "execution"))["id"] == handle
        while "again\n" not in (await heard(socket, "output"))["text"]:
            pass
        url = f"/code/v1/executions/{handle}"
        async with aiohttp.ClientSession(site) as session, session.delete(url) as response:
            assert response.status == HTTPStatus.OK
        assert (await ended(socket))["status"] == "CANCELLED"
        assert await closed(socket) == 1000


async def refuses_what_is_no_message(site: str) -> None:
    """Each in words, and with the code of HTTP's status; a header says who asks."""
    for number, (message, code) in enumerate(NO_BEGINNINGS):
        async with talk(site, headers={"X-User": f"first {number}"}) as socket:
            await socket.send(message)
            assert (await heard(socket, "error"))["status"] == code - 4000, message[:60]
            assert await closed(socket) == code
    for number, said in enumerate(NOTHING_SAID):
        async with talk(site, headers={"X-User": f"later {number}"}) as socket:
            await socket.send(json.dumps({"begin": BEGIN}))
            await socket.send(json.dumps({"said": said}))
            assert (await heard(socket, "error"))["status"] == HTTPStatus.BAD_REQUEST, str(said)[:60]


async def counts_who_says_nothing(site: str) -> None:
    """One may have four talks at once, those that have not begun included."""
    async with AsyncExitStack() as opened:
        for _ in range(4):
            await opened.enter_async_context(talk(site, headers={"X-User": "silent"}))
        async with talk(site, headers={"X-User": "silent"}) as socket:
            assert (await heard(socket, "error"))["status"] == HTTPStatus.TOO_MANY_REQUESTS
            assert await closed(socket) == 4429


async def frees_places(site: str) -> None:
    """Readers who leave are no burden to those who come, though one may have four talks at once."""
    for _ in range(8):
        while True:
            async with talk(site) as socket:
                await socket.send(json.dumps({"begin": BEGIN}))
                event: dict[str, Any] = json.loads(await socket.recv())
                if "error" not in event:
                    break
