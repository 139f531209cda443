"""Who gets a task, and when."""

from __future__ import annotations

import asyncio
from collections import Counter
from itertools import count

from node.domain.pull_plan import LOW_FIRST_EVERY
from schemas.status import Priority, Status
from tests.builders import a_task
from tests.fakes.node import FixedProbe
from tests.integration.node.gateway_stand_in import SOON_S, GatewayStandIn
from tests.integration.node.running_nodes import StartNode, prioritised, timed
from tests.servers.waiting import eventually

HIGH, NORMAL, LOW = Priority.HIGH, Priority.NORMAL, Priority.LOW


async def test_a_task_ends_in_one_result_and_an_empty_queue(gateway: GatewayStandIn, start_node: StartNode) -> None:
    node = await start_node()
    await gateway.submit(a_task(stdin="hello"))
    execution = await gateway.result("t1")
    assert (execution.status, execution.node_id, execution.attempt) == (Status.SUCCEEDED, node.name, 1)
    assert execution.run is not None
    assert execution.run.stdout == "hello"
    await gateway.queue_empties()
    assert await gateway.starts("t1") == 1


async def test_high_goes_before_low_and_low_does_not_starve(gateway: GatewayStandIn, start_node: StartNode) -> None:
    for priority in (LOW, NORMAL, HIGH):
        await gateway.submit(*(prioritised(f"{priority.value}-{index}", priority) for index in range(24)))
    await start_node(concurrency=1)
    await gateway.until(lambda: len(gateway.order) == 72)
    took = [execution.id.partition("-")[0] for execution in gateway.order]
    assert took[:3] == ["HIGH"] * 3
    for start in range(0, 24, LOW_FIRST_EVERY):
        assert Counter(took[start : start + LOW_FIRST_EVERY]) == {"HIGH": 6, "NORMAL": 1, "LOW": 1}
    assert took[32:40].count("HIGH") == 0  # all 24 were served by then, four turns of six


async def test_many_free_slots_take_by_the_same_rule(gateway: GatewayStandIn, start_node: StartNode) -> None:
    for priority in (LOW, NORMAL, HIGH):
        await gateway.submit(*(prioritised(f"{priority.value}-{index}", priority, 300) for index in range(16)))
    await start_node(concurrency=16)
    await gateway.until(lambda: len(gateway.order) >= 16)
    took = Counter(execution.id.partition("-")[0] for execution in gateway.order[:16])
    assert took == {"HIGH": 12, "NORMAL": 2, "LOW": 2}


async def test_a_single_free_slot_never_holds_two_tasks(gateway: GatewayStandIn, start_node: StartNode) -> None:
    first = await start_node("first", concurrency=1)
    await gateway.waiting_pulls(1)
    await gateway.submit(*(prioritised(f"{priority.value}", priority, 1500) for priority in (HIGH, NORMAL, LOW)))
    await eventually(lambda: len(first.attempts) == 1, SOON_S)
    await start_node("second", concurrency=2)
    await gateway.until(lambda: len(gateway.order) == 3, 4)  # the ack wait of 5 s has no part in this
    assert Counter(execution.node_id for execution in gateway.order) == {"first": 1, "second": 2}
    assert {execution.attempt for execution in gateway.order} == {1}


async def test_a_trickle_goes_to_the_least_loaded_node(gateway: GatewayStandIn, start_node: StartNode) -> None:
    for name, cpu in (("idle", 5), ("busy", 50), ("busiest", 90)):
        await start_node(name, probe=FixedProbe(cpu=cpu), concurrency=4)
    await gateway.waiting_pulls(3)
    for index in range(30):
        await gateway.submit(a_task(f"t{index}"))
        await gateway.result(f"t{index}")
        await gateway.waiting_pulls(3)
    assert Counter(execution.node_id for execution in gateway.order) == {"idle": 30}


async def test_a_burst_fills_all_nodes(gateway: GatewayStandIn, start_node: StartNode) -> None:
    for name, cpu in (("idle", 5), ("busy", 25), ("busier", 50)):
        await start_node(name, probe=FixedProbe(cpu=cpu), concurrency=4)
    await gateway.waiting_pulls(3)
    await gateway.submit(*(timed(f"t{index}", 500) for index in range(12)))
    await gateway.until(lambda: len(gateway.order) == 12)
    assert Counter(execution.node_id for execution in gateway.order) == {"idle": 4, "busy": 4, "busier": 4}


async def test_a_node_whose_load_rises_stops_being_the_first_choice(
    gateway: GatewayStandIn, start_node: StartNode
) -> None:
    rising = FixedProbe(cpu=5)
    node = await start_node("rising", probe=rising, concurrency=4)
    await start_node("steady", probe=FixedProbe(cpu=40), concurrency=4)
    await gateway.waiting_pulls(2)
    await gateway.submit(a_task("before"))
    assert (await gateway.result("before")).node_id == "rising"
    rising.load = FixedProbe(cpu=85).load
    await eventually(lambda: node.heartbeat.decile > 1, SOON_S)  # within the second that a sample takes
    async with asyncio.timeout(5):  # until its waiting pull has been sent again, which the bus tells nobody
        for number in count():
            await gateway.submit(a_task(f"t{number}"))
            if (await gateway.result(f"t{number}")).node_id == "steady":
                break
    await gateway.submit(a_task("after"))
    assert (await gateway.result("after")).node_id == "steady"


async def test_a_node_over_its_thresholds_gets_nothing(gateway: GatewayStandIn, start_node: StartNode) -> None:
    full = await start_node("full", probe=FixedProbe(memory=95), concurrency=8)
    await eventually(lambda: full.task_loops.open_for == 0, SOON_S)
    await start_node("busy", probe=FixedProbe(cpu=60), concurrency=1)
    await gateway.submit(*(timed(f"t{index}", 5) for index in range(20)))
    await gateway.until(lambda: len(gateway.order) == 20)
    assert {execution.node_id for execution in gateway.order} == {"busy"}


async def test_a_node_at_capacity_gets_nothing(gateway: GatewayStandIn, start_node: StartNode) -> None:
    await start_node("small", concurrency=1)
    await gateway.submit(timed("long", 1500))
    await gateway.started("long")
    await start_node("large", probe=FixedProbe(cpu=90), concurrency=2)
    await gateway.submit(*(a_task(f"t{index}") for index in range(10)))
    await gateway.until(lambda: len(gateway.order) == 10)
    assert {execution.node_id for execution in gateway.order} == {"large"}


async def test_a_task_reaches_nodes_of_its_pool_only(gateway: GatewayStandIn, start_node: StartNode) -> None:
    await gateway.queues("gpu", "big")
    await start_node("here", pools=["default"])
    await start_node("there", pools=["gpu", "big"])
    await gateway.submit(a_task("a"), a_task("b", pool="gpu"), a_task("c", pool="big"))
    await gateway.until(lambda: len(gateway.order) == 3)
    assert {execution.id: execution.node_id for execution in gateway.order} == {"a": "here", "b": "there", "c": "there"}


async def test_many_slots_run_many_tasks_each_once(gateway: GatewayStandIn, start_node: StartNode) -> None:
    await start_node("one", concurrency=64)
    await start_node("two", concurrency=64)
    await gateway.submit(*(a_task(f"t{index}", priority=list(Priority)[index % 3]) for index in range(600)))
    await gateway.until(lambda: len(gateway.order) == 600)
    await gateway.queue_empties()
    assert {execution.attempt for execution in gateway.order} == {1}
