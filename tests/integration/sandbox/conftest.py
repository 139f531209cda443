"""Pools on the real engine, under a prefix of their own; whatever they made is gone afterwards."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import AsyncIterator, Callable, Iterator

import docker
import pytest
import pytest_asyncio

from node.application.workbench import Workbench
from node.infrastructure.artefacts import MemoryArtefactStore
from tests.fakes.node import RecordingAnnouncer
from tests.integration.sandbox.languages import language
from tests.integration.sandbox.prefixed_engine import PATIENCE_S, Eventually, PrefixedEngine
from tests.servers.oci_runtimes import GVISOR, why_not


@pytest.fixture(scope="session")
def client(docker_engine: docker.DockerClient) -> docker.DockerClient:
    return docker_engine


@pytest.fixture(scope="session")
def prefix(client: docker.DockerClient) -> Iterator[str]:
    """One for all tests, so that each agent image is built once."""
    prefix = f"crtest-{secrets.token_hex(4)}"
    yield prefix
    for image in client.images.list(f"{prefix}/dressed"):
        client.images.remove(str(image.id), force=True)


@pytest.fixture(scope="module", params=["runc", GVISOR])
def runtime(client: docker.DockerClient, request: pytest.FixtureRequest) -> str:
    name = str(request.param)
    reason = why_not(client, name)
    if reason and name == GVISOR:
        pytest.skip(reason)
    assert not reason
    return name


@pytest.fixture
async def engine(client: docker.DockerClient, prefix: str) -> AsyncIterator[PrefixedEngine]:
    engine = PrefixedEngine(client, prefix)
    try:
        yield engine
        for pool in engine.pools:
            await pool.close()
    finally:
        engine.clean_up()


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def bench(client: docker.DockerClient, prefix: str) -> AsyncIterator[Workbench]:
    """A node's way with a task, with slots of the default languages that have test frameworks."""
    engine = PrefixedEngine(client, prefix)
    try:
        pool = await engine.pool(*(language(name) for name in ("python", "javascript", "go")))
        yield Workbench(pool, MemoryArtefactStore(), RecordingAnnouncer())
        await pool.close()
    finally:
        engine.clean_up()


@pytest.fixture
def eventually() -> Eventually:
    """Waits for what the engine reports to come true; of its own state it tells no event."""

    async def wait(condition: Callable[[], bool], patience_s: float = PATIENCE_S) -> None:
        async with asyncio.timeout(patience_s):
            while not await asyncio.to_thread(condition):  # noqa: ASYNC110 - the engine has no event for it
                await asyncio.sleep(0.02)

    return wait
