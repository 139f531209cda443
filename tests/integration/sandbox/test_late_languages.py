"""What could not be served when the pool started, and joins in later."""

from __future__ import annotations

import io
import secrets
import tarfile
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import docker
import pytest

from node.domain.language import Language
from node.domain.sandbox import Launch, Role
from node.infrastructure.docker import DockerSandboxPool
from node.infrastructure.docker.engine.client import EngineError
from tests.builders import some_limits
from tests.fakes.node import nobody
from tests.integration.sandbox.languages import AT_LEISURE, language
from tests.integration.sandbox.prefixed_engine import Eventually, PrefixedEngine
from tests.servers.proxy import Relay

BASH = language("bash")
ENGINE = Path("/var/run/docker.sock")
LABEL = "coderunner-test.late"


@pytest.fixture
def late_image(client: docker.DockerClient, prefix: str) -> Iterator[str]:
    """A name that no image has yet. Ask for it before ``engine``, whose slots are gone first then."""
    name = f"{prefix}/late-{secrets.token_hex(3)}"
    yield name
    made = client.images.list(all=True, filters={"label": f"{LABEL}={name}"})
    for image in sorted(made, key=lambda one: str(one.attrs["Created"]), reverse=True):  # what is made of it first
        with suppress(docker.errors.ImageNotFound):  # it went with its child
            client.images.remove(str(image.id), force=True)


def build(client: docker.DockerClient, name: str, version: str) -> None:
    """The Bash image with a file that tells ``version``."""
    dockerfile = f"FROM {BASH.image}\nLABEL {LABEL}={name}\nADD version /etc/late-version\n"
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        for path, text in (("Dockerfile", dockerfile), ("version", version)):
            entry = tarfile.TarInfo(path)
            entry.mode, entry.size = 0o644, len(text)
            archive.addfile(entry, io.BytesIO(text.encode()))
    client.images.build(fileobj=io.BytesIO(buffer.getvalue()), custom_context=True, tag=name, rm=True)


def late_language(image: str) -> Language:
    return language(
        "bash", name="late", image=image, version_command=("cat", "/etc/late-version"), version_pattern=r"version (\d+)"
    )


def names(pool: DockerSandboxPool) -> list[str]:
    return [served.name for served, _ in pool.languages()]


async def says(pool: DockerSandboxPool, which: Language) -> bytes:
    wanted = some_limits(**AT_LEISURE)
    async with pool.slot(which, Role.RUN, wanted) as sandbox:
        script = Launch(files={"main.sh": b"echo here"}, command=("bash", "main.sh"), limits=wanted)
        return (await sandbox.run(script, nobody)).stdout


async def test_a_language_joins_in_when_its_image_is_built(
    late_image: str, engine: PrefixedEngine, eventually: Eventually
) -> None:
    late = late_language(late_image)
    pool = await engine.pool(late, BASH)
    assert names(pool) == ["bash"]
    build(engine.client, late_image, "version 7")
    await eventually(lambda: names(pool) == ["late", "bash"])
    assert pool.languages()[0][1] == "7"
    assert await says(pool, late) == b"here\n"


async def test_a_language_joins_in_when_its_broken_image_is_replaced_and_no_slot_of_the_old_one_stays(
    late_image: str, engine: PrefixedEngine, eventually: Eventually
) -> None:
    build(engine.client, late_image, "nothing to tell")
    late = late_language(late_image)
    pool = await engine.pool(late, BASH)
    assert names(pool) == ["bash"]
    (broken,) = engine.containers(language="late")
    build(engine.client, late_image, "version 8")
    await eventually(lambda: names(pool) == ["late", "bash"])
    assert await says(pool, late) == b"here\n"
    await eventually(lambda: broken.id not in {one.id for one in engine.containers(language="late")})
    assert len(engine.containers(language="late")) == 1


async def test_a_pool_that_found_no_engine_can_be_started_once_there_is_one(
    engine: PrefixedEngine, tmp_path: Path
) -> None:
    relay = Relay(ENGINE, listen=tmp_path / "docker.sock")
    pool = DockerSandboxPool(languages=[BASH], settings=engine.settings(socket=f"unix://{relay.path}"))
    engine.pools.append(pool)
    for _ in range(2):
        with pytest.raises(EngineError, match="does not answer"):
            await pool.start()
    await relay.mend()
    try:
        await pool.start()
        assert await says(pool, BASH) == b"here\n"
        await pool.close()
    finally:
        await relay.cut()


async def test_a_pool_that_could_serve_nothing_can_be_started_once_it_can(
    late_image: str, engine: PrefixedEngine
) -> None:
    late = late_language(late_image)
    pool = DockerSandboxPool(languages=[late], settings=engine.settings())
    engine.pools.append(pool)
    with pytest.raises(EngineError, match="no language can be served"):
        await pool.start()
    build(engine.client, late_image, "version 9")
    await pool.start()
    assert names(pool) == ["late"]


async def test_a_pool_is_closed_while_a_language_is_still_missing(engine: PrefixedEngine) -> None:
    pool = await engine.pool(BASH, late_language("coderunner-test/no-such-image"))
    await pool.close()
    assert {container.status for container in engine.containers()} == {"exited"}
