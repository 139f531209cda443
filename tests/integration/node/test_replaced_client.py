"""A client that the library closed for good (the server revoked its user, say): another one takes its place."""

from __future__ import annotations

from nats.aio.client import Client

from chassis.nats.connection import BusConnection
from node.infrastructure.bus import pull as nats_pull
from schemas import names
from schemas.status import Status
from tests.builders import a_task
from tests.integration.node.gateway_stand_in import GatewayStandIn
from tests.integration.node.running_nodes import StartNode, timed
from tests.servers.waiting import eventually


async def replaced(bus: BusConnection) -> Client:
    """The client in use is closed for good; the one that took its place is connected."""
    closed = bus.current
    await closed.close()
    await eventually(lambda: bus.current is not closed and bus.connected())
    return bus.current


async def test_a_replaced_client_listens_for_the_answers_to_its_waiting_pulls(
    gateway: GatewayStandIn, start_node: StartNode
) -> None:
    """They went to the inbox of the closed one: the node was idle until its pulls were taken for lost."""
    node = await start_node("n1")
    for number in range(2):
        await gateway.waiting_pulls(1)
        await replaced(node.bus)
        await gateway.submit(a_task(f"t{number}"))
        await gateway.result(f"t{number}", within_s=nats_pull.SILENCE_S / 2)
        assert node.source.lost_pulls == 0


async def test_a_task_that_runs_while_its_client_is_replaced_is_stored_cancelled_and_told_as_ever(
    gateway: GatewayStandIn, start_node: StartNode
) -> None:
    node = await start_node("n1")
    await gateway.submit(timed("short", 600), timed("long", 60_000))
    await gateway.started("short")
    await gateway.started("long")
    await replaced(node.bus)
    assert await gateway.cancel("long") == "n1"
    assert (await gateway.result("long")).status is Status.CANCELLED
    assert (await gateway.result("short")).attempt == 1
    assert await gateway.final_events("short") == [Status.SUCCEEDED]
    await gateway.queue_empties()
    assert await gateway.messages(names.STREAM_RESULTS) == 2
