"""The limit of processes is the program's: what waits in a slot, and the agent, are no part of it."""

from __future__ import annotations

import http
import secrets
from collections.abc import AsyncIterator
from contextlib import suppress
from pathlib import Path

import docker
import pytest

from node.domain.sandbox import Launch, Outcome, Role
from node.infrastructure.docker import DockerSandboxPool, DockerSettings
from node.infrastructure.languages import load_language
from tests.builders import some_limits
from tests.fakes.node import nobody

AT_LEISURE = {"cpu_ms": 120_000, "wall_ms": 180_000}
"""Time enough on a machine of any speed."""
LANGUAGES = Path(__file__).resolve().parents[3] / "sandbox" / "languages"
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


ORPHANS_IN_CPP = b"""
#include <fstream>
#include <iostream>
#include <string>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
// Milliseconds of processor time of the whole slot, the agent among it.
double slot_ms() {
    std::string word;
    double number;
    if (std::ifstream file("/sys/fs/cgroup/cpuacct/cpuacct.usage"); file >> number) return number / 1e6;
    std::ifstream file("/sys/fs/cgroup/cpu.stat");
    return file >> word >> number ? number / 1e3 : -1;
}
int main() {
    double before = slot_ms();
    for (time_t end = time(nullptr) + 3; time(nullptr) < end;) {
        pid_t pid = fork();
        if (pid == 0) {
            for (int number = 0; number < 30; number++)
                if (fork() == 0) _exit(0);
            _exit(0);
        }
        waitpid(pid, nullptr, 0);
    }
    usleep(200000);
    std::cout << slot_ms() - before << std::endl;
}
"""


@pytest.fixture
async def pool(engine_api: docker.APIClient) -> AsyncIterator[DockerSandboxPool]:
    prefix = f"crtest-{secrets.token_hex(4)}"
    uid_base = 900_000 + secrets.randbelow(90) * 1_000
    settings = DockerSettings(
        node_id="node-1", prefix=prefix, uid_base=uid_base, patience_s=60.0, start_patience_s=240.0
    )
    pool = DockerSandboxPool(languages=[PYTHON, CPP], settings=settings)
    try:
        await pool.start()
        yield pool
        await pool.close()
    finally:
        for container in engine_api.containers(all=True, filters={"label": f"{prefix}.uid"}):
            _remove(engine_api, container["Id"])
        for image in engine_api.images(f"{prefix}/dressed", quiet=True):
            engine_api.remove_image(image, force=True)


def _remove(engine_api: docker.APIClient, container_id: str) -> None:
    """Returns once it is gone, also where the pool is removing it in the background."""
    with suppress(docker.errors.NotFound):
        try:
            engine_api.remove_container(container_id, force=True)
        except docker.errors.APIError as error:
            if error.status_code != http.HTTPStatus.CONFLICT:
                raise
            engine_api.wait(container_id, condition="removed")


async def _python(pool: DockerSandboxPool, source: bytes) -> Outcome:
    wanted = some_limits(**AT_LEISURE)
    async with pool.slot(PYTHON, Role.RUN, wanted) as sandbox:
        return await sandbox.run(Launch({"main.py": source}, ("python3", "main.py"), wanted), nobody)


async def _cpp(pool: DockerSandboxPool, source: bytes) -> Outcome:
    assert CPP.compile is not None
    roomy = some_limits(**AT_LEISURE, memory_bytes=CPP.compile.memory_bytes)
    async with pool.slot(CPP, Role.COMPILE, roomy) as sandbox:
        command = ("/opt/coderunner/cpp/compile", "-O0", "-o", "program", "main.cpp")
        compiled = await sandbox.run(Launch({"main.cpp": source}, command, roomy, collect=("program",)), nobody)
    wanted = some_limits(**AT_LEISURE)
    async with pool.slot(CPP, Role.RUN, wanted) as sandbox:
        executables = frozenset(compiled.artefacts)
        launch = Launch(compiled.artefacts, ("./program",), wanted, executables=executables)
        return await sandbox.run(launch, nobody)


async def test_what_orphans_cost_the_agent_is_the_programs_time(pool: DockerSandboxPool) -> None:
    outcome = await _cpp(pool, ORPHANS_IN_CPP)
    assert float(outcome.stdout) > 100, outcome
    assert outcome.cpu_ms > 0.97 * float(outcome.stdout)


async def test_a_program_has_exactly_the_processes_that_it_is_granted(pool: DockerSandboxPool) -> None:
    granted = f"{some_limits().processes}\n".encode()
    assert granted == b"64\n"
    assert [(await _python(pool, source)).stdout for source in (FORKS, THREADS)] == [granted, granted]
    assert (await _cpp(pool, FORKS_IN_CPP)).stdout == granted
