"""Blocks of languages of the catalogue beside the usual ones, whose names and colours are a part of their own."""

from __future__ import annotations

import html
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import expect

from tests.e2e.page.blog import TOKEN, Blog, sample
from tests.e2e.page.reader import Reader
from tests.servers.stack import Stack

pytestmark = pytest.mark.asyncio(loop_scope="package")
PART = "/page/code-runner-languages.js"
AWK = """
name = "awk"
image = "coderunner/base"
extensions = [".awk"]
source_name = "main.awk"
version_command = ["mawk", "-W", "version"]
version_pattern = 'mawk (\\d+\\.\\d+\\.\\d+)'

[run]
command = ["mawk", "-f", "{entry}", "{args}"]
"""
"""The catalogue's AWK by the interpreter that every image has: nothing is built for it."""
PROGRAM = 'BEGIN { # says it\n  printf("größer %d\\n", 6 * 7)\n}'
UNTOUCHED = ("text", "json", "console", "diff", "mermaid", "vhdl")


@pytest_asyncio.fixture(scope="module", loop_scope="package", autouse=True)
async def awk(page_stack: Stack, tmp_path_factory: pytest.TempPathFactory) -> None:
    languages: Path = tmp_path_factory.mktemp("languages")
    (languages / "awk.toml").write_text(AWK, encoding="utf-8")
    page_stack.add_node(languages_dir=str(languages))
    await page_stack.wait_served("awk", token=TOKEN)


def block(language: str, source: str) -> str:
    """A code block as a Markdown engine makes it, alone."""
    return f'<pre><code class="language-{language}">{html.escape(source)}</code></pre>\n'


async def test_a_block_of_the_catalogue_is_attached_has_its_colours_and_runs(blog: Blog, reader: Reader) -> None:
    body = "".join(block(name, "BEGIN { 1 }") for name in UNTOUCHED)
    address = blog.post(block("awk", PROGRAM) + body, script_ends="#attach=&key=" + TOKEN, has_settings=False)
    runner = await reader.opens(address)
    await expect(reader.page.locator("code-runner")).to_have_count(1)
    colours = runner.element.locator(".colours")
    assert await colours.locator(".keyword").all_inner_texts() == ["BEGIN", "printf"]
    assert await colours.locator(".comment").all_inner_texts() == ["# says it"]
    await expect(runner.element.locator(".language")).to_have_text("AWK")
    assert await runner.runs() == "größer 42"


async def test_languages_that_no_node_serves_are_coloured_too(blog: Blog, reader: Reader) -> None:
    programs = {"rs": "fn main() {}", "c#": "var x = 1;", "common-lisp": "(defun f ())", "typescript": "interface A {}"}
    body = "".join(sample(name, source) for name, source in programs.items())
    await reader.opens(blog.post(body))
    for number, title in enumerate(("Rust", "C#", "Common Lisp", "TypeScript")):
        element = reader.runner(number).element
        await expect(element.locator(".language")).to_have_text(title)
        await expect(element.locator(".colours :is(.keyword, .type)")).to_have_count(1)


async def test_a_page_of_usual_languages_does_not_fetch_the_others(blog: Blog, reader: Reader) -> None:
    asked: list[str] = []
    reader.page.on("request", lambda request: asked.append(request.url))
    runner = await reader.opens(blog.post(sample("go", "package main")))
    await expect(runner.element.locator(".colours .keyword")).to_have_text("package")
    assert not [url for url in asked if url.endswith(PART)]


async def test_where_the_part_is_not_to_be_had_the_block_runs_as_well(blog: Blog, reader: Reader) -> None:
    await reader.page.route(f"**{PART}", lambda route: route.abort())
    runner = await reader.opens(blog.post(sample("awk", PROGRAM)))
    await expect(runner.element.locator(".language")).to_have_text("awk")
    assert await runner.runs() == "größer 42"
    reader.complaints.clear()  # the browser's own, of what is not there
