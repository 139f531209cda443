"""``make docs``: builds the documentation site into build/site.

A link or an anchor that leads nowhere, a page that mkdocs.yml does not list, or anything that a reader's browser would
fetch from elsewhere fails it.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import time
from pathlib import Path

from dev.console import say
from dev.paths import REPOSITORY

SITE = REPOSITORY / "build" / "site"
_FETCHED = re.compile(r"<(?:script|link|img|iframe)\b[^>]*\b(?:src|href)=\"?(?:https?:)?//[^>]*>")
"""What a browser would ask another host for, without the reader's doing."""


def main() -> int:
    started = time.monotonic()
    # without --quiet, which hides warnings from --strict as well
    command = [sys.executable, "-m", "mkdocs", "build", "--strict", "--clean", "--site-dir", str(SITE)]
    quiet = {**os.environ, "NO_MKDOCS_2_WARNING": "1", "PYTHONPATH": str(REPOSITORY)}
    built = subprocess.run(command, cwd=REPOSITORY, check=False, env=quiet, capture_output=True, text=True)
    if built.returncode != 0:
        say("\n".join(line for line in built.stderr.splitlines() if not line.startswith("INFO")))
        return built.returncode
    fetched = from_the_network(SITE)
    for page, tag in fetched:
        say(f"{page} asks the network: {tag}")
    pages = sum(1 for _ in SITE.rglob("*.html"))
    say(f"{SITE.relative_to(REPOSITORY)}/index.html: {pages} pages in {time.monotonic() - started:.1f} s")
    return 1 if fetched else 0


def from_the_network(site: Path) -> list[tuple[str, str]]:
    """Pages of a site with what they would fetch from elsewhere."""
    return [
        (str(page.relative_to(site)), tag)
        for page in sorted(site.rglob("*.html"))
        for tag in _FETCHED.findall(page.read_text(encoding="utf-8"))
    ]


if __name__ == "__main__":
    sys.exit(main())
