"""Programs that are talked to through a blog's own backend, by whatever is no page of ours: the demo blog of three
processes, and sites on the other frameworks."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
import websockets

from bench.page import demo_blog
from tests.e2e.page.blog import TOKEN
from tests.integration.backend.talks import BEGIN, NO_BEGINNINGS, NOTHING_SAID, ended, heard, say, talk
from tests.integration.backend.test_django import serving
from tests.integration.sdks.test_express_talking import blogging
from tests.servers.blog import BlogServer
from tests.servers.stack import Stack

pytestmark = pytest.mark.asyncio(loop_scope="package")


@pytest.fixture(scope="module")
def demo(page_stack: Stack, tmp_path_factory: pytest.TempPathFactory) -> Iterator[BlogServer]:
    directory: Path = tmp_path_factory.mktemp("demo-blog-talks")
    with demo_blog(page_stack, directory) as blog:
        yield blog


@pytest_asyncio.fixture(params=("starlette", "django", "express"), loop_scope="package")
async def site(request: pytest.FixtureRequest, page_stack: Stack, tmp_path: Path) -> AsyncIterator[str]:
    """The address of a blog on that framework."""
    if request.param == "starlette":
        yield request.getfixturevalue("demo").url
    elif request.param == "django":
        with serving(page_stack, "asgi", tmp_path, TOKEN) as url:
            yield url
    else:
        async with blogging(page_stack, TOKEN) as url:
            yield url


async def test_who_comes_back_goes_on_where_he_was_at_whatever_process(site: str) -> None:
    async with talk(site) as socket:
        await socket.send(json.dumps({"begin": BEGIN}))
        handle = (await heard(socket, "execution"))["id"]
        await heard(socket, "waits")
        await say(socket, 1, input="Ada\n")
        while (await heard(socket, "taken"))["number"] != 1:  # it may be told first that it has nothing yet
            pass
    for _ in range(5):  # of three processes, whichever takes it
        async with talk(site, f"executions/{handle}/interact") as socket:
            await say(socket, 1, input="Ada\n")
            assert (await heard(socket, "execution"))["id"] == handle
    async with talk(site, f"executions/{handle}/interact") as socket:
        await say(socket, 1, input="Ada\n")
        await say(socket, 2, input="Grace\n")
        execution = await ended(socket)
    assert (execution["status"], execution["run"]["stdout"]) == ("SUCCEEDED", "? ? Ada|Grace\n")


async def test_a_signal_and_a_terminal_are_passed_on(site: str) -> None:
    source = (
        "import os, signal\nprint(os.get_terminal_size())\ntry: input()\nexcept KeyboardInterrupt: print('interrupted')"
    )
    begin = BEGIN | {"files": [{"content": source}], "interaction": {"terminal": {"rows": 12, "columns": 34}}}
    async with talk(site) as socket:
        await socket.send(json.dumps({"begin": begin}))
        await heard(socket, "waits")
        await say(socket, 1, signal="INT")
        stdout = (await ended(socket))["run"]["stdout"]
    assert "columns=34, lines=12" in stdout
    assert "interrupted" in stdout


@pytest.mark.parametrize(("message", "code"), NO_BEGINNINGS, ids=lambda value: str(value)[:40])
async def test_a_first_message_that_is_none_is_refused_in_words(
    demo: BlogServer, message: str | bytes, code: int
) -> None:
    async with talk(demo.url) as socket:
        await socket.send(message)
        assert (await heard(socket, "error"))["status"] == code - 4000
        with pytest.raises(websockets.ConnectionClosed) as closed:
            await asyncio.wait_for(socket.recv(), 30)
    assert closed.value.rcvd is not None
    assert closed.value.rcvd.code == code


@pytest.mark.parametrize("said", NOTHING_SAID, ids=lambda said: str(said)[:60])
async def test_a_later_message_that_says_nothing_ends_the_talk_in_words(demo: BlogServer, said: dict[str, Any]) -> None:
    async with talk(demo.url) as socket:
        await socket.send(json.dumps({"begin": BEGIN}))
        await socket.send(json.dumps({"said": said}))
        assert (await heard(socket, "error"))["status"] == 400


async def test_another_sites_page_and_a_handle_that_was_not_made_here_are_refused(demo: BlogServer) -> None:
    async with talk(demo.url, origin="https://evil.example") as socket:
        assert (await heard(socket, "error"))["status"] == 403
    async with talk(
        demo.url, "executions/0198c0de-0000-7000-8000-000000000000.AAAAAAAAAAAAAAAAAAAAAA/interact"
    ) as socket:
        assert (await heard(socket, "error"))["status"] == 404
