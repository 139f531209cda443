"""Talks with programs through a blog's own backend, of whatever framework, by whatever is no page of ours."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any

import websockets
from websockets.asyncio.client import ClientConnection

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
