"""``<code-runner>``'s script and style, for pages of any site: they are no secret, and ask for no token. What the
script does then is a call like every other, for which the page's origin is allowed, or not."""

from __future__ import annotations

import gzip
import hashlib
from importlib import resources
from importlib.resources.abc import Traversable
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

UNDER = "/page/"
_FILES = {
    "code-runner.js": "text/javascript",
    "code-runner.css": "text/css",
    "code-runner-talk.js": "text/javascript",
    "code-runner-languages.js": "text/javascript",
    "code-runner-files.js": "text/javascript",
}
_PARTS = {"xterm.mjs": "text/javascript", "xterm.css": "text/css", "codemirror.mjs": "text/javascript"}
"""Other people's, which a page fetches where a block asks for a terminal or CodeMirror: in what is released, and where
`make page-parts` has put them."""
_HEADERS = {
    "Cache-Control": "public, max-age=86400, stale-while-revalidate=604800",
    "Vary": "Accept-Encoding",
    "Access-Control-Allow-Origin": "*",
    "Cross-Origin-Resource-Policy": "cross-origin",
    "X-Content-Type-Options": "nosniff",
}
"""A day: the address has no version in it, and a reader gets another one no later."""


def page_routes() -> list[Route]:
    """A route for each file."""
    pages = resources.files("broker_gateway.interfaces.http") / "pages"
    files = [(pages / name, media_type) for name, media_type in _FILES.items()]
    parts = [(pages / "parts" / name, media_type) for name, media_type in _PARTS.items()]
    there = [*files, *((file, media_type) for file, media_type in parts if file.is_file())]
    return [Route(UNDER + file.name, _served(file, media_type), methods=["GET"]) for file, media_type in there]


def _served(file: Traversable, media_type: str) -> Any:
    plain = file.read_bytes()
    packed = gzip.compress(plain, 9, mtime=0)
    tag = hashlib.sha256(plain).hexdigest()[:32]

    async def endpoint(request: Request) -> Response:
        takes_packed = "gzip" in request.headers.get("accept-encoding", "").lower()
        etag = f'"{tag}{"-gzip" if takes_packed else ""}"'
        headers = {**_HEADERS, "ETag": etag}
        if etag in request.headers.get("if-none-match", ""):
            return Response(status_code=304, headers=headers)
        if takes_packed:
            headers["Content-Encoding"] = "gzip"
        return Response(packed if takes_packed else plain, headers=headers, media_type=media_type)

    return endpoint
