"""A task's figure of memory is the program's: the same whether its interpreter has just been started or rested."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping

import pytest
from docker.models.containers import Container

from bench import host_cgroup
from node.application.attempt import Attempt
from node.application.workbench import Workbench
from node.domain.program import program_of
from node.infrastructure.artefacts import MemoryArtefactStore
from schemas.status import Status
from schemas.task import SourceFile
from tests.builders import MIB, a_task, some_limits
from tests.fakes.node import FakeDelivery, RecordingAnnouncer
from tests.integration.sandbox.languages import AT_LEISURE, DEFAULT, language
from tests.integration.sandbox.prefixed_engine import PATIENCE_S, PrefixedEngine

EMPTY = {
    "bash": "true\n",
    "c": "int main(void) {}\n",
    "cpp": "int main() {}\n",
    "go": "package main\n\nfunc main() {}\n",
    "java": "public class Main { public static void main(String[] a) {} }\n",
    "javascript": "0;\n",
    "python": "pass\n",
}
LARGE = {
    "bash": "x=$(head -c 30M /dev/zero | tr '\\0' x)\necho ${#x}\n",
    "c": "#include <stdio.h>\n#include <stdlib.h>\n"
    "int main(void) {\n  volatile char *b = malloc(30 << 20);\n  for (int i = 0; i < 30 << 20; i++) b[i] = 1;\n"
    '  printf("%d", b[99]);\n}\n',
    "cpp": "#include <cstdio>\n#include <vector>\n"
    'int main() {\n  std::vector<char> b(30 << 20, 1);\n  printf("%zu", b.size());\n}\n',
    "go": 'package main\n\nimport "fmt"\n\nfunc main() {\n\tb := make([]byte, 30<<20)\n'
    "\tfor i := range b {\n\t\tb[i] = 1\n\t}\n\tfmt.Println(len(b))\n}\n",
    "java": "public class Main {\n  public static void main(String[] a) {\n    byte[] b = new byte[30 << 20];\n"
    "    java.util.Arrays.fill(b, (byte) 1);\n    System.out.println(b.length);\n  }\n}\n",
    "javascript": "const b = Buffer.alloc(30 << 20, 1);\nconsole.log(b.length);\n",
    "python": "b = b'x' * (30 << 20)\nprint(len(b))\n",
}
"""Each holds 30 MiB; bash has them twice for a moment."""
AGREE_BYTES = 2 * MIB
_REST_S = 0.02
"""A JVM that waits has timers of its own."""


async def at_rest(container: Container) -> None:
    """Waits until the container has used next to no processor time for a second: what waits has come to rest."""
    container.reload()
    pid = int(container.attrs["State"]["Pid"])
    async with asyncio.timeout(PATIENCE_S):
        used_s = -1.0
        while host_cgroup.cpu_s(pid) - used_s > _REST_S:
            used_s = host_cgroup.cpu_s(pid)
            await asyncio.sleep(1.0)


async def peak_bytes(bench: Workbench, name: str, source: str, env: Mapping[str, str] | None = None) -> int:
    served = language(name)
    files = [SourceFile(served.source_name, source)]
    task = a_task(language=name, files=files, limits=some_limits(**AT_LEISURE))
    execution = await bench.execute(Attempt(FakeDelivery(task), "n1", 0.0), program_of(served, "1", files, env=env))
    assert execution.status is Status.SUCCEEDED, execution
    assert execution.run is not None
    return execution.run.peak_memory_bytes


@pytest.mark.parametrize("programs", [EMPTY, LARGE], ids=["empty", "30 MiB"])
@pytest.mark.parametrize("name", DEFAULT)
async def test_two_runs_of_one_program_agree_however_long_its_interpreter_has_waited(
    engine: PrefixedEngine, name: str, programs: dict[str, str]
) -> None:
    bench = Workbench(await engine.pool(language(name)), MemoryArtefactStore(), RecordingAnnouncer())
    (slot,) = engine.containers(role="run")
    told = [await peak_bytes(bench, name, programs[name]) for _ in range(4)]  # it has been started for each
    for _ in range(2):
        await at_rest(slot)
        told.append(await peak_bytes(bench, name, programs[name]))
    assert max(told) - min(told) < AGREE_BYTES, [round(one / MIB, 2) for one in told]
    if programs is LARGE:
        assert min(told) > 29 * MIB


@pytest.mark.parametrize("programs", [EMPTY, LARGE], ids=["empty", "30 MiB"])
@pytest.mark.parametrize("name", DEFAULT)
async def test_a_program_whose_interpreter_had_to_be_started_for_it_is_told_no_more(
    engine: PrefixedEngine, name: str, programs: dict[str, str]
) -> None:
    bench = Workbench(await engine.pool(language(name)), MemoryArtefactStore(), RecordingAnnouncer())
    too_late_for_one_that_waits = {"TZ": "UTC"}
    told = [await peak_bytes(bench, name, programs[name], env) for env in (None, too_late_for_one_that_waits) * 2]
    assert max(told) - min(told) < AGREE_BYTES, [round(one / MIB, 2) for one in told]


@pytest.mark.parametrize("name", DEFAULT)
async def test_an_interpreters_own_memory_is_measured_where_a_task_is_not_charged_for_it(
    engine: PrefixedEngine, name: str
) -> None:
    pool = await engine.pool(language(name))
    own_bytes = pool.baseline_memory_bytes(name)
    if name in ("bash", "c", "cpp", "go"):
        assert own_bytes == 0
    else:
        assert MIB < own_bytes < language(name).memory_overhead_bytes
    again = await engine.pool(language(name), node_id="node-2")
    assert abs(again.baseline_memory_bytes(name) - own_bytes) < AGREE_BYTES
