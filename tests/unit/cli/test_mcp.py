"""``coderunner mcp`` over both transports and in both eras of the protocol, in front of a scripted gateway."""

from __future__ import annotations

import asyncio
import threading
from contextlib import AbstractAsyncContextManager
from typing import Any

import pytest
from google.rpc import status_pb2
from mcp import Client
from mcp.types import CallToolResult

from coderunner.v1 import execution_pb2
from tests.fakes.answers import chunk, invalid, queue_full, ran
from tests.fakes.fake_gateway import FakeGateway, Script
from tests.servers.assistant import ERAS, WAYS, over_stdio

Connected = AbstractAsyncContextManager[Client]
HELLO = {"language": "python", "code": "print('hello')"}


@pytest.fixture(params=[(way, era) for way in WAYS for era in ERAS], ids="-".join)
def connected(request: pytest.FixtureRequest, environment: dict[str, str]) -> Connected:
    """An assistant, over each transport and in each era. To be entered by the test: its scopes are of one task."""
    way, era = request.param
    return WAYS[way](environment, era=era)


def said(result: CallToolResult) -> str:
    (content,) = result.content
    assert content.type == "text"
    return content.text


async def test_a_program_runs_and_its_result_is_told_in_words_and_in_fields(
    connected: Connected, gateway: FakeGateway
) -> None:
    async with connected as assistant:
        assert [tool.name for tool in (await assistant.list_tools()).tools] == ["run_code", "list_languages"]
        files = {"main.py": "import a", "a.py": "print(1)"}
        options = {
            "entry_point": "main.py",
            "stdin": "typed",
            "args": ["-x"],
            "version": "3",
            "limits": {"wall_ms": 500},
        }
        result = await assistant.call_tool("run_code", {"language": "python", "files": files, **options})
        assert (result.is_error, said(result)) == (
            False,
            "SUCCEEDED, exit code 0, 12 ms, peak memory 8.0 MiB\nstdout:\nhello\n",
        )
        told = result.structured_content
        assert (told["status"], told["stdout"], told["exit_code"], told["wall_ms"]) == ("SUCCEEDED", "hello\n", 0, 12.5)
        assert (told["peak_memory_bytes"], told["stdout_cut_chars"], told["error"]) == (8 << 20, 0, "")
        (request,) = gateway.of("Submit")
        task = request.task
        assert {file.name: file.content for file in task.files} == files
        assert (task.entry_point, task.stdin, list(task.args), task.language_version) == (
            "main.py",
            "typed",
            ["-x"],
            "3",
        )
        assert (task.limits.wall_ms, task.limits.HasField("cpu_ms")) == (500, False)
        assert (task.queue_deadline_ms, dict(task.labels)) == (60_000, {"from": "mcp"})


async def test_output_is_told_while_the_program_runs(connected: Connected, gateway: FakeGateway) -> None:
    async with connected as assistant:
        goes_on = threading.Event()
        gateway.script = lambda task: Script(ran("first\nlast\n"), live=[chunk("first\n")], hold=goes_on)
        pieces: list[tuple[float, str | None]] = []

        async def heard(progress: float, total: float | None, message: str | None) -> None:
            pieces.append((progress, message))
            goes_on.set()  # the program ends when its first line was heard, and not before

        result = await assistant.call_tool("run_code", HELLO, progress_callback=heard)
        assert pieces == [(6.0, "first\n"), (11.0, "last\n")]
        assert result.structured_content["stdout"] == "first\nlast\n"


async def test_a_call_that_is_given_up_cancels_its_task_and_no_other(
    connected: Connected, gateway: FakeGateway
) -> None:
    async with connected as assistant:
        gateway.script = lambda task: Script(ran(), live=[chunk("so far")], hold=threading.Event())
        runs = asyncio.Event()

        async def heard(progress: float, total: float | None, message: str | None) -> None:
            runs.set()

        call = asyncio.create_task(assistant.call_tool("run_code", HELLO, progress_callback=heard))
        async with asyncio.timeout(20):
            await runs.wait()
        call.cancel()
        with pytest.raises(asyncio.CancelledError):
            await call
        await asyncio.to_thread(gateway.wait_for, "Cancel")
        gateway.script = lambda task: Script(ran("next\n"))
        assert (await assistant.call_tool("run_code", HELLO)).structured_content["stdout"] == "next\n"
        assert len(gateway.of("Cancel")) == 1


async def test_the_languages_are_listed(connected: Connected) -> None:
    async with connected as assistant:
        result = await assistant.call_tool("list_languages")
        assert said(result) == "python 3.13.5 (also: py)\ncpp 14.2.0 (also: c++)"
        assert [one["name"] for one in result.structured_content["languages"]] == ["python", "cpp"]


def compile_error() -> execution_pb2.Execution:
    found = execution_pb2.Diagnostic(stage="compile", file="main.cpp", line=3, severity="ERROR", message="expected ';'")
    compiled = execution_pb2.Stage(exit_code=1, stderr="main.cpp:3: error: expected ';'\n")
    return execution_pb2.Execution(status="COMPILE_ERROR", compile=compiled, diagnostics=[found])


@pytest.mark.parametrize(
    ("result", "words", "fields"),
    [
        (ran("", "FAILED", 3, stderr="oh\n"), "FAILED, exit code 3", {"exit_code": 3, "stderr": "oh\n"}),
        (ran("", "FAILED", None, signal=11), "FAILED, signal 11", {"exit_code": None, "signal": 11}),
        (ran("x", "TIME_LIMIT", None, limits_hit=["wall"]), "stopped at its time limit (wall)", {"stdout": "x"}),
        (compile_error(), "main.cpp:3: error: expected ';'", {"status": "COMPILE_ERROR", "wall_ms": None}),
        (execution_pb2.Execution(status="REJECTED", error="no os"), "nothing ran: no os", {"error": "no os"}),
    ],
)
async def test_a_program_that_does_not_end_well_is_an_error_with_all_that_is_known(
    gateway: FakeGateway,
    environment: dict[str, str],
    result: execution_pb2.Execution,
    words: str,
    fields: dict[str, Any],
) -> None:
    gateway.script = lambda task: Script(result)
    async with over_stdio(environment) as assistant:
        told = await assistant.call_tool("run_code", HELLO)
    assert (told.is_error, words in said(told)) == (True, True), said(told)
    assert fields.items() <= told.structured_content.items()


@pytest.mark.parametrize(
    ("failure", "words", "fields"),
    [
        (
            invalid("task.limits.wall_ms", "must be at most 10000"),
            "task.limits.wall_ms: must be at most 10000",
            {"violations": [{"field": "task.limits.wall_ms", "description": "must be at most 10000"}]},
        ),
        (queue_full(7), "the queue is full\nTry again in 7 s.", {"retry_after_s": 7.0, "error": "the queue is full"}),
    ],
)
async def test_a_refusal_is_an_error_in_the_gateways_own_words(
    gateway: FakeGateway,
    environment: dict[str, str],
    failure: status_pb2.Status,
    words: str,
    fields: dict[str, Any],
) -> None:
    gateway.failures = [failure]
    async with over_stdio(environment) as assistant:
        told = await assistant.call_tool("run_code", HELLO)
    assert (told.is_error, words in said(told)) == (True, True), said(told)
    assert {"status": None, **fields}.items() <= told.structured_content.items()


async def test_a_missing_token_and_a_gateway_that_is_away_are_told_and_end_nothing(
    gateway: FakeGateway, environment: dict[str, str]
) -> None:
    gateway.token = "s3cret"
    async with over_stdio(environment) as assistant:
        for tool, arguments in (("run_code", HELLO), ("list_languages", {})):
            told = await assistant.call_tool(tool, arguments)
            assert (told.is_error, "the token is missing or wrong" in said(told)) == (True, True)
        gateway.token = ""
        assert not (await assistant.call_tool("run_code", HELLO)).is_error
    async with over_stdio({**environment, "CODERUNNER_GATEWAY": "127.0.0.1:1"}) as assistant:
        told = await assistant.call_tool("list_languages")
        assert (told.is_error, "127.0.0.1:1 does not answer" in said(told)) == (True, True)


async def test_what_the_assistant_is_told_is_bounded_and_says_how_much_is_missing(
    gateway: FakeGateway, environment: dict[str, str]
) -> None:
    text = "begin" + "x" * 3_000_000 + "end"
    live = [chunk("y", number) for number in range(2000)]
    gateway.script = lambda task: Script(ran(text, stderr=text), live=live)
    pieces: list[str | None] = []

    async def heard(progress: float, total: float | None, message: str | None) -> None:
        pieces.append(message)

    async with over_stdio(environment, "--output-chars", "1000") as assistant:
        told = await assistant.call_tool("run_code", HELLO, progress_callback=heard)
    missing = len(text) - 1000
    for stream in ("stdout", "stderr"):
        shown = told.structured_content[stream]
        assert (shown[:5], shown[-3:], told.structured_content[f"{stream}_cut_chars"]) == ("begin", "end", missing)
        assert f"{missing} characters are left out" in shown
    assert len(said(told)) < 3000
    assert (len(pieces), pieces[-1]) == (501, "[more output; the result has its end]")
