"""``run(…, timeout=…)`` on real parts: what the caller gave up has stopped."""

from __future__ import annotations

import asyncio

import pytest

from coderunner import Status, TimedOut
from tests.servers.fixtures import StartStack

_SOURCE = "import time\nprint('started', flush=True)\ntime.sleep(60)\n"


async def test_a_running_program_is_killed_after_the_timeout_and_its_output_is_in_the_error(
    start_stack: StartStack,
) -> None:
    stack = start_stack(node={"languages": ["python"]})
    await stack.wait_served("python")
    async with stack.client() as client:
        began = asyncio.get_running_loop().time()
        with pytest.raises(TimedOut) as caught:
            await client.run("python", _SOURCE, timeout=1.5)
        assert asyncio.get_running_loop().time() - began < 1.5 + 5  # not the 10 s of the program's own limit
        known = await client.get(caught.value.task_id)
        tasks = [task.id async for task in client.list()]
        assert (await client.run("python", "print('next')", timeout=30)).status is Status.SUCCEEDED
    assert known.status is Status.CANCELLED
    assert known == caught.value.execution
    assert known.run is not None
    assert known.run.stdout == "started\n"
    assert tasks == [known.id], "giving up submits no second task"
