"""Where a program was when its time was up, and what it makes of being asked, under each OCI runtime."""

from __future__ import annotations

import pytest

from node.domain.sandbox import Ending
from node.infrastructure.docker import DockerSandboxPool
from tests.integration.sandbox.prefixed_engine import PrefixedEngine
from tests.integration.sandbox.python_runs import PYTHON, assert_well, run


@pytest.fixture
async def pool(engine: PrefixedEngine, runtime: str) -> DockerSandboxPool:
    return await engine.pool(PYTHON, oci_runtime=runtime, concurrency=1)


async def test_one_whose_time_is_up_tells_where_it_was(pool: DockerSandboxPool) -> None:
    spin = "def f():\n  while True: pass\nprint('so far')\nf()"
    outcomes = [await run(pool, spin, cpu_ms=300) for _ in range(3)]
    assert {(one.ending, one.signal, one.stdout, one.stderr) for one in outcomes} == {(Ending.CPU, 9, b"so far\n", b"")}
    told = [one.stack_dump for one in outcomes if one.stack_dump]  # a busy machine may take longer than there is
    assert told
    assert all(one.startswith(b"Stack (most recent call first):\n") for one in told)
    assert all(b'main.py", line 2 in f\n' in one for one in told)
    await assert_well(pool)


@pytest.mark.parametrize(
    "answer", ["os.fork()", "os.write(2, b'x' * 65536)", "pass", "kept.append(bytearray(1 << 24))"]
)
async def test_one_that_makes_use_of_being_asked_ends_as_without_it(pool: DockerSandboxPool, answer: str) -> None:
    program = (
        "import os, signal\nkept = []\ndef handler(*_):\n  while True:\n"
        f"    try: {answer}\n    except OSError: pass\n"
        "signal.signal(64, handler)\nwhile True: pass"
    )
    outcome = await run(pool, program, cpu_ms=300)
    assert (outcome.ending, outcome.signal, outcome.stderr) == (Ending.CPU, 9, b"")
    assert (outcome.limits_hit, outcome.stack_dump) == (("cpu",), b"")
    await assert_well(pool)
