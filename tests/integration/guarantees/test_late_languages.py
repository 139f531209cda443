"""A node that could not serve everything, or anything, when it started: it makes good for it without a restart."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Iterator
from pathlib import Path

import docker
import pytest

from coderunner.model import Status
from tests.integration.guarantees.shared_stack import FAST, SharedStack
from tests.integration.guarantees.simulated_tasks import known, listed
from tests.servers.proxy import Relay
from tests.servers.stack import Node

ENGINE = Path("/var/run/docker.sock")
REAL_IMAGE = "coderunner/bash"
LANGUAGE_FILE = """\
name = "{name}"
image = "{image}"
source_name = "main.sh"
version_command = ["bash", "--version"]
version_pattern = 'version (\\d+\\.\\d+\\.\\d+)'
memory_overhead_mib = 16
[run]
command = ["bash", "{{entry}}"]
"""


@pytest.fixture
def late_image(docker_engine: docker.DockerClient) -> Iterator[str]:
    """A name that no image has yet."""
    name = f"coderunner-test/late-{secrets.token_hex(4)}"
    yield name
    if docker_engine.images.list(name):
        docker_engine.images.remove(name)  # the name; the image has another


@pytest.fixture
def languages(shared: SharedStack, late_image: str, tmp_path: Path) -> Path:
    """Two languages of this test's own: one has its image, the other not yet."""
    for name, image in ((shared.language, REAL_IMAGE), (f"{shared.language}-late", late_image)):
        (tmp_path / f"{name}.toml").write_text(LANGUAGE_FILE.format(name=name, image=image))
    return tmp_path


async def end(shared: SharedStack, node: Node) -> None:
    await asyncio.to_thread(node.stop)
    node.remove_containers()
    shared.stack.nodes.remove(node)


async def test_a_language_whose_image_is_built_later_is_announced_and_run_by_the_same_process(
    shared: SharedStack, languages: Path, late_image: str, docker_engine: docker.DockerClient
) -> None:
    node = shared.stack.add_node(**FAST, languages_dir=str(languages), pools=[shared.language])
    try:
        late, client, pid = f"{shared.language}-late", await shared.client(), node.pid
        await known(client, node)
        await shared.stack.wait_served(shared.language)
        assert late not in {one.name for one in await client.languages()}
        docker_engine.images.get(REAL_IMAGE).tag(late_image)
        await shared.stack.wait_served(late, timeout_s=20)
        execution = await client.run(late, "echo late")
        assert execution.status is Status.SUCCEEDED
        assert execution.run is not None
        assert (execution.run.stdout, node.pid, node.running) == ("late\n", pid, True)
    finally:
        await end(shared, node)


async def test_a_node_that_starts_before_its_engine_serves_as_soon_as_there_is_one(
    shared: SharedStack, languages: Path, tmp_path: Path
) -> None:
    relay = Relay(ENGINE, listen=tmp_path / "docker.sock")
    settings = {"docker_socket": f"unix://{relay.path}", "languages": [shared.language]}
    node = shared.stack.add_node(wait=False, **FAST, **settings, languages_dir=str(languages), pools=[shared.language])
    try:
        client = await shared.client()
        await listed(client, node)  # starting: it says so, and serves nothing
        assert not node.is_ready()
        assert shared.language not in {one.name for one in await client.languages()}
        await relay.mend()
        await shared.stack.wait_served(shared.language, timeout_s=30)
        assert (await client.run(shared.language, "echo up")).status is Status.SUCCEEDED
        assert node.is_ready()
    finally:
        await end(shared, node)
        await relay.cut()
