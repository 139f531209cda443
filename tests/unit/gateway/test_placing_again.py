"""A waiting task that no living node takes goes to a pool whose nodes do: once, and not before its time."""

from __future__ import annotations

import asyncio

import msgspec
import pytest

from broker_gateway.application.pool_activity import PoolActivity
from broker_gateway.application.settings import PlacingSettings
from chassis.errors import BusUnavailableError
from schemas.node import NodeRecord
from schemas.status import NodeState, Priority, Status
from tests.builders import a_language_record, a_node_record, a_result, a_task
from tests.unit.gateway.gateway_on_fakes import NOW_MS, GatewayOnFakes, submitted

UNTAKEN_MS = PlacingSettings().untaken_ms
JAVA = a_language_record("java", "21.0.4")


def pool_node(node_id: str, pool: str, **changes: object) -> NodeRecord:
    return a_node_record(node_id, pools=[pool], **changes)


@pytest.fixture
async def gateway() -> GatewayOnFakes:
    """Its tasks are put into the pool ``default``."""
    made = GatewayOnFakes()
    made.activity.active = {"default", "other"}
    return made


async def swept(*gateways: GatewayOnFakes, after_ms: int = 0) -> None:
    """What gateways see now, and after that time."""
    for wait_ms in dict.fromkeys((0, after_ms)):
        for gateway in gateways:
            gateway.now_ms += wait_ms
        for _ in range(3):
            await asyncio.gather(*(gateway.sweep.sweep() for gateway in gateways))


async def test_a_task_of_a_pool_without_nodes_goes_where_nodes_are(gateway: GatewayOnFakes) -> None:
    task_id = await submitted(gateway, priority="HIGH")
    gateway.directory.withdraw("n1")
    gateway.directory.announce(pool_node("n2", "other"))
    await swept(gateway, after_ms=UNTAKEN_MS - 1)
    assert gateway.bus.tasks[task_id].pool == "default"
    await swept(gateway, after_ms=1)
    assert (gateway.bus.tasks[task_id].pool, gateway.bus.tasks[task_id].priority) == ("other", Priority.HIGH)


async def test_a_task_whose_language_no_node_of_its_pool_has_any_more_is_moved(gateway: GatewayOnFakes) -> None:
    task_id = await submitted(gateway)
    gateway.directory.announce(pool_node("n1", "default", languages=[JAVA]))
    gateway.directory.announce(pool_node("n2", "other"))
    await swept(gateway, after_ms=UNTAKEN_MS)
    assert gateway.bus.tasks[task_id].pool == "other"


async def test_a_task_that_nobody_could_take_stays(gateway: GatewayOnFakes) -> None:
    task_id = await submitted(gateway)
    gateway.directory.withdraw("n1")
    gateway.directory.announce(pool_node("n2", "other", languages=[JAVA]))
    await swept(gateway, after_ms=10 * UNTAKEN_MS)
    assert gateway.bus.tasks[task_id].pool == "default"


async def test_a_node_that_comes_back_in_time_keeps_its_tasks(gateway: GatewayOnFakes) -> None:
    task_id = await submitted(gateway)
    (record,) = gateway.directory.records
    gateway.directory.withdraw("n1")
    gateway.directory.announce(pool_node("n2", "other"))
    await swept(gateway, after_ms=UNTAKEN_MS - 1)
    gateway.directory.announce(record)
    await swept(gateway, after_ms=UNTAKEN_MS)
    gateway.directory.withdraw("n1")
    await swept(gateway)
    assert gateway.bus.tasks[task_id].pool == "default"


async def test_the_time_in_which_nobody_took_such_tasks_starts_anew_where_somebody_did_while_none_waited(
    gateway: GatewayOnFakes,
) -> None:
    first = await submitted(gateway)
    (record,) = gateway.directory.records
    gateway.directory.withdraw("n1")
    gateway.directory.announce(pool_node("n2", "other"))
    await swept(gateway)
    gateway.bus.tasks.pop(first)
    gateway.placing.clear()
    gateway.directory.withdraw("n2")
    gateway.directory.announce(record)
    await swept(gateway, after_ms=UNTAKEN_MS)
    second = await submitted(gateway)
    gateway.directory.withdraw("n1")
    gateway.directory.announce(pool_node("n2", "other"))
    await swept(gateway)
    assert gateway.bus.tasks[second].pool == "default"


async def test_a_pool_that_is_listed_and_takes_nothing_loses_its_tasks(gateway: GatewayOnFakes) -> None:
    task_id = await submitted(gateway)
    gateway.directory.announce(pool_node("n2", "other"))
    gateway.activity.active = {"other"}
    for _ in range(5):
        await swept(gateway, after_ms=UNTAKEN_MS // 5)
    assert gateway.bus.tasks[task_id].pool == "other"


async def test_new_tasks_are_not_put_into_a_quiet_pool_unless_there_is_no_other(gateway: GatewayOnFakes) -> None:
    gateway.directory.announce(pool_node("n2", "other", capacity=1))
    gateway.activity.active = {"other"}
    for _ in range(6):
        await swept(gateway, after_ms=UNTAKEN_MS // 5)
    first = await submitted(gateway)
    gateway.directory.withdraw("n2")
    second = await submitted(gateway)
    assert (gateway.bus.tasks[first].pool, gateway.bus.tasks[second].pool) == ("other", "default")


async def test_a_task_that_runs_on_a_node_which_takes_no_more_is_left_alone(gateway: GatewayOnFakes) -> None:
    task_id = await submitted(gateway)
    gateway.start(task_id)
    gateway.directory.announce(pool_node("n1", "default", state=NodeState.DRAINING))
    gateway.directory.announce(pool_node("n2", "other"))
    await swept(gateway, after_ms=10 * UNTAKEN_MS)
    assert gateway.bus.tasks[task_id].pool == "default"
    gateway.directory.withdraw("n1")  # it died, and what it had waits again
    await swept(gateway)
    assert gateway.bus.tasks[task_id].pool == "other"


async def test_two_gateways_at_once_move_a_task_once(gateway: GatewayOnFakes) -> None:
    other = GatewayOnFakes(bus=gateway.bus)
    task_ids = [await submitted(gateway) for _ in range(4)]
    for one in (gateway, other):
        one.directory.records = [pool_node("n2", "other")]
    await swept(gateway, other, after_ms=UNTAKEN_MS)
    assert {gateway.bus.tasks[task_id].pool for task_id in task_ids} == {"other"}


async def test_a_task_that_is_cancelled_while_it_is_moved_stays_cancelled(gateway: GatewayOnFakes) -> None:
    task_id = await submitted(gateway)
    gateway.directory.records = [pool_node("n2", "other")]

    async def cancel() -> None:
        gateway.bus.results[task_id] = a_result(task_id, status=Status.CANCELLED)
        gateway.bus.tasks.pop(task_id)

    gateway.bus.before["move_task"] = cancel
    await swept(gateway, after_ms=UNTAKEN_MS)
    assert task_id not in gateway.bus.tasks


async def test_a_full_queue_takes_no_moved_tasks_until_there_is_room(gateway: GatewayOnFakes) -> None:
    task_id = await submitted(gateway)
    gateway.directory.records = [pool_node("n2", "other")]
    for number in range(5):
        full = a_task(f"full-{number}", pool="other")
        await gateway.placing._queue.enqueue(full)
    await swept(gateway, after_ms=UNTAKEN_MS)
    assert gateway.bus.tasks[task_id].pool == "default"
    for number in range(5):
        gateway.bus.tasks.pop(f"full-{number}")
    await gateway.placing._queue.waiting("other", Priority.NORMAL, recount=True)
    await swept(gateway)
    assert gateway.bus.tasks[task_id].pool == "other"


async def test_a_bus_that_is_away_or_full_delays_a_move_and_prevents_none(gateway: GatewayOnFakes) -> None:
    task_id = await submitted(gateway)
    gateway.directory.records = [pool_node("n2", "other")]

    async def fail() -> None:
        raise BusUnavailableError("away")

    gateway.bus.before["move_task"] = fail
    gateway.bus.max_tasks = 1
    await swept(gateway, after_ms=UNTAKEN_MS)
    assert gateway.bus.tasks[task_id].pool == "default"
    gateway.bus.max_tasks = 2
    await swept(gateway)
    assert gateway.bus.tasks[task_id].pool == "other"


async def test_what_waits_for_a_checkers_language_is_moved_by_both(gateway: GatewayOnFakes) -> None:
    task_id = await submitted(gateway)
    waiting = msgspec.structs.replace(gateway.bus.tasks[task_id], checker=None, language_version="3.13")
    gateway.bus.tasks[task_id] = waiting
    old = a_language_record("python", "3.12.1")
    gateway.directory.records = [pool_node("n1", "default", languages=[old]), pool_node("n2", "other")]
    await swept(gateway, after_ms=UNTAKEN_MS)
    assert gateway.bus.tasks[task_id].pool == "other"


def test_a_pool_is_quiet_only_after_looks_without_a_long_gap() -> None:
    pools = PoolActivity(quiet_after_ms=10, max_gap_ms=900)
    pools.note({"a", "b"}, {"a"}, NOW_MS)
    pools.note({"a", "b"}, {"a"}, NOW_MS + 9)
    assert pools.quiet == frozenset()
    pools.note({"a", "b"}, {"a"}, NOW_MS + 10)
    quiet = pools.quiet
    assert quiet == {"b"}
    pools.note({"a", "b"}, {"a"}, NOW_MS + 11)
    assert pools.quiet is quiet
    pools.note({"a", "b"}, set(), NOW_MS + 1000)
    assert pools.quiet == frozenset()
    pools.note({"a"}, set(), NOW_MS + 1009)
    assert pools.quiet == frozenset()
    pools.note({"a"}, set(), NOW_MS + 1010)
    assert pools.quiet == {"a"}
    pools.note({"a"}, {"a"}, NOW_MS + 1011)
    assert pools.quiet == frozenset()
