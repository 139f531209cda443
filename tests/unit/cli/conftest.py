"""A scripted gateway, and the command as its own process."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.fakes.fake_gateway import FakeGateway
from tests.unit.cli.command import COMMAND, ROOT, Cli


@pytest.fixture
def gateway() -> Iterator[FakeGateway]:
    with FakeGateway() as running:
        yield running


@pytest.fixture
def environment(gateway: FakeGateway) -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": str(ROOT), "CODERUNNER_GATEWAY": gateway.target, "CODERUNNER_TOKEN": ""}


@pytest.fixture
def coderunner(environment: dict[str, str], tmp_path: Path) -> Cli:
    def call(*arguments: str, stdin: str = "", cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [*COMMAND, *arguments],
            input=stdin,
            capture_output=True,
            text=True,
            encoding="utf-8",
            timeout=60,
            check=False,
            env=environment,
            cwd=cwd or tmp_path,
        )

    return call


@pytest.fixture
def hello(tmp_path: Path) -> str:
    path = tmp_path / "hello.py"
    path.write_text("print('hello')\n")
    return str(path)
