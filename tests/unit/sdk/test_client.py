"""The asynchronous client against a scripted gateway."""

from __future__ import annotations

import asyncio
import dataclasses
import subprocess
import sys
import threading
from collections.abc import Iterator

import grpc
import pytest

import coderunner
from coderunner import (
    Checker,
    Client,
    CodeRunnerError,
    Comparison,
    Execution,
    GatewayUnavailable,
    InvalidTask,
    LanguageUnavailable,
    Limits,
    NotFound,
    Output,
    QueueFull,
    Status,
    Stream,
    Task,
    TestCase,
    Unauthenticated,
    Verdict,
    Violation,
)
from coderunner.task import TaskOptions
from coderunner.v1 import execution_pb2
from tests.fakes.answers import chunk, invalid, queue_full, ran
from tests.fakes.fake_gateway import FakeGateway, Script


@pytest.fixture
def gateway() -> Iterator[FakeGateway]:
    with FakeGateway() as running:
        yield running


async def test_the_snippet_of_the_readme_works(gateway: FakeGateway) -> None:
    gateway.script = lambda task: Script(ran("42\n"))
    async with Client(gateway.target, token=None) as client:
        execution = await client.run("python", "print(6 * 7)", stdin="", args=(), limits=None, priority="NORMAL")
    assert execution.status == "SUCCEEDED"
    assert execution.run is not None
    assert execution.run.stdout == "42\n"
    assert execution.run.peak_memory_bytes == 8 << 20
    assert execution.compile is None


async def test_every_option_reaches_the_gateway_under_its_proto_name(gateway: FakeGateway) -> None:
    async with Client(gateway.target) as client:
        await client.submit(
            "cpp",
            {"main.cpp": "int main() {}", "lib/a.hpp": ""},
            version="14",
            entry_point="main.cpp",
            stdin="in",
            args=["a", "b"],
            env={"K": "V"},
            compile_options=["-O2"],
            limits=Limits(cpu_ms=1, wall_ms=2, memory_bytes=3, output_bytes=0),
            priority="HIGH",
            cases=[TestCase(name="one", stdin="1", expected_output="2", comparison=Comparison("FLOAT", 0.5))],
            stop_at_first_failure=True,
            checker=Checker("python", "exit(0)", "3"),
            idempotency_key="key",
            queue_deadline_ms=7,
            callback="http://blog/callback",
            labels={"post": "9"},
        )
    task = gateway.of("Submit")[0].task
    assert task == execution_pb2.Task(
        language="cpp",
        language_version="14",
        files=[
            execution_pb2.File(name="main.cpp", content="int main() {}"),
            execution_pb2.File(name="lib/a.hpp", content=""),
        ],
        entry_point="main.cpp",
        stdin="in",
        args=["a", "b"],
        env={"K": "V"},
        compile_options=["-O2"],
        limits=execution_pb2.Limits(cpu_ms=1, wall_ms=2, memory_bytes=3, output_bytes=0),
        priority="HIGH",
        cases=[
            execution_pb2.TestCase(
                name="one",
                stdin="1",
                expected_output="2",
                comparison=execution_pb2.Comparison(mode="FLOAT", epsilon=0.5),
            )
        ],
        stop_at_first_failure=True,
        checker=execution_pb2.Checker(
            language="python", language_version="3", files=[execution_pb2.File(content="exit(0)")]
        ),
        idempotency_key="key",
        queue_deadline_ms=7,
        callback=execution_pb2.Callback(url="http://blog/callback"),
        labels={"post": "9"},
    )
    assert task.limits.HasField("output_bytes")
    assert not task.limits.HasField("processes")


def test_the_options_of_run_are_the_fields_of_a_task() -> None:
    fields = {field.name for field in dataclasses.fields(Task)}
    assert fields - {"language", "source"} == set(TaskOptions.__annotations__)


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


async def test_a_wrong_task_names_each_violation(gateway: FakeGateway) -> None:
    gateway.failures = [invalid("task.files[0].name", "must not contain ..")]
    async with Client(gateway.target) as client:
        with pytest.raises(InvalidTask, match="must not contain") as caught:
            await client.run("python", {"../x": ""})
    assert caught.value.violations == (Violation("task.files[0].name", "must not contain .."),)


async def test_a_full_queue_says_when_to_try_again_and_is_not_tried_again(gateway: FakeGateway) -> None:
    gateway.failures = [queue_full(3)]
    async with Client(gateway.target) as client:
        with pytest.raises(QueueFull) as caught:
            await client.submit("python", "")
    assert caught.value.retry_after == 3.0
    assert len(gateway.of("Submit")) == 1


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        (grpc.StatusCode.FAILED_PRECONDITION, LanguageUnavailable),
        (grpc.StatusCode.NOT_FOUND, NotFound),
        (grpc.StatusCode.UNAUTHENTICATED, Unauthenticated),
        (grpc.StatusCode.INTERNAL, CodeRunnerError),
    ],
)
async def test_each_code_has_its_exception(
    gateway: FakeGateway, code: grpc.StatusCode, kind: type[CodeRunnerError]
) -> None:
    gateway.failures = [code]
    async with Client(gateway.target) as client:
        with pytest.raises(kind) as caught:
            await client.submit("python", "")
    assert type(caught.value) is kind


async def test_text_that_is_not_unicode_is_refused_before_it_is_sent(gateway: FakeGateway) -> None:
    async with Client(gateway.target) as client:
        with pytest.raises(InvalidTask):
            await client.run("python", "\ud800")
    assert gateway.calls == []


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


async def test_a_passing_failure_is_tried_again_with_the_same_key(gateway: FakeGateway) -> None:
    gateway.failures = [grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.UNAVAILABLE]
    async with Client(gateway.target) as client:
        await client.run("python", "")
    keys = [request.task.idempotency_key for request in gateway.of("Execute")]
    assert len(keys) == 3
    assert len(set(keys)) == 1
    assert keys[0]


async def test_two_runs_have_different_keys(gateway: FakeGateway) -> None:
    async with Client(gateway.target) as client:
        assert await client.submit("python", "") != await client.submit("python", "")


async def test_run_survives_a_restart_of_the_gateway(gateway: FakeGateway) -> None:
    hold = threading.Event()
    gateway.script = lambda task: Script(ran("done"), hold=hold)
    async with Client(gateway.target) as client:
        running = asyncio.create_task(client.run("python", ""))
        await asyncio.to_thread(gateway.wait_for, "Execute")
        await asyncio.to_thread(gateway.stop)
        await asyncio.to_thread(gateway.start)
        execution = await running
    assert execution.run is not None
    assert execution.run.stdout == "done"
    keys = [request.task.idempotency_key for request in gateway.of("Execute")]
    assert len(keys) > 1
    assert len(set(keys)) == 1


async def test_a_gateway_that_is_not_there_is_given_up_soon() -> None:
    with FakeGateway() as gone:
        pass
    async with Client(gone.target, connect_timeout_s=0.2) as client:
        with pytest.raises(GatewayUnavailable, match=gone.target):
            await client.run("python", "")


async def test_watch_tells_changes_and_output_and_ends_with_the_result(gateway: FakeGateway) -> None:
    gateway.script = lambda task: Script(ran("ab"), live=[chunk("a"), chunk("b", 1)])
    async with Client(gateway.target) as client:
        events = [event async for event in client.watch(await client.submit("python", ""))]
    assert [event.status for event in events if isinstance(event, Execution)] == ["RUNNING", "SUCCEEDED"]
    assert [event.text for event in events if isinstance(event, Output)] == ["a", "b"]


async def test_a_broken_watch_reconnects_and_shows_nothing_twice(gateway: FakeGateway) -> None:
    gateway.script = lambda task: Script(ran("abc"), live=[chunk("a"), chunk("b", 1)], cut_watches=2)
    shown: list[str] = []
    async with Client(gateway.target) as client:
        await client.run("python", "", on_output=lambda output: shown.append(output.text))
    assert shown == ["a", "b", "c"]
    assert len(gateway.of("Watch")) == 3


async def test_a_late_watcher_gets_what_it_missed_from_the_result(gateway: FakeGateway) -> None:
    late = [chunk("cd", 2), chunk("!", 0, "STDERR")]
    gateway.script = lambda task: Script(ran("abcd", stderr="!?"), live=late)
    shown: list[tuple[str, str]] = []

    async def note(output: Output) -> None:
        shown.append((output.stream, output.text))

    async with Client(gateway.target) as client:
        await client.run("python", "", on_output=note)
    assert shown == [(Stream.STDERR, "!"), (Stream.STDOUT, "abcd"), (Stream.STDERR, "?")]


async def test_a_second_attempt_starts_its_output_over(gateway: FakeGateway) -> None:
    result = ran("ab")
    result.attempt = 2
    live = [chunk("a"), chunk("b", 1), chunk("a", 0, attempt=2), chunk("b", 1, attempt=1)]
    gateway.script = lambda task: Script(result, live=live)
    shown: list[tuple[int, str]] = []
    async with Client(gateway.target) as client:
        await client.run("python", "", on_output=lambda output: shown.append((output.attempt, output.text)))
    assert shown == [(1, "a"), (1, "b"), (2, "a"), (2, "b")]


async def test_an_unknown_id_is_not_found(gateway: FakeGateway) -> None:
    async with Client(gateway.target) as client:
        with pytest.raises(NotFound):
            await client.get("nothing")
        with pytest.raises(NotFound):
            await client.cancel("nothing")
        with pytest.raises(NotFound):
            await client.follow("nothing")


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


async def test_a_status_from_the_future_is_an_error_in_words(gateway: FakeGateway) -> None:
    result = execution_pb2.Execution.FromString(b"\x10\x63")  # status 99
    gateway.script = lambda task: Script(result)
    async with Client(gateway.target) as client:
        with pytest.raises(CodeRunnerError, match="upgrade coderunner"):
            await client.run("python", "")


def test_importing_the_package_loads_no_grpc() -> None:
    check = "import sys, coderunner; sys.exit('grpc' in sys.modules or 'stamina' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", check], check=False).returncode == 0


def test_every_public_name_can_be_had_and_others_cannot() -> None:
    assert all(getattr(coderunner, name) is not None for name in coderunner._HOME_OF)
    with pytest.raises(AttributeError):
        _ = coderunner.nonsense
