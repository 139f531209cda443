"""A compiled language's sources have names that its compiler knows."""

from __future__ import annotations

import pytest

from coderunner.v1 import execution_pb2 as pb
from tests.builders import a_language_record, a_node_record
from tests.unit.gateway.gateway_on_fakes import GatewayOnFakes
from tests.unit.gateway.grpc_calls import Code, failure, serving

JAVA = a_language_record("java", "21", extensions=[".java"], compiled=True)
CPP = a_language_record("cpp", "14", extensions=[".cpp", ".cc"], compiled=True)
PYTHON = a_language_record("python", "3.13", extensions=[".py"])


def gateway() -> GatewayOnFakes:
    on_fakes = GatewayOnFakes()
    on_fakes.directory.announce(a_node_record("n1", JAVA, CPP, PYTHON))
    return on_fakes


def asked(language: str, *names: str, entry_point: str = "", checker: pb.Checker | None = None) -> pb.SubmitRequest:
    files = [pb.File(name=name, content="x") for name in names]
    cases = [pb.TestCase()] if checker is not None else []
    return pb.SubmitRequest(
        task=pb.Task(language=language, files=files, entry_point=entry_point, checker=checker, cases=cases)
    )


@pytest.mark.parametrize(
    ("request_", "field", "pattern"),
    [
        (asked("java", "Main.txt"), "task.files[0].name", "*.java"),
        (asked("java", "java"), "task.files[0].name", "*.java"),
        (asked("cpp", "main.c", "data.txt"), "task.files[0].name", "*.cc or *.cpp"),
        (asked("java", "Main.java", "data.txt", entry_point="data.txt"), "task.entry_point", "*.java"),
        (
            asked("python", "a.py", checker=pb.Checker(language="cpp", files=[pb.File(name="check", content="x")])),
            "task.checker.files[0].name",
            "*.cc or *.cpp",
        ),
    ],
)
async def test_a_name_that_no_compiler_knows_is_invalid_and_the_pattern_is_told(
    request_: pb.SubmitRequest, field: str, pattern: str
) -> None:
    async with serving(gateway()) as calls:
        code, found, error = await failure(calls.execution.Submit(request_))
        assert (code, found) == (Code.INVALID_ARGUMENT, [field])
        assert pattern in (error.details() or "")


@pytest.mark.parametrize(
    "request_",
    [
        asked("java", ""),
        asked("java", "a/Main.java", "data.txt"),
        asked("cpp", "main.cc", "header.h", entry_point="main.cc"),
        asked("python", "program.txt"),
        asked("python", "program.txt", "b", entry_point="b"),
    ],
)
async def test_other_names_may_be_anything(request_: pb.SubmitRequest) -> None:
    async with serving(gateway()) as calls:
        assert (await calls.execution.Submit(request_)).id
