"""The node's sandboxes, each with programs that it can run: the simulated one, the unit tests' fake, and Docker."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import Protocol

import docker

from node.application.ports import Sandbox, SandboxPool
from node.domain.language import Language
from node.domain.sandbox import Launch, SandboxLostError
from node.infrastructure import simulated_sandbox
from node.infrastructure.docker import DockerSandboxPool, DockerSettings
from node.infrastructure.languages import load_language
from sandbox import LANGUAGES_DIR
from schemas.task import Limits
from tests.builders import PYTHON, an_outcome
from tests.fakes.node import ScriptedPool

CONCURRENCY = 2
"""The slots that there are at once, where their number is bounded."""
PATIENCE_S = 240.0
"""For what must come about, on a machine of any speed."""
LIMITS = Limits(
    cpu_ms=120_000,
    wall_ms=180_000,
    memory_bytes=256 << 20,
    processes=64,
    output_bytes=64 << 10,
    disk_bytes=64 << 20,
    open_files=256,
    file_bytes=64 << 20,
)


class Subject(Protocol):
    """A pool under test, and launches for it. A launch is to be run before the next is asked for."""

    @property
    def pool(self) -> SandboxPool: ...
    @property
    def language(self) -> Language: ...

    def printing(self, text: str, exit_code: int = 0) -> Launch:
        """A program that prints and ends by itself."""
        ...

    def endless(self, text: str) -> Launch:
        """A program that prints and then goes on until somebody ends it."""
        ...

    async def run_and_lose(self, sandbox: Sandbox) -> None:
        """Runs a program whose slot dies under it."""
        ...


class Simulated:
    """The pool that runs nothing and echoes the standard input."""

    def __init__(self) -> None:
        self.pool = simulated_sandbox.SimulatedSandboxPool()
        self.language = simulated_sandbox.simulated_language("python")

    def printing(self, text: str, exit_code: int = 0) -> Launch:
        return _launch(stdin=text.encode(), env={simulated_sandbox.EXIT_CODE: str(exit_code)})

    def endless(self, text: str) -> Launch:
        return _launch(stdin=text.encode(), env={simulated_sandbox.RUN_MS: str(PATIENCE_S * 1e3)})

    async def run_and_lose(self, sandbox: Sandbox) -> None:
        await sandbox.run(_launch(env={simulated_sandbox.LOST: "1"}), _ignore)


class Scripted:
    """The pool that plays what a unit test wrote down for it."""

    def __init__(self) -> None:
        self.pool = ScriptedPool()
        self.language = PYTHON

    def printing(self, text: str, exit_code: int = 0) -> Launch:
        self.pool.hold, self.pool.says = False, text.encode()
        self.pool.script = [an_outcome(exit_code=exit_code, stdout=text.encode())]
        return _launch()

    def endless(self, text: str) -> Launch:
        self.pool.hold, self.pool.says = True, text.encode()
        return _launch()

    async def run_and_lose(self, sandbox: Sandbox) -> None:
        self.pool.script = [SandboxLostError("as the test asked")]
        await sandbox.run(_launch(), _ignore)


class OnDocker:
    """The pool of real containers, with Bash."""

    def __init__(self, pool: DockerSandboxPool, language: Language, client: docker.DockerClient, prefix: str) -> None:
        self.pool = pool
        self.language = language
        self._client = client
        self._prefix = prefix

    def printing(self, text: str, exit_code: int = 0) -> Launch:
        return _script(f"printf %s '{text}'; exit {exit_code}")

    def endless(self, text: str) -> Launch:
        return _script(f"printf %s '{text}'; exec sleep infinity")

    async def run_and_lose(self, sandbox: Sandbox) -> None:
        started = asyncio.Event()
        running = asyncio.create_task(sandbox.run(self.endless("up"), lambda stream, data: started.set()))
        await started.wait()
        await asyncio.to_thread(self._kill_containers)
        await running

    def _kill_containers(self) -> None:
        for container in self._client.containers.list(filters={"label": f"{self._prefix}.uid"}):
            container.kill()


@asynccontextmanager
async def on_docker(prefix: str) -> AsyncIterator[Subject]:
    """A started pool, whose containers are gone afterwards."""
    language = load_language(LANGUAGES_DIR / "bash.toml")
    settings = DockerSettings(
        node_id="contract",
        prefix=prefix,
        uid_base=400_000 + secrets.randbelow(500) * 1_000,
        concurrency=CONCURRENCY,
        patience_s=PATIENCE_S / 4,
        start_patience_s=PATIENCE_S,
    )
    client = docker.from_env()
    pool = DockerSandboxPool(languages=[language], settings=settings)
    try:
        await pool.start()
        yield OnDocker(pool, language, client, prefix)
    finally:
        await pool.close()
        for container in client.containers.list(all=True, filters={"label": f"{prefix}.uid"}, ignore_removed=True):
            container.remove(force=True)
        client.close()


@contextmanager
def image_prefix() -> Iterator[str]:
    """A prefix for pools that share their agent image, which is removed afterwards."""
    prefix = f"crtest-{secrets.token_hex(4)}"
    yield prefix
    client = docker.from_env()
    for image in client.images.list(f"{prefix}/dressed"):
        client.images.remove(str(image.id), force=True)
    client.close()


def _launch(*, stdin: bytes = b"", env: dict[str, str] | None = None) -> Launch:
    return Launch(files={}, command=("program",), limits=LIMITS, stdin=stdin, env=env or {})


def _script(text: str) -> Launch:
    return Launch(files={"main.sh": text.encode()}, command=("bash", "main.sh"), limits=LIMITS)


def _ignore(stream: str, data: bytes) -> None:
    """Output that the test does not look at."""
