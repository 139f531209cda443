"""One gateway for all of Judge0's clients."""

from __future__ import annotations

from collections.abc import Iterator

import docker
import pytest

from tests.e2e.judge0.gateway import judge0_gateway


@pytest.fixture(scope="package")
def judge0_address(docker_engine: docker.DockerClient, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Where a gateway speaks Judge0, with a node for Python, C++ and Bash."""
    with judge0_gateway(tmp_path_factory.mktemp("judge0")) as address:
        yield address
