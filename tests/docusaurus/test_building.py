"""A site that Docusaurus made with the plug-in, in a browser, on a gateway."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path

import pytest
from playwright.async_api import Page, async_playwright, expect

from dev.chromium import chromium_program
from dev.page_element import PAGE
from tests.e2e.page.generators import serving
from tests.e2e.page.reader import Reader
from tests.servers.fixtures import StartStack

pytestmark = pytest.mark.usefixtures("docker_engine")
PACKAGES = {"@docusaurus/core": "3.10.2", "@docusaurus/preset-classic": "3.10.2", "react": "18", "react-dom": "18"}
BUILD_S = 900
CONFIG = """module.exports = {
  title: 'A site', url: 'https://site.example', baseUrl: '/', onBrokenLinks: 'throw',
  presets: [['classic', { docs: { routeBasePath: '/' }, blog: false }]],
  plugins: [['@coderunner/page/docusaurus', { url: URL, theme: 'dark' }]],
};
"""
FIRST = """---
slug: /
---
# First

```python
for n in range(2):
    print(6 * 7 + n)
```

[the other](other.md)
"""
OTHER = "# Other\n\n```js\nconsole.log(6 * 7)\n```\n\n```text\nno program\n```\n"


def built(folder: Path, url: str) -> Path:
    """The folder of a site that Docusaurus made."""
    package = {"name": "site", "private": True, "dependencies": PACKAGES}
    (folder / "package.json").write_text(json.dumps(package), encoding="utf-8")
    (folder / "docusaurus.config.js").write_text(CONFIG.replace("URL", json.dumps(url), 1), encoding="utf-8")
    (folder / "docs").mkdir()
    (folder / "docs" / "first.md").write_text(FIRST, encoding="utf-8")
    (folder / "docs" / "other.md").write_text(OTHER, encoding="utf-8")
    run(folder, "npm", "install", "--no-audit", "--no-fund")
    shutil.copytree(PAGE, folder / "node_modules" / "@coderunner" / "page")
    run(folder, "npx", "docusaurus", "build")
    return folder / "build"


def run(folder: Path, *command: str) -> None:
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False, timeout=BUILD_S)
    assert done.returncode == 0, done.stdout + done.stderr


async def test_the_blocks_of_every_page_run_also_where_none_is_loaded(start_stack: StartStack, tmp_path: Path) -> None:
    stack = start_stack(gateway={"http_origins": ["*"]}, node={"languages": ["python", "javascript"]})
    await stack.wait_served("python", "javascript")
    site = tmp_path / "docusaurus"
    site.mkdir()
    async with (
        serving(built(site, f"http://{stack.gateways[0].http_target}")) as address,
        async_playwright() as playwright,
    ):
        program = chromium_program()
        browser = await playwright.chromium.launch(executable_path=program, args=["--no-sandbox"])
        reader = Reader(await browser.new_page())
        await reader.page.goto(f"{address}/")
        await runs(reader, "42\n43")
        await goes(reader.page, "the other", "Other")
        await runs(reader, "42")
        await reader.page.go_back()
        await runs(reader, "42\n43")
        assert reader.complaints == []
        await browser.close()


async def goes(page: Page, link: str, title: str) -> None:
    await page.get_by_role("link", name=link, exact=True).click()
    await expect(page.locator("h1")).to_have_text(title)


async def runs(reader: Reader, printed: str) -> None:
    await expect(reader.page.locator("code-runner")).to_have_count(1)
    runner = reader.runner()
    assert await runner.runs() == printed
    assert await runner.element.evaluate("element => getComputedStyle(element).colorScheme") == "dark"
