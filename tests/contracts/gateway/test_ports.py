"""What the use cases rely on, of the fakes as of the real adapters."""

from __future__ import annotations

import asyncio

import pytest

from broker_gateway.application.ports import QueueFullError, TaskFilter
from schemas.execution import Execution, ResultMessage
from schemas.status import Priority, Status
from tests.contracts.gateway.conftest import MAX_TASKS, Parts
from tests.integration.gateway import samples


async def test_a_task_is_queued_once_found_and_removed_once(parts: Parts) -> None:
    task = samples.task()
    assert await parts.queue.enqueue(task)
    assert not await parts.queue.enqueue(task)
    assert await parts.queue.find(task.id) == task
    assert await parts.queue.remove(task.id)
    assert not await parts.queue.remove(task.id)
    assert await parts.queue.find(task.id) is None


async def test_of_concurrent_submissions_of_one_id_one_is_new(parts: Parts) -> None:
    task = samples.task()
    assert sorted(await asyncio.gather(*(parts.queue.enqueue(task) for _ in range(10)))) == [False] * 9 + [True]


async def test_an_id_that_has_just_left_the_queue_is_not_new(parts: Parts) -> None:
    task = samples.task()
    await parts.queue.enqueue(task)
    await parts.queue.remove(task.id)
    assert not await parts.queue.enqueue(task)


async def test_a_full_queue_refuses_with_a_retry_time(parts: Parts) -> None:
    for _ in range(MAX_TASKS):
        await parts.queue.enqueue(samples.task())
    with pytest.raises(QueueFullError) as refusal:
        await parts.queue.enqueue(samples.task())
    assert refusal.value.retry_after_ms > 0


async def test_what_was_just_put_in_counts_as_waiting(parts: Parts) -> None:
    assert await parts.queue.waiting("default", Priority.NORMAL) == 0
    await parts.queue.enqueue(samples.task())
    await parts.queue.enqueue(samples.task())
    await parts.queue.enqueue(samples.task(priority=Priority.HIGH))
    assert await parts.queue.waiting("default", Priority.NORMAL) == 2


async def test_the_first_result_stays_until_it_is_forgotten(parts: Parts) -> None:
    first, second = samples.result("a", node_id="first"), samples.result("a", node_id="second")
    assert await parts.results.find("a") is None
    assert await parts.results.store(first)
    assert not await parts.results.store(second)
    assert await parts.results.find("a") == first
    assert await parts.rerun.forget_result(await parts.rerun.snapshot("a"))
    assert await parts.results.find("a") is None


async def test_the_newest_state_is_told_and_carries_no_output(parts: Parts) -> None:
    assert await parts.history.latest("a") is None
    await parts.happens(samples.event("a", Status.QUEUED))
    await parts.happens(samples.event("a", Status.RUNNING))
    latest = await parts.history.latest("a")
    assert latest is not None
    assert (latest.status, latest.node_id, latest.run) == (Status.RUNNING, "node-1", None)


async def test_pages_are_newest_first_and_end(parts: Parts) -> None:
    for number in range(5):
        await parts.happens(samples.event(f"t{number}", Status.QUEUED))
    seen: list[str] = []
    token = ""
    for _ in range(3):
        page = await parts.history.page(TaskFilter(), 2, token)
        seen += [one.id for one in page.executions]
        token = page.next_token
    assert seen == ["t4", "t3", "t2", "t1", "t0"]
    assert token == ""


async def test_filters_must_all_match(parts: Parts) -> None:
    await parts.happens(samples.event("it", Status.QUEUED, labels={"post": "1", "more": "x"}, language="go"))
    await parts.happens(samples.event("not-label", Status.QUEUED, language="go"))
    await parts.happens(samples.event("not-language", Status.QUEUED, labels={"post": "1"}))
    await parts.happens(samples.event("not-status", Status.QUEUED, labels={"post": "1"}, language="go"))
    await parts.happens(samples.event("not-status", Status.RUNNING, labels={"post": "1"}, language="go"))
    wanted = TaskFilter(statuses=frozenset({Status.QUEUED}), language="go", labels={"post": "1"})
    page = await parts.history.page(wanted, 10, "")
    assert [one.id for one in page.executions] == ["it"]


@pytest.mark.parametrize("token", ["nonsense", "1;2"])
async def test_a_token_that_is_not_ours_is_a_value_error(parts: Parts, token: str) -> None:
    with pytest.raises(ValueError, match=token):
        await parts.history.page(TaskFilter(), 2, token)


async def test_a_feed_brings_states_and_the_stored_result_but_none_that_lost(parts: Parts) -> None:
    feed = await parts.feeds.open("a")
    await parts.happens(samples.event("a", Status.RUNNING))
    await parts.results.store(samples.result("a", node_id="first"))
    await parts.results.store(samples.result("a", node_id="second"))
    state = await feed.next(5)
    result = await feed.next(5)
    assert isinstance(state, Execution)
    assert isinstance(result, ResultMessage)
    assert result.execution.node_id == "first"
    assert await feed.next(0.05) is None
    await feed.close()


async def test_a_feed_for_results_only_brings_no_states(parts: Parts) -> None:
    feed = await parts.feeds.open("a", results_only=True)
    await parts.happens(samples.event("a", Status.RUNNING))
    await parts.results.store(samples.result("a"))
    assert isinstance(await feed.next(5), ResultMessage)
    await feed.close()


async def test_the_inbox_gives_no_more_than_asked_and_every_result(parts: Parts) -> None:
    for number in range(3):
        await parts.finishes(samples.result(f"t{number}"))
    seen: list[str] = []
    async with asyncio.timeout(10):
        while len(seen) < 3:
            deliveries = await parts.source.take(2)
            assert 1 <= len(deliveries) <= 2
            for delivery in deliveries:
                assert delivery.attempt == 1
                seen.append(delivery.result.execution.id)
                await delivery.done()
    assert sorted(seen) == ["t0", "t1", "t2"]
