"""Whoever types ``coderunner-node join --no-setup``."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from pathlib import Path

import pytest

from node import command_line
from tests.fakes.node_service import TOKEN, FakeNodeService


@dataclass
class Machine:
    """Whoever types the command, and where it writes."""

    gateway: FakeNodeService
    directory: Path
    captured: pytest.CaptureFixture[str]

    def join(self, *more: str, token: str = TOKEN) -> int:
        url = [] if "--gateway" in more else ["--gateway", self.gateway.url]
        shown = ["--token", token] if token else []
        return command_line.main(["join", *url, *shown, "--directory", str(self.directory), "--no-setup", *more])

    def refused(self, *more: str, token: str = TOKEN) -> tuple[int, str]:
        """The exit code, and the one sentence that was said."""
        code = self.join(*more, token=token)
        said = self.captured.readouterr().err
        assert said.startswith("coderunner-node join: ")
        assert said.count("\n") == 1
        assert "Traceback" not in said
        return code, said.removeprefix("coderunner-node join: ").rstrip("\n")

    @property
    def settings(self) -> Path:
        return self.directory / "node.toml"

    @property
    def told(self) -> dict[str, object]:
        return tomllib.loads(self.settings.read_text(encoding="utf-8"))

    @property
    def seed(self) -> bytes:
        return (self.directory / "node.nk").read_bytes()
