"""Serves the blog by several processes on one port."""

from __future__ import annotations

import uvicorn

from examples.blog.settings import Settings

_LEAVING_S = 3
"""How long readers' streams may go on while it ends."""

_MAX_MESSAGE_BYTES = 1 << 20


def main() -> None:
    settings = Settings.of()
    uvicorn.run(
        "examples.blog.app:blog",
        factory=True,
        host=settings.host,
        port=settings.port,
        workers=settings.processes,
        proxy_headers=bool(settings.proxies),
        forwarded_allow_ips=settings.proxies or None,
        access_log=False,
        server_header=False,
        ws_max_size=_MAX_MESSAGE_BYTES,
        timeout_graceful_shutdown=_LEAVING_S,
    )
