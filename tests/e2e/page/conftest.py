"""A gateway and a node with every language, a blog, and a browser with which it is read."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator

import docker
import pytest
import pytest_asyncio
from playwright.async_api import Browser, async_playwright

from dev.chromium import chromium_program
from tests.e2e.page.blog import TOKEN, Blog, blogging
from tests.e2e.page.reader import Reader
from tests.servers.blog import CALLS_BACK
from tests.servers.etcd import EtcdServer
from tests.servers.nats import NatsServer
from tests.servers.stack import Stack

LANGUAGES = ("python", "javascript", "java", "c", "cpp", "go", "bash")


@pytest.fixture(scope="package")
def page_stack(docker_engine: docker.DockerClient, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    directory = tmp_path_factory.mktemp("page")
    stack = Stack(directory, NatsServer(directory, roles=True), EtcdServer(directory))
    try:
        for server in (*stack.nats.members, *stack.etcd.members):
            server.start()
        stack.add_gateway(http_origins=["*"], tokens={"blog": TOKEN}, **CALLS_BACK)
        stack.add_node(languages=list(LANGUAGES))
        asyncio.run(stack.wait_served(*LANGUAGES, token=TOKEN))
        yield stack
    finally:
        stack.close()


@pytest_asyncio.fixture(scope="package", loop_scope="package")
async def browser() -> AsyncIterator[Browser]:
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path=chromium_program(),
            args=["--no-sandbox"],  # root has none; what it shows is ours
        )
        yield browser
        await browser.close()


@pytest_asyncio.fixture(scope="package", loop_scope="package")
async def blog(page_stack: Stack) -> AsyncIterator[Blog]:
    async with blogging(f"http://{page_stack.gateways[0].http_target}") as blog:
        yield blog


@pytest_asyncio.fixture(loop_scope="package")
async def reader(browser: Browser) -> AsyncIterator[Reader]:
    """A tab of its own. A test fails where a script failed, or a policy forbade something."""
    context = await browser.new_context(viewport={"width": 900, "height": 900})
    reader = Reader(await context.new_page())
    yield reader
    await context.close()
    assert not reader.complaints, "\n".join(reader.complaints)
