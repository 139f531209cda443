"""Who takes from which queue, as the queues' consumers tell."""

from __future__ import annotations

from broker_gateway.infrastructure.bus import declare
from broker_gateway.infrastructure.bus.mover import BusQueueActivity
from broker_gateway.infrastructure.bus.queue_lengths import QueueLengths
from broker_gateway.infrastructure.bus.tasks import BusTaskQueue
from chassis.nats import acks
from chassis.nats.connection import BusConnection
from schemas import names, topology
from schemas.pulls import pull_request
from schemas.status import Priority
from tests.builders import a_new_task
from tests.servers.waiting import eventually


async def test_a_pool_is_active_while_a_node_waits_there_or_has_a_task(bus: BusConnection) -> None:
    activity = BusQueueActivity(bus)
    assert await activity.active_pools() == set()
    for pool in ("one", "two"):
        config = topology.task_consumer(pool, Priority.NORMAL)
        await declare.ensure_consumer(bus, names.STREAM_TASKS, config)
    assert await activity.active_pools() == set()
    client = await bus.client()
    inbox = client.new_inbox()
    node = await client.subscribe(inbox)
    pull = pull_request(batch=1, expires_s=60, load_priority=0)
    consumer = names.queue_consumer("one", Priority.NORMAL)
    await client.publish(f"$JS.API.CONSUMER.MSG.NEXT.{names.STREAM_TASKS}.{consumer}", pull, reply=inbox)

    async def is_active() -> bool:
        return await activity.active_pools() == {"one"}

    await eventually(is_active)
    await BusTaskQueue(bus, QueueLengths(bus)).enqueue(a_new_task(pool="one"))
    delivered = await node.next_msg(5)
    assert await activity.active_pools() == {"one"}
    await client.publish(delivered.reply, acks.ACK)

    async def is_quiet() -> bool:
        return await activity.active_pools() == set()

    await eventually(is_quiet)


async def test_more_consumers_than_one_answer_holds_are_all_looked_at(bus: BusConnection) -> None:
    for number in range(300):
        config = topology.task_consumer(f"pool-{number}", Priority.LOW)
        await declare.ensure_consumer(bus, names.STREAM_TASKS, config)
    client = await bus.client()
    inbox = client.new_inbox()
    await client.subscribe(inbox)
    pull = pull_request(batch=1, expires_s=60, load_priority=0)
    for number in (0, 299):
        consumer = names.queue_consumer(f"pool-{number}", Priority.LOW)
        await client.publish(f"$JS.API.CONSUMER.MSG.NEXT.{names.STREAM_TASKS}.{consumer}", pull, reply=inbox)

    async def are_active() -> bool:
        return await BusQueueActivity(bus).active_pools() == {"pool-0", "pool-299"}

    await eventually(are_active)
