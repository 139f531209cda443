"""``<code-runner>``'s script and style sheet, from the blog's own address."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import cache
from importlib import resources

SCRIPTS = {
    "code-runner.js": "text/javascript",
    "code-runner.css": "text/css",
    "code-runner-talk.js": "text/javascript",
    "code-runner-languages.js": "text/javascript",
    "code-runner-files.js": "text/javascript",
}


@dataclass(frozen=True, slots=True)
class Script:
    """A file as it is served."""

    content: bytes
    media_type: str
    etag: str


@cache
def script(name: str) -> Script:
    """The file of that name, one of SCRIPTS."""
    content = (resources.files("coderunner.backend") / "page" / name).read_bytes()
    return Script(content, SCRIPTS[name], f'"{hashlib.sha256(content).hexdigest()[:32]}"')
