"""C++ programs that are compiled to watch themselves, under the slot's own rules."""

from __future__ import annotations

import pytest

from node.domain.sandbox import Launch, Outcome, Role
from node.infrastructure.docker import DockerSandboxPool
from tests.builders import some_limits
from tests.fakes.node import nobody
from tests.integration.sandbox.languages import AT_LEISURE, language
from tests.integration.sandbox.prefixed_engine import PrefixedEngine

CPP = language("cpp")
LEAK = "int main() { return new int(0) == nullptr; }"
USE_AFTER_FREE = "int main(int n, char**) { int* a = new int[4]; delete[] a; return a[n]; }"
OVERFLOW = "#include <climits>\nint main(int n, char**) { volatile int x = INT_MAX; return x + n == 0; }"
RACE = """#include <thread>
int x;
int main() {
    auto count = [] { for (int i = 0; i < 1000; i++) x++; };
    std::thread a(count), b(count);
    a.join(), b.join();
}
"""


async def built_and_run(pool: DockerSandboxPool, source: str, option: str) -> Outcome:
    stage = CPP.compile
    assert stage is not None
    wanted = some_limits(**AT_LEISURE, memory_bytes=stage.memory_bytes)
    command = ("/opt/coderunner/cpp/compile", "-O1", "-g", "-pthread", option, "-o", "program", "main.cpp")
    async with pool.slot(CPP, Role.COMPILE, wanted) as sandbox:
        files = {"main.cpp": source.encode()}
        compiled = await sandbox.run(Launch(files=files, command=command, limits=wanted, collect=("program",)), nobody)
    assert compiled.exit_code == 0, compiled.stderr
    wanted = some_limits(**AT_LEISURE)
    async with pool.slot(CPP, Role.RUN, wanted) as sandbox:
        names = frozenset(compiled.artefacts)
        what = Launch(files=compiled.artefacts, executables=names, command=("./program",), limits=wanted)
        return await sandbox.run(what, nobody)


@pytest.mark.parametrize(
    ("option", "source", "found"),
    [
        ("-fsanitize=address", USE_AFTER_FREE, b"heap-use-after-free"),
        ("-fsanitize=undefined", OVERFLOW, b"signed integer overflow"),
        ("-fsanitize=thread", RACE, b"data race"),
    ],
)
async def test_sanitizers_find_what_they_are_for(
    engine: PrefixedEngine, option: str, source: str, found: bytes
) -> None:
    assert found in (await built_and_run(await engine.pool(CPP), source, option)).stderr


async def test_a_program_without_fault_ends_well_under_the_address_sanitizer(engine: PrefixedEngine) -> None:
    outcome = await built_and_run(await engine.pool(CPP), LEAK, "-fsanitize=address")
    assert (outcome.exit_code, outcome.stderr) == (0, b"")
