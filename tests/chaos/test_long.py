"""The long version: every fault, on single servers and on clusters of three."""

from __future__ import annotations

import asyncio
from contextlib import AbstractAsyncContextManager
from functools import partial
from typing import Any

import pytest

from schemas import names
from tests.chaos.engine import PrivateEngine
from tests.chaos.load import python, simulated
from tests.chaos.receiver import Receiver
from tests.chaos.settings import GATEWAY, LEAKS, NODE
from tests.chaos.storm import StartStorm, Storm
from tests.servers import EtcdCluster, NatsCluster
from tests.servers.fixtures import StartStack
from tests.servers.process import ServerProcess
from tests.servers.proxy import Relay

pytestmark = [pytest.mark.long, LEAKS]

SIMULATED: dict[str, Any] = {
    "sandbox": "simulated",
    "simulated_languages": ["simulated"],
    "pools": ["simulated"],
    "concurrency": 4,
}
TASKS, OVER_S = 150, 5
SLOW = partial(simulated, run_ms=800)


async def test_no_fault_of_a_process_loses_anything(start_stack: StartStack, start_storm: StartStorm) -> None:
    stack = start_stack(gateways=2, nodes=3, gateway={**GATEWAY, "roles": ["api"]}, node={**NODE, **SIMULATED})
    relays = [stack.add_gateway(**GATEWAY, roles=["relay"]) for _ in range(2)]
    await stack.wait_served("simulated")
    storm = await start_storm(stack)
    strike = partial(storm.strike, tasks=TASKS, over_s=OVER_S)
    victim, *_ = stack.nodes

    await strike("kill -9 of a node", lambda: storm.kill_and_go_on_without(victim))
    await strike("kill -9 of all nodes", lambda: _kill_all_nodes(storm))
    await strike("a node paused", lambda: storm.pause_past_its_ack_wait(victim), recipe=SLOW, tasks=80, over_s=10)
    await strike("kill -9 of a gateway", lambda: storm.kill_and_go_on_without(stack.gateways[0]))
    await strike("kill -9 of a relay", lambda: storm.kill_and_go_on_without(relays[0]))
    for name, trouble in _troubles(storm.receiver).items():
        await strike(name, partial(_while_a_relay_dies, storm, trouble, relays[0]))
    await strike("kill -9 of NATS", lambda: storm.kill_and_restart(stack.nats.members[0]))
    await strike("kill -9 of etcd", lambda: storm.kill_and_go_on_without(stack.etcd.members[0]))


async def test_a_node_that_is_cut_off_the_bus_loses_nothing(start_stack: StartStack, start_storm: StartStorm) -> None:
    stack = start_stack(gateways=2, nodes=2, gateway=GATEWAY, node={**NODE, **SIMULATED})
    relay = Relay(stack.nats.members[0].port)
    await relay.mend()
    url = f"nats://127.0.0.1:{relay.port}"
    lonely = stack.add_node(wait=False, **NODE, **SIMULATED, nats_urls=[url])
    await asyncio.to_thread(lonely.wait_ready)
    await stack.wait_served("simulated")
    storm = await start_storm(stack)
    strike = partial(storm.strike, tasks=100, over_s=8, recipe=SLOW)

    async def cut() -> None:
        await relay.cut()
        await storm.ledger.all_stored(set(storm.load.accepted), 60)
        await relay.mend()

    async def freeze() -> None:
        relay.freeze()
        await storm.ledger.all_stored(set(storm.load.accepted), 60)
        await relay.mend()

    try:
        await strike("a node's connections closed", cut)
        await strike("a node's network lost", freeze)
    finally:
        await asyncio.to_thread(lonely.stop)
        await relay.cut()


async def test_no_fault_of_a_cluster_loses_anything(start_stack: StartStack, start_storm: StartStorm) -> None:
    stack = start_stack(gateways=2, nodes=3, gateway=GATEWAY, node={**NODE, **SIMULATED}, clusters=True)
    await stack.wait_served("simulated")
    storm = await start_storm(stack)
    strike = partial(storm.strike, tasks=TASKS, over_s=OVER_S)
    nats, etcd = stack.nats, stack.etcd
    assert isinstance(nats, NatsCluster)
    assert isinstance(etcd, EtcdCluster)

    for stream in (names.STREAM_TASKS, names.STREAM_RESULTS):
        leader = await asyncio.to_thread(nats.leader_of, stream)
        await strike(f"kill -9 of the leader of {stream}", partial(storm.kill_and_go_on_without, leader))
    await strike("kill -9 of etcd's leader", lambda: storm.kill_and_go_on_without(etcd.leader()))

    async def both_leaders() -> None:
        paused = etcd.leader()
        paused.pause()
        try:
            await storm.kill_and_go_on_without(nats.leader_of(names.STREAM_TASKS))
        finally:
            paused.resume()

    async def pause_leader() -> None:
        await storm.pause_and_go_on_without(nats.leader_of(names.STREAM_TASKS))

    await strike("kill -9 of NATS's leader while etcd's is paused", both_leaders)
    await strike("NATS's leader paused", pause_leader)
    await strike("kill -9 of a node", lambda: storm.kill_and_restart(stack.nodes[0]))


async def test_no_fault_of_the_sandbox_loses_anything(
    private_engine: PrivateEngine, start_stack: StartStack, start_storm: StartStorm
) -> None:
    node = {**NODE, "languages": ["python"], "concurrency": 4, "docker_socket": private_engine.url}
    stack = start_stack(gateways=1, nodes=2, gateway=GATEWAY, node=node)
    await stack.wait_served("python")
    storm = await start_storm(stack)
    strike = partial(storm.strike, tasks=100, over_s=8, recipe=python)
    victim = stack.nodes[0]

    await strike("docker kill of a slot", lambda: storm.kill_a_slot_of(victim, private_engine.url))
    await strike("kill -9 of a node", lambda: storm.kill_and_restart(victim))
    await strike("kill -9 of the Docker engine", lambda: storm.kill_and_go_on_without(private_engine))
    await strike("restart of the Docker engine", lambda: _stop_and_start(private_engine))


def _troubles(receiver: Receiver) -> dict[str, AbstractAsyncContextManager[None]]:
    """What may become of the receiver of callbacks, by what it is called."""
    return {
        "the receiver of callbacks killed, and a relay": receiver.killed(),
        "the receiver hangs, and a relay is killed": receiver.hanging(),
        "the receiver answers 503, and a relay is killed": receiver.busy(),
    }


async def _while_a_relay_dies(storm: Storm, trouble: AbstractAsyncContextManager[None], relay: ServerProcess) -> None:
    async with trouble:
        await storm.kill_and_go_on_without(relay)


async def _kill_all_nodes(storm: Storm) -> None:
    for node in storm.stack.nodes:
        node.kill()
    for node in storm.stack.nodes:
        node.start(wait=False)
    for node in storm.stack.nodes:
        await asyncio.to_thread(node.wait_ready)


async def _stop_and_start(engine: PrivateEngine) -> None:
    await asyncio.to_thread(engine.stop)
    engine.start(wait=False)
    await asyncio.to_thread(engine.wait_ready)
