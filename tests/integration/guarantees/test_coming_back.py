"""NATS, etcd and the Docker engine go away and come back; none of our processes is started again."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

from coderunner.model import Status
from tests.integration.guarantees.shared_stack import FAST, SharedStack
from tests.integration.guarantees.simulated_tasks import known, result, started, submit
from tests.servers.fixtures import StartStack
from tests.servers.proxy import Relay
from tests.servers.stack import Stack
from tests.servers.waiting import eventually

LANGUAGE = "simulated"
NODE: dict[str, Any] = {**FAST, "sandbox": "simulated", "simulated_languages": [LANGUAGE], "lease_s": 2}
ENGINE = Path("/var/run/docker.sock")


async def test_work_goes_on_when_nats_is_back(start_stack: StartStack) -> None:
    stack = start_stack(gateway={"reconnect_max_s": 0.5}, node=NODE)
    await stack.wait_served(LANGUAGE)
    before = pids(stack)
    (nats,) = stack.nats.members
    async with stack.client() as client:
        running = await submit(client, LANGUAGE, 300)
        await started(client, running)
        nats.kill()
        await not_ready(stack)
        nats.start(wait=False)
        assert (await result(client, running)).status is Status.SUCCEEDED
        assert (await client.run(LANGUAGE, "x")).status is Status.SUCCEEDED
    assert pids(stack) == before


async def test_tasks_flow_without_etcd_and_nodes_are_known_again_when_it_is_back(start_stack: StartStack) -> None:
    stack = start_stack(gateway={"reconnect_max_s": 0.5}, node=NODE)
    await stack.wait_served(LANGUAGE)
    before = pids(stack)
    (etcd,) = stack.etcd.members
    async with stack.client() as client:
        etcd.kill()
        for _ in range(20):
            assert (await client.run(LANGUAGE, "x")).status is Status.SUCCEEDED
        etcd.start(wait=False)
        (node,) = stack.nodes
        etcd.wait_ready()
        last = (await client.nodes())[0].updated_at_ms

        async def said_again() -> bool:
            return any(one.updated_at_ms > last for one in await client.nodes())

        await eventually(said_again)
        await known(client, node)
    assert pids(stack) == before


async def test_programs_run_again_when_the_docker_engine_is_back(shared: SharedStack, tmp_path: Path) -> None:
    relay = Relay(ENGINE, listen=tmp_path / "docker.sock")
    await relay.mend()
    node = shared.stack.add_node(
        wait=False, **FAST, languages=["python"], pools=[shared.language], docker_socket=f"unix://{relay.path}"
    )
    try:
        await asyncio.to_thread(node.wait_ready)
        client = await shared.client()
        await known(client, node)
        pid = node.pid
        running = await client.submit("python", "import time; time.sleep(0.5); print('again')")
        await started(client, running)
        await relay.cut()
        waiting = await client.submit("python", "print('later')")
        await relay.mend()
        for task_id, said in ((running, "again\n"), (waiting, "later\n")):
            execution = await result(client, task_id)
            assert execution.status is Status.SUCCEEDED, execution.error
            assert execution.run is not None
            assert execution.run.stdout == said
        assert node.running
        assert node.pid == pid
    finally:
        await asyncio.to_thread(node.stop)
        node.remove_containers()
        shared.stack.nodes.remove(node)
        await relay.cut()


def pids(stack: Stack) -> list[int]:
    """Of ours; all of them run."""
    daemons = [*stack.gateways, *stack.nodes]
    assert all(one.running for one in daemons)
    return [one.pid for one in daemons]


async def not_ready(stack: Stack) -> None:
    """Returns once gateway and node say that something is missing."""
    for daemon in (*stack.gateways, *stack.nodes):
        await eventually(lambda one=daemon: not one.is_ready())
