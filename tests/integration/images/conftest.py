"""Containers of the shipped images, locked down as slots are, in which the tools are run by hand."""

from __future__ import annotations

import secrets
import subprocess
import sys
from collections.abc import Callable, Iterator

import docker
import pytest

from tests.integration.images.image_slot import LANGUAGES, USER, Slot

PRECOMPILED = f"crtest-precompiled-{secrets.token_hex(4)}"


@pytest.fixture(scope="session")
def engine(docker_engine: docker.DockerClient) -> docker.DockerClient:
    """The engine, with all images up to date."""
    built = subprocess.run([sys.executable, "-m", "sandbox.builder"], capture_output=True, text=True, check=False)
    assert built.returncode == 0, built.stdout[-2000:] + built.stderr
    return docker_engine


@pytest.fixture(scope="session")
def slot(engine: docker.DockerClient) -> Iterator[Callable[[str], Slot]]:
    """A slot of a language by name; made once."""
    slots: dict[str, Slot] = {}

    def of(name: str) -> Slot:
        if name not in slots:
            container = engine.containers.run(
                LANGUAGES[name]["image"],
                ["sleep", "infinity"],
                detach=True,
                init=True,
                network_mode="none",
                read_only=True,
                user=USER,
                cap_drop=["ALL"],
                security_opt=["no-new-privileges"],
                mem_limit="1g",
                volumes={PRECOMPILED: {"bind": "/precompiled", "mode": "rw"}},
                tmpfs={"/workspace": "exec,mode=0700,uid=12345,size=256m", "/tmp": "noexec,mode=1777,size=64m"},
            )
            slots[name] = Slot(engine, container, LANGUAGES[name])
        return slots[name]

    yield of
    for made in slots.values():
        made.container.remove(force=True)
    if slots:
        engine.volumes.get(PRECOMPILED).remove()
