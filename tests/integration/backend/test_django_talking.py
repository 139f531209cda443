"""Programs that are talked to through a site on Django, on a real gateway and a node that says back what it hears."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from http import HTTPStatus
from pathlib import Path

import aiohttp
import pytest
import pytest_asyncio
import websockets

from tests.integration.backend.talks import (
    BEGIN,
    begun,
    closed,
    counts_who_says_nothing,
    frees_places,
    heard,
    hears_and_goes_on,
    refuses_what_is_no_message,
    talk,
)
from tests.integration.backend.test_blog import GATEWAY, NODE, PATIENCE_S, TOKEN, serves
from tests.integration.backend.test_django import serving
from tests.servers.fixtures import StartStack
from tests.servers.waiting import eventually

INTERACT = "/code/v1/executions:interact"


@pytest_asyncio.fixture
async def site(start_stack: StartStack, tmp_path: Path) -> AsyncIterator[str]:
    stack = start_stack(gateway=GATEWAY, node={**NODE, "simulated_run_ms": 60_000, "sessions": 40, "drain_s": 0.5})
    async with stack.gateways[0].client(TOKEN) as client:
        await eventually(lambda: serves(client))
    with serving(stack, "asgi", tmp_path) as url:
        async with asyncio.timeout(4 * PATIENCE_S):
            yield url


async def test_what_is_said_is_heard_and_who_comes_back_goes_on_where_he_was(site: str) -> None:
    await hears_and_goes_on(site)


async def test_what_is_no_message_is_refused_in_words(site: str) -> None:
    await refuses_what_is_no_message(site)


async def test_the_sites_own_middleware_decides_who_talks_and_as_whom(site: str) -> None:
    async with AsyncExitStack() as opened:
        for _ in range(4):
            await begun(await opened.enter_async_context(talk(site, headers={"X-User": "ada"})))
        async with talk(site, headers={"X-User": "ada"}) as socket:
            await socket.send(json.dumps({"begin": BEGIN}))
            assert (await heard(socket, "error"))["status"] == HTTPStatus.TOO_MANY_REQUESTS
        async with talk(site, headers={"X-User": "bob"}) as socket:
            await begun(socket)
    async with talk(site, headers={"X-User": "mallory"}) as socket:
        assert await closed(socket) == 4403
    async with talk(site, headers={"X-User": "nobody"}) as socket:
        assert await closed(socket) == 4403  # where he would be led to a form, which is no answer to a WebSocket
    async with talk(site, headers={"X-User": "error"}) as socket:
        assert await closed(socket) == 4500


async def test_readers_who_leave_free_their_places(site: str) -> None:
    await frees_places(site)


async def test_readers_who_open_talks_and_say_nothing_have_no_more_of_them_than_others(site: str) -> None:
    await counts_who_says_nothing(site)


async def test_other_pages_other_handles_and_other_paths_are_refused(site: str) -> None:
    async with talk(site, origin="https://evil.example") as socket:
        assert (await heard(socket, "error"))["status"] == HTTPStatus.FORBIDDEN
    async with talk(site, "executions/0198c0de-0000-7000-8000-000000000000.AAAAAAAAAAAAAAAAAAAAAA/interact") as socket:
        assert (await heard(socket, "error"))["status"] == HTTPStatus.NOT_FOUND
    async with talk(site, headers={"Host": "elsewhere.example"}) as socket:
        assert await closed(socket) == 4400
    with pytest.raises(websockets.InvalidStatus, match="403"):
        async with talk(site, "nothing/of/this/name"):
            pass


async def test_a_request_that_is_no_websocket_is_told_so(site: str) -> None:
    async with aiohttp.ClientSession(site) as session, session.get(INTERACT) as response:
        assert (response.status, response.content_type) == (426, "application/problem+json")


async def test_under_wsgi_no_program_is_talked_to(start_stack: StartStack, tmp_path: Path) -> None:
    stack = start_stack(gateway=GATEWAY, nodes=0)
    with serving(stack, "wsgi", tmp_path) as url:
        async with aiohttp.ClientSession(url) as session, session.get(INTERACT) as response:
            assert response.status == 426
