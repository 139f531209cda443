"""What programs begin with is precompiled once it was seen, by a container that sees no program."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import docker
import pytest

from node.application.attempt import Attempt
from node.application.workbench import Workbench
from node.domain.language import Language
from node.domain.preamble import Preamble
from node.domain.program import compile_limits, compile_preamble, program_of
from node.domain.sandbox import Launch, Outcome, Role
from node.infrastructure.artefacts import MemoryArtefactStore
from node.infrastructure.docker import DockerSandboxPool
from node.infrastructure.docker.pool.precompiler import volume_of
from schemas.execution import Execution
from schemas.status import Status
from schemas.task import SourceFile
from tests.builders import a_task, some_limits
from tests.fakes.node import FakeDelivery, RecordingAnnouncer, nobody
from tests.integration.sandbox.languages import AT_LEISURE, language
from tests.integration.sandbox.prefixed_engine import Eventually, PrefixedEngine

CPP = language("cpp")
OPTIONS = ("-O1", "-std=c++20", f"-ftemplate-depth={random.randrange(900, 10**9)}")
"""Others in each run, with which nothing is precompiled: the volume outlives the tests."""
FEW = ["bitset", "cctype", "climits", "deque", "forward_list", "iterator", "list", "numeric", "stack", "utility"]


def beginning() -> str:
    headers = [*random.sample(FEW, 5), "iostream"]
    return "".join(f"#include <{header}>\n" for header in headers)


async def executed(pool: DockerSandboxPool, source: str, client: str = "blog") -> Execution:
    sources = [SourceFile("main.cpp", source)]
    task = a_task(language="cpp", files=sources, limits=some_limits(**AT_LEISURE), client=client)
    bench = Workbench(pool, MemoryArtefactStore(), RecordingAnnouncer())
    return await bench.execute(Attempt(FakeDelivery(task), "n1", 0.0), program_of(CPP, "1", sources, options=OPTIONS))


def preamble_of(source: str) -> Preamble:
    assert CPP.compile is not None
    found = compile_preamble(program_of(CPP, "1", [SourceFile("main.cpp", source)], options=OPTIONS), CPP.compile)
    assert found is not None
    return found


def volume(engine: PrefixedEngine, served: Language = CPP) -> Path:
    """Where the host has it: the engine's socket and its folders are on this machine."""
    image = str(engine.client.images.get(served.image).id)
    return Path(engine.client.volumes.get(volume_of(image)).attrs["Mountpoint"])


def names(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


async def in_compile_slot(pool: DockerSandboxPool, command: str, source: str = "") -> Outcome:
    assert CPP.compile is not None
    limits = compile_limits(CPP.compile)
    async with pool.slot(CPP, Role.COMPILE, limits) as sandbox:
        launch = Launch({"main.cpp": source.encode()}, ("sh", "-c", command), limits)
        return await sandbox.run(launch, nobody)


async def test_what_one_program_begins_with_is_there_for_the_next(
    engine: PrefixedEngine, eventually: Eventually
) -> None:
    pool = await engine.pool(CPP)
    source = beginning() + 'int main() { std::cout << "one\\n"; }\n'
    key = preamble_of(source).key
    first = await executed(pool, source)
    await eventually((volume(engine) / key / "iostream.gch").exists)
    taken = await in_compile_slot(pool, f"g++ -H {' '.join(OPTIONS)} -I/precompiled/{key} main.cpp -o p 2>&1", source)
    assert taken.stdout.startswith(b"! /precompiled/" + key.encode()), taken.stdout[:300]
    second = await executed(pool, source.replace("one", "two"), client="wiki")
    for execution, said in ((first, "one\n"), (second, "two\n")):
        assert execution.status is Status.SUCCEEDED, execution
        assert execution.run is not None
        assert execution.run.stdout == said


async def test_no_slot_can_change_what_was_precompiled(engine: PrefixedEngine) -> None:
    pool = await engine.pool(CPP)
    attempt = (
        "touch /precompiled/x || mkdir /precompiled/y || chmod 777 /precompiled || mount -o remount,rw /precompiled"
    )
    outcome = await in_compile_slot(pool, f"{attempt}; stat -c %U:%a /precompiled")
    assert outcome.stdout == b"root:755\n", outcome
    async with pool.slot(CPP, Role.RUN, some_limits()) as sandbox:
        seen = await sandbox.run(Launch({}, ("ls", "/precompiled"), some_limits()), nobody)
    assert seen.exit_code != 0


async def test_a_maker_that_is_cut_off_leaves_nothing_half_made(engine: PrefixedEngine, eventually: Eventually) -> None:
    pool = await engine.pool(CPP)
    others = names(volume(engine))  # of the image's, and so of whoever ran programs of other beginnings before
    source = beginning() + "int main() {}\n"
    await executed(pool, source)
    makers: dict[str, Any] = {"label": f"{engine.prefix}.precompiling"}
    await eventually(lambda: engine.client.containers.list(filters=makers))
    for container in engine.client.containers.list(filters=makers):
        container.kill()
    await eventually(lambda: not engine.client.containers.list(all=True, filters=makers))
    other = beginning() + "#include <array>\nint main() {}\n"
    await executed(pool, other)
    await eventually((volume(engine) / preamble_of(other).key).exists)
    assert all("iostream.gch" in names(volume(engine) / key) for key in names(volume(engine)) - others if key[0] != ".")


async def test_a_node_that_died_leaves_no_maker_to_its_next_life(
    engine: PrefixedEngine, eventually: Eventually
) -> None:
    image = str(engine.client.images.get(CPP.image).id)
    labels = {f"{engine.prefix}.precompiling": "node-1"}
    left = engine.client.containers.run(image, ["sleep", "600"], detach=True, labels=labels, network_mode="none")
    await engine.pool(CPP)

    def gone() -> bool:
        try:
            left.reload()
        except docker.errors.NotFound:
            return True
        return False

    await eventually(gone)


@pytest.mark.parametrize("budget", [1, 60 << 20])
async def test_what_is_kept_has_a_limit_and_what_is_used_again_stays(engine: PrefixedEngine, budget: int) -> None:
    """By the maker itself, in a volume of the test's own: what was used twice outlives what came later."""
    name = f"{engine.prefix}-kept"

    def make(*headers: str) -> None:
        assert CPP.compile is not None
        assert CPP.compile.preamble is not None
        engine.client.containers.run(
            CPP.image,
            ["/precompiled", str(budget), *OPTIONS, *headers],
            entrypoint=list(CPP.compile.preamble.command),
            volumes={name: {"bind": "/precompiled", "mode": "rw"}},
            network_mode="none",
            remove=True,
        )

    def key(*headers: str) -> str:
        return Preamble(OPTIONS, headers).key

    try:
        for headers in (["vector"], ["vector"], ["list"], ["map"], ["set"]):
            make(*headers)
        kept = names(Path(engine.client.volumes.get(name).attrs["Mountpoint"]))
    finally:
        engine.client.volumes.get(name).remove()
    assert kept == ({key("set")} if budget == 1 else {key("vector"), key("map"), key("set")})
