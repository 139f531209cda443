"""Piston's WebSocket: its messages, and the codes with which it is closed."""

from __future__ import annotations

from typing import Any

import pytest

from schemas.execution import OutputChunk
from schemas.interaction import Said, SignalName
from schemas.status import Status
from tests.builders import a_result, a_stage
from tests.unit.gateway.grpc_calls import Code
from tests.unit.gateway.http_calls import TOKENS, serving_http
from tests.unit.gateway.interact_calls import Talking, TalkingNode, talking
from tests.unit.gateway.page_calls import BLOG, EVIL, serving_pages
from tests.unit.gateway.piston_calls import API, PISTON, PROGRAM, a_gateway

CONNECT = f"{API}/connect"
INIT = {"type": "init", **PROGRAM}
CPP = {**INIT, "language": "c++", "files": [{"content": "int main() {}"}]}


def output(task_id: str, text: str, stage: str = "run", stream: str = "stdout") -> OutputChunk:
    return OutputChunk(id=task_id, attempt=1, stage=stage, stream=stream, offset=0, text=text)


async def until_closed(talk: Talking) -> tuple[list[Any], int]:
    """The messages until the end, and its code."""
    told = []
    while isinstance(message := await talk.next(), dict):
        told.append(message)
    return told, message


async def test_a_program_is_asked_and_answers() -> None:
    gateway = a_gateway()
    node = TalkingNode(gateway)
    async with serving_http(gateway, dialects=PISTON) as calls, talking(calls, CONNECT) as talk:
        await talk.send(**INIT, stdin="not this", args=["a"])
        assert await talk.next() == {"type": "runtime", "language": "python", "version": "3.13.5"}
        task_id = await gateway.queued_task_id()
        task = gateway.bus.tasks[task_id]
        assert (task.stdin, task.args, task.interaction is not None) == ("", ["a"], True)
        gateway.start(task_id)
        assert await talk.next() == {"type": "stage", "stage": "run"}
        gateway.bus.publish(task_id, output(task_id, "4"))
        assert await talk.next() == {"type": "data", "stream": "stdout", "data": "4"}
        await talk.send(type="data", stream="stdin", data="Ada\n")
        await talk.send(type="signal", signal="SIGINT")
        await node.until(2)
        assert node.taken == [Said.of(b"Ada\n"), Said.of(signal=SignalName.INT)]
        gateway.finish(task_id)
        told, code = await until_closed(talk)
        assert told == [
            {"type": "data", "stream": "stdout", "data": "2\n"},
            {"type": "exit", "stage": "run", "code": 0, "signal": None},
        ]
        assert code == 4999
        await calls.noted.until("Interact", Code.OK)


async def test_a_compilers_stage_comes_first() -> None:
    gateway = a_gateway()
    TalkingNode(gateway)
    async with serving_http(gateway, dialects=PISTON) as calls, talking(calls, CONNECT) as talk:
        await talk.send(**CPP)
        assert (await talk.next())["type"] == "runtime"
        task_id = await gateway.queued_task_id()
        gateway.start(task_id)
        assert await talk.next() == {"type": "stage", "stage": "compile"}
        gateway.bus.publish(task_id, output(task_id, "careful", "compile", "stderr"))
        assert await talk.next() == {"type": "data", "stream": "stderr", "data": "careful"}
        gateway.bus.publish(task_id, output(task_id, "", stream="stdin"))
        assert await talk.next() == {"type": "exit", "stage": "compile", "code": 0, "signal": None}
        assert await talk.next() == {"type": "stage", "stage": "run"}


async def test_what_does_not_compile_does_not_run() -> None:
    gateway = a_gateway()
    async with serving_http(gateway, dialects=PISTON) as calls, talking(calls, CONNECT) as talk:
        await talk.send(**CPP)
        task_id = await gateway.queued_task_id()
        compiled = a_stage(exit_code=1, stdout="", stderr="no")
        gateway.bus.finish(a_result(task_id, status=Status.COMPILE_ERROR, run=None, compile=compiled))
        told, code = await until_closed(talk)
        assert [one["type"] for one in told] == ["runtime", "stage", "data", "exit"]
        assert told[-1] == {"type": "exit", "stage": "compile", "code": 1, "signal": None}
        assert code == 4999


@pytest.mark.parametrize(
    ("sent", "code"),
    [
        ({"type": "data", "stream": "stdin", "data": "x"}, 4003),
        ({"type": "signal", "signal": "SIGINT"}, 4003),
        ({"type": "init", "language": "cobol", "version": "*", "files": [{"content": ""}]}, 4002),
        ({"type": "init"}, 4002),
        ({**INIT, "run_timeout": 1e9}, 4002),
        ({**INIT, "files": [{"name": "../x", "content": ""}]}, 4002),
    ],
)
async def test_what_does_not_begin_a_job_ends_the_connection(sent: Any, code: int) -> None:
    async with serving_http(a_gateway(), dialects=PISTON) as calls, talking(calls, CONNECT) as talk:
        await talk.send(**sent)
        told, found = await until_closed(talk)
        assert found == code
        assert [one["type"] for one in told] == (["error"] if code == 4002 else [])
        assert calls.gateway.bus.tasks == {}


async def test_words_of_a_refusal_are_pistons() -> None:
    async with serving_http(a_gateway(), dialects=PISTON) as calls, talking(calls, CONNECT) as talk:
        await talk.send(**{**INIT, "language": "cobol"})
        assert await talk.next() == {"type": "error", "message": "cobol-* runtime is unknown"}


async def test_who_sends_no_program_within_a_second_is_closed() -> None:
    async with serving_http(a_gateway(), dialects=PISTON) as calls, talking(calls, CONNECT) as talk:
        await talk.send(type="hello")
        assert await talk.next() == 4001


@pytest.mark.parametrize(
    ("sent", "code"),
    [
        (INIT, 4000),
        ({"type": "data", "stream": "stdout", "data": "x"}, 4004),
        ({"type": "data", "stream": "stdin", "data": 1}, 4002),
        ({"type": "signal", "signal": "SIGNONE"}, 4005),
        ({"type": "signal", "signal": ["SIGINT"]}, 4005),
        ({"type": "data", "stream": "stdin", "data": "x" * (400 << 10)}, None),
        ({"type": "data", "stream": "stdin", "data": "x" * (600 << 10)}, 1009),
    ],
    ids=lambda one: str(one)[:60],
)
async def test_what_may_not_be_said_to_a_job_ends_it(sent: Any, code: int | None) -> None:
    gateway = a_gateway()
    node = TalkingNode(gateway)
    async with serving_http(gateway, dialects=PISTON) as calls, talking(calls, CONNECT) as talk:
        await talk.send(**INIT)
        task_id = await gateway.queued_task_id()
        gateway.start(task_id)
        await talk.send(**sent)
        if code is None:
            gateway.bus.publish(task_id, output(task_id, "x"))
            while (await talk.next())["type"] != "data":
                pass
            gateway.finish(task_id)
        assert (await until_closed(talk))[1] == (code or 4999)
        assert all(len(one.data) <= 64 << 10 for one in node.taken)


async def test_a_token_is_asked_for_and_a_page_of_another_origin_is_refused() -> None:
    async with serving_http(a_gateway(), dialects=PISTON, tokens=TOKENS) as calls:
        for given in ({}, {"Authorization": "wrong"}, {"Authorization": "s3cret", "Origin": EVIL}):
            async with talking(calls, CONNECT, headers=given) as talk:
                assert (await talk.next())["type"] == "error"
                assert await talk.next() == 4002
        async with talking(calls, CONNECT, headers={"Authorization": "s3cret"}) as talk:
            await talk.send(**INIT)
            assert (await talk.next())["type"] == "runtime"


async def test_a_publishable_key_opens_none() -> None:
    async with serving_pages(a_gateway(), dialects=PISTON) as pages:
        given = {"Authorization": f"Bearer {await pages.key()}", "Origin": BLOG}
        async with talking(pages.http, CONNECT, headers=given) as talk:
            assert (await talk.next())["type"] == "error"


async def test_there_is_none_unless_it_is_switched_on() -> None:
    async with serving_http(a_gateway()) as calls:
        assert (await calls.ask("GET", CONNECT))[0] == 404
