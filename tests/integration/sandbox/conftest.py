"""Pools on the real engine, under a prefix of their own; whatever they made is gone afterwards."""

from __future__ import annotations

import asyncio
import dataclasses
import http
import random
import secrets
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import docker
import pytest
from docker.models.containers import Container

from node.application.ports import OnOutput
from node.domain.language import Language
from node.domain.sandbox import Launch, Outcome, Role
from node.infrastructure.docker import DockerSandboxPool, DockerSettings
from node.infrastructure.languages import load_language
from tests.fakes import agent_standin
from tests.unit.docker.builders import launch, limits, nobody

PATIENCE_S = 240.0
"""For what must come about, on a machine of any speed."""
AT_LEISURE = {"cpu_ms": 120_000, "wall_ms": 180_000}
"""Limits of programs that are to end by themselves, or by another limit, on a machine of any speed."""
LANGUAGES = Path(__file__).resolve().parents[3] / "sandbox" / "languages"
STANDIN = {"__main__.py": Path(agent_standin.__file__).read_bytes()}


def language(shipped: str, /, **changes: Any) -> Language:
    """One of the languages that are shipped."""
    return dataclasses.replace(load_language(LANGUAGES / f"{shipped}.toml"), **changes)


def standin_language(name: str = "standin") -> Language:
    """For a pool whose agent is the stand-in, which answers every well-behaved run with its name."""
    return language("bash", name=name, version_command=("ok",), version_pattern="(stand-in)")


BASH = language("bash")


def remove(container: Container) -> None:
    """Returns once it is gone, also where a pool is removing it in the background."""
    with suppress(docker.errors.NotFound):
        try:
            container.remove(force=True)
        except docker.errors.APIError as error:
            if error.status_code != http.HTTPStatus.CONFLICT:
                raise
            container.wait(condition="removed", timeout=PATIENCE_S)


class Bench:
    """The engine as the test sees it, and pools that share one prefix."""

    def __init__(self, client: docker.DockerClient, prefix: str) -> None:
        self.client = client
        self.prefix = prefix
        self._uid_base = random.randrange(400_000, 900_000, 1_000)
        self.pools: list[DockerSandboxPool] = []

    def settings(self, **changes: Any) -> DockerSettings:
        usual = {
            "node_id": "node-1",
            "prefix": self.prefix,
            "uid_base": self._uid_base,
            "patience_s": PATIENCE_S / 4,
            "start_patience_s": PATIENCE_S,
        }
        return DockerSettings(**{**usual, **changes})

    async def pool(
        self, *languages: Language, agent: dict[str, bytes] | None = None, **changes: Any
    ) -> DockerSandboxPool:
        """A started pool."""
        pool = DockerSandboxPool(languages=languages, settings=self.settings(**changes), agent=agent)
        self.pools.append(pool)
        await pool.start()
        return pool

    def containers(self, **labels: str) -> list[Container]:
        wanted = [f"{self.prefix}.uid", *(f"{self.prefix}.{key}={value}" for key, value in labels.items())]
        return self.client.containers.list(all=True, filters={"label": wanted}, ignore_removed=True)

    def clean_up(self) -> None:
        for container in self.containers():
            remove(container)


async def run(pool: DockerSandboxPool, script: str, on_output: OnOutput = nobody, **changes: Any) -> Outcome:
    """One bash script in a slot of its own."""
    wanted = limits(**{**AT_LEISURE, **changes})
    async with pool.slot(BASH, Role.RUN, wanted) as sandbox:
        what = Launch(files={"main.sh": script.encode()}, command=("bash", "main.sh"), limits=wanted)
        return await sandbox.run(what, on_output)


async def run_together(pool: DockerSandboxPool, script: str, count: int, at_once: int) -> tuple[list[Outcome], int]:
    """``count`` bash programs that print something and never end: each is killed once it has printed, and once
    ``at_once`` of them have. Their outcomes, and the most slots that there were when one printed."""
    slots: list[int] = []
    enough = asyncio.Event()
    wanted = limits(**AT_LEISURE)

    async def one() -> Outcome:
        printed = asyncio.Event()
        async with pool.slot(BASH, Role.RUN, wanted) as sandbox:
            what = Launch(files={"main.sh": script.encode()}, command=("bash", "main.sh"), limits=wanted)
            running = asyncio.create_task(sandbox.run(what, lambda stream, data: printed.set()))
            await printed.wait()
            slots.append(pool.slots())
            if len(slots) == at_once:
                enough.set()
            await enough.wait()
            await sandbox.kill()
            return await running

    async with asyncio.timeout(PATIENCE_S):
        return list(await asyncio.gather(*(one() for _ in range(count)))), max(slots)


async def ask(pool: DockerSandboxPool, what: str, name: str = "standin") -> Outcome:
    """One request to the stand-in."""
    async with pool.slot(standin_language(name), Role.RUN, limits()) as sandbox:
        return await sandbox.run(launch(what), nobody)


def crash(pool: DockerSandboxPool) -> None:
    """The node's end as its slots see it: its lines to the agents break, and nothing else happens."""
    for group in pool._groups.values():
        for slot in group.members:
            slot._line.close()


@pytest.fixture(scope="session")
def client() -> Iterator[docker.DockerClient]:
    client = docker.from_env()
    yield client
    client.close()


@pytest.fixture(scope="session")
def prefix(client: docker.DockerClient) -> Iterator[str]:
    """One for all tests, so that each agent image is built once."""
    prefix = f"crtest-{secrets.token_hex(4)}"
    yield prefix
    for image in client.images.list(f"{prefix}/dressed"):
        client.images.remove(image.id, force=True)


@pytest.fixture
async def bench(client: docker.DockerClient, prefix: str) -> AsyncIterator[Bench]:
    bench = Bench(client, prefix)
    try:
        yield bench
        for pool in bench.pools:
            await pool.close()
    finally:
        bench.clean_up()


Eventually = Callable[..., Any]


@pytest.fixture
def eventually() -> Eventually:
    """Waits for what the engine reports to come true; of its own state it tells no event."""

    async def wait(condition: Callable[[], bool], patience_s: float = PATIENCE_S) -> None:
        async with asyncio.timeout(patience_s):
            while not await asyncio.to_thread(condition):  # noqa: ASYNC110 - the engine has no event for it
                await asyncio.sleep(0.02)

    return wait
