"""The demo blog in several processes, on real gateways, a node that simulates, and a bus of its own."""

from __future__ import annotations

import asyncio
import json
import uuid
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from coderunner import Client
from tests.servers.blog import CALLS_BACK, PROCESSES, BlogServer
from tests.servers.fixtures import StartNats, StartStack
from tests.servers.stack import Stack
from tests.servers.waiting import eventually

TOKEN = "the blog's"
GATEWAY: dict[str, Any] = {**CALLS_BACK, "tokens.blog": TOKEN}
NODE: dict[str, Any] = {"sandbox": "simulated", "simulated_languages": ["python"], "concurrency": 8}
PATIENCE_S = 20.0


@dataclass
class Blog:
    stack: Stack
    server: BlogServer


@dataclass
class Told:
    """A reader's stream, as far as it has come."""

    events: list[tuple[str, dict[str, Any]]] = field(default_factory=list)

    @property
    def handle(self) -> str:
        return str(self.events[0][1]["id"])

    def of(self, name: str) -> list[dict[str, Any]]:
        return [data for kind, data in self.events if kind == name]


@pytest.fixture
def start_blog(start_stack: StartStack, start_nats: StartNats, tmp_path: Path) -> Iterator[Any]:
    """``start_blog(run_ms)``: a gateway for calls, another one for callbacks, and the blog."""
    running: list[BlogServer] = []

    def start(run_ms: int) -> Blog:
        stack = start_stack(gateways=0, nodes=0)
        stack.add_gateway(**GATEWAY, roles=["api"])
        stack.add_gateway(**GATEWAY, roles=["relay"])
        stack.add_node(**NODE, simulated_run_ms=run_ms, drain_s=0.5)
        bus = start_nats(name="blog-nats")
        running.append(BlogServer(tmp_path, stack.gateways[0].target, TOKEN, bus))
        running[-1].start()
        return Blog(stack, running[-1])

    yield start
    for server in running:
        server.stop()


async def served(blog: Blog) -> None:
    async with blog.stack.gateways[0].client(TOKEN) as client:
        await eventually(lambda: serves(client))


async def serves(client: Client) -> bool:
    return bool(await client.languages())


@asynccontextmanager
async def reader(blog: Blog) -> AsyncIterator[aiohttp.ClientSession]:
    """Each request by a connection of its own, which any of the processes takes."""
    async with aiohttp.ClientSession(blog.server.url, connector=aiohttp.TCPConnector(force_close=True)) as session:
        yield session


async def run(session: aiohttp.ClientSession, told: Told, text: str = "said back\n", key: str = "") -> None:
    body = {"language": "python", "files": [{"content": str(uuid.uuid4())}], "stdin": text, "idempotency_key": key}
    async with session.post("/code/v1/executions", json=body) as response:
        assert response.status == 200, await response.text()
        await follow(response, told)


async def follow(response: aiohttp.ClientResponse, told: Told) -> None:
    name = ""
    async for line in response.content:
        word, _, rest = line.decode().partition(": ")
        if word == "event":
            name = rest.strip()
        elif word == "data":
            told.events.append((name, json.loads(rest)))


async def test_readers_of_every_process_are_told_their_own_results(start_blog: Any) -> None:
    blog = start_blog(run_ms=0)
    await served(blog)
    async with reader(blog) as session, asyncio.timeout(PATIENCE_S):
        all_told = [Told() for _ in range(18)]
        await asyncio.gather(*(run(session, told, f"{number}\n") for number, told in enumerate(all_told)))
    for number, told in enumerate(all_told):
        assert [result["run"]["stdout"] for result in told.of("result")] == [f"{number}\n"]
    assert len({told.handle for told in all_told}) == 18


async def test_a_callback_ends_the_stream_of_whichever_process_though_the_gateway_is_gone(
    start_blog: Any,
) -> None:
    blog = start_blog(run_ms=1500)
    await served(blog)
    async with reader(blog) as session, asyncio.timeout(PATIENCE_S):
        all_told = [Told() for _ in range(6)]
        runs = [asyncio.create_task(run(session, told, f"{number}\n")) for number, told in enumerate(all_told)]
        await eventually(lambda: all(told.of("output") for told in all_told))
        blog.stack.gateways[0].kill()
        await asyncio.gather(*runs)
    for number, told in enumerate(all_told):
        assert [result["run"]["stdout"] for result in told.of("result")] == [f"{number}\n"]


async def test_a_reader_comes_back_to_another_process_watches_and_cancels(start_blog: Any) -> None:
    blog = start_blog(run_ms=60_000)
    await served(blog)
    async with reader(blog) as session, asyncio.timeout(PATIENCE_S):
        told, again = Told(), [Told() for _ in range(2 * PROCESSES)]
        first = asyncio.create_task(run(session, told))
        await eventually(lambda: bool(told.of("output")))
        first.cancel()

        async def come_back(at: Told) -> None:
            async with session.get(f"/code/v1/executions/{told.handle}/events") as response:
                assert response.status == 200
                await follow(response, at)

        back = [asyncio.create_task(come_back(at)) for at in again]
        await eventually(lambda: all(at.of("state") for at in again))
        assert not any(at.of("result") for at in again)  # it goes on, though its reader left
        async with session.delete(f"/code/v1/executions/{told.handle}") as response:
            assert (await response.json())["cancelled"] is True
        await asyncio.gather(*back)
    assert {at.of("result")[0]["status"] for at in again} == {"CANCELLED"}


async def test_the_same_key_is_the_same_run_whichever_process_is_asked(start_blog: Any) -> None:
    blog = start_blog(run_ms=0)
    await served(blog)
    key = str(uuid.uuid4())
    async with reader(blog) as session, asyncio.timeout(PATIENCE_S):
        all_told = [Told() for _ in range(2 * PROCESSES)]
        for told in all_told:
            await run(session, told, key=key)
    assert len({told.handle for told in all_told}) == 1


async def test_it_answers_under_its_own_names_and_gives_pages_of_others_nothing(start_blog: Any) -> None:
    blog = start_blog(run_ms=0)
    async with reader(blog) as session:
        async with session.get("/", headers={"Host": "elsewhere.example"}) as response:
            assert response.status == 400
        async with session.get("/") as response:
            policy = response.headers["Content-Security-Policy"]
            article = await response.text()
        assert "default-src 'none'" in policy
        for language in ("python", "javascript", "java", "cpp", "go"):
            assert f'class="language-{language}"' in article
        for path in ("/static/blog.css", "/code/page/code-runner.js", "/code/page/code-runner.css"):
            async with session.get(path) as response:
                assert (response.status, path in article) == (200, True)


async def test_it_ends_though_readers_still_watch(start_blog: Any) -> None:
    blog = start_blog(run_ms=60_000)
    await served(blog)
    async with reader(blog) as session, asyncio.timeout(PATIENCE_S):
        told = Told()
        watching = asyncio.create_task(run(session, told))
        await eventually(lambda: bool(told.of("output")))
        ended = await asyncio.to_thread(blog.server.stop)
        assert ended in (0, -15, 143)
        await asyncio.gather(watching, return_exceptions=True)
