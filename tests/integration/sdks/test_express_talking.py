"""Programs that are talked to through a blog on Express, on a real gateway and a node that says back what it hears."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from http import HTTPStatus

import aiohttp
import pytest
import websockets

from dev.express import MODULES
from tests.integration.backend.talks import (
    BEGIN,
    begun,
    closed,
    counts_who_says_nothing,
    frees_places,
    heard,
    hears_and_goes_on,
    refuses_what_is_no_message,
    say,
    talk,
)
from tests.integration.sdks.node_in_image import IN_SDK, node
from tests.integration.sdks.test_typescript import TOKEN, access, served
from tests.servers.fixtures import StartStack
from tests.servers.stack import Stack

pytestmark = pytest.mark.usefixtures("docker_engine")
INTERACT = "/v1/executions:interact"
SEEN = {**IN_SDK, MODULES: "/node_modules"}


@asynccontextmanager
async def blogging(stack: Stack, token: str = TOKEN) -> AsyncIterator[str]:
    """The blog's address."""
    async with node(["test/on_gateway/site.mjs"], access(stack.gateways[0], token), SEEN) as process:
        assert process.stdout is not None
        line = await process.stdout.readline()
        assert line.strip().isdigit(), line + await process.stdout.read()
        yield f"http://127.0.0.1:{line.decode().strip()}"


async def stack_of(start_stack: StartStack) -> Stack:
    return await served(start_stack, {"simulated_run_ms": 60_000, "sessions": 40, "drain_s": 0.5})


async def test_what_is_said_is_heard_and_who_comes_back_goes_on_where_he_was(start_stack: StartStack) -> None:
    async with blogging(await stack_of(start_stack)) as site:
        await hears_and_goes_on(site)
        await frees_places(site)


async def test_what_is_no_message_is_refused_in_words(start_stack: StartStack) -> None:
    async with blogging(await stack_of(start_stack)) as site:
        await refuses_what_is_no_message(site)
        await counts_who_says_nothing(site)


async def test_the_blogs_own_middleware_decides_who_talks_and_as_whom(start_stack: StartStack) -> None:
    async with blogging(await stack_of(start_stack)) as site:
        async with AsyncExitStack() as opened:
            for _ in range(4):
                await begun(await opened.enter_async_context(talk(site, headers={"X-User": "ada"})))
            async with talk(site, headers={"X-User": "ada"}) as socket:
                await socket.send(json.dumps({"begin": BEGIN}))
                assert (await heard(socket, "error"))["status"] == HTTPStatus.TOO_MANY_REQUESTS
            async with talk(site, headers={"X-User": "bob"}) as socket:
                await begun(socket)
        for name, code in (("mallory", 4403), ("error", 4500)):
            async with talk(site, headers={"X-User": name}) as socket:
                assert await closed(socket) == code
        with pytest.raises(websockets.InvalidStatus, match="401"):
            async with talk(site, headers={"X-User": "nobody"}):
                pass


async def test_other_pages_handles_and_paths_are_refused(start_stack: StartStack) -> None:
    async with blogging(await stack_of(start_stack)) as site:
        async with talk(site, origin="https://evil.example") as socket:
            assert (await heard(socket, "error"))["status"] == HTTPStatus.FORBIDDEN
        async with talk(site, f"executions/0198c0de-0000-7000-8000-000000000000.{'A' * 22}/interact") as socket:
            assert (await heard(socket, "error"))["status"] == HTTPStatus.NOT_FOUND
        with pytest.raises(websockets.InvalidStatus, match="404"):
            async with talk(site, "nothing/of/this/name"):
                pass
        async with aiohttp.ClientSession(site) as session:
            for place, status in (("/code", 426), ("/quiet", 404)):
                async with session.get(place + INTERACT) as response:
                    assert (response.status, response.content_type) == (status, "application/problem+json")


async def test_a_talk_goes_on_once_the_gateway_is_back(start_stack: StartStack) -> None:
    stack = await stack_of(start_stack)
    async with blogging(stack) as site:
        async with talk(site) as socket:
            handle = await begun(socket)
            await say(socket, 1, input="before\n")
            assert (await heard(socket, "output"))["text"] == "before\n"
            stack.gateways[0].kill()
            assert (await heard(socket, "error"))["status"] == HTTPStatus.SERVICE_UNAVAILABLE
            assert await closed(socket) == 4503
        stack.gateways[0].start()
        async with talk(site, f"executions/{handle}/interact") as socket, asyncio.timeout(20):
            await say(socket, 1, input="before\n")
            await say(socket, 2, input="after\n")
            while "after\n" not in (await heard(socket, "output"))["text"]:
                pass
