"""What every slot promises, under each OCI runtime: limits, the wipe, and what a program must not be able to do."""

from __future__ import annotations

import os

import pytest

from node.domain.sandbox import Ending, Launch, Role
from node.infrastructure.docker import DockerSandboxPool, Isolation
from node.infrastructure.docker.engine.client import EngineError
from tests.builders import MIB, some_limits
from tests.fakes.node import nobody
from tests.integration.sandbox.languages import AT_LEISURE, language
from tests.integration.sandbox.prefixed_engine import Eventually, PrefixedEngine, crash
from tests.integration.sandbox.python_runs import PYTHON, assert_well, run
from tests.servers.oci_runtimes import GVISOR

CPP = language("cpp")


@pytest.fixture
async def pool(engine: PrefixedEngine, runtime: str) -> DockerSandboxPool:
    return await engine.pool(PYTHON, oci_runtime=runtime, concurrency=1)


async def test_programs_run_one_after_the_other_in_one_slot(engine: PrefixedEngine, pool: DockerSandboxPool) -> None:
    before = [container.id for container in engine.containers()]
    leave = "open('/tmp/left', 'w').write('x'); open('left', 'w').write('x'); open('/dev/shm/left', 'w').write('x')"
    for _ in range(3):
        outcome = await run(pool, f"import sys; {leave}; print(input()); sys.exit(3)")
        assert (outcome.ending, outcome.exit_code) == (Ending.EXITED, 1)
        await assert_well(pool)
    assert [container.id for container in engine.containers()] == before


async def test_processes_that_a_program_leaves_behind_are_gone(pool: DockerSandboxPool) -> None:
    leave = (
        "import os, time\nfor _ in range(3):\n  if os.fork() == 0:\n    os.setsid()\n    time.sleep(99)\nprint('left')"
    )
    assert (await run(pool, leave)).stdout == b"left\n"
    await assert_well(pool)


@pytest.mark.parametrize("pace", ["fast", "slow"])
async def test_more_memory_than_the_limit_is_a_memory_limit_and_output_is_kept(
    pool: DockerSandboxPool, pace: str
) -> None:
    rest = "time.sleep(0.05)" if pace == "slow" else ""
    eat = f"import time\nprint('so far', flush=True)\nx = []\nwhile True:\n  x.append(b'x' * (8 << 20))\n  {rest}"
    for _ in range(2):
        outcome = await run(pool, eat)
        assert (outcome.ending, outcome.stdout) == (Ending.MEMORY, b"so far\n")
        assert "memory" in outcome.limits_hit
        await assert_well(pool)


async def test_the_memory_that_a_task_asks_for_is_what_it_gets(pool: DockerSandboxPool) -> None:
    fill = "x = b'x' * (400 << 20); print(len(x))"  # beyond 256 MiB and gVisor's own share
    assert (await run(pool, fill, memory_bytes=512 * MIB)).stdout == b"419430400\n"
    assert (await run(pool, fill, memory_bytes=128 * MIB)).ending is Ending.MEMORY
    assert (await run(pool, fill)).ending is Ending.MEMORY
    await assert_well(pool)


async def test_processor_time_of_the_whole_family_counts(pool: DockerSandboxPool) -> None:
    spin = "import os\nos.fork()\nos.fork()\nwhile True:\n  pass"
    outcome = await run(pool, spin, cpu_ms=600, wall_ms=10_000)
    assert (outcome.ending, outcome.limits_hit) == (Ending.CPU, ("cpu",))
    assert outcome.wall_ms < 5_000
    assert 600 <= outcome.cpu_ms < 2_000
    await assert_well(pool)


async def test_sleeping_past_the_wall_time_ends(pool: DockerSandboxPool) -> None:
    outcome = await run(pool, "import time; print('so far', flush=True); time.sleep(3600)", wall_ms=300)
    assert (outcome.ending, outcome.stdout) == (Ending.WALL, b"so far\n")
    assert outcome.cpu_ms < 300


async def test_no_more_processes_than_the_limit_and_reaching_it_is_told(pool: DockerSandboxPool) -> None:
    bomb = """
import os, time
n = 0
try:
    while n < 100:
        if os.fork() == 0:
            time.sleep(3600)
            os._exit(0)
        n += 1
except OSError:
    pass
print(n, flush=True)
time.sleep(0.5)
raise SystemExit(1)
"""
    outcome = await run(pool, bomb, processes=12)
    assert outcome.ending is Ending.EXITED
    assert 6 <= int(outcome.stdout) <= 16, "12, and what the language's own overhead is not using"
    assert "processes" in outcome.limits_hit
    await assert_well(pool)


async def test_a_fork_bomb_is_contained(pool: DockerSandboxPool) -> None:
    outcome = await run(
        pool, "import os\nwhile True:\n  try:\n    os.fork()\n  except OSError:\n    pass", wall_ms=2_000
    )
    assert outcome.ending in (Ending.CPU, Ending.WALL, Ending.MEMORY)
    await assert_well(pool)


async def test_a_full_work_directory_is_the_programs_problem(pool: DockerSandboxPool) -> None:
    outcome = await run(pool, "open('big', 'wb').write(bytes(80 << 20))", disk_bytes=64 * MIB, file_bytes=96 * MIB)
    assert b"No space left" in outcome.stderr
    assert "disk" in outcome.limits_hit
    await assert_well(pool)


_FORBIDDEN = """
import ctypes, os, socket
libc = ctypes.CDLL(None, use_errno=True)
attributes = (ctypes.c_long * 8)(0, 4, 64, 0)
ids = os.getresuid()
calls = {
    "shmget": (29, 1, 4096, 0o1666), "semget": (64, 1, 1, 0o1666), "msgget": (68, 1, 0o1666),
    "mq_open": (240, b"left", 0o102, 0o666, attributes),
    "unshare": (272, 0x10000000), "ptrace": (101, 16, os.getppid(), 0, 0), "clone": (56, 0x10000011, 0, 0, 0, 0),
    "keyctl": (250, 0, -3, 1), "setuid": (105, 0), "io_uring_setup": (425, 8, attributes),
    "mount": (165, b"x", b"/tmp", b"tmpfs", 0, 0),
}
for name, call in calls.items():
    if libc.syscall(*call) >= 0:
        print("ESCAPED", name)
for family in (16, 17, 38, 40):
    try:
        socket.socket(family, socket.SOCK_RAW)
        print("ESCAPED socket", family)
    except OSError:
        pass
for pid in {1, os.getppid()}:
    try:
        os.kill(pid, 9)
        print("ESCAPED kill", pid)
    except OSError:
        pass
print("tried", os.getresuid() == ids and 0 not in ids)
"""


async def test_what_the_profile_refuses_is_refused(pool: DockerSandboxPool) -> None:
    """Under gVisor, which applies no profile, the agent's own filter and gVisor itself refuse."""
    if os.uname().machine != "x86_64":
        pytest.skip("the calls are spelt as numbers of x86-64")
    assert (await run(pool, _FORBIDDEN)).stdout == b"tried True\n"
    await assert_well(pool)


async def test_peak_memory_is_about_the_programs_own(pool: DockerSandboxPool, runtime: str) -> None:
    # The kernel charges in batches, one for each processor; gVisor gives back late what the program before had.
    slack = MIB if runtime == "runc" else 20 * MIB
    outcome = await run(pool, "x = b'x' * (100 << 20)")
    assert 100 * MIB - slack <= outcome.peak_memory_bytes < 130 * MIB + slack


async def test_a_compiler_and_its_program_run_in_slots_of_their_own(engine: PrefixedEngine, runtime: str) -> None:
    pool = await engine.pool(CPP, oci_runtime=runtime, concurrency=1)
    stage = CPP.compile
    assert stage is not None
    source = b"#include <iostream>\nint main() { std::cout << 6 * 7 << std::endl; }\n"
    wanted = some_limits(**AT_LEISURE, memory_bytes=stage.memory_bytes)
    command = ("/opt/coderunner/cpp/compile", "-O2", "-std=gnu++20", "-o", "program", "main.cpp")
    async with pool.slot(CPP, Role.COMPILE, wanted) as sandbox:
        what = Launch(files={"main.cpp": source}, command=command, limits=wanted, collect=("program",))
        compiled = await sandbox.run(what, nobody)
    assert compiled.exit_code == 0, compiled.stderr
    wanted = some_limits(**AT_LEISURE)
    async with pool.slot(CPP, Role.RUN, wanted) as sandbox:
        names = frozenset(compiled.artefacts)
        what = Launch(files=compiled.artefacts, executables=names, command=("./program",), limits=wanted)
        assert (await sandbox.run(what, nobody)).stdout == b"42\n"


async def test_single_use_and_any_runtime_go_together(
    engine: PrefixedEngine, runtime: str, eventually: Eventually
) -> None:
    pool = await engine.pool(PYTHON, oci_runtime=runtime, concurrency=1, isolation=Isolation.SINGLE_USE)
    await eventually(lambda: len(engine.containers()) == 1)  # the one that told the version is gone
    (before,) = engine.containers()
    assert (await run(pool, "print('ok')")).stdout == b"ok\n"
    await eventually(lambda: before.id not in {container.id for container in engine.containers()})
    assert (await run(pool, "print('ok')")).stdout == b"ok\n"


async def test_a_crashed_nodes_slots_are_adopted_under_any_runtime(engine: PrefixedEngine, runtime: str) -> None:
    crashed = await engine.pool(PYTHON, oci_runtime=runtime)
    before = {container.id for container in engine.containers()}
    crash(crashed)
    new = await engine.pool(PYTHON, oci_runtime=runtime)
    assert {container.id for container in engine.containers()} == before
    await assert_well(new)


async def test_a_runtime_that_the_engine_does_not_know_is_said(engine: PrefixedEngine) -> None:
    with pytest.raises(EngineError, match=r"knows no OCI runtime warp-drive; it knows .*runc"):
        await engine.pool(PYTHON, oci_runtime="warp-drive")


@pytest.mark.parametrize("runtime", [GVISOR], indirect=True)  # runc's own slots are; test_adoption has that
async def test_a_slot_of_another_runtime_is_not_adopted(
    engine: PrefixedEngine, runtime: str, eventually: Eventually
) -> None:
    await (await engine.pool(PYTHON)).close()
    (native,) = engine.containers()
    await engine.pool(PYTHON, oci_runtime=runtime)
    await eventually(lambda: native.id not in {container.id for container in engine.containers()})


async def test_launches_in_one_hand_may_ask_for_different_memory(pool: DockerSandboxPool) -> None:
    wishes = (256, 64, 64, 256)
    fill = "x = b'x' * (120 << 20); print(len(x) >> 20)"
    endings = []
    async with pool.slot(PYTHON, Role.RUN, some_limits()) as sandbox:
        for mib in wishes:
            wanted = some_limits(**AT_LEISURE, memory_bytes=mib * MIB)
            what = Launch(files={"main.py": fill.encode()}, command=("python3", "main.py"), limits=wanted)
            outcome = await sandbox.run(what, nobody)
            endings.append((outcome.ending, outcome.stdout))
    fits, does_not = (Ending.EXITED, b"120\n"), (Ending.MEMORY, b"")
    assert endings == [fits, does_not, does_not, fits]
    await assert_well(pool)


async def test_memory_that_a_program_had_the_kernel_take_is_not_missing_for_the_next_one(
    pool: DockerSandboxPool,
) -> None:
    """gVisor's kernel keeps what tens of thousands of files took, after they are gone."""
    litter = """
import os
for place in (".", "/tmp", "/dev/shm"):
    try:
        for number in range(25_000):
            os.close(os.open(f"{place}/{number}", os.O_CREAT | os.O_WRONLY))
    except OSError:
        pass
print("left")
"""
    assert (await run(pool, litter)).stdout == b"left\n"
    fill = await run(pool, "x = b'x' * (230 << 20); print(len(x) >> 20)")
    assert (fill.ending, fill.stdout) == (Ending.EXITED, b"230\n")
    await assert_well(pool)


async def test_a_program_opens_its_streams_by_name_and_its_user_has_one(pool: DockerSandboxPool) -> None:
    outcome = await run(pool, "open('/dev/stdout', 'w').write('out')\nopen('/proc/self/fd/2', 'w').write('err')")
    assert (outcome.stdout, outcome.stderr, outcome.exit_code) == (b"out", b"err", 0)
    outcome = await run(pool, "import os, pwd; print(pwd.getpwuid(os.getuid()).pw_name); open('/etc/passwd', 'w')")
    assert (outcome.stdout, outcome.exit_code) == (b"coderunner\n", 1)
    assert b"PermissionError" in outcome.stderr
