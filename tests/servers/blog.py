"""The demo blog as real processes."""

from __future__ import annotations

import http.client
import sys
from collections.abc import Mapping
from pathlib import Path

from tests.servers.nats import REPOSITORY
from tests.servers.ports import free_port
from tests.servers.process import ServerProcess


class BlogServer(ServerProcess):
    """``python -m examples.blog`` on a free port; ready when its article is there."""

    def __init__(self, directory: Path, gateway: str, token: str, env: Mapping[str, str]) -> None:
        """``gateway``: the target; ``env``: more of its settings."""
        self.port = free_port()
        variables = {
            "BLOG_PORT": str(self.port),
            "CODERUNNER_GATEWAY": gateway,
            "CODERUNNER_TOKEN": token,
            "PYTHONPATH": str(REPOSITORY),
            **env,
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
