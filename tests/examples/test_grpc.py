"""The backends of other languages, with stubs that their builds make of proto/, on a gateway with TLS and tokens."""

from __future__ import annotations

import asyncio
import json
import os
import re
import subprocess
import time
from asyncio.subprocess import PIPE, STDOUT
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp
import docker
import pytest

from coderunner import Client
from dev.paths import REPOSITORY
from tests.servers.certificates import make_certificate
from tests.servers.etcd import EtcdServer
from tests.servers.nats import NatsServer
from tests.servers.stack import Stack
from tests.servers.waiting import eventually

TOKEN = "secret-of-the-blog"
BUILD_S, PATIENCE_S = 900, 60
EXAMPLES = REPOSITORY / "examples"
SLOW = "import time\nprint('first', flush=True)\ntime.sleep(1.5)\nprint('h\xe9llo ' + input())"


@dataclass(frozen=True)
class Example:
    """How a backend is built and started, as its README says."""

    name: str
    builds: tuple[tuple[str, ...], ...]
    starts: tuple[str, ...]

    @property
    def folder(self) -> Path:
        return EXAMPLES / self.name


GO = Example("grpc-go", (("./generate.sh",), ("go", "vet", "."), ("go", "build", "-o", "backend", ".")), ("./backend",))
SPRING = Example("grpc-spring", (("mvn", "--batch-mode", "package"),), ("java", "-jar", "target/backend.jar"))
NODE = Example("grpc-node", (("npm", "install", "--no-audit", "--no-fund"),), ("node", "backend.mjs"))


@pytest.fixture(scope="module")
def access(docker_engine: docker.DockerClient, tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    """The environment of a backend: a gateway with a certificate of its own and a node for Python, and a token."""
    directory = tmp_path_factory.mktemp("examples")
    certificate = make_certificate(directory)
    stack = Stack(directory, NatsServer(directory, roles=True), EtcdServer(directory))
    try:
        for server in (*stack.nats.members, *stack.etcd.members):
            server.start()
        settings: dict[str, Any] = {"tls_certificate": str(certificate.chain), "tls_key": str(certificate.key)}
        gateway = stack.add_gateway(tokens={"blog": TOKEN}, **settings)
        stack.add_node(languages=["python"])
        target = f"localhost:{gateway.grpc_port}"
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("CODERUNNER_TLS_CA", str(certificate.chain))
            asyncio.run(served(f"https://{target}"))
        yield {
            "CODERUNNER_GATEWAY": target,
            "CODERUNNER_TOKEN": TOKEN,
            "CODERUNNER_TLS_CA": str(certificate.chain),
        }
    finally:
        stack.close()


async def served(target: str) -> None:
    async with Client(target, token=TOKEN) as client:

        async def is_served() -> bool:
            return bool(await client.languages())

        await eventually(is_served, PATIENCE_S)


@pytest.fixture(scope="module", params=[GO, SPRING, NODE], ids=lambda one: one.name)
def example(request: pytest.FixtureRequest) -> Example:
    """Built."""
    made: Example = request.param
    env = {**os.environ, "GOTOOLCHAIN": "auto"}  # a Go that is too old for the module fetches the one that it asks for
    for command in made.builds:
        done = subprocess.run(
            command, cwd=made.folder, env=env, capture_output=True, text=True, check=False, timeout=BUILD_S
        )
        assert done.returncode == 0, done.stdout[-5000:] + done.stderr[-5000:]
    return made


@asynccontextmanager
async def running(example: Example, access: Mapping[str, str]) -> AsyncIterator[str]:
    """The address at which it runs programs."""
    process = await asyncio.create_subprocess_exec(
        *example.starts, cwd=example.folder, env={**os.environ, **access, "PORT": "0"}, stdout=PIPE, stderr=STDOUT
    )
    assert process.stdout is not None
    reading: asyncio.Task[bytes] | None = None
    try:
        async with asyncio.timeout(PATIENCE_S):
            while (line := (await process.stdout.readline()).decode()) and not re.fullmatch(r"http://\S+/run\n", line):
                pass
        assert line, "it ended before it served"
        reading = asyncio.create_task(process.stdout.read())  # a full pipe would stop it
        yield line.strip()
    finally:
        if process.returncode is None:
            process.terminate()
        await process.wait()
        if reading is not None:
            await reading


async def lines_of(session: aiohttp.ClientSession, url: str, **program: str) -> tuple[int, list[tuple[float, Any]]]:
    """The status of the answer, and each line of it with the moment at which it came."""
    async with session.post(url, json=program) as response:
        return response.status, [
            (time.monotonic(), json.loads(line)) async for line in response.content if line.strip()
        ]


async def test_a_readers_program_is_run_and_what_it_prints_is_told_as_it_prints_it(
    example: Example, access: dict[str, str]
) -> None:
    async with running(example, access) as url, aiohttp.ClientSession() as session:
        status, lines = await lines_of(session, url, language="python", code=SLOW, stdin="reader\n")
        assert status == 200, lines
        *pieces, (ended_at, end) = lines
        assert end == {"status": "SUCCEEDED", "exit_code": 0, "error": ""}
        assert "".join(piece["text"] for _, piece in pieces) == "first\nh\xe9llo reader\n"
        assert {piece["stream"] for _, piece in pieces} == {"stdout"}
        assert ended_at - pieces[0][0] > 1
        status, lines = await lines_of(session, url, language="python", code="import sys; sys.exit(3)")
        assert (status, [line for _, line in lines]) == (200, [{"status": "FAILED", "exit_code": 3, "error": ""}])


async def test_a_reader_is_told_what_is_wrong_with_which_field(example: Example, access: dict[str, str]) -> None:
    async with running(example, access) as url, aiohttp.ClientSession() as session:
        status, ((_, told),) = await lines_of(session, url, language="python", code="")
        assert (status, [one["field"] for one in told["violations"]]) == (400, ["task.files[0].content"])
        assert told["violations"][0]["description"] == "is empty"
        status, ((_, told),) = await lines_of(session, url, language="cobol", code="x")
        assert (status, told["refused"]) == (400, "Nothing runs this language just now.")


async def test_a_token_that_the_gateway_does_not_know_is_the_blogs_trouble_and_not_its_readers(
    example: Example, access: dict[str, str]
) -> None:
    async with running(example, {**access, "CODERUNNER_TOKEN": "wrong"}) as url, aiohttp.ClientSession() as session:
        status, ((_, told),) = await lines_of(session, url, language="python", code="print(1)")
    assert (status, told["refused"]) == (502, "Something broke on the server.")


async def test_a_gateway_whose_certificate_is_not_trusted_gets_no_token(
    example: Example, access: dict[str, str]
) -> None:
    async with running(example, {**access, "CODERUNNER_TLS_CA": ""}) as url, aiohttp.ClientSession() as session:
        status, ((_, told),) = await lines_of(session, url, language="python", code="print(1)")
    assert (status, told["refused"]) == (503, "Programs cannot be run just now.")
