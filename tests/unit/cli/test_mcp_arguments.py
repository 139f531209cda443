"""What an assistant makes up: checked, bounded, and never the end of the server."""

from __future__ import annotations

import asyncio
import json
import time
from typing import Any

import pytest
from mcp import Client, MCPError

from coderunner import Execution, InvalidTask, QueueFull, Status
from coderunner.cli.mcp.arguments import Asked, asked_for
from coderunner.cli.mcp.bounds import RUNS, Bounds
from coderunner.cli.mcp.live_output import LiveOutput
from coderunner.cli.mcp.runs import Runs
from coderunner.cli.mcp.server import server
from coderunner.client import Client as Gateway
from tests.servers.waiting import eventually

HELLO = {"language": "python", "code": "x"}
DEEP: Any = []
for _ in range(150):
    DEEP = [DEEP]
LARGEST_ANSWER_CHARS = 50_000


class Untouched(Gateway):
    """A gateway that nothing may reach."""

    async def submit(self, *given: Any, **options: Any) -> str:
        raise AssertionError((given, options))


@pytest.mark.parametrize(
    ("arguments", "field"),
    [
        ({}, "language"),
        ({"language": "python"}, "code"),
        ({**HELLO, "files": {"a": "b"}}, "code"),
        ({**HELLO, "language": 7}, "language"),
        ({**HELLO, "language": "x" * 3_000_000}, "language"),
        ({**HELLO, "code": None}, "code"),
        ({**HELLO, "code": ["x"]}, "code"),
        ({**HELLO, "code": DEEP}, "code"),
        ({"language": "python", "files": {"a": 1}}, "files.a"),
        ({"language": "python", "files": {f"{n}": n for n in range(1000)}}, "files.0"),
        ({"language": "python", "files": {f"{n}": n for n in range(100_000)}}, "arguments"),
        ({"language": "python", "files": {"a": {f"{n}": n for n in range(100_000)}}}, "arguments"),
        ({"language": "python", "files": {"n" * 1_000_000: 1}}, "files.nnn"),
        ({"language": "python", "files": {"a": {"base64": "YQ"}}}, "files.a.base64"),
        ({"language": "python", "files": {"a": {"base64": "é"}}}, "files.a.base64"),
        ({"language": "python", "files": {"a": {"base64": "*" * 3_000_000}}}, "files.a.base64"),
        ({"language": "python", "files": {"a" * 1_000_000: {"base64": "*"}}}, "files.aaa"),
        ({"language": "python", "files": {"a": {"base64": DEEP}}}, "files.a"),
        ({"language": "python", "files": {"a": {"bytes": "YQ=="}}}, "files.a"),
        ({**HELLO, "args": "-x"}, "args"),
        ({**HELLO, "args": [None] * 1000}, "args.0"),
        ({**HELLO, "args": [None] * 500_000}, "arguments"),
        ({**HELLO, "limits": {"cpu_ms": 0}}, "limits.cpu_ms"),
        ({**HELLO, "limits": {"cpu_ms": -1}}, "limits.cpu_ms"),
        ({**HELLO, "limits": {"cpu_ms": 10**4000}}, "limits.cpu_ms"),
        ({**HELLO, "limits": {"cpu_ms": 1.5}}, "limits.cpu_ms"),
        ({**HELLO, "limits": {"network": 1}}, "limits.network"),
        ({**HELLO, "limits": DEEP}, "limits"),
        ({**HELLO, "callback": "http://evil.example"}, "callback"),
        ({**HELLO, **{f"k{n}": n for n in range(1000)}}, "k0"),
        ({**HELLO, **{f"k{n}": n for n in range(100_000)}}, "arguments"),
        ({**HELLO, "k" * 1_000_000: 1}, "kkk"),
        ({**HELLO, "k\ud800": 1}, "k\ufffd"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
async def test_wrong_arguments_are_told_by_field_in_a_bounded_answer(arguments: dict[str, Any], field: str) -> None:
    async with Client(server(Untouched("127.0.0.1:1"), Bounds())) as assistant:
        told = await assistant.call_tool("run_code", arguments)
    assert told.is_error
    assert told.structured_content["violations"][0]["field"].startswith(field)
    assert len(json.dumps(told.model_dump(mode="json"))) < LARGEST_ANSWER_CHARS


@pytest.mark.parametrize(
    "arguments",
    [
        {"language": "python", "files": {f"{n}": {"x": n} for n in range(200_000)}},
        {**HELLO, "args": [None] * 1_000_000},
        {**HELLO, **{f"k{n}": n for n in range(200_000)}},
        {**HELLO, "limits": {f"k{n}": n for n in range(200_000)}},
    ],
    ids=["files", "args", "fields", "limits"],
)
def test_the_worst_arguments_of_one_message_are_refused_in_a_moment(arguments: dict[str, Any]) -> None:
    begun = time.monotonic()
    with pytest.raises(InvalidTask):
        asked_for(arguments)
    assert time.monotonic() - begun < 1.0


async def test_a_tool_that_there_is_not_is_an_error_of_bounded_length() -> None:
    async with Client(server(Untouched("127.0.0.1:1"), Bounds())) as assistant:
        with pytest.raises(MCPError) as refused:
            await assistant.call_tool("frob" * 100_000, {})
    assert len(str(refused.value)) < 1000


@pytest.mark.parametrize("text", ["", "\0", "\u202e\x1b[2J"])
def test_what_only_the_gateway_can_judge_is_left_to_it(text: str) -> None:
    assert asked_for({**HELLO, "code": text, "stdin": text}).source == text


async def test_a_text_that_no_message_can_say_is_refused() -> None:
    async with Client(server(Gateway("127.0.0.1:1"), Bounds())) as assistant:
        told = await assistant.call_tool("run_code", {**HELLO, "code": "\ud800"})
    assert told.is_error
    assert "the task cannot be sent" in told.structured_content["error"]


class Endless(Gateway):
    """Every task runs until it is cancelled."""

    def __init__(self) -> None:
        super().__init__("127.0.0.1:1")
        self.submitted: list[str] = []
        self.cancelled: list[str] = []

    async def submit(self, *given: Any, **options: Any) -> str:
        self.submitted.append(f"t{len(self.submitted)}")
        return self.submitted[-1]

    async def follow(self, task_id: str, on_output: Any = None) -> Execution:
        await asyncio.Event().wait()
        return Execution(task_id, Status.SUCCEEDED)

    async def cancel(self, task_id: str) -> Any:
        self.cancelled.append(task_id)


async def test_more_programs_than_the_bound_are_refused_until_one_has_ended() -> None:
    async def unheard(progress: float, message: str) -> None:
        raise AssertionError(message)

    gateway = Endless()
    runs = Runs(gateway)
    asked, heard = Asked("python", "x", {}), LiveOutput(unheard, 1)
    calls = [asyncio.create_task(runs.run(asked, heard)) for _ in range(RUNS)]
    await asyncio.sleep(0)
    with pytest.raises(QueueFull, match=f"{RUNS} programs are under way") as refused:
        await runs.run(asked, heard)
    assert refused.value.retry_after == 1.0
    calls.pop().cancel()
    await eventually(lambda: len(gateway.cancelled) == 1)
    calls.append(asyncio.create_task(runs.run(asked, heard)))
    await eventually(lambda: len(gateway.submitted) == RUNS + 1)
    for call in calls:
        call.cancel()
    await asyncio.gather(*calls, return_exceptions=True)
    assert sorted(gateway.cancelled) == sorted(gateway.submitted)
