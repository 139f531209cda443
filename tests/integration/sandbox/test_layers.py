"""Layers on the real engine: a node's next life finds them, and what ended in the middle leaves nothing."""

from __future__ import annotations

import asyncio
import secrets
import ssl
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import docker
import pytest

from node.application.package_ports import IndexOutOfReachError
from node.domain.layers import Order, with_layer
from node.domain.program import program_of, run_launch, runnable_as_submitted
from node.domain.sandbox import Ending, Role, SandboxLostError
from node.infrastructure.docker import DockerSandboxPool
from node.infrastructure.docker.layers.store import DockerLayers, LayerSettings
from node.infrastructure.docker.slot.agent_image import agent_files
from node.infrastructure.docker.slot.mounts import SCRATCH_LABEL
from node.infrastructure.package_index.places import Places
from schemas.task import SourceFile
from tests.builders import some_limits
from tests.fakes.node import nobody
from tests.integration.sandbox.languages import AT_LEISURE, language
from tests.integration.sandbox.prefixed_engine import Eventually, PrefixedEngine
from tests.servers.package_index import PackageIndex, a_wheel, send

PYTHON = language("python")


@pytest.fixture
def index(tmp_path: Path) -> Iterator[PackageIndex]:
    one = PackageIndex(tmp_path)
    one.add("says", "1", a_wheel("says", "1", {"says.py": "print('installed')"}))
    yield one
    one.close()


@pytest.fixture
def volume(client: docker.DockerClient, prefix: str, engine: PrefixedEngine) -> Iterator[str]:
    """A volume for layers that no other test has."""
    name = f"{prefix}-layers-{secrets.token_hex(4)}"
    yield name
    engine.clean_up()
    client.volumes.get(name).remove(force=True)


class Life:
    """One life of a node with packages."""

    def __init__(self, engine: PrefixedEngine, index: PackageIndex, volume: str, runtime: str) -> None:
        self.layers = DockerLayers(
            LayerSettings(
                places={"pypi": Places([index.url, index.files_url])},
                tls=ssl.create_default_context(cafile=index.ca),
                installations=1,
                secret=b"s" * 32,
            ),
            agent_files(),
        )
        settings = engine.settings(layers_volume=volume, oci_runtime=runtime, concurrency=1)
        self.pool = DockerSandboxPool(languages=[PYTHON], settings=settings, layers=self.layers)

    def order(self, *packages: str) -> Order:
        return Order.of(PYTHON, packages, self.pool.digest("python"), self.layers.source_of(PYTHON))

    async def prints(self, order: Order) -> bytes:
        """What a program prints that imports what was ordered, and is there already."""
        layer = (await self.layers.kept())[order.key].layer
        program = program_of(PYTHON, "3", [SourceFile("main.py", "import says")])
        limits = some_limits(**AT_LEISURE)
        launch = run_launch(runnable_as_submitted(with_layer(program, layer)), stdin="", args=(), limits=limits)
        async with self.pool.slot(PYTHON, Role.RUN, limits) as sandbox:
            return (await sandbox.run(launch, nobody)).stdout


@asynccontextmanager
async def living(engine: PrefixedEngine, index: PackageIndex, volume: str, runtime: str) -> AsyncIterator[Life]:
    life = Life(engine, index, volume, runtime)
    await life.pool.start()
    await life.layers.start([PYTHON])
    try:
        yield life
    finally:
        await life.layers.close()
        await life.pool.close()


async def test_layers_appear_in_slots_that_wait_and_outlive_their_node(
    engine: PrefixedEngine,
    index: PackageIndex,
    volume: str,
    runtime: str,
    client: docker.DockerClient,
    eventually: Eventually,
) -> None:
    async with living(engine, index, volume, runtime) as life:
        order = life.order("says")
        installed = await life.layers.install(order, nobody, asyncio.Event())
        assert installed.layer is not None
        assert installed.layer.packages == ("says==1",)
        assert await life.prints(order) == b"installed\n"
        await eventually(lambda: not client.volumes.list(filters={"label": f"{SCRATCH_LABEL}=node-1"}))
    async with living(engine, index, volume, runtime) as life:
        assert await life.prints(order) == b"installed\n"
        await life.layers.remove([installed.layer.name], [order.key])
        assert await life.layers.kept() == {}


async def test_an_installation_whose_node_is_gone_leaves_nothing_to_the_next(
    engine: PrefixedEngine, index: PackageIndex, volume: str, client: docker.DockerClient, eventually: Eventually
) -> None:
    asked = asyncio.Event()
    loop = asyncio.get_running_loop()

    def hang(handler: BaseHTTPRequestHandler) -> None:
        loop.call_soon_threadsafe(asked.set)
        handler.rfile.read(1)

    index.answers["/files/says-1-py3-none-any.whl"] = hang
    async with living(engine, index, volume, "runc") as life:
        installing = asyncio.create_task(life.layers.install(life.order("says"), nobody, asyncio.Event()))
        await asked.wait()
    async with living(engine, index, volume, "runc") as life:
        assert await life.layers.kept() == {}
        with pytest.raises((SandboxLostError, RuntimeError)):  # its slot is lost, and its engine is closed
            await installing
        await eventually(lambda: not client.volumes.list(filters={"label": f"{SCRATCH_LABEL}=node-1"}))


async def test_an_index_that_answers_badly_is_told_from_packages_that_are_not_there(
    engine: PrefixedEngine, index: PackageIndex, volume: str
) -> None:
    index.answers["/simple/busy/"] = lambda handler: send(handler, b"", "text/html", status=503)
    async with living(engine, index, volume, "runc") as life:
        with pytest.raises(IndexOutOfReachError, match="503"):
            await life.layers.install(life.order("busy"), nobody, asyncio.Event())
        ended = await life.layers.install(life.order("none"), nobody, asyncio.Event())
        assert ended.layer is None
        assert ended.outcome is not None
        assert b"No matching distribution" in ended.outcome.stderr
        assert ended.outcome.stdout == b""
        await life.layers.kept()


async def test_an_installation_that_nobody_waits_for_is_ended_and_leaves_nothing(
    engine: PrefixedEngine, index: PackageIndex, volume: str, client: docker.DockerClient, eventually: Eventually
) -> None:
    asked, abandoned = asyncio.Event(), asyncio.Event()
    loop = asyncio.get_running_loop()

    def hang(handler: BaseHTTPRequestHandler) -> None:
        loop.call_soon_threadsafe(asked.set)
        handler.rfile.read(1)

    index.answers["/files/says-1-py3-none-any.whl"] = hang
    async with living(engine, index, volume, "runc") as life:
        installing = asyncio.create_task(life.layers.install(life.order("says"), nobody, abandoned))
        await asked.wait()
        abandoned.set()
        async with asyncio.timeout(10):
            ended = await installing
        assert ended.layer is None
        assert ended.outcome is not None
        assert ended.outcome.ending is Ending.CANCELLED
        assert await life.layers.kept() == {}
        await eventually(lambda: not client.volumes.list(filters={"label": f"{SCRATCH_LABEL}=node-1"}))
