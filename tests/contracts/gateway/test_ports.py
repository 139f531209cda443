"""What the use cases rely on, of the fakes as of the real adapters."""

from __future__ import annotations

import asyncio

import msgspec
import pytest

from broker_gateway.application.ports import QueueFullError, ResultDelivery, TaskFilter
from schemas.execution import Execution, ResultMessage
from schemas.status import Priority, Status
from tests.builders import a_new_task, a_result, a_task, an_event, an_execution
from tests.contracts.gateway.bus_parts import MAX_TASKS, Parts
from tests.servers.waiting import eventually


async def test_a_task_is_queued_once_found_and_removed_once(parts: Parts) -> None:
    task = a_new_task()
    assert await parts.queue.enqueue(task)
    assert not await parts.queue.enqueue(task)
    assert await parts.queue.find(task.id) == task
    assert await parts.queue.remove(task.id)
    assert not await parts.queue.remove(task.id)
    assert await parts.queue.find(task.id) is None


async def test_of_concurrent_submissions_of_one_id_one_is_new(parts: Parts) -> None:
    task = a_new_task()
    assert sorted(await asyncio.gather(*(parts.queue.enqueue(task) for _ in range(10)))) == [False] * 9 + [True]


async def test_an_id_that_has_just_left_the_queue_is_not_new(parts: Parts) -> None:
    task = a_new_task()
    await parts.queue.enqueue(task)
    await parts.queue.remove(task.id)
    assert not await parts.queue.enqueue(task)


async def test_a_full_queue_refuses_with_a_retry_time(parts: Parts) -> None:
    for _ in range(MAX_TASKS):
        await parts.queue.enqueue(a_new_task())
    with pytest.raises(QueueFullError) as refusal:
        await parts.queue.enqueue(a_new_task())
    assert refusal.value.retry_after_ms > 0


async def test_what_was_just_put_in_counts_as_waiting(parts: Parts) -> None:
    assert await parts.queue.waiting("default", Priority.NORMAL) == 0
    await parts.queue.enqueue(a_new_task())
    await parts.queue.enqueue(a_new_task())
    await parts.queue.enqueue(a_new_task(priority=Priority.HIGH))
    assert await parts.queue.waiting("default", Priority.NORMAL) == 2


async def test_the_first_result_stays_until_it_is_forgotten(parts: Parts) -> None:
    first, second = a_result("a", node_id="first"), a_result("a", node_id="second")
    assert await parts.results.find("a") is None
    assert await parts.results.store(first)
    assert not await parts.results.store(second)
    assert await parts.results.find("a") == first
    assert await parts.rerun.forget_result(await parts.rerun.snapshot("a"))
    assert await parts.results.find("a") is None


async def test_the_newest_state_is_told_and_carries_no_output(parts: Parts) -> None:
    assert await parts.history.latest("a") is None
    await parts.happens(an_event("a", Status.QUEUED))
    await parts.happens(an_event("a", Status.RUNNING))
    latest = await parts.history.latest("a")
    assert latest is not None
    assert (latest.status, latest.node_id, latest.run) == (Status.RUNNING, "n1", None)


async def test_the_owner_is_the_client_of_the_gateways_own_event(parts: Parts) -> None:
    assert await parts.history.owner("a") is None
    await parts.happens(an_event("a", Status.QUEUED, client="blog"))
    await parts.happens(an_event("a", Status.RUNNING, client="somebody"))
    assert await parts.history.owner("a") == "blog"


async def test_a_page_holds_the_tasks_of_one_client_where_one_is_asked_for(parts: Parts) -> None:
    for name, client in (("a", "blog"), ("b", "school"), ("c", "blog")):
        await parts.happens(an_event(name, Status.QUEUED, client=client))
    wanted: dict[str | None, list[str]] = {"blog": ["c", "a"], "school": ["b"], "nobody": [], None: ["c", "b", "a"]}
    for asked, expected in wanted.items():
        page = await parts.history.page(TaskFilter(client=asked), 10, "")
        assert [one.id for one in page.executions] == expected


async def test_pages_are_newest_first_and_end(parts: Parts) -> None:
    for number in range(5):
        await parts.happens(an_event(f"t{number}", Status.QUEUED))
    seen: list[str] = []
    token = ""
    for _ in range(3):
        page = await parts.history.page(TaskFilter(), 2, token)
        seen += [one.id for one in page.executions]
        token = page.next_token
    assert seen == ["t4", "t3", "t2", "t1", "t0"]
    assert token == ""


async def test_filters_must_all_match(parts: Parts) -> None:
    await parts.happens(an_event("it", Status.QUEUED, labels={"post": "1", "more": "x"}, language="go"))
    await parts.happens(an_event("not-label", Status.QUEUED, language="go"))
    await parts.happens(an_event("not-language", Status.QUEUED, labels={"post": "1"}))
    await parts.happens(an_event("not-status", Status.QUEUED, labels={"post": "1"}, language="go"))
    await parts.happens(an_event("not-status", Status.RUNNING, labels={"post": "1"}, language="go"))
    wanted = TaskFilter(statuses=frozenset({Status.QUEUED}), language="go", labels={"post": "1"})
    page = await parts.history.page(wanted, 10, "")
    assert [one.id for one in page.executions] == ["it"]


@pytest.mark.parametrize("token", ["nonsense", "1;2"])
async def test_a_token_that_is_not_ours_is_a_value_error(parts: Parts, token: str) -> None:
    with pytest.raises(ValueError, match=token):
        await parts.history.page(TaskFilter(), 2, token)


async def test_a_feed_brings_states_and_the_stored_result_but_none_that_lost(parts: Parts) -> None:
    feed = await parts.feeds.open("a")
    await parts.happens(an_event("a", Status.RUNNING))
    await parts.results.store(a_result("a", node_id="first"))
    await parts.results.store(a_result("a", node_id="second"))
    state = await feed.next(5)
    result = await feed.next(5)
    assert isinstance(state, Execution)
    assert isinstance(result, ResultMessage)
    assert result.execution.node_id == "first"
    assert await feed.next(0.05) is None
    await feed.close()


async def test_a_feed_for_results_only_brings_no_states(parts: Parts) -> None:
    feed = await parts.feeds.open("a", results_only=True)
    await parts.happens(an_event("a", Status.RUNNING))
    await parts.results.store(a_result("a"))
    assert isinstance(await feed.next(5), ResultMessage)
    await feed.close()


async def test_the_inbox_gives_no_more_than_asked_and_every_result(parts: Parts) -> None:
    for number in range(3):
        await parts.finishes(a_result(f"t{number}"))
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


async def test_a_result_that_is_done_does_not_come_again(parts: Parts) -> None:
    await parts.finishes(a_result("a"))
    await (await next_delivery(parts)).done()
    await parts.finishes(a_result("b"))
    assert (await next_delivery(parts)).result == a_result("b")


async def test_a_result_that_is_handed_back_comes_again_with_the_next_attempt(parts: Parts) -> None:
    await parts.finishes(a_result("a", "http://example.org/"))
    first = await next_delivery(parts)
    await first.keep_alive()
    await first.retry_in(0.05)
    second = await next_delivery(parts)
    assert second.result == first.result
    assert (first.attempt, second.attempt) == (1, 2)


async def test_a_buried_result_is_a_dead_letter_and_does_not_come_again(parts: Parts) -> None:
    await parts.finishes(a_result("a"))
    await (await next_delivery(parts)).bury("undelivered", "404 from the endpoint")
    letter = await parts.dead("a", "undelivered")
    assert letter is not None
    assert (letter.id, letter.detail, letter.attempts) == ("a", "404 from the endpoint", 1)
    assert msgspec.json.decode(letter.payload, type=ResultMessage) == a_result("a")
    await parts.finishes(a_result("b"))
    assert (await next_delivery(parts)).result == a_result("b")


async def next_delivery(parts: Parts) -> ResultDelivery:
    async with asyncio.timeout(10):
        (delivery,) = await parts.source.take(1)
        return delivery


async def test_a_state_that_the_gateway_brought_about_is_told_like_a_nodes(parts: Parts) -> None:
    task = a_task("a", labels={"post": "1"})
    feed = await parts.feeds.open("a")
    parts.history.record(an_execution("a", Status.CANCELLED, node_id="", run=None), task)
    told = await feed.next(5)
    assert isinstance(told, Execution)
    assert told.status is Status.CANCELLED
    await feed.close()

    async def known() -> bool:
        latest = await parts.history.latest("a")
        return latest is not None and latest.status is Status.CANCELLED

    await eventually(known)
