"""Slots for these tests, and what is demanded of every slot.

Most are shared by one module, so that a run that leaves something is noticed by the next."""

from __future__ import annotations

import docker
import pytest

from node.domain.sandbox import Role
from tests.integration.agent.slot_fixtures import slot_of


@pytest.fixture(scope="session")
def engine_api(docker_engine: docker.DockerClient) -> docker.APIClient:
    return docker_engine.api


python_slot = slot_of("python")
"""With the zygote."""
own_python_slot = slot_of("python", scope="function")
"""One that the test may ruin."""
cold_slot = slot_of("python", warm=None)
"""Nothing waits in it."""
compile_slot = slot_of("cpp", Role.COMPILE)
