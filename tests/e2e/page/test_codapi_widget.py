"""codapi's own widget, as npm has it, on pages whose one line names a gateway of ours."""

from __future__ import annotations

import shutil
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import docker
import pytest
import pytest_asyncio
from playwright.async_api import Locator, Page, async_playwright, expect

from dev.chromium import chromium_program
from dev.npm import npm
from tests.e2e.page.generators import serving
from tests.servers.fixtures import StartStack

WIDGET = "@antonz/codapi@0.19.10"
PATIENCE_MS = 30_000.0
LANGUAGES = ("python", "cpp")
PAGE = """<!doctype html>
<meta charset="utf-8">
<link rel="icon" href="data:,">
<link rel="stylesheet" href="widget/snippet.css">
<pre><code>import sys
print(f'{6 * 7} — naïve')</code></pre>
<codapi-snippet sandbox="python" editor="basic"></codapi-snippet>
<pre><code>print('so far')
1 / 0</code></pre>
<codapi-snippet sandbox="python" editor="basic"></codapi-snippet>
<pre><code>#include &lt;iostream&gt;
int main() { std::cout &lt;&lt; 6 * 7 &lt;&lt; std::endl; }</code></pre>
<codapi-snippet sandbox="cpp" editor="basic"></codapi-snippet>
<script id="greeting.py" type="text/plain">def greet(name): return f'hello, {name}'</script>
<pre><code>from greeting import greet
print(greet('reader'))</code></pre>
<codapi-snippet sandbox="python" files="#greeting.py"></codapi-snippet>
<pre><code>print(1)</code></pre>
<codapi-snippet sandbox="cobol"></codapi-snippet>
<script src="widget/snippet.js"></script>
<codapi-settings url="URL/v1"></codapi-settings>
"""


@dataclass
class Snippet:
    """One ``<codapi-snippet>``, as its reader meets it, and the code before it."""

    element: Locator
    code: Locator

    async def runs(self, status: str = "Done") -> str:
        """Presses Run; what is shown at the end, of which ``status`` is said, without the last line feed."""
        await self.element.get_by_role("button", name="Run").click()
        await expect(self.element.locator("codapi-status")).to_contain_text(status, timeout=PATIENCE_MS)
        return (await self.element.locator("codapi-output").locator("pre").inner_text()).removesuffix("\n")


@dataclass
class Article:
    """The page in a tab."""

    page: Page

    def snippet(self, number: int) -> Snippet:
        return Snippet(self.page.locator("codapi-snippet").nth(number), self.page.locator("pre > code").nth(0))


@pytest.fixture(scope="module")
def widget(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the package's scripts, as they are published."""
    folder = tmp_path_factory.mktemp("widget")
    npm("install", WIDGET, folder=folder)
    return folder / "node_modules" / "@antonz" / "codapi" / "dist"


@pytest_asyncio.fixture
async def article(
    docker_engine: docker.DockerClient, start_stack: StartStack, widget: Path, tmp_path: Path
) -> AsyncIterator[Article]:
    """Of a site of another origin than the gateway's. A test fails where a script of it failed."""
    stack = start_stack(gateway={"http_dialects": ["codapi"]}, node={"languages": list(LANGUAGES)})
    await stack.wait_served(*LANGUAGES)
    site, complaints = tmp_path / "site", []
    shutil.copytree(widget, site / "widget")
    page_text = PAGE.replace("URL", f"http://{stack.gateways[0].http_target}", 1)
    (site / "index.html").write_text(page_text, encoding="utf-8")
    async with serving(site) as address, async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=chromium_program(), args=["--no-sandbox"])
        page = await browser.new_page()
        page.on("pageerror", lambda error: complaints.append(str(error)))
        await page.goto(f"{address}/")
        yield Article(page)
        await browser.close()
    assert complaints == []


async def test_a_reader_runs_what_is_on_the_page(article: Article) -> None:
    assert await article.snippet(0).runs() == "42 — naïve"
    assert await article.snippet(2).runs() == "42"
    assert await article.snippet(3).runs() == "hello, reader"


async def test_a_reader_is_shown_why_a_program_failed(article: Article) -> None:
    shown = await article.snippet(1).runs("Failed")
    assert shown.startswith("so far\nTraceback")
    assert "ZeroDivisionError" in shown
    assert "404" in await article.snippet(4).runs("Failed")


async def test_a_reader_runs_what_he_has_changed(article: Article) -> None:
    snippet = article.snippet(0)
    await snippet.code.fill("print('changed')")
    assert await snippet.runs() == "changed"
    await snippet.code.press("Control+Enter")
    await expect(snippet.element.locator("codapi-status")).to_contain_text("Done", timeout=PATIENCE_MS)
