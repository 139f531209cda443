"""Which task goes where, and when, through a real gateway."""

from __future__ import annotations

import asyncio
from collections import Counter
from itertools import pairwise

from coderunner.model import Status
from tests.integration.guarantees.shared_stack import SharedStack
from tests.integration.guarantees.simulated_tasks import known, result, started, submit

PRIORITIES = ("LOW", "NORMAL", "HIGH")


async def test_high_goes_before_normal_before_low_and_low_does_not_starve(shared: SharedStack) -> None:
    await shared.node(concurrency=1)
    client = await shared.client()
    for priority in PRIORITIES:  # in a pool made just now a node leaves a queue alone that was not there when it asked
        await result(client, await submit(client, shared.language, priority=priority))
    blocking = await submit(client, shared.language, 60_000)
    await started(client, blocking)
    ids = {
        await submit(client, shared.language, 5, priority=priority): priority
        for priority in PRIORITIES
        for _ in range(12)
    }
    await client.cancel(blocking)
    ended = [await result(client, task_id) for task_id in ids]
    took = [ids[one.id] for one in sorted(ended, key=lambda one: one.submitted_at_ms + one.queued_ms)]
    first = Counter(took[:8])
    assert first == {"HIGH": 6, "NORMAL": 1, "LOW": 1}
    assert took.index("LOW") < 9  # the bound: one of any eight
    assert Counter(took[:16])["HIGH"] == 12


async def test_a_single_free_slot_never_holds_two_tasks(shared: SharedStack) -> None:
    single = await shared.node(concurrency=1)
    client = await shared.client()
    ids = [await submit(client, shared.language, 150, priority=p) for p in PRIORITIES for _ in range(3)]
    ended = sorted([await result(client, one) for one in ids], key=lambda one: one.submitted_at_ms + one.queued_ms)
    assert {(one.node_id, one.attempt, one.status) for one in ended} == {(single.name, 1, Status.SUCCEEDED)}
    starts = [one.submitted_at_ms + one.queued_ms for one in ended]
    gaps = [later - earlier for earlier, later in pairwise(starts)]
    assert min(gaps) >= 149, gaps  # each began when the one before it had run its 150 ms


async def test_a_task_reaches_only_nodes_that_can_run_it(shared: SharedStack) -> None:
    other = f"{shared.language}-b"
    here = await shared.node(concurrency=2)
    there = await shared.node(pool=f"{shared.language}-pool-b", language=other, concurrency=2)
    both = await shared.node(
        pool=f"{shared.language}-pool-c", simulated_languages=[shared.language, other], concurrency=2, wait_served=False
    )
    client = await shared.client()
    await known(client, here, there, both)
    ids = [await submit(client, name, 20) for name in (shared.language, other) for _ in range(12)]
    ran = [await result(client, task_id) for task_id in ids]
    assert {one.attempt for one in ran} == {1}
    where = Counter((one.language, one.node_id) for one in ran)
    assert {node for name, node in where if name == shared.language} <= {here.name, both.name}
    assert {node for name, node in where if name == other} <= {there.name, both.name}


async def test_a_task_in_a_shared_pool_ends_on_the_node_that_serves_its_language(shared: SharedStack) -> None:
    other = f"{shared.language}-b"
    here = await shared.node(concurrency=2)
    there = await shared.node(pool=shared.language, language=other, concurrency=2)
    client = await shared.client()
    ids = [await submit(client, name) for name in (shared.language, other) for _ in range(4)]
    ran = [await result(client, task_id) for task_id in ids]
    assert {(one.language, one.node_id, one.attempt) for one in ran} == {
        (shared.language, here.name, 1),
        (other, there.name, 1),
    }


async def test_a_burst_fills_all_nodes_of_a_pool(shared: SharedStack) -> None:
    nodes = [await shared.node(concurrency=4, wait_served=False) for _ in range(3)]
    client = await shared.client()
    await known(client, *nodes)
    ids = await asyncio.gather(*(submit(client, shared.language, 1200) for _ in range(12)))
    where = Counter([(await result(client, task_id)).node_id for task_id in ids])
    assert where == dict.fromkeys((node.name for node in nodes), 4)


async def test_a_task_is_not_kept_from_its_node_by_a_node_that_has_less_to_do(shared: SharedStack) -> None:
    """The bus gives a task to the least loaded node of a pool, also again and again to one that cannot run it."""
    other = f"{shared.language}-b"
    idle = await shared.node(concurrency=8)
    busy = await shared.node(pool=shared.language, language=other, concurrency=8)
    client = await shared.client()
    await known(client, idle, busy)
    blocking = [await submit(client, other, 60_000) for _ in range(6)]
    for task_id in blocking:
        await started(client, task_id)
    async with asyncio.timeout(20):
        ended = await result(client, await submit(client, other))
    assert (ended.status, ended.node_id) == (Status.SUCCEEDED, busy.name)
    for task_id in blocking:
        await client.cancel(task_id)
