"""The limit of processes is the program's: what waits in a slot, and the agent, are no part of it."""

from __future__ import annotations

import secrets
from collections.abc import AsyncIterator
from pathlib import Path

import docker
import pytest

from node.domain.sandbox import Launch, Outcome, Role
from node.infrastructure.docker import DockerSandboxPool, DockerSettings
from node.infrastructure.languages import load_language
from tests.unit.docker.builders import limits, nobody

LANGUAGES = Path(__file__).resolve().parents[3] / "deploy" / "languages"
PYTHON, CPP = (load_language(LANGUAGES / f"{name}.toml") for name in ("python", "cpp"))
FORKS = b"""
import os, signal
children = 0
try:
    while children < 200:
        if os.fork() == 0:
            signal.pause()
        children += 1
except BlockingIOError:
    print(1 + children)
"""
THREADS = b"""
import threading
threads, stay = 0, threading.Event()
try:
    while threads < 200:
        threading.Thread(target=stay.wait, daemon=True).start()
        threads += 1
except RuntimeError:
    print(1 + threads)
"""
FORKS_IN_CPP = b"""
#include <cerrno>
#include <iostream>
#include <unistd.h>
int main() {
    int children = 0;
    while (children < 200) {
        pid_t pid = fork();
        if (pid == 0) pause();
        if (pid < 0 && errno == EAGAIN) std::cout << 1 + children << std::endl, _exit(0);
        children++;
    }
}
"""


@pytest.fixture
async def pool(engine_api: docker.APIClient) -> AsyncIterator[DockerSandboxPool]:
    prefix = f"crtest-{secrets.token_hex(4)}"
    settings = DockerSettings(node_id="node-1", prefix=prefix, uid_base=900_000 + secrets.randbelow(90) * 1_000)
    pool = DockerSandboxPool(languages=[PYTHON, CPP], settings=settings)
    try:
        await pool.start()
        yield pool
        await pool.close()
    finally:
        for container in engine_api.containers(all=True, filters={"label": f"{prefix}.uid"}):
            engine_api.remove_container(container["Id"], force=True)
        for image in engine_api.images(f"{prefix}/dressed", quiet=True):
            engine_api.remove_image(image, force=True)


async def _python(pool: DockerSandboxPool, source: bytes) -> Outcome:
    async with pool.slot(PYTHON, Role.RUN, limits()) as sandbox:
        return await sandbox.run(Launch({"main.py": source}, ("python3", "main.py"), limits()), nobody)


async def _cpp(pool: DockerSandboxPool, source: bytes) -> Outcome:
    assert CPP.compile is not None
    roomy = limits(memory_bytes=CPP.compile.memory_bytes, cpu_ms=20_000, wall_ms=30_000)
    async with pool.slot(CPP, Role.COMPILE, roomy) as sandbox:
        command = ("/opt/coderunner/cpp/compile", "-O0", "-o", "program", "main.cpp")
        compiled = await sandbox.run(Launch({"main.cpp": source}, command, roomy, collect=("program",)), nobody)
    async with pool.slot(CPP, Role.RUN, limits()) as sandbox:
        executables = frozenset(compiled.artefacts)
        launch = Launch(compiled.artefacts, ("./program",), limits(), executables=executables)
        return await sandbox.run(launch, nobody)


async def test_a_program_has_exactly_the_processes_that_it_is_granted(pool: DockerSandboxPool) -> None:
    granted = f"{limits().processes}\n".encode()
    assert granted == b"64\n"
    assert [(await _python(pool, source)).stdout for source in (FORKS, THREADS)] == [granted, granted]
    assert (await _cpp(pool, FORKS_IN_CPP)).stdout == granted
