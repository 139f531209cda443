"""A container of a shipped image, locked down as slots are, in which the tools are run by hand."""

from __future__ import annotations

import json
import tomllib
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import docker
from docker.models.containers import Container
from docker.utils.socket import frames_iter

SANDBOX = Path(__file__).resolve().parents[3] / "sandbox"
INSIDE = Path(__file__).with_name("inside.py").read_text()
_FILES = {path.stem: tomllib.loads(path.read_text()) for path in sorted((SANDBOX / "languages").glob("*.toml"))}
LANGUAGES = {name: file for name, file in _FILES.items() if file.get("default")}
"""The default ones, whose images every machine of these tests has."""
USER = "12345:12345"


@dataclass(frozen=True)
class Slot:
    """A running container of one language."""

    engine: docker.DockerClient
    container: Container
    language: dict[str, Any]

    def do(self, *steps: dict[str, Any], files: dict[str, str] | None = None) -> list[Any]:
        """What each step came to; see ``inside.py``."""
        request = json.dumps({"files": files or {}, "steps": steps})
        code, output = self.container.exec_run(["python3", "-c", INSIDE, request], user=USER)
        assert isinstance(output, bytes)
        assert code == 0, output.decode()
        return list(json.loads(output))

    def do_with_memory(self, limit: str, *steps: dict[str, Any], files: dict[str, str]) -> list[Any]:
        """As ``do``; the container gets another memory limit while the last step's process waits."""
        *first, last = steps
        request = json.dumps({"files": files, "steps": [*first, {**last, "until_memory_changes": True}]})
        api: Any = self.engine.api  # its stubs know nothing of the socket that it returns
        started = api.exec_create(self.container.id, ["python3", "-c", INSIDE, request], user=USER)
        with closing(api.exec_start(started["Id"], socket=True)) as line, closing(line._response):
            frames: Any = frames_iter
            said = (data for _, data in frames(line, tty=False))
            assert next(said) == b"waiting\n"
            self.container.update(mem_limit=limit, memswap_limit=limit)
            return list(json.loads(b"".join(said)))

    def run(self, *command: str, files: dict[str, str] | None = None, **options: Any) -> tuple[int, str, str]:
        (result,) = self.do({"run": command, **options}, files=files)
        return result[0], result[1], result[2]

    def as_root(self, *command: str) -> str:
        """In a container of its own, with root's usual powers: root in a slot may not look everywhere."""
        image = self.language["image"]
        output = self.engine.containers.run(image, list(command), network_mode="none", remove=True)
        return output.decode()
