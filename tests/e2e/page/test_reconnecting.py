"""A reader whose gateway goes away while the program runs."""

from __future__ import annotations

import pytest
from playwright.async_api import expect

from tests.e2e.page.blog import Blog, sample
from tests.e2e.page.reader import Reader
from tests.servers.stack import Stack

pytestmark = pytest.mark.asyncio(loop_scope="package")
COUNTS = "import time\nfor n in range(20):\n    print(n, flush=True)\n    time.sleep(0.25)"


async def test_all_of_the_output_is_seen_once_though_the_gateway_is_killed_and_started_again(
    blog: Blog, reader: Reader, page_stack: Stack
) -> None:
    runner = await reader.opens(blog.post(sample("python", COUNTS)))
    await runner.run.click()
    await expect(runner.output).to_contain_text("2\n")
    gateway = page_stack.gateways[0]  # the blog's; other tests may have some of their own
    gateway.kill()
    gateway.start()
    await runner.has_ended("Done")
    assert await runner.printed() == "\n".join(map(str, range(20)))
    reader.complaints.clear()  # the browser says that it lost a connection
