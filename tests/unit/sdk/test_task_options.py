"""What a caller says of a task, and how it goes over the wire."""

from __future__ import annotations

import dataclasses

from coderunner import Checker, Client, Comparison, Limits, Task, TestCase
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
