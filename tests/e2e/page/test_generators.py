"""Sites that Sphinx and MkDocs made with the plug-ins, in a browser, on a gateway."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest
from playwright.async_api import expect

from coderunner.page import PageSettingsError, script_address, style
from tests.e2e.page.generators import MATERIAL, MKDOCS, PLAIN, SPHINX, mkdocs_site, run, serving, sphinx_site
from tests.e2e.page.reader import Reader
from tests.servers.stack import Stack

pytestmark = pytest.mark.asyncio(loop_scope="package")
SITES: dict[str, Callable[[Path, str, str], Path]] = {
    "Sphinx": sphinx_site,
    "MkDocs": mkdocs_site,
    "MkDocs Material": partial(mkdocs_site, theme=MATERIAL),
}


@pytest.fixture(scope="module")
def open_gateway(page_stack: Stack) -> str:
    """The address of one that asks for no key."""
    return f"http://{page_stack.add_gateway(http_origins=['*']).http_target}"


@pytest.mark.parametrize("generator", SITES)
async def test_the_blocks_of_a_site_run(open_gateway: str, reader: Reader, tmp_path: Path, generator: str) -> None:
    site = await asyncio.to_thread(SITES[generator], tmp_path, open_gateway, "")
    async with serving(site) as address:
        await reader.page.goto(f"{address}/")
        await expect(reader.page.locator("code-runner")).to_have_count(1)
        runner = reader.runner()
        assert await runner.runs() == "42\n43"
        assert await runner.element.evaluate("element => getComputedStyle(element).colorScheme") == "dark"
        assert await reader.page.locator("code-runner-settings").get_attribute("url") == open_gateway


async def test_a_path_of_the_blogs_own_is_an_address_too_and_a_key_is_told(tmp_path: Path) -> None:
    (tmp_path / "s").mkdir()
    (tmp_path / "m").mkdir()
    expected = 'src="/code/page/code-runner.js#attach=&url=%2Fcode&key=crp_k"'
    for site in (sphinx_site(tmp_path / "s", "/code/", "crp_k"), mkdocs_site(tmp_path / "m", "/code/", "crp_k")):
        assert expected in (site / "index.html").read_text(encoding="utf-8").replace("&amp;", "&")


@pytest.mark.parametrize(("url", "key"), [("", ""), ("run.example", ""), ("https://run.example", "crk_secret")])
async def test_what_cannot_be_used_ends_the_build_in_words(tmp_path: Path, url: str, key: str) -> None:
    (tmp_path / "conf.py").write_text(SPHINX.format(url=url, key=key), encoding="utf-8")
    (tmp_path / "index.rst").write_text("A page\n======\n", encoding="utf-8")
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs" / "index.md").write_text("# A page\n", encoding="utf-8")
    (tmp_path / "mkdocs.yml").write_text(MKDOCS.format(url=url, key=key, theme=PLAIN), encoding="utf-8")
    for generated in (
        run("sphinx", "-b", "html", str(tmp_path), str(tmp_path / "out")),
        run("mkdocs", "build", "-f", str(tmp_path / "mkdocs.yml")),
    ):
        assert generated.returncode != 0
        assert "begins with none of" in generated.stderr or "not publishable" in generated.stderr


async def test_a_selector_and_a_theme_are_what_they_say() -> None:
    assert script_address("https://a/", selector="pre.run").endswith("#attach=pre.run&url=https%3A%2F%2Fa")
    assert style("") == ""
    with pytest.raises(PageSettingsError):
        style("</style><script>")
