"""Kept answers on real processes: one run for all that are alike, over two gateways, whatever dies meanwhile."""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from pathlib import Path
from typing import Any

import msgspec

from coderunner import Client, Execution, Task
from coderunner.model import Output, Status
from schemas import names
from schemas.answers import KeptAnswer
from tests.integration.guarantees.shared_stack import SharedStack
from tests.integration.guarantees.simulated_tasks import lasting, result, started
from tests.servers import EtcdServer, NatsServer
from tests.servers.stack import Stack
from tests.servers.waiting import eventually

ALIKE = 1000


def task(shared: SharedStack, run_ms: int = 0, **options: Any) -> Task:
    return Task(
        language=shared.language,
        source="(nothing runs)",
        stdin="what it says\n",
        env=lasting(run_ms),
        cache=options.pop("cache", "READ_WRITE"),
        **options,
    )


async def submit_all(client: Client, tasks: list[Task]) -> list[str]:
    answers = await client.submit_batch(tasks)
    assert all(one.error is None for one in answers), [one.error for one in answers if one.error][:3]
    return [one.id or "" for one in answers]


async def ends(client: Client, ids: list[str]) -> list[Execution]:
    return await asyncio.gather(*(result(client, task_id) for task_id in ids))


def runs(executions: list[Execution]) -> int:
    return sum(not one.cached_at_ms for one in executions)


async def test_a_thousand_that_are_alike_and_come_at_once_are_one_run_across_gateways(shared: SharedStack) -> None:
    await shared.node()
    (_, here), (_, there) = [await shared.gateway(read_rate_per_s=0, open_calls=0) for _ in range(2)]
    await eventually(lambda: _serve(shared, here, there))
    batch = [task(shared, 1500, labels={"n": str(number)}) for number in range(ALIKE // 2)]
    ids = await asyncio.gather(submit_all(here, batch), submit_all(there, batch))
    ended = await ends(here, [*ids[0], *ids[1]])
    assert Counter(one.status for one in ended) == {Status.SUCCEEDED: ALIKE}
    assert {one.run.stdout for one in ended if one.run} == {"what it says\n"}
    assert runs(ended) == 1
    assert [one.labels["n"] for one in ended] == 2 * [str(number) for number in range(ALIKE // 2)]


async def test_when_the_node_that_runs_it_dies_the_others_still_end_with_one_outcome(shared: SharedStack) -> None:
    first = await shared.node()
    client = await shared.client()
    leader = await client.submit(**_as_arguments(task(shared, 3000)))
    await started(client, leader)
    ids = await submit_all(client, [task(shared, 3000) for _ in range(20)])
    await shared.node()
    first.kill()
    ended = await ends(client, [leader, *ids])
    assert {one.status for one in ended} == {Status.SUCCEEDED}
    assert runs(ended) == 1
    assert {one.attempt for one in ended} == {2}, "another node ran it again"


async def test_when_the_gateway_that_accepted_them_dies_another_one_ends_them(shared: SharedStack) -> None:
    await shared.node()
    gateway, dying = await shared.gateway()
    await eventually(lambda: _serve(shared, dying))
    client = await shared.client()
    leader = await dying.submit(**_as_arguments(task(shared, 2000)))
    ids = await submit_all(dying, [task(shared, 2000) for _ in range(50)])
    gateway.kill()
    ended = await ends(client, [leader, *ids])
    assert {one.status for one in ended} == {Status.SUCCEEDED}
    assert runs(ended) == 1


async def test_a_kept_answer_is_given_at_once_by_every_gateway(shared: SharedStack) -> None:
    await shared.node()
    here, there = await shared.client(0), await shared.client(1)
    made = await here.run(**_as_arguments(task(shared)))
    await eventually(lambda: _is_kept(shared))
    seen: list[Output] = []
    again = await there.run(**_as_arguments(task(shared, labels={"a": "b"})), on_output=seen.append)
    assert again.cached_at_ms == made.finished_at_ms
    assert (again.run, again.labels) == (made.run, {"a": "b"})
    assert "".join(one.text for one in seen) == "what it says\n"
    assert (await here.get(again.id)) == again
    listed = [one async for one in here.list(labels={"a": "b"}, language=shared.language)]
    assert [one.id for one in listed] == [again.id]


async def test_the_bucket_can_be_read_by_an_operator_and_purged_through_the_api(shared: SharedStack) -> None:
    await shared.node()
    client = await shared.client()
    await client.run(**_as_arguments(task(shared)))
    await eventually(lambda: _is_kept(shared))
    (kept,) = [one async for one in _kept(shared)]
    assert kept.execution is not None
    assert kept.execution.labels == {}


async def test_without_the_bucket_tasks_run_and_it_is_made_again(tmp_path: Path) -> None:
    """On a bus without roles, where a test may delete it."""
    stack = Stack(tmp_path, NatsServer(tmp_path), EtcdServer(tmp_path))
    try:
        for server in (*stack.nats.members, *stack.etcd.members):
            server.start()
        stack.add_gateway()
        stack.add_node(sandbox="simulated", simulated_languages=["nolang"])
        await stack.wait_served("nolang")
        async with stack.client() as client:
            bus = await stack.nats.members[0].connect()
            deleted = await bus.request(f"$JS.API.STREAM.DELETE.{names.STREAM_ANSWERS}", b"")
            await bus.close()
            assert json.loads(deleted.data)["success"]
            ended = [await client.run("nolang", "x", cache="READ_WRITE") for _ in range(3)]
            assert ({one.status for one in ended}, runs(ended)) == ({Status.SUCCEEDED}, 3)

            async def answered() -> bool:
                return bool((await client.run("nolang", "x", cache="READ_WRITE")).cached_at_ms)

            await eventually(answered, 30)
    finally:
        stack.close()


def _as_arguments(one: Task) -> dict[str, Any]:
    return {name: getattr(one, name) for name in one.__dataclass_fields__}


async def _serve(shared: SharedStack, *clients: Client) -> bool:
    return all([shared.language in {one.name for one in await client.languages()} for client in clients])


async def _is_kept(shared: SharedStack) -> bool:
    return any([one.execution is not None async for one in _kept(shared)])


async def _kept(shared: SharedStack) -> Any:
    """What is kept for this test's language, as an operator reads it."""
    operator = await shared.stack.nats.members[0].connect("operator")
    try:
        body = json.dumps({"subjects_filter": names.answers_of(shared.language)}).encode()
        info = json.loads((await operator.request(f"$JS.API.STREAM.INFO.{names.STREAM_ANSWERS}", body)).data)
        for subject in info["state"].get("subjects") or {}:
            found = await operator.request(f"$JS.API.DIRECT.GET.{names.STREAM_ANSWERS}.{subject}", b"")
            yield msgspec.json.decode(found.data, type=KeptAnswer)
    finally:
        await operator.close()
