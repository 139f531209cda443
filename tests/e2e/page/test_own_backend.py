"""A page whose programs go through the blog's own backend: the demo blog in its processes, in a browser."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.async_api import expect

from bench.page import demo_blog
from tests.e2e.page.reader import PATIENCE_MS, Reader
from tests.servers.blog import BlogServer
from tests.servers.stack import Stack

pytestmark = pytest.mark.asyncio(loop_scope="package")


@pytest.fixture(scope="module")
def demo(page_stack: Stack, tmp_path_factory: pytest.TempPathFactory) -> Iterator[BlogServer]:
    directory: Path = tmp_path_factory.mktemp("demo-blog")
    with demo_blog(page_stack, directory) as blog:
        yield blog


async def test_every_sample_of_the_article_runs(demo: BlogServer, reader: Reader) -> None:
    await reader.opens(demo.url)
    runners = reader.page.locator("code-runner")
    await expect(runners).to_have_count(7)
    expected = ("Down to one after 111 steps.", "837,799 takes 524 steps", "Path[start=837799, steps=524]", "", "{")
    for number, words in enumerate(expected):
        assert words in await reader.runner(number).runs()


async def test_output_is_shown_while_the_program_runs_and_stop_ends_it(demo: BlogServer, reader: Reader) -> None:
    await reader.opens(demo.url)
    runner = reader.runner(6)
    await runner.run.click()
    await expect(runner.output).to_contain_text("→", timeout=PATIENCE_MS)
    await expect(runner.element).to_have_attribute("state", "running")
    await runner.run.click()
    await runner.has_ended("Stopped")


async def test_a_program_that_asks_is_answered(demo: BlogServer, reader: Reader) -> None:
    await reader.opens(demo.url)
    runner = reader.runner(5)
    await runner.run.click()
    await expect(runner.input).to_be_focused(timeout=PATIENCE_MS)
    await reader.page.keyboard.type("27\n")
    await expect(runner.output).to_contain_text("after 111 steps.\nA number", timeout=PATIENCE_MS)
    await reader.page.keyboard.type("\n")
    await runner.has_ended("Done")
    assert (await runner.printed()).endswith("Your longest walk had 111 steps.")


async def test_a_changed_program_is_run_as_it_was_changed_and_its_error_is_on_its_line(
    demo: BlogServer, reader: Reader
) -> None:
    runner = await reader.opens(demo.url)
    await runner.code.fill("print('a')\nprint(1 / 0)")
    assert (await runner.runs("Exit code 1")).startswith("a\n")
    await expect(runner.notes).to_contain_text("Line 2")


async def test_what_is_printed_at_once_is_shown_at_once(demo: BlogServer, reader: Reader) -> None:
    runner = await reader.opens(demo.url)
    await runner.code.fill("print('first', flush=True)\nimport time\ntime.sleep(5)")
    await runner.run.click()
    await expect(runner.output).to_have_text("first\n", timeout=PATIENCE_MS)
    await expect(runner.element).to_have_attribute("state", "running")
    await runner.run.click()
    await runner.has_ended("Stopped")


async def test_readers_see_nothing_of_another_site(demo: BlogServer, reader: Reader) -> None:
    asked: list[str] = []
    reader.page.on("request", lambda request: asked.append(request.url))
    runner = await reader.opens(demo.url)
    await runner.code.fill("print(1)")
    await runner.runs()
    assert all(url.startswith((demo.url, "data:")) for url in asked), asked
