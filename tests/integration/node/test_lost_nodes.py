"""Nodes that are killed, paused or fall silent, and what no task may notice of it."""

from __future__ import annotations

import signal
from pathlib import Path

import pytest

from schemas import names
from schemas.status import Status
from schemas.task import SourceFile
from tests.builders import a_task
from tests.fakes.node import FixedProbe
from tests.integration.node.gateway_stand_in import GatewayStandIn
from tests.integration.node.node_process import ended, node_process, pausable_node
from tests.integration.node.running_nodes import StartNode, timed
from tests.servers.nats import NatsServer


async def test_a_killed_nodes_task_is_finished_by_another(
    gateway: GatewayStandIn, start_node: StartNode, nats_server: NatsServer, tmp_path: Path
) -> None:
    await gateway.queues("default", ack_wait_s=1.0)
    victim = node_process(nats_server, tmp_path / "victim.log", concurrency="1")
    await gateway.submit(timed("t1", 700))
    await gateway.started("t1")
    victim.kill()
    await ended(victim)
    await start_node("heir")
    execution = await gateway.result("t1", within_s=4)  # ack wait and run time
    assert (execution.status, execution.node_id, execution.attempt) == (Status.SUCCEEDED, "heir", 2)


async def test_a_node_that_was_paused_past_its_ack_wait_makes_no_second_result(
    gateway: GatewayStandIn, start_node: StartNode, nats_server: NatsServer, tmp_path: Path
) -> None:
    await gateway.queues("default", ack_wait_s=1.0)
    async with pausable_node(nats_server, tmp_path / "sleeper.log", concurrency="1") as sleeper:
        await gateway.submit(timed("t1", 500))
        await gateway.started("t1")
        sleeper.send_signal(signal.SIGSTOP)
        await start_node("heir")
        assert (await gateway.result("t1")).node_id == "heir"
        sleeper.send_signal(signal.SIGCONT)
        await gateway.submit(timed("t2", 0, pool="default"))
        await gateway.result("t2")
        await gateway.queue_empties()
        assert (await gateway.messages(names.STREAM_RESULTS)) == 2


async def test_a_node_that_falls_silent_is_not_given_its_own_task_again(
    gateway: GatewayStandIn, start_node: StartNode, nats_server: NatsServer, tmp_path: Path
) -> None:
    """Its connection stays open, it has room and less load than the other, and its request for more still waits."""
    await gateway.queues("default", ack_wait_s=2.0)
    heir = await start_node("heir", probe=FixedProbe(cpu=94, memory=89))
    await heir.task_loops.pause()
    async with pausable_node(nats_server, tmp_path / "sleeper.log", concurrency="2") as sleeper:
        await gateway.submit(timed("t1", 1500))
        await gateway.started("t1")
        await heir.task_loops.resume()
        await gateway.waiting_pulls(2)
        sleeper.send_signal(signal.SIGSTOP)
        assert (await gateway.result("t1", within_s=2.0 + 1.5 + 0.8)).node_id == "heir"  # ack wait, run time, noise
        assert await gateway.starts("t1") == 2


async def test_a_task_that_killed_three_nodes_is_not_started_a_fourth_time(
    gateway: GatewayStandIn, start_node: StartNode, nats_server: NatsServer, tmp_path: Path
) -> None:
    await gateway.queues("default", ack_wait_s=1.0)
    await gateway.submit(timed("killer", 60_000))
    for start in range(1, 4):
        victim = node_process(nats_server, tmp_path / f"{start}.log", concurrency="1")
        await gateway.started("killer", start, within_s=12)
        victim.kill()
        await ended(victim)
    await start_node()
    assert (await gateway.result("killer")).status is Status.INTERNAL_ERROR
    assert await gateway.starts("killer") == 3
    await gateway.queue_empties()


DIES_WHILE_IT_PREPARES = """
import os, runpy, signal
import node.application.runner as runner

def deadly(*_, **__):
    os.kill(os.getpid(), signal.SIGKILL)

runner.program_of = deadly
runpy.run_module("node.main", run_name="__main__")
"""


@pytest.mark.parametrize(("characters", "deliveries"), [(100_000, 3), (1, 4)])
async def test_a_task_that_killed_three_nodes_before_it_ran_is_not_prepared_a_fourth_time(
    gateway: GatewayStandIn,
    start_node: StartNode,
    nats_server: NatsServer,
    tmp_path: Path,
    characters: int,
    deliveries: int,
) -> None:
    """Of a small one the first delivery does not count (ADR 0006)."""
    await gateway.queues("default", ack_wait_s=1.0)
    await gateway.submit(a_task("killer", files=[SourceFile("", "#" * characters)]))
    for start in range(deliveries):
        program = ("-c", DIES_WHILE_IT_PREPARES)
        victim = node_process(nats_server, tmp_path / f"{start}.log", program, concurrency="1")
        assert await ended(victim, within_s=30) == -signal.SIGKILL
    await start_node()
    execution = await gateway.result("killer")
    assert execution.error == f"gave up at attempt 3, delivery {deliveries + 1}: begun 3 times, never finished"
    assert await gateway.starts("killer") == 0
    await gateway.queue_empties()


async def test_a_long_task_is_kept_alive_past_the_ack_wait(gateway: GatewayStandIn, start_node: StartNode) -> None:
    await gateway.queues("default", ack_wait_s=1.0)
    await start_node("n1")
    await start_node("n2")
    await gateway.submit(timed("t1", 2500))
    assert (await gateway.result("t1")).attempt == 1
    assert await gateway.starts("t1") == 1
