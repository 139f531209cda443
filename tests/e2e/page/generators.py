"""Sites as real generators make them of a page with a program, and a server for one."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from aiohttp import web

SPHINX = """extensions = ["coderunner.page.sphinx"]
project = "A site"
coderunner_url = "{url}"
coderunner_key = "{key}"
coderunner_theme = "dark"
"""
REST = """A page
======

.. code-block:: python

   for n in range(2):
       print(6 * 7 + n)

.. code-block:: text

   no program
"""
MKDOCS = """site_name: A site
theme: {theme}
use_directory_urls: false
plugins:
  - coderunner: {{url: "{url}", key: "{key}", theme: dark}}
"""
PLAIN, MATERIAL = "{name: readthedocs, highlightjs: false}", "{name: material, font: false}"
"""Themes of MkDocs that fetch nothing from elsewhere."""
MARKDOWN = """# A page

```python
for n in range(2):
    print(6 * 7 + n)
```

```text
no program
```
"""


def sphinx_site(folder: Path, url: str, key: str) -> Path:
    """The folder of a site that Sphinx made. Fails where it warns."""
    source, site = folder / "source", folder / "site"
    source.mkdir()
    (source / "conf.py").write_text(SPHINX.format(url=url, key=key), encoding="utf-8")
    (source / "index.rst").write_text(REST, encoding="utf-8")
    built("sphinx", "-b", "html", "-q", "-W", str(source), str(site))
    return site


def mkdocs_site(folder: Path, url: str, key: str, theme: str = PLAIN) -> Path:
    """The folder of a site that MkDocs made. Fails where it warns."""
    (folder / "docs").mkdir()
    (folder / "mkdocs.yml").write_text(MKDOCS.format(url=url, key=key, theme=theme), encoding="utf-8")
    (folder / "docs" / "index.md").write_text(MARKDOWN, encoding="utf-8")
    site = folder / "site"
    built("mkdocs", "build", "--strict", "--quiet", "-f", str(folder / "mkdocs.yml"), "-d", str(site))
    return site


def built(module: str, *arguments: str) -> str:
    """What the generator says. Fails where it fails."""
    done = run(module, *arguments)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout + done.stderr


def run(module: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    """The generator, run to its end."""
    command = [sys.executable, "-m", module, *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)


async def _no_picture(_: web.Request) -> web.Response:
    return web.Response(content_type="image/x-icon")


@asynccontextmanager
async def serving(folder: Path) -> AsyncIterator[str]:
    """The address of a server of the folder's files."""

    async def index(_: web.Request) -> web.FileResponse:
        return web.FileResponse(folder / "index.html")

    application = web.Application()
    application.router.add_get("/favicon.ico", _no_picture)  # which browsers ask for by themselves
    application.router.add_get("/", index)
    application.router.add_static("/", folder)
    runner = web.AppRunner(application, access_log=None)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        yield f"http://127.0.0.1:{runner.addresses[0][1]}"
    finally:
        await runner.cleanup()
