"""Nodes that go: on request, suddenly, for a while."""

from __future__ import annotations

import asyncio
import time

from coderunner.model import Status
from schemas.topology import TASK_ACK_WAIT_S
from tests.integration.guarantees.shared_stack import SharedStack
from tests.integration.guarantees.simulated_tasks import known, result, started, submit
from tests.servers.waiting import eventually

ACK_WAIT_S = TASK_ACK_WAIT_S
RUN_MS = 1000
SLACK_S = 2.0
"""What a busy test machine may add to the promise."""


async def test_sigterm_finishes_what_runs_deregisters_and_redelivers_nothing(shared: SharedStack) -> None:
    leaving = await shared.node(concurrency=2)
    client = await shared.client()
    running = [await submit(client, shared.language, 1200) for _ in range(2)]
    for task_id in running:
        await started(client, task_id)
    queued = [await submit(client, shared.language) for _ in range(3)]
    staying = await shared.node(concurrency=1)
    leaving_since = time.monotonic()
    assert await asyncio.to_thread(leaving.stop, 20) == 0
    assert time.monotonic() - leaving_since < 10
    for task_id, node in [*((one, leaving) for one in running), *((one, staying) for one in queued)]:
        execution = await result(client, task_id)
        assert (execution.status, execution.attempt) == (Status.SUCCEEDED, 1)
        assert execution.node_id == node.name or node is staying

    async def gone() -> bool:
        return leaving.name not in {node.id for node in await client.nodes()}

    await eventually(gone, 5)  # at once: its lease would live for 15 s


async def test_a_killed_nodes_tasks_are_finished_by_others_within_ack_wait_and_run_time(shared: SharedStack) -> None:
    victim, heir = [await shared.node(concurrency=4, wait_served=False) for _ in range(2)]
    client = await shared.client()
    await known(client, victim, heir)
    ids = [await submit(client, shared.language, RUN_MS) for _ in range(8)]
    for task_id in ids:
        await started(client, task_id)
    held = [task_id for task_id in ids if (await client.get(task_id)).node_id == victim.name]
    victim.kill()
    killed = time.monotonic()
    ended = [await result(client, task_id) for task_id in held]
    took_s = time.monotonic() - killed
    assert len(held) == 4
    assert {(one.status, one.attempt, one.node_id) for one in ended} == {(Status.SUCCEEDED, 2, heir.name)}
    print(f"4 tasks of {RUN_MS} ms were finished {took_s:.2f} s after the kill; the ack wait is {ACK_WAIT_S:g} s")
    assert took_s <= ACK_WAIT_S + RUN_MS / 1000 + SLACK_S
