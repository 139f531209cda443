"""A blog: pages with the strictest policy that a site can have, from another origin than the gateway's."""

from __future__ import annotations

import html
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from aiohttp import web

TOKEN = "a-key-for-pages"
_POLICY = (
    "default-src 'none'; script-src 'self' {gateway}; style-src 'self' {gateway}; "
    "connect-src 'self' {gateway} {sockets}; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types"
)
_SHOWS_FILES = "-with-files"
_STYLE = "body { margin: 1rem auto; padding: 0 1rem; max-width: 44rem; background: light-dark(#fff, #1b1e22); }"
_PAGE = """<!doctype html>
<html lang="en" dir="{direction}"><head><meta charset="utf-8"><title>A post</title>
<meta name="viewport" content="width=device-width, initial-scale=1"><meta name="color-scheme" content="light dark">
<link rel="stylesheet" href="/blog.css"><link rel="stylesheet" href="{gateway}/page/code-runner.css">
{script}</head>
<body><main><h1>A post</h1>{body}</main></body></html>"""


@dataclass
class Blog:
    """``post`` puts a page there; it is served until the blog ends."""

    gateway: str
    """Where programs are run: the address without a slash at its end."""
    origin: str = ""
    files: dict[str, tuple[str, str]] = field(default_factory=dict)
    """Content type and text by path."""

    def post(
        self,
        body: str,
        *,
        direction: str = "ltr",
        has_script: bool = True,
        key: str = TOKEN,
        shows_files: bool = False,
        script_ends: str = "",
        has_settings: bool = True,
    ) -> str:
        """The address of a page with this in it, and the gateway's script, whose address ``script_ends`` so.
        ``shows_files``: its policy lets the element show files that programs leave."""
        settings = f'<code-runner-settings key="{key}"></code-runner-settings>' if has_settings else ""
        address = html.escape(f"{self.gateway}/page/code-runner.js{script_ends}")
        script = f'<script defer src="{address}"></script>' if has_script else ""
        page = _PAGE.format(direction=direction, gateway=self.gateway, script=script, body=settings + body)
        path = f"/post-{len(self.files)}{_SHOWS_FILES if shows_files else ''}"
        self.files[path] = ("text/html", page)
        return f"{self.origin}{path}"

    async def serve(self, request: web.Request) -> web.Response:
        if request.path not in self.files:
            raise web.HTTPNotFound
        kind, text = self.files[request.path]
        more = "; img-src data:; frame-src data:" if request.path.endswith(_SHOWS_FILES) else ""
        sockets = self.gateway.replace("http", "ws", 1)
        headers = {"Content-Security-Policy": _POLICY.format(gateway=self.gateway, sockets=sockets) + more}
        return web.Response(text=text, content_type=kind, headers=headers)


def sample(language: str, source: str, attributes: str = "", inside: str = "") -> str:
    """A code block as a Markdown engine makes it, and the element behind it."""
    block = f'<pre><code class="language-{language}">{html.escape(source)}</code></pre>'
    return f"{block}\n<code-runner {attributes}>{inside}</code-runner>\n"


@asynccontextmanager
async def blogging(gateway: str) -> AsyncIterator[Blog]:
    """A blog at a port of its own."""
    blog = Blog(gateway, files={"/blog.css": ("text/css", _STYLE), "/favicon.ico": ("image/x-icon", "")})
    application = web.Application()
    application.router.add_get("/{path:.*}", blog.serve)
    runner = web.AppRunner(application, access_log=None)
    await runner.setup()
    try:
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        blog.origin = f"http://127.0.0.1:{runner.addresses[0][1]}"
        yield blog
    finally:
        await runner.cleanup()
