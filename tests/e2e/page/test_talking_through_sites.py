"""A page on a blog whose readers talk to programs through Django or Express, in a browser."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import expect

from tests.e2e.page.blog import TOKEN
from tests.e2e.page.reader import PATIENCE_MS, Reader, Runner
from tests.integration.backend.test_django import serving, site_of
from tests.integration.sdks.test_express_talking import blogging
from tests.servers.stack import Stack

pytestmark = pytest.mark.asyncio(loop_scope="package")


@dataclass
class Site:
    url: str

    async def opened_by(self, reader: Reader, user: str) -> Runner:
        """A post of the site; from then on the site knows its reader by a cookie."""
        runner = await reader.opens(f"{self.url}/post")
        await reader.page.context.add_cookies([{"name": "user", "value": user, "url": self.url}])
        return runner


@pytest_asyncio.fixture(params=("django", "express"), loop_scope="package")
async def site(request: pytest.FixtureRequest, page_stack: Stack, tmp_path: Path) -> AsyncIterator[Site]:
    if request.param == "django":
        with serving(page_stack, "asgi", tmp_path, TOKEN) as url:
            yield Site(url)
    else:
        async with blogging(page_stack, TOKEN) as url:
            yield Site(url)


async def test_a_program_that_asks_is_answered(site: Site, reader: Reader) -> None:
    runner = await site.opened_by(reader, "ada")
    await runner.run.click()
    await expect(runner.input).to_be_focused(timeout=PATIENCE_MS)
    await reader.page.keyboard.type("Ada\n")
    await runner.has_ended("Done")
    assert await runner.printed() == "Your name? Ada\nHello Ada"


async def test_a_program_that_waits_outlives_the_site(page_stack: Stack, tmp_path: Path, reader: Reader) -> None:
    with site_of(page_stack, "asgi", tmp_path, TOKEN) as server:
        runner = await Site(server.url).opened_by(reader, "ada")
        await runner.run.click()
        await expect(runner.input).to_be_focused(timeout=PATIENCE_MS)
        server.kill()
        server.start()
        await reader.page.keyboard.type("Ada\n")
        await runner.has_ended("Done")
        assert await runner.printed() == "Your name? Ada\nHello Ada"
    reader.complaints.clear()  # of the browser itself, while nobody was there


async def test_who_is_refused_by_the_sites_function_of_readers_is_told_so_at_once(site: Site, reader: Reader) -> None:
    runner = await site.opened_by(reader, "mallory")
    await refused(reader, runner, "The server answered 403.")


async def test_who_is_refused_by_the_sites_middleware_is_told_so_at_once(page_stack: Stack, reader: Reader) -> None:
    async with blogging(page_stack, TOKEN) as url:
        runner = await Site(url).opened_by(reader, "nobody")
        await refused(reader, runner, "401 Unauthorized")


async def refused(reader: Reader, runner: Runner, words: str) -> None:
    """The program is not run, and asked for once."""
    opened: list[str] = []
    reader.page.on("websocket", lambda socket: opened.append(socket.url))
    await runner.run.click()
    await runner.has_ended(words)
    assert len(opened) == 1
    reader.complaints.clear()  # of the browser itself
