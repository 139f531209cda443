"""etcd is never in a task's path: not even in that of a gateway that starts while etcd is away."""

from __future__ import annotations

import asyncio
import json

import pytest

from coderunner import LanguageUnavailable
from coderunner.model import Status
from tests.integration.guarantees.shared_stack import FAST
from tests.integration.guarantees.simulated_tasks import known
from tests.servers.fixtures import StartStack
from tests.servers.stack import Gateway, Stack
from tests.servers.waiting import eventually

LANGUAGE = "simulated"
NODE = {**FAST, "sandbox": "simulated", "simulated_languages": [LANGUAGE], "lease_s": 2}
GATEWAY = {"reconnect_max_s": 0.5}
READY_WITHIN_S = 10.0


@pytest.fixture
async def stack(start_stack: StartStack) -> Stack:
    stack = start_stack(gateway=GATEWAY, node=NODE)
    await stack.wait_served(LANGUAGE)
    return stack


async def test_a_gateway_that_starts_without_etcd_takes_tasks_and_knows_who_serves_what(stack: Stack) -> None:
    (gateway,), (node,), (etcd,) = stack.gateways, stack.nodes, stack.etcd.members
    etcd.kill()
    gateway.kill()
    gateway.start(wait=False)
    gateway.wait_ready(READY_WITHIN_S)
    async with gateway.client() as client:
        assert (await client.run(LANGUAGE, "x")).status is Status.SUCCEEDED
        with pytest.raises(LanguageUnavailable):
            await client.run("nobody-serves-this", "x")
        (told,) = await client.nodes()
        assert (told.id, list(told.languages)) == (node.name, [LANGUAGE])


async def test_a_node_that_comes_while_etcd_is_away_is_known_to_old_gateways_and_new_ones(stack: Stack) -> None:
    (etcd,) = stack.etcd.members
    etcd.kill()
    other = stack.add_node(**{**NODE, "simulated_languages": ["other"], "pools": ["second"]})
    new = stack.add_gateway(wait=False, **GATEWAY)
    await asyncio.to_thread(new.wait_ready, READY_WITHIN_S)
    for gateway in stack.gateways:
        async with gateway.client() as client:
            await known(client, *stack.nodes)
            execution = await client.run("other", "x")
            assert (execution.status, execution.node_id) == (Status.SUCCEEDED, other.name)


async def test_etcd_has_the_last_word_once_it_is_back(stack: Stack) -> None:
    (gateway,), (node,), (etcd,) = stack.gateways, stack.nodes, stack.etcd.members
    etcd.kill()
    gateway.kill()
    gateway.start(wait=False)
    gateway.wait_ready(READY_WITHIN_S)
    node.kill()
    etcd.start()
    async with gateway.client() as client:

        async def gone() -> bool:
            return await client.nodes() == ()

        await eventually(gone)  # its lease has ended


async def test_without_etcd_and_without_nodes_a_gateway_is_not_ready(start_stack: StartStack) -> None:
    stack = start_stack(gateways=0, nodes=0)
    (etcd,) = stack.etcd.members
    etcd.kill()
    gateway = stack.add_gateway(wait=False, **GATEWAY)
    await eventually(lambda: lacks_only_nodes(gateway), 20)
    assert not gateway.is_ready()
    node = stack.add_node(**NODE)
    gateway.wait_ready(READY_WITHIN_S)
    assert node.running


def lacks_only_nodes(gateway: Gateway) -> bool:
    try:
        parts = json.loads(gateway.get("/readyz")[1])["parts"]
    except OSError:
        return False  # it does not listen yet
    return [name for name, is_there in parts.items() if not is_there] == ["nodes"]
