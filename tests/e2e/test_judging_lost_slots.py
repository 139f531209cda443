"""Judging where slots do not last as long as their tasks."""

from __future__ import annotations

import asyncio

import docker
import pytest

from coderunner import Checker, Client, Limits, Output, Stream, TestCase
from coderunner.status import Status
from tests.e2e.judged import MIB, OBEDIENT, out, verdicts
from tests.servers.fixtures import StartStack
from tests.servers.oci_runtimes import GVISOR, why_not


async def test_a_slot_that_dies_under_a_case_costs_another_attempt_and_no_verdict(
    client: Client, docker_engine: docker.DockerClient
) -> None:
    source = (
        "import os, sys, time\nprint(os.getuid(), file=sys.stderr)\ntext = input()\nprint(text, flush=True)\n"
        "time.sleep(6 if text == 'two' else 0.1)"  # time enough to kill its slot, on a machine of any speed
    )
    cases = [TestCase(stdin=text, expected_output=text) for text in ("one", "two")]
    uids: list[str] = []
    second = False
    task_id = await client.submit("python", source, cases=cases)
    async for event in client.watch(task_id):
        if isinstance(event, Output):
            uids += [event.text.strip()] if event.stream is Stream.STDERR else []
            second |= "two" in event.text
        if uids and second:
            await asyncio.to_thread(docker_engine.containers.get(f"coderunner-{uids[0]}").kill)
            break
    execution = await client.follow(task_id)
    assert (execution.status, execution.attempt) == (Status.SUCCEEDED, 2)
    assert verdicts(execution) == ["ACCEPTED"] * 2


GVISOR_ENDINGS = [
    ("take(100)", Limits(), "ACCEPTED"),
    ("take(200)", Limits(memory_bytes=64 * MIB), "MEMORY_LIMIT"),
    ("pass", Limits(memory_bytes=64 * MIB), "ACCEPTED"),
    ("take(400)", Limits(), "MEMORY_LIMIT"),
    ("take(400)", Limits(memory_bytes=512 * MIB), "ACCEPTED"),
    ("open('/tmp/left', 'w'); print('so far', flush=True); time.sleep(60)", Limits(wall_ms=500), "TIME_LIMIT"),
    ("assert not os.listdir('/tmp')", Limits(), "ACCEPTED"),
]


async def test_cases_and_checkers_are_the_same_under_gvisor(
    start_stack: StartStack, docker_engine: docker.DockerClient
) -> None:
    """It cannot change a slot's memory, and may lose the slot to a case that wants too much."""
    if reason := why_not(docker_engine, GVISOR):
        pytest.skip(reason)
    stack = start_stack(node={"languages": ["python", "cpp"], "oci_runtime": GVISOR})
    await stack.wait_served("python", "cpp")
    cases = [TestCase(stdin=wish, expected_output="done", limits=limits) for wish, limits, _ in GVISOR_ENDINGS]
    same = "#include <fstream>\nint main() { return std::ifstream(\"output\").get() == 'd' ? 0 : 1; }\n"
    async with stack.client() as client:
        alone = await client.run("python", OBEDIENT, cases=cases)
        checked = await client.run("python", OBEDIENT, cases=cases[1:4], checker=Checker("cpp", same))
    endings = [verdict for *_, verdict in GVISOR_ENDINGS]
    assert (verdicts(alone), verdicts(checked)) == (endings, endings[1:4])
    assert (out(alone.cases[5]), alone.attempt, checked.attempt) == ("so far\n", 1, 1)
