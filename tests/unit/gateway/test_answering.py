"""Kept answers: what is answered without a run, what is kept, and who follows whom."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from broker_gateway.application.answer_keeping import AnswerKeeping
from broker_gateway.application.answering import CacheModes
from broker_gateway.application.cancellation import ANYBODY
from broker_gateway.application.commands import Busy, Invalid, SubmitTaskCommand, TaskDTO
from broker_gateway.application.settings import SubmissionSettings
from schemas.answers import CacheMode, KeptAnswer
from schemas.execution import Execution, ResultMessage
from schemas.names import POOL_OF_FOLLOWERS
from schemas.status import Status
from tests.builders import a_draft, a_language_record, a_node_record, a_stage, an_execution
from tests.unit.gateway.gateway_on_fakes import GatewayOnFakes, command

DIGEST = "d1"
READ, READ_WRITE = "READ", "READ_WRITE"


def serving(digest: str = DIGEST, **options: Any) -> GatewayOnFakes:
    gateway = GatewayOnFakes(**options)
    gateway.directory.records = [a_node_record("n1", a_language_record(digest=digest))]
    return gateway


async def submit(gateway: GatewayOnFakes, cache: str = READ_WRITE, client: str = "", **fields: Any) -> TaskDTO:
    answer = await gateway.service.submit(SubmitTaskCommand(client, a_draft(cache=cache, **fields)))
    assert isinstance(answer, TaskDTO)
    return answer


async def run(gateway: GatewayOnFakes, task_id: str, digest: str = DIGEST, **of_execution: Any) -> ResultMessage:
    """A node runs the task, and the relay sees its result."""
    task = gateway.bus.tasks[task_id]
    ended = an_execution(task_id, finished_at_ms=gateway.now_ms, labels=task.labels, **of_execution)
    result = ResultMessage.of(ended, task, digest=digest)
    gateway.bus.finish(result)
    if result.answer:
        await AnswerKeeping(gateway.answers).settle(result)
    return result


async def kept(gateway: GatewayOnFakes, **fields: Any) -> None:
    """One answer is kept, made long ago."""
    await run(gateway, (await submit(gateway, **fields)).id)
    gateway.now_ms += 1000


async def test_the_same_task_is_answered_with_the_outcome_that_was_kept() -> None:
    gateway = serving()
    first = await submit(gateway, labels={"page": "one"})
    made = await run(gateway, first.id)
    gateway.now_ms += 5000
    second = await submit(gateway, labels={"page": "two"})
    answer = second.execution
    assert answer is not None
    assert (answer.id, answer.labels, answer.run) == (second.id, {"page": "two"}, made.execution.run)
    assert answer.cached_at_ms == made.execution.finished_at_ms == gateway.now_ms - 5000
    assert (answer.submitted_at_ms, answer.finished_at_ms) == (gateway.now_ms, gateway.now_ms)
    assert not gateway.bus.tasks, "nothing was queued"
    assert gateway.answer_outcomes == ["miss", "hit"]


async def test_an_answered_task_is_found_like_any_other() -> None:
    gateway = serving()
    await kept(gateway)
    answered = await submit(gateway)
    assert await gateway.service.get(answered.id, ANYBODY) == answered.execution
    assert gateway.bus.results[answered.id].execution == answered.execution
    assert gateway.bus.history[answered.id].status is Status.SUCCEEDED


async def test_its_callback_is_called_with_the_answer() -> None:
    gateway = serving()
    await kept(gateway)
    answered = await submit(gateway, callback_url="https://blog.example/hook")
    callback = gateway.bus.results[answered.id].callback
    assert callback is not None
    assert callback.url == "https://blog.example/hook"


async def test_execute_answers_at_once() -> None:
    gateway = serving()
    await kept(gateway)
    answer = await gateway.service.execute(command(cache=READ))
    assert isinstance(answer, Execution)
    assert answer.cached_at_ms
    assert gateway.bus.open_feeds() == 0


async def test_nothing_is_kept_for_who_does_not_ask() -> None:
    gateway = serving()
    for cache in ("OFF", "", READ):
        await run(gateway, (await submit(gateway, cache=cache)).id)
    assert gateway.answers.kept == {}
    assert gateway.answer_outcomes == ["miss"], "only READ has looked"


async def test_nothing_is_answered_for_who_does_not_ask() -> None:
    gateway = serving()
    await kept(gateway)
    assert (await submit(gateway, cache="OFF")).execution is None
    assert (await submit(gateway, cache="")).execution is None


async def test_a_client_has_its_own_default() -> None:
    modes = CacheModes(CacheMode.OFF, {"blog": CacheMode.READ_WRITE})
    gateway = serving(cache_modes=modes)
    await kept(gateway, cache="", client="blog")
    assert (await submit(gateway, cache="", client="blog")).execution is not None
    assert (await submit(gateway, cache="OFF", client="blog")).execution is None
    assert (await submit(gateway, cache="", client="school")).execution is None


async def test_what_one_client_keeps_answers_no_other() -> None:
    gateway = serving()
    await kept(gateway, client="blog")
    assert (await submit(gateway, client="school")).execution is None
    assert (await submit(gateway, client="blog")).execution is not None


async def test_a_node_that_does_not_tell_what_runs_there_makes_no_answers() -> None:
    gateway = serving()
    gateway.directory.records = [
        a_node_record("n1", a_language_record(digest=DIGEST)),
        a_node_record("n2", a_language_record()),
    ]
    await run(gateway, (await submit(gateway)).id)
    assert gateway.answers.kept == {}
    assert gateway.answer_outcomes == []


async def test_a_run_by_something_else_than_was_expected_is_not_kept() -> None:
    gateway = serving()
    await run(gateway, (await submit(gateway)).id, digest="of an image that came meanwhile")
    assert gateway.answers.kept == {}


@pytest.mark.parametrize(
    "ended",
    [
        {"status": Status.TIME_LIMIT},
        {"status": Status.MEMORY_LIMIT},
        {"status": Status.OUTPUT_LIMIT},
        {"status": Status.REJECTED},
        {"run": a_stage(limits_hit=["processes"])},
        {"status": Status.FAILED, "run": a_stage(exit_code=None, signal=9)},
    ],
    ids=str,
)
async def test_an_end_that_is_not_the_programs_own_is_not_kept(ended: dict[str, Any]) -> None:
    gateway = serving()
    await run(gateway, (await submit(gateway)).id, **ended)
    assert gateway.answers.kept == {}
    assert (await submit(gateway)).execution is None


@pytest.mark.parametrize("status", [Status.FAILED, Status.COMPILE_ERROR])
async def test_an_error_of_the_programs_own_is_kept(status: Status) -> None:
    gateway = serving()
    await run(gateway, (await submit(gateway)).id, status=status, run=a_stage(exit_code=1))
    again = (await submit(gateway)).execution
    assert again is not None
    assert again.status is status


async def test_a_program_that_varies_runs_each_time_and_is_not_waited_for() -> None:
    gateway = serving()
    await run(gateway, (await submit(gateway)).id, not_kept="main.py:1: reads the clock")
    second, third = await submit(gateway), await submit(gateway)
    assert {task.pool for task in gateway.bus.tasks.values()} == {"default"}
    assert (second.execution, third.execution) == (None, None)
    assert gateway.answer_outcomes == ["miss", "varies", "varies"]


async def test_an_answer_that_is_too_large_is_not_kept_and_not_waited_for() -> None:
    gateway = serving()
    first = await submit(gateway)
    result = ResultMessage.of(
        an_execution(first.id, run=a_stage("x" * 2000)), gateway.bus.tasks[first.id], digest=DIGEST
    )
    gateway.bus.finish(result)
    await AnswerKeeping(gateway.answers, max_bytes=1000).settle(result)
    (found,) = gateway.answers.kept.values()
    assert found.kept.execution is None
    assert "1000 bytes" in found.kept.reason


async def test_while_the_answers_are_away_tasks_run() -> None:
    gateway = serving()
    await kept(gateway)

    async def away() -> None:
        gateway.bus.is_down = True

    async def back() -> None:
        gateway.bus.is_down = False

    gateway.bus.before["find_answer"] = away
    gateway.bus.before["waiting"] = back
    answer = await submit(gateway)
    assert answer.execution is None
    assert answer.id in gateway.bus.tasks
    assert gateway.answer_outcomes[-1] == "failed"


async def test_a_task_that_is_refused_leaves_no_promise_behind() -> None:
    gateway = serving(settings=SubmissionSettings(queue_limit=1))
    await submit(gateway, cache="OFF")
    assert isinstance(await gateway.service.submit(command(cache=READ_WRITE)), Busy)
    assert gateway.answers.kept == {}


async def test_a_full_queue_refuses_nobody_whose_answer_is_kept() -> None:
    gateway = serving(settings=SubmissionSettings(queue_limit=1))
    await kept(gateway)
    await submit(gateway, cache="OFF")
    assert (await submit(gateway)).execution is not None


async def test_the_answer_has_nothing_of_who_made_it() -> None:
    gateway = serving()
    first = await submit(gateway, labels={"secret": "of another reader"}, callback_url="https://a.example/")
    await run(gateway, first.id)
    (found,) = gateway.answers.kept.values()
    assert found.kept.execution is not None
    assert found.kept.execution.labels == {}
    second = (await submit(gateway)).execution
    assert second is not None
    assert second.labels == {}


async def test_a_mode_that_is_none_is_refused() -> None:
    answer = await serving().service.submit(command(cache="17"))
    assert isinstance(answer, Invalid)
    assert [one.field for one in answer.violations] == ["task.cache"]


async def test_a_result_that_is_kept_already_is_followed_by_nobody() -> None:
    """The relay is behind: the answer is taken from the leader's result."""
    gateway = serving()
    first = await submit(gateway)
    result = ResultMessage.of(an_execution(first.id), gateway.bus.tasks[first.id], digest=DIGEST)
    gateway.bus.finish(result)
    assert (await submit(gateway)).execution is not None


async def test_the_place_of_a_leader_that_was_cancelled_is_taken() -> None:
    gateway = serving()
    first = await submit(gateway)
    await gateway.service.cancel(first.id, ANYBODY)
    second = await submit(gateway)
    assert gateway.bus.tasks[second.id].pool == "default"
    (found,) = gateway.answers.kept.values()
    assert found.kept == KeptAnswer(task_id=second.id, digests=[DIGEST])


async def test_the_same_idempotency_key_is_the_same_task_not_a_follower() -> None:
    gateway = serving()
    first = await submit(gateway, idempotency_key="k")
    again = await submit(gateway, idempotency_key="k")
    assert (again.id, again.is_new) == (first.id, False)
    assert POOL_OF_FOLLOWERS not in {task.pool for task in gateway.bus.tasks.values()}


async def test_an_answer_of_an_answer_tells_when_it_was_made() -> None:
    gateway = serving()
    await kept(gateway)
    made_ms = gateway.now_ms - 1000
    for _ in range(3):
        gateway.now_ms += 10_000
        answer = (await submit(gateway)).execution
        assert answer is not None
        assert answer.cached_at_ms == made_ms


def test_the_kept_form_can_be_read_back() -> None:
    kept_answer = KeptAnswer(task_id="t1", digests=["d1"], execution=an_execution())
    assert msgspec.json.decode(msgspec.json.encode(kept_answer), type=KeptAnswer) == kept_answer
