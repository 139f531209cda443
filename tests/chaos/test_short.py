"""The short version: a single server of each kind, a fault of each common kind."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any

import pytest

from tests.chaos.load import alike, python, simulated
from tests.chaos.settings import GATEWAY, LEAKS, NODE
from tests.chaos.storm import StartStorm
from tests.servers import PostgresServer
from tests.servers.fixtures import StartStack

SIMULATED: dict[str, Any] = {
    "sandbox": "simulated",
    "simulated_languages": ["simulated"],
    "pools": ["simulated"],
    "concurrency": 4,
}
ACK_WAIT_S = 2.0
pytestmark = LEAKS


@pytest.fixture
def postgres() -> Iterator[PostgresServer]:
    server = PostgresServer()
    try:
        server.start()
        server.create_database()
        yield server
    finally:
        server.stop()
        server.remove()


async def test_common_faults_lose_nothing(
    start_stack: StartStack, start_storm: StartStorm, postgres: PostgresServer
) -> None:
    settings: dict[str, Any] = {**GATEWAY, "ack_wait_s": ACK_WAIT_S, "history_url": postgres.url()}
    stack = start_stack(gateways=2, nodes=2, gateway={**settings, "roles": ["api"]}, node=_node(**SIMULATED))
    relay = stack.add_gateway(**settings, roles=["relay"])
    projector = stack.add_gateway(**settings, roles=["history"], history_migrate=True)
    docker = stack.add_node(**_node(languages=["python"], concurrency=2))
    await stack.wait_served("simulated", "python")
    storm = await start_storm(stack, postgres.url())
    strike, victim = storm.strike, stack.nodes[0]
    slow = partial(simulated, run_ms=600)

    await strike("kill -9 of a node", lambda: storm.kill_and_restart(victim), tasks=70, over_s=3)
    await strike("a node paused", lambda: storm.pause_past_its_ack_wait(victim), tasks=50, over_s=5, recipe=slow)
    await strike("kill -9 of a gateway", lambda: storm.kill_and_restart(stack.gateways[0]), tasks=70, over_s=3)
    await strike("kill -9 of NATS", lambda: storm.kill_and_restart(stack.nats.members[0]), tasks=70, over_s=3)
    await strike("kill -9 of the projector", lambda: storm.kill_and_restart(projector), tasks=40, over_s=2)
    await strike("kill -9 of the database", lambda: storm.kill_and_restart(postgres), tasks=40, over_s=2)
    await strike(
        "kill -9 of a gateway, tasks that are alike",
        lambda: storm.kill_and_restart(stack.gateways[1]),
        tasks=60,
        over_s=3,
        recipe=alike,
    )
    await strike("kill -9 of the relay", lambda: storm.kill_and_restart(relay), tasks=60, over_s=3, recipe=alike)
    await strike("purge of the answers", storm.purge_answers, tasks=60, over_s=3, recipe=alike)
    receiver = storm.receiver
    await strike("the receiver of callbacks killed", lambda: storm.in_trouble(receiver.killed()), tasks=70, over_s=3)
    await strike("the receiver hangs", lambda: storm.in_trouble(receiver.hanging()), tasks=70, over_s=3)
    await strike("the receiver answers 503", lambda: storm.in_trouble(receiver.busy()), tasks=70, over_s=3)
    assert receiver.progress
    await strike("docker kill of a slot", lambda: storm.kill_a_slot_of(docker), tasks=40, over_s=6, recipe=python)


def _node(**settings: object) -> dict[str, Any]:
    return {**NODE, **settings}
