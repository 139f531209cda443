"""Single flight: of tasks that are alike one runs, and the others end as it does, whatever becomes of anybody."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from broker_gateway.application.cancellation import ANYBODY
from broker_gateway.application.commands import Cancellation
from broker_gateway.application.settings import FollowSettings, SubmissionSettings
from broker_gateway.application.watching import Watched
from schemas.answers import KeptAnswer
from schemas.execution import Execution, OutputChunk
from schemas.names import POOL_OF_FOLLOWERS
from schemas.status import Status
from tests.builders import a_chunk, a_stage
from tests.fakes.memory_bus import MemoryBus, running
from tests.servers.waiting import eventually
from tests.unit.gateway.gateway_on_fakes import PATIENCE_S, GatewayOnFakes
from tests.unit.gateway.test_answering import DIGEST, READ, READ_WRITE, run, serving, submit

SOON = FollowSettings(look_every_s=0.01, orphaned_s=0.03, others_s=0.01, at_once=3)


async def led(gateway: GatewayOnFakes, followers: int = 2, cache: str = READ_WRITE) -> tuple[str, list[str]]:
    """One task that runs, and others that wait for its outcome."""
    leader = (await submit(gateway)).id
    return leader, [(await submit(gateway, cache)).id for _ in range(followers)]


async def end_of(gateway: GatewayOnFakes, task_id: str) -> Execution:
    await gateway.until(lambda: task_id in gateway.bus.results)
    return gateway.bus.results[task_id].execution


def pools(gateway: GatewayOnFakes) -> dict[str, str]:
    return {task_id: task.pool for task_id, task in gateway.bus.tasks.items()}


@pytest.mark.parametrize("cache", [READ, READ_WRITE])
async def test_a_thousand_tasks_that_are_alike_are_one_run(cache: str) -> None:
    gateway = serving()
    leader, followers = await led(gateway, 999, cache)
    assert [task_id for task_id, pool in pools(gateway).items() if pool != POOL_OF_FOLLOWERS] == [leader]
    made = await run(gateway, leader)
    ends = [await end_of(gateway, task_id) for task_id in followers]
    assert {end.status for end in ends} == {Status.SUCCEEDED}
    assert all(end.run == made.execution.run and end.cached_at_ms for end in ends)
    assert [end.id for end in ends] == followers
    await gateway.until(lambda: not gateway.bus.tasks)
    assert gateway.answer_outcomes == ["miss"] + ["joined"] * 999
    await gateway.following.close()


async def test_each_keeps_its_own_labels_and_callback() -> None:
    gateway = serving()
    leader = (await submit(gateway, labels={"n": "0"})).id
    follower = (await submit(gateway, labels={"n": "1"}, callback_url="https://a.example/")).id
    await run(gateway, leader)
    end = await end_of(gateway, follower)
    assert end.labels == {"n": "1"}
    callback = gateway.bus.results[follower].callback
    assert callback is not None
    assert callback.url == "https://a.example/"
    assert gateway.bus.results[follower].answer == "", "nobody waits for it"


async def test_execute_waits_for_the_outcome_of_the_other_one() -> None:
    gateway = serving()
    leader, _ = await led(gateway, 0)
    caller = asyncio.create_task(submit_and_wait(gateway))
    await gateway.until(lambda: len(gateway.bus.tasks) == 2)
    await run(gateway, leader)
    assert (await caller).cached_at_ms


async def submit_and_wait(gateway: GatewayOnFakes) -> Execution:
    task_id = (await submit(gateway)).id
    return await end_of(gateway, task_id)


async def test_whom_a_follower_waits_for_is_known_until_it_waits_no_more() -> None:
    gateway = serving()
    leader, (first, second) = await led(gateway)
    assert [await gateway.following.leader_of(one) for one in (first, second, leader)] == [leader, leader, None]
    await run(gateway, leader)
    await end_of(gateway, second)
    await eventually(lambda: not gateway.following._key_of)
    assert await gateway.following.leader_of(first) is None


async def test_a_follower_that_is_cancelled_ends_alone() -> None:
    gateway = serving()
    leader, (first, second) = await led(gateway)
    answer = await gateway.service.cancel(first, ANYBODY)
    assert isinstance(answer, Cancellation)
    assert answer.cancelled
    await run(gateway, leader)
    assert (await end_of(gateway, second)).status is Status.SUCCEEDED
    assert gateway.bus.results[first].execution.status is Status.CANCELLED


async def test_when_the_leader_is_cancelled_one_follower_takes_its_place() -> None:
    gateway = serving(follow=SOON)
    leader, (first, second) = await led(gateway)
    await gateway.service.cancel(leader, ANYBODY)
    await gateway.until(lambda: pools(gateway).get(first) == "default")
    assert pools(gateway)[second] == POOL_OF_FOLLOWERS
    await run(gateway, first)
    assert (await end_of(gateway, second)).cached_at_ms
    assert not gateway.bus.results[first].execution.cached_at_ms, "it ran itself"


async def test_a_follower_that_only_reads_takes_nobodys_place_but_runs() -> None:
    gateway = serving(follow=SOON)
    leader, (only,) = await led(gateway, 1, READ)
    await gateway.service.cancel(leader, ANYBODY)
    await gateway.until(lambda: pools(gateway).get(only) == "default")
    (found,) = gateway.answers.kept.values()
    assert found.kept.task_id == leader


async def test_an_outcome_that_is_not_the_programs_own_is_nobodys_answer_and_all_run() -> None:
    gateway = serving(follow=SOON)
    leader, followers = await led(gateway, 3)
    await run(gateway, leader, status=Status.TIME_LIMIT)
    await gateway.until(lambda: set(pools(gateway).values()) == {"default"})
    assert set(pools(gateway)) == set(followers)


async def test_followers_of_a_program_that_varies_do_not_wait_for_its_end() -> None:
    gateway = serving(follow=SOON)
    leader, followers = await led(gateway)
    state = running(gateway.bus.history[leader])
    gateway.bus.reach(Execution(**{**_fields(state), "not_kept": "main.py:1: reads the clock"}))
    await gateway.until(lambda: all(pools(gateway)[one] == "default" for one in followers))
    assert leader not in gateway.bus.results


def _fields(execution: Execution) -> dict[str, Any]:
    return {name: getattr(execution, name) for name in execution.__struct_fields__}


async def test_a_leader_that_never_came_to_its_queue_is_replaced() -> None:
    """Its gateway died between the promise and the queue."""
    gateway = serving(follow=SOON)
    leader, (first, second) = await led(gateway)
    del gateway.bus.tasks[leader]
    await gateway.until(lambda: pools(gateway).get(first) == "default")
    await run(gateway, first)
    assert (await end_of(gateway, second)).cached_at_ms


async def test_a_purge_while_they_wait_lets_all_run() -> None:
    gateway = serving(follow=SOON)
    _, followers = await led(gateway)
    await gateway.operations.purge_cache("", None)
    await gateway.until(lambda: all(pools(gateway)[one] == "default" for one in followers))


async def test_another_gateway_ends_the_followers_of_one_that_died() -> None:
    bus = MemoryBus()
    dead = serving(bus=bus)
    leader, followers = await led(dead)
    await dead.following.close()
    alive = serving(bus=bus, follow=SOON)
    alive.answers = dead.answers
    alive.following._answers = dead.answers  # one store, as on a bus
    await alive.sweep.sweep()
    await run(dead, leader)
    for task_id in followers:
        assert (await end_of(alive, task_id)).cached_at_ms
    await alive.until(lambda: not bus.tasks)


async def test_a_follower_that_took_the_place_and_went_no_further_is_moved_by_another_gateway() -> None:
    bus = MemoryBus()
    dead = serving(bus=bus)
    _, (first, second) = await led(dead)
    await dead.following.close()
    (key,) = dead.answers.kept
    await dead.answers.put(key, KeptAnswer(task_id=first, digests=[DIGEST]), after=dead.answers.kept[key].revision)
    alive = serving(bus=bus, follow=SOON)
    alive.following._answers = dead.answers
    await alive.sweep.sweep()
    await alive.sweep.sweep()
    await alive.until(lambda: pools(alive).get(first) == "default")
    assert pools(alive)[second] == POOL_OF_FOLLOWERS
    await alive.following.close()


async def test_a_bus_that_is_away_for_a_moment_loses_no_follower() -> None:
    gateway = serving(follow=SOON)
    leader, (only,) = await led(gateway, 1)
    gateway.bus.is_down = True
    await asyncio.sleep(0.05)
    gateway.bus.is_down = False
    await run(gateway, leader)
    assert (await end_of(gateway, only)).cached_at_ms


async def test_followers_wait_while_no_node_serves_their_language() -> None:
    gateway = serving(follow=SOON)
    leader, (only,) = await led(gateway, 1)
    records, gateway.directory.records = gateway.directory.records, []
    await gateway.service.cancel(leader, ANYBODY)
    await asyncio.sleep(0.05)
    assert pools(gateway) == {only: POOL_OF_FOLLOWERS}
    gateway.directory.records = records
    await gateway.until(lambda: pools(gateway) == {only: "default"})


async def test_where_too_many_follow_the_next_one_runs_by_itself() -> None:
    """A client that fills the queue of followers must not be why another's task is refused."""
    gateway = serving(settings=SubmissionSettings(queue_limit=3), follow=SOON)
    leader, _ = await led(gateway, 3)
    another = (await submit(gateway)).id
    assert pools(gateway)[another] == "default"
    assert not gateway.bus.tasks[another].keeps_answer
    await run(gateway, leader)
    await gateway.following.close()


async def test_a_fault_of_ours_leaves_no_follower_alone() -> None:
    gateway = serving(follow=SOON)
    leader, (only,) = await led(gateway, 1)

    async def fault() -> None:
        raise ValueError("nobody thought of this")

    gateway.bus.before["open_feed"] = fault
    await gateway.until(lambda: "open_feed" not in gateway.bus.before)
    await run(gateway, leader)
    assert (await end_of(gateway, only)).cached_at_ms


async def watch(gateway: GatewayOnFakes, task_id: str, seen: list[Watched]) -> None:
    async with asyncio.timeout(PATIENCE_S):
        async for item in gateway.service.watch(task_id, ANYBODY):
            seen.append(item)
            gateway.bus.changed.set()


async def test_a_watcher_of_a_follower_sees_the_leaders_output_as_it_comes() -> None:
    gateway = serving()
    leader, (follower,) = await led(gateway, 1)
    seen: list[Watched] = []
    watcher = asyncio.create_task(watch(gateway, follower, seen))
    await gateway.until(lambda: bool(seen) and len(gateway.bus.feeds.get(leader, ())) == 2)
    gateway.start(leader)
    gateway.bus.publish(leader, a_chunk(leader, "4"))
    gateway.bus.publish(leader, a_chunk(leader, "2\n", 1))
    await run(gateway, leader, run=a_stage("42\n"))
    await watcher
    queued, started, first, second, end = seen
    assert isinstance(queued, Execution)
    assert isinstance(started, Execution)
    assert isinstance(end, Execution)
    assert [(one.id, one.status) for one in (queued, started, end)] == [
        (follower, Status.QUEUED),
        (follower, Status.RUNNING),
        (follower, Status.SUCCEEDED),
    ]
    assert [one.text for one in (first, second) if isinstance(one, OutputChunk)] == ["4", "2\n"]
    assert gateway.bus.open_feeds() == 0


async def test_a_watcher_of_a_kept_answer_sees_the_output_that_was_kept() -> None:
    gateway = serving()
    ended: dict[str, Any] = {"compile": a_stage("", stderr="warning: x"), "run": a_stage("42\n", stderr="done\n")}
    await run(gateway, (await submit(gateway)).id, **ended)
    answered = (await submit(gateway)).id
    seen: list[Watched] = []
    await watch(gateway, answered, seen)
    states = [one.status for one in seen if isinstance(one, Execution)]
    chunks = [(one.stage, one.stream, one.text) for one in seen if isinstance(one, OutputChunk)]
    assert states == [Status.RUNNING, Status.SUCCEEDED]
    assert chunks == [
        ("compile", "stderr", "warning: x"),
        ("run", "stdout", "42\n"),
        ("run", "stderr", "done\n"),
    ]
