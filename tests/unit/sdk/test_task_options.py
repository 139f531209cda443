"""What a caller says of a task, and how it goes over the wire."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest

from coderunner import Checker, Client, Comparison, InvalidTask, Limits, Status, Task, TestCase
from coderunner.requests import task_message
from coderunner.task import TaskOptions
from coderunner.v1 import execution_pb2
from tests.fakes.fake_gateway import FakeGateway

ON_THE_WIRE = execution_pb2.Task(
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
    large_result=True,
)
"""What the gateway is to receive where a caller has set every option."""


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
            large_result=True,
        )
    task = gateway.of("Submit")[0].task
    assert task == ON_THE_WIRE
    assert task.limits.HasField("output_bytes")
    assert not task.limits.HasField("processes")


def test_the_options_of_run_are_the_fields_of_a_task() -> None:
    fields = {field.name for field in dataclasses.fields(Task)}
    assert fields - {"language", "source"} == set(TaskOptions.__annotations__)


WRONG_LISTS = ["-O2", b"-O2", {"-O2": "yes"}, 7, ["-O2", 3]]


@pytest.mark.parametrize("field", ["args", "compile_options"])
@pytest.mark.parametrize("given", WRONG_LISTS, ids=repr)
def test_one_string_is_not_taken_for_a_list_of_strings(field: str, given: Any) -> None:
    with pytest.raises(InvalidTask, match=f"{field} must be a list of strings, not") as caught:
        task_message(Task(language="cpp", source="", **{field: given}))
    assert [violation.field for violation in caught.value.violations] == [f"task.{field}"]


@pytest.mark.parametrize("given", WRONG_LISTS, ids=repr)
def test_a_cases_arguments_are_a_list_of_strings_too(given: Any) -> None:
    with pytest.raises(InvalidTask, match="args must be a list of strings, not") as caught:
        task_message(Task(language="cpp", source="", cases=[TestCase(), TestCase(args=given)]))
    assert [violation.field for violation in caught.value.violations] == ["task.cases[1].args"]


@pytest.mark.parametrize("given", ["one", TestCase(), ["one"], {"name": TestCase()}], ids=repr)
def test_cases_are_a_list_of_test_cases(given: Any) -> None:
    with pytest.raises(InvalidTask, match="cases must be a list of TestCase, not"):
        task_message(Task(language="cpp", source="", cases=given))


@pytest.mark.parametrize("given", [["-O2"], ("-O2",), (one for one in ["-O2"])], ids=["list", "tuple", "generator"])
def test_what_is_a_list_of_strings_is_sent(given: Any) -> None:
    message = task_message(Task(language="cpp", source="", args=["a b"], compile_options=given))
    assert (list(message.args), list(message.compile_options)) == (["a b"], ["-O2"])


@pytest.mark.parametrize("given", ["FAILED", b"FAILED", Status.FAILED], ids=repr)
async def test_one_status_is_not_taken_for_a_list_of_statuses(gateway: FakeGateway, given: Any) -> None:
    async with Client(gateway.target) as client:
        with pytest.raises(TypeError, match="statuses must be a list"):
            [one async for one in client.list(statuses=given)]
    assert not gateway.of("List")
