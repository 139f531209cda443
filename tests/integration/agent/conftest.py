"""Slots for these tests; each is shared by one module, so that a run that leaves something is noticed by the next."""

from __future__ import annotations

from collections.abc import Iterator

import docker
import pytest

from node.domain.sandbox import Role
from tests.integration.agent.attached import AttachedAgent, make_slot


@pytest.fixture(scope="session")
def engine_api(docker_engine: docker.DockerClient) -> docker.APIClient:
    return docker_engine.api


@pytest.fixture(scope="module")
def python_slot(engine_api: docker.APIClient) -> Iterator[AttachedAgent]:
    """With the zygote."""
    agent = make_slot(engine_api, "python")
    yield agent
    agent.close()


@pytest.fixture
def own_python_slot(engine_api: docker.APIClient) -> Iterator[AttachedAgent]:
    """One that the test may ruin."""
    agent = make_slot(engine_api, "python")
    yield agent
    agent.close()


@pytest.fixture(scope="module")
def cold_slot(engine_api: docker.APIClient) -> Iterator[AttachedAgent]:
    """Nothing waits in it."""
    agent = make_slot(engine_api, "python", warm=None)
    yield agent
    agent.close()


@pytest.fixture(scope="module")
def compile_slot(engine_api: docker.APIClient) -> Iterator[AttachedAgent]:
    agent = make_slot(engine_api, "cpp", Role.COMPILE)
    yield agent
    agent.close()
