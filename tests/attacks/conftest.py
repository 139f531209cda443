"""The one arena of all attacks: one node, one slot per language and role."""

from __future__ import annotations

import os
from collections.abc import Iterator

import docker
import pytest

from tests.attacks.arena import ALL, Arena
from tests.attacks.stack_arena import StackArena


@pytest.fixture(scope="package")
def arena(docker_engine: docker.DockerClient, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Arena]:
    """``CODERUNNER_ATTACKED=python,cpp`` makes it smaller, for work on one language;
    ``CODERUNNER_ATTACKED_RUNTIME=runsc`` has the slots run under another runtime of the engine."""
    names = os.environ.get("CODERUNNER_ATTACKED", ",".join(ALL)).split(",")
    attacked = StackArena(
        tmp_path_factory.mktemp("attacked"), names, os.environ.get("CODERUNNER_ATTACKED_RUNTIME", "runc")
    )
    yield attacked
    attacked.close()
