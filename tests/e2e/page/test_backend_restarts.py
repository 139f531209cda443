"""A reader whose blog's own backend is killed and started again while the program runs."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest
from playwright.async_api import expect

from bench.page import demo_blog
from tests.e2e.page.blog import TOKEN
from tests.e2e.page.reader import PATIENCE_MS, Reader
from tests.servers.blog import BlogServer
from tests.servers.stack import Stack

pytestmark = pytest.mark.asyncio(loop_scope="package")
NUMBERS = 16
COUNTS = f"import time\nfor n in range({NUMBERS}):\n    print('backend', n, flush=True)\n    time.sleep(0.25)"


@pytest.fixture(scope="module")
def demo(page_stack: Stack, tmp_path_factory: pytest.TempPathFactory) -> Iterator[BlogServer]:
    directory: Path = tmp_path_factory.mktemp("demo-blog-restarts")
    with demo_blog(page_stack, directory) as blog:
        yield blog


async def test_all_of_the_output_is_seen_once_though_the_backend_is_killed_and_started_again(
    demo: BlogServer, reader: Reader, page_stack: Stack
) -> None:
    runner = await reader.opens(demo.url)
    await runner.code.fill(COUNTS)
    await runner.run.click()
    await expect(runner.output).to_contain_text("backend 2\n", timeout=PATIENCE_MS)
    await expect(runner.element).to_have_attribute("state", "running")
    kill(demo)
    demo.start()
    await runner.has_ended("Done")
    assert await runner.printed() == "\n".join(f"backend {n}" for n in range(NUMBERS))
    async with page_stack.gateways[0].client(TOKEN) as client:
        printed = [(await client.get(one.id)).run async for one in client.list(limit=2)]
    assert len([run for run in printed if run and "backend 0" in run.stdout]) == 1, "it ran once"
    reader.complaints.clear()  # the browser says that it lost a connection


def kill(blog: BlogServer) -> None:
    """SIGKILL, to all of its processes."""
    workers = psutil.Process(blog.pid).children(recursive=True)
    blog.kill()
    for worker in workers:
        worker.kill()
    psutil.wait_procs(workers)
