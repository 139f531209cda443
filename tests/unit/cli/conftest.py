"""A scripted gateway, and the command as its own process."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.fakes.fake_gateway import FakeGateway
from tests.servers.command import Done, environment_for, run_command
from tests.unit.cli.command import Cli


@pytest.fixture
def gateway() -> Iterator[FakeGateway]:
    with FakeGateway() as running:
        yield running


@pytest.fixture
def environment(gateway: FakeGateway) -> dict[str, str]:
    return environment_for(gateway.target)


@pytest.fixture
def coderunner(environment: dict[str, str], tmp_path: Path) -> Cli:
    def call(*arguments: str, stdin: str = "", cwd: Path | None = None) -> Done:
        return run_command(arguments, environment, cwd or tmp_path, stdin)

    return call


@pytest.fixture
def hello(tmp_path: Path) -> str:
    path = tmp_path / "hello.py"
    path.write_text("print('hello')\n")
    return str(path)
