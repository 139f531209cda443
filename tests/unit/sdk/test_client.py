"""The asynchronous client against a scripted gateway."""

from __future__ import annotations

import dataclasses
import threading

import pytest

from coderunner import Client, Execution, LanguageUnavailable, Status, Task, TestCase, Unauthenticated, Verdict
from coderunner.v1 import execution_pb2
from tests.fakes.answers import ran
from tests.fakes.fake_gateway import FakeGateway, Script


async def test_the_snippet_of_the_readme_works(gateway: FakeGateway) -> None:
    gateway.script = lambda task: Script(ran("42\n"))
    async with Client(gateway.target, token=None) as client:
        execution = await client.run("python", "print(6 * 7)", stdin="", args=(), limits=None, priority="NORMAL")
    assert execution.status == "SUCCEEDED"
    assert execution.run is not None
    assert execution.run.stdout == "42\n"
    assert execution.run.peak_memory_bytes == 8 << 20
    assert execution.compile is None


def test_every_field_of_the_protos_execution_is_in_ours() -> None:
    ours = [field.name for field in dataclasses.fields(Execution)]
    assert ours == [field.name for field in execution_pb2.Execution.DESCRIPTOR.fields]


async def test_a_signal_leaves_the_exit_code_unset(gateway: FakeGateway) -> None:
    gateway.script = lambda task: Script(ran(status="FAILED", exit_code=None, signal=11))
    async with Client(gateway.target) as client:
        execution = await client.run("python", "…")
    assert execution.run is not None
    assert (execution.run.exit_code, execution.run.signal) == (None, 11)


async def test_cases_come_back_with_verdicts_and_a_skipped_one_without_a_stage(gateway: FakeGateway) -> None:
    result = execution_pb2.Execution(
        status="FAILED",
        cases=[
            execution_pb2.CaseResult(name="1", verdict="WRONG_ANSWER", stage=execution_pb2.Stage(stdout="3")),
            execution_pb2.CaseResult(name="2", verdict="SKIPPED"),
        ],
    )
    gateway.script = lambda task: Script(result)
    async with Client(gateway.target) as client:
        execution = await client.run("python", "…", cases=[TestCase(), TestCase()])
    assert [case.verdict for case in execution.cases] == [Verdict.WRONG_ANSWER, Verdict.SKIPPED]
    assert execution.cases[0].stage is not None
    assert execution.cases[1].stage is None
    assert [name for name, _ in execution.stages()] == ["case:0"]


async def test_the_token_is_sent_with_every_call(gateway: FakeGateway) -> None:
    gateway.token = "secret"
    async with Client(gateway.target, token="wrong") as client:
        with pytest.raises(Unauthenticated):
            await client.submit("python", "")
    async with Client(gateway.target, token="secret") as client:
        task_id = await client.submit("python", "")
        assert (await client.get(task_id)).status is Status.SUCCEEDED
        assert (await client.follow(task_id)).status is Status.SUCCEEDED


async def test_target_and_token_come_from_the_environment(
    gateway: FakeGateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    gateway.token = "secret"
    monkeypatch.setenv("CODERUNNER_GATEWAY", gateway.target)
    monkeypatch.setenv("CODERUNNER_TOKEN", "secret")
    async with Client() as client:
        assert await client.submit("python", "")


async def test_list_turns_the_pages_up_to_the_limit(gateway: FakeGateway) -> None:
    async with Client(gateway.target) as client:
        for number in range(5):
            await client.submit("python", "", idempotency_key=str(number))
        everything = [execution.id async for execution in client.list(statuses=["SUCCEEDED"], language="python")]
        some = [execution.id async for execution in client.list(limit=3)]
    assert everything == ["t-4", "t-3", "t-2", "t-1", "t-0"]
    assert some == everything[:3]
    assert gateway.of("List")[0].statuses == [execution_pb2.Execution.SUCCEEDED]


async def test_each_task_of_a_batch_is_accepted_or_refused_on_its_own(gateway: FakeGateway) -> None:
    tasks = [Task(language="python", source="", idempotency_key="k"), Task(language="cobol", source="")]
    async with Client(gateway.target) as client:
        first, second = await client.submit_batch(tasks)
    assert (first.id, first.error) == ("t-k", None)
    assert second.id == ""
    assert isinstance(second.error, LanguageUnavailable)


async def test_a_long_batch_goes_in_parts(gateway: FakeGateway) -> None:
    async with Client(gateway.target) as client:
        answers = await client.submit_batch(Task(language="python", source="") for _ in range(1001))
    assert len({answer.id for answer in answers}) == 1001
    assert [len(request.tasks) for request in gateway.of("SubmitBatch")] == [1000, 1]


async def test_a_large_batch_goes_in_parts_that_a_request_may_have(gateway: FakeGateway) -> None:
    large = "#" * (200 << 10)
    async with Client(gateway.target) as client:
        answers = await client.submit_batch(Task(language="python", source=large) for _ in range(40))
    assert len({answer.id for answer in answers}) == 40
    assert [len(request.tasks) for request in gateway.of("SubmitBatch")] == [15, 15, 10]


async def test_cancel_says_whether_there_was_anything_to_cancel(gateway: FakeGateway) -> None:
    async with Client(gateway.target) as client:
        assert (await client.cancel(await client.submit("python", ""))).cancelled is False
        gateway.script = lambda task: Script(ran(), hold=threading.Event())
        cancellation = await client.cancel(await client.submit("python", ""))
    assert cancellation.cancelled is True
    assert cancellation.execution.status is Status.CANCELLED


async def test_the_catalog_comes_back_typed(gateway: FakeGateway) -> None:
    async with Client(gateway.target) as client:
        languages, nodes = await client.languages(), await client.nodes()
    assert [language.name for language in languages] == ["python", "cpp"]
    assert languages[1].compiled is True
    assert languages[1].extensions == (".cpp", ".cc")
    assert nodes[0].state == "READY"
    assert nodes[0].languages == {"python": "3.13.5", "cpp": "14.2.0"}
