"""The distributions, built once, and one empty environment for each into which pip installs it."""

from __future__ import annotations

from pathlib import Path

import pytest

from dev.dist import build
from dev.environment import PROJECTS
from tests.integration.distributions.environments import Environment, installed


@pytest.fixture(scope="session")
def dist(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the wheels and sdists of both distributions."""
    folder = tmp_path_factory.mktemp("dist")
    for project in PROJECTS:
        build(project, folder)
    return folder


@pytest.fixture(scope="session")
def client_wheel(dist: Path) -> Path:
    return next(dist.glob("coderunner-[0-9]*.whl"))


@pytest.fixture(scope="session")
def server_wheel(dist: Path) -> Path:
    return next(dist.glob("coderunner_server-*.whl"))


@pytest.fixture(scope="session")
def client_environment(client_wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Environment:
    """What ``pip install coderunner`` leaves."""
    return installed(tmp_path_factory.mktemp("client"), [str(client_wheel)])


@pytest.fixture(scope="session")
def mcp_environment(client_wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Environment:
    """What ``pip install coderunner[docs,mcp]`` leaves."""
    return installed(tmp_path_factory.mktemp("mcp"), [f"{client_wheel}[docs,mcp]"], "dev")


@pytest.fixture(scope="session")
def server_environment(client_wheel: Path, server_wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Environment:
    """What ``pip install coderunner-server`` leaves."""
    return installed(tmp_path_factory.mktemp("server"), [str(client_wheel), str(server_wheel)])
