"""Three NATS servers with three copies of every stream, three members of etcd; both leaders die."""

from __future__ import annotations

import asyncio

from coderunner.model import Status
from schemas import names
from tests.integration.guarantees.shared_stack import FAST
from tests.integration.guarantees.simulated_tasks import known, result, submit
from tests.servers import EtcdCluster, NatsCluster
from tests.servers.fixtures import StartStack

LANGUAGE = "simulated"


async def test_both_leaders_die_in_the_middle_of_tasks_and_every_one_of_them_ends_once(
    start_stack: StartStack,
) -> None:
    node = {**FAST, "sandbox": "simulated", "simulated_languages": [LANGUAGE], "concurrency": 4}
    stack = start_stack(nodes=2, gateway={"reconnect_max_s": 0.5}, node=node, clusters=True)
    nats, etcd = stack.nats, stack.etcd
    assert isinstance(nats, NatsCluster)
    assert isinstance(etcd, EtcdCluster)
    async with stack.client() as client:
        await known(client, *stack.nodes)
        ids = await asyncio.gather(*(submit(client, LANGUAGE, 300) for _ in range(16)))
        leader = nats.leader_of(names.STREAM_TASKS)
        etcd.leader().kill()
        leader.kill()
        ids += await asyncio.gather(*(submit(client, LANGUAGE, 20, idempotency_key=f"k{n}") for n in range(16)))
        ended = [await result(client, task_id) for task_id in ids]
        assert {one.status for one in ended} == {Status.SUCCEEDED}
        bus = await nats.connect()
        info = await bus.jetstream().stream_info(names.STREAM_RESULTS)
        await bus.close()
    assert info.config.num_replicas == 3
    assert (info.state.messages, info.state.last_seq) == (len(ids), len(ids))
