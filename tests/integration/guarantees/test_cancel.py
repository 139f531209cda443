"""Cancelling a task that waits, that runs, that has ended."""

from __future__ import annotations

import asyncio
import time

import pytest

from coderunner.errors import NotFound
from coderunner.model import Status
from tests.integration.guarantees.shared_stack import FAST, SharedStack
from tests.integration.guarantees.simulated_tasks import result, started, submit
from tests.servers.waiting import eventually

KILLED_WITHIN_S = 0.2
NOISE_S = 0.3
"""What a busy test machine may add to each of three processes; the killing itself is measured in the container."""
PROGRAM = """
import time
print("so far", flush=True)
open("left-behind", "w").close()
while True:
    time.sleep(0.01)
"""


async def test_a_queued_task_never_starts(shared: SharedStack) -> None:
    await shared.node(concurrency=1)
    client = await shared.client()
    running = await submit(client, shared.language, 60_000)
    await started(client, running)
    queued = await submit(client, shared.language, stdin="never said")
    answer = await client.cancel(queued)
    assert (answer.cancelled, answer.execution.status) == (True, Status.CANCELLED)
    assert (answer.execution.run, answer.execution.node_id) == (None, "")
    assert (await client.cancel(running)).cancelled
    assert (await client.run(shared.language, "x")).status is Status.SUCCEEDED  # the slot went on past it
    assert (await client.get(queued)).status is Status.CANCELLED


async def test_a_finished_task_says_so_and_keeps_its_result(shared: SharedStack) -> None:
    await shared.node()
    client = await shared.client()
    execution = await client.run(shared.language, "x", stdin="said")
    answer = await client.cancel(execution.id)
    assert (answer.cancelled, answer.execution) == (False, execution)


async def test_an_unknown_task_is_not_found(shared: SharedStack) -> None:
    client = await shared.client()
    with pytest.raises(NotFound):
        await client.cancel("0" * 32)


async def test_a_running_program_is_killed_in_its_container_and_its_slot_is_clean(shared: SharedStack) -> None:
    pool = f"{shared.language}-docker"
    node = shared.stack.add_node(languages=["python"], pools=[pool], concurrency=1, **FAST)
    try:
        await shared.stack.wait_served("python")
        client = await shared.client()
        said = asyncio.Event()
        task_id = await client.submit("python", PROGRAM)
        following = asyncio.create_task(client.follow(task_id, lambda _output: said.set()))
        async with asyncio.timeout(20):
            await said.wait()
        asked = time.monotonic()
        answer = await client.cancel(task_id)
        took_s = time.monotonic() - asked
        assert (answer.cancelled, answer.execution.status) == (True, Status.CANCELLED)
        assert took_s < KILLED_WITHIN_S + NOISE_S
        execution = await following
        assert execution.run is not None
        assert (execution.run.stdout, execution.run.signal) == ("so far\n", 9)
        after = await client.run("python", "import os; print(os.listdir('.'), os.listdir('/tmp'))")
        assert after.run is not None
        assert after.run.stdout == "['main.py'] []\n"
        print(f"cancelled within {took_s * 1000:.0f} ms")
    finally:
        await asyncio.to_thread(node.stop)
        node.remove_containers()
        shared.stack.nodes.remove(node)


async def test_a_cancelled_task_is_gone_from_the_queue(shared: SharedStack) -> None:
    await shared.node(concurrency=1)
    client = await shared.client(1)
    ids = [await submit(client, shared.language, 60_000) for _ in range(4)]
    await started(client, ids[0])
    both = [client, await shared.client(0)]
    answers = await asyncio.gather(*(both[n % 2].cancel(one) for n, one in enumerate(ids)))
    assert all(answer.cancelled for answer in answers)
    assert {(await result(client, one)).status for one in ids} == {Status.CANCELLED}

    bus = await shared.stack.nats.connect()
    try:

        async def empty() -> bool:
            info = await bus.jetstream().consumer_info("CODERUNNER_TASKS", f"{shared.language}-normal")
            return not info.num_pending and not info.num_ack_pending

        await eventually(empty)
    finally:
        await bus.close()
