"""What a newcomer sees first, on real parts and real containers."""

from __future__ import annotations

import asyncio
import os
import re
import sys
from pathlib import Path

from dev.demo import programs, run_programs
from tests.servers.fixtures import StartStack

REPOSITORY = Path(__file__).parents[3]


async def test_every_program_of_the_demo_and_the_example_of_the_readme_succeed(
    start_stack: StartStack, docker_engine: object
) -> None:
    stack = start_stack()
    rows, healthy = await run_programs(stack.gateways[0].target)
    assert healthy, rows
    assert [row[0] for row in rows] == list(programs())
    assert all(row[3].startswith("hello from") for row in rows), rows

    words = (await _run_example(stack.gateways[0].target)).split()
    assert words[:2] == ["SUCCEEDED", "42"]
    assert int(words[2]) > 0


async def _run_example(target: str) -> str:
    """What the README's Python program prints."""
    readme = (REPOSITORY / "README.md").read_text(encoding="utf-8")
    found = re.search(r"```python\n(.*?)```", readme, re.DOTALL)
    assert found is not None
    program = found[1].replace("127.0.0.1:50051", target)
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", program),
        env={**os.environ, "PYTHONPATH": str(REPOSITORY)},
        stdout=asyncio.subprocess.PIPE,
    )
    output, _ = await process.communicate()
    assert process.returncode == 0
    return output.decode()
