"""Submitting: what reaches the bus, what is refused, and what refusals cost."""

from __future__ import annotations

import asyncio

import pytest

from broker_gateway.application.commands import Busy, Invalid, TaskDTO, Unavailable, Unserved
from broker_gateway.application.quota_book import QuotaBook
from broker_gateway.application.settings import SubmissionSettings
from broker_gateway.domain.quota import QuotaPolicy
from chassis.errors import BusUnavailableError
from schemas.status import Priority, Status
from schemas.task import Checker, SourceFile
from tests.builders import a_language_record, a_node_record, an_event
from tests.fakes.memory_bus import MemoryTaskEvents
from tests.unit.gateway.gateway_on_fakes import NOW_MS, GatewayOnFakes, command


async def test_an_accepted_task_is_on_the_bus_and_in_the_history_as_queued(gateway: GatewayOnFakes) -> None:
    answer = await gateway.service.submit(command("print(1)", client="blog", language="PY", priority="HIGH"))
    assert isinstance(answer, TaskDTO)
    assert answer.is_new
    task = gateway.bus.tasks[answer.id]
    assert (task.language, task.pool, task.priority, task.client) == ("python", "default", Priority.HIGH, "blog")
    assert gateway.bus.history[answer.id].status is Status.QUEUED


async def test_bad_input_costs_the_bus_nothing(gateway: GatewayOnFakes) -> None:
    assert isinstance(await gateway.service.submit(command("")), Invalid)
    assert isinstance(await gateway.service.submit(command(language="cobol")), Unserved)
    assert gateway.bus.calls == []


async def test_a_checker_that_nobody_serves_is_refused(gateway: GatewayOnFakes) -> None:
    checker = Checker(language="java", language_version="", files=[SourceFile("", "x")])
    answer = gateway.submission.admit(command(checker=checker, cases=[]))
    assert isinstance(answer, Invalid)


async def test_a_full_queue_refuses_with_a_retry_time() -> None:
    gateway = GatewayOnFakes(settings=SubmissionSettings(queue_limit=2, queue_full_retry_ms=300))
    for _ in range(2):
        assert isinstance(await gateway.service.submit(command()), TaskDTO)
    refused = await gateway.service.submit(command())
    assert isinstance(refused, Busy)
    assert refused.retry_after_ms == 300
    assert len(gateway.bus.tasks) == 2
    assert isinstance(await gateway.service.submit(command(priority="HIGH")), TaskDTO)


async def test_nobody_is_refused_for_tasks_that_have_left_their_queue_since_it_was_counted() -> None:
    gateway = GatewayOnFakes(settings=SubmissionSettings(queue_limit=2))
    for _ in range(2):
        assert isinstance(await gateway.service.submit(command()), TaskDTO)
    for task_id in list(gateway.bus.tasks):
        gateway.finish(task_id)
    assert isinstance(await gateway.service.submit(command()), TaskDTO)


async def test_a_full_pool_leaves_the_task_to_another() -> None:
    gateway = GatewayOnFakes(settings=SubmissionSettings(queue_limit=2))
    gateway.directory.records = [
        a_node_record("a", pools=["large"], capacity=1000),
        a_node_record("b", pools=["small"], capacity=1),
    ]
    for _ in range(4):
        assert isinstance(await gateway.service.submit(command()), TaskDTO)
    assert sorted(task.pool for task in gateway.bus.tasks.values()) == ["large", "large", "small", "small"]
    assert isinstance(await gateway.service.submit(command()), Busy)


async def test_a_full_stream_refuses_with_its_own_retry_time(gateway: GatewayOnFakes) -> None:
    gateway.bus.max_tasks = 0
    refused = await gateway.service.submit(command())
    assert isinstance(refused, Busy)
    assert refused.retry_after_ms == 700
    assert gateway.bus.history == {}


async def test_a_task_that_does_not_fit_a_message_is_the_callers_fault(gateway: GatewayOnFakes) -> None:
    gateway.bus.max_message_bytes = 100
    answer = await gateway.service.submit(command())
    assert isinstance(answer, Invalid)
    assert answer.violations[0].field == "task"


async def test_a_bus_that_does_not_answer_is_our_failure(gateway: GatewayOnFakes) -> None:
    gateway.bus.is_down = True
    with pytest.raises(BusUnavailableError):
        await gateway.service.submit(command())


async def test_the_same_key_is_the_same_task_while_it_waits_runs_and_after(gateway: GatewayOnFakes) -> None:
    first = await gateway.service.submit(command(idempotency_key="k"))
    assert isinstance(first, TaskDTO)
    gateway.bus.seen.clear()  # the bus forgets ids after its duplicate window
    second = await gateway.service.submit(command(idempotency_key="k"))
    gateway.finish(first.id)
    third = await gateway.service.submit(command("another source", idempotency_key="k"))
    assert (second, third) == (TaskDTO(first.id, is_new=False),) * 2
    assert gateway.bus.calls.count("enqueue") == 1


async def test_the_same_key_many_times_at_once_is_one_task(gateway: GatewayOnFakes) -> None:
    answers = await asyncio.gather(*(gateway.service.submit(command(idempotency_key="k")) for _ in range(50)))
    assert len({answer.id for answer in answers if isinstance(answer, TaskDTO)}) == 1
    assert sum(isinstance(answer, TaskDTO) and answer.is_new for answer in answers) == 1
    assert len(gateway.bus.tasks) == 1


async def test_two_gateways_agree_on_a_key(gateway: GatewayOnFakes) -> None:
    other = GatewayOnFakes(bus=gateway.bus)
    first, second = await asyncio.gather(
        gateway.service.submit(command(idempotency_key="k")), other.service.submit(command(idempotency_key="k"))
    )
    assert isinstance(first, TaskDTO)
    assert isinstance(second, TaskDTO)
    assert first.id == second.id
    assert first.is_new is not second.is_new


async def test_a_task_that_ends_while_its_key_is_looked_up_is_not_run_again(gateway: GatewayOnFakes) -> None:
    first = await gateway.service.submit(command(idempotency_key="k"))
    assert isinstance(first, TaskDTO)
    gateway.bus.seen.clear()

    async def finish() -> None:
        gateway.finish(first.id)

    gateway.bus.before["find_task"] = finish
    assert await gateway.service.submit(command(idempotency_key="k")) == TaskDTO(first.id, is_new=False)
    assert gateway.bus.tasks == {}


def recent_key(born_ms: int = NOW_MS) -> str:
    """As the SDK makes them; ``born_ms`` is its time."""
    return f"{born_ms:012x}70008000000000000001"


async def test_a_young_key_costs_no_look_up_and_is_still_one_task(gateway: GatewayOnFakes) -> None:
    first = await gateway.service.submit(command(idempotency_key=recent_key()))
    assert isinstance(first, TaskDTO)
    assert gateway.bus.calls.count("find_task") == gateway.bus.calls.count("find_result") == 0
    gateway.finish(first.id)  # the bus still knows the id
    assert await gateway.service.submit(command(idempotency_key=recent_key())) == TaskDTO(first.id, is_new=False)
    assert gateway.bus.tasks == {}


@pytest.mark.parametrize("age_ms", [60_000, 24 * 3_600_000, -60_000])
async def test_a_key_that_may_be_older_than_the_bus_remembers_is_looked_up(
    gateway: GatewayOnFakes, age_ms: int
) -> None:
    key = recent_key(NOW_MS - age_ms)
    first = await gateway.service.submit(command(idempotency_key=key))
    assert isinstance(first, TaskDTO)
    gateway.finish(first.id)
    gateway.bus.seen.clear()
    assert await gateway.service.submit(command(idempotency_key=key)) == TaskDTO(first.id, is_new=False)


async def test_a_repeated_young_key_is_answered_although_its_client_has_its_most() -> None:
    gateway = GatewayOnFakes(quota=QuotaPolicy(rate_per_s=0.001, burst=1))
    first = await gateway.service.submit(command(client="blog", idempotency_key=recent_key()))
    assert isinstance(first, TaskDTO)
    assert isinstance(await gateway.service.submit(command(client="blog")), Busy)
    again = await gateway.service.submit(command(client="blog", idempotency_key=recent_key()))
    assert again == TaskDTO(first.id, is_new=False)


async def test_a_key_repeated_after_its_task_ended_takes_none_of_the_quota() -> None:
    gateway = GatewayOnFakes(quota=QuotaPolicy(concurrent=1))
    first = await gateway.service.submit(command(client="blog", idempotency_key=recent_key()))
    assert isinstance(first, TaskDTO)
    gateway.finish(first.id)
    gateway.quotas.release(("blog", ""), first.id)
    await gateway.service.submit(command(client="blog", idempotency_key=recent_key()))
    assert isinstance(await gateway.service.submit(command(client="blog")), TaskDTO)


async def test_the_same_key_of_another_client_is_another_task(gateway: GatewayOnFakes) -> None:
    await gateway.service.submit(command(client="a", idempotency_key="k"))
    await gateway.service.submit(command(client="b", idempotency_key="k"))
    assert len(gateway.bus.tasks) == 2


async def test_each_task_of_a_batch_is_accepted_or_refused_on_its_own(gateway: GatewayOnFakes) -> None:
    answers = await gateway.service.submit_batch([command(), command(""), command(language="cobol"), command()])
    assert not isinstance(answers, Invalid)
    assert [type(answer) for answer in answers] == [TaskDTO, Invalid, Unserved, TaskDTO]


async def test_a_batch_meets_a_broken_bus_task_by_task(gateway: GatewayOnFakes) -> None:
    gateway.bus.is_down = True
    answers = await gateway.service.submit_batch([command(), command("")])
    assert not isinstance(answers, Invalid)
    assert [type(answer) for answer in answers] == [Unavailable, Invalid]


async def test_a_batch_is_submitted_concurrently_and_within_bounds() -> None:
    gateway = GatewayOnFakes(settings=SubmissionSettings(batch_limit=10, batch_concurrency=4))
    at_once = max_at_once = 0
    enqueue = gateway.submission._queue.enqueue

    async def counted(task: object) -> bool:
        nonlocal at_once, max_at_once
        at_once += 1
        max_at_once = max(max_at_once, at_once)
        await asyncio.sleep(0)
        at_once -= 1
        return await enqueue(task)  # type: ignore[arg-type]  # passed on as it came

    gateway.submission._queue.enqueue = counted  # type: ignore[method-assign]  # counts and passes on
    answers = await gateway.service.submit_batch([command()] * 10)
    assert not isinstance(answers, Invalid)
    assert len({answer.id for answer in answers if isinstance(answer, TaskDTO)}) == 10
    assert max_at_once == 4
    assert isinstance(await gateway.service.submit_batch([command()] * 11), Invalid)


async def test_a_client_over_its_rate_is_refused_and_the_others_are_not() -> None:
    gateway = GatewayOnFakes(quota=QuotaPolicy(rate_per_s=2, burst=1))
    assert isinstance(await gateway.service.submit(command(client="a")), TaskDTO)
    refused = await gateway.service.submit(command(client="a"))
    assert isinstance(refused, Busy)
    assert refused.retry_after_ms == 500
    assert isinstance(await gateway.service.submit(command(client="b")), TaskDTO)
    gateway.now_ms += 500
    assert isinstance(await gateway.service.submit(command(client="a")), TaskDTO)


async def test_invalid_tasks_use_up_no_quota() -> None:
    gateway = GatewayOnFakes(quota=QuotaPolicy(rate_per_s=1, burst=1, concurrent=1))
    for _ in range(5):
        assert isinstance(await gateway.service.submit(command("")), Invalid)
    assert isinstance(await gateway.service.submit(command()), TaskDTO)


async def test_a_refused_or_failed_task_does_not_count_as_running() -> None:
    gateway = GatewayOnFakes(quota=QuotaPolicy(concurrent=1))
    gateway.bus.max_tasks = 0
    assert isinstance(await gateway.service.submit(command()), Busy)
    gateway.bus.is_down = True
    with pytest.raises(BusUnavailableError):
        await gateway.service.submit(command())
    gateway.bus.is_down, gateway.bus.max_tasks = False, 10
    assert isinstance(await gateway.service.submit(command()), TaskDTO)
    assert isinstance(await gateway.service.submit(command()), Busy)


async def test_a_running_task_counts_until_its_end_is_heard_of_from_any_gateway() -> None:
    gateway = GatewayOnFakes(quota=QuotaPolicy(concurrent=2))
    following = asyncio.create_task(gateway.quotas.run())
    first = await gateway.service.submit(command(client="blog"))
    assert isinstance(first, TaskDTO)
    gateway.events.queue.put_nowait(an_event("of-another-gateway", Status.QUEUED))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    assert isinstance(await gateway.service.submit(command(client="blog")), Busy)
    gateway.events.queue.put_nowait(an_event(first.id, Status.SUCCEEDED))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    assert isinstance(await gateway.service.submit(command(client="blog")), TaskDTO)
    following.cancel()


async def test_a_quota_for_concurrent_tasks_that_would_never_be_freed_is_an_error() -> None:
    with pytest.raises(ValueError, match="events"):
        QuotaBook(policy=QuotaPolicy(concurrent=1))
    await QuotaBook(policy=QuotaPolicy(), events=MemoryTaskEvents()).run()


async def test_a_version_goes_on_as_it_was_asked_for(gateway: GatewayOnFakes) -> None:
    gateway.directory.records = [a_node_record("a", a_language_record("python", "3.13.5"))]
    answer = await gateway.service.submit(command(language_version="3"))
    assert isinstance(answer, TaskDTO)
    assert gateway.bus.tasks[answer.id].language_version == "3"


async def test_the_results_that_are_kept_of_a_client_are_its_own_share() -> None:
    gateway = GatewayOnFakes(quota=QuotaPolicy(stored_bytes=1000))
    gateway.quotas.stored("blog", 1000)
    refused = await gateway.service.submit(command(client="blog"))
    assert isinstance(refused, Busy)
    assert "its share" in refused.message
    assert isinstance(await gateway.service.submit(command(client="school")), TaskDTO)
