"""The demo blog as real processes."""

from __future__ import annotations

import http.client
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tests.servers.nats import REPOSITORY, NatsServer
from tests.servers.ports import free_port
from tests.servers.process import ServerProcess

CALLBACK_SECRET = "whsec_" + "c2VjcmV0" * 4
CALLS_BACK: Mapping[str, Any] = {"callback_allowed_networks": ["127.0.0.0/8"], "callback_secret": CALLBACK_SECRET}
"""The settings of a gateway that tells it of results."""
PROCESSES = 3


class BlogServer(ServerProcess):
    """``python -m examples.blog`` on a free port, in several processes, as ``make demo`` has it; ready when its article
    is there."""

    def __init__(self, directory: Path, gateway: str, token: str, bus: NatsServer) -> None:
        """``gateway``: the target of one that has CALLS_BACK. ``bus``: its own."""
        self.port = free_port()
        variables = {
            "BLOG_PORT": str(self.port),
            "BLOG_PROCESSES": str(PROCESSES),
            "BLOG_CALLBACK_SECRETS": CALLBACK_SECRET,
            "BLOG_NATS_URL": bus.url,
            "CODERUNNER_GATEWAY": gateway,
            "CODERUNNER_TOKEN": token,
            "PYTHONPATH": str(REPOSITORY),
        }
        command = [sys.executable, "-P", "-m", "examples.blog"]
        super().__init__("blog", command, directory / "blog.log", variables)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def is_ready(self) -> bool:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=2)
        try:
            connection.request("GET", "/")
            return connection.getresponse().status == http.HTTPStatus.OK
        finally:
            connection.close()
