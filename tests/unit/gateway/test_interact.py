"""Interact, through a real channel: what comes in the wrong order, is too large, or never comes."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterable
from typing import Any

import pytest

from broker_gateway.domain.interaction import MAX_TERMINAL
from broker_gateway.domain.quota import CallPolicy
from broker_gateway.interfaces import execution_servicer
from coderunner.v1 import execution_pb2 as pb
from schemas.execution import OutputChunk
from schemas.interaction import SAID_BYTES, Said
from schemas.talk import TalkOrder, TalkReply
from tests.unit.gateway.grpc_calls import Calls, Code, failure, serving, task

PATIENCE_S = 10.0
Request = pb.InteractRequest
BEGIN = Request(begin=task())


@pytest.fixture
async def calls() -> AsyncIterator[Calls]:
    async with serving() as calls, asyncio.timeout(PATIENCE_S):
        yield calls


def said(number: int = 1, **what: Any) -> Request:
    return Request(said=pb.Said(number=number, **what))


async def answers(calls: Calls, requests: Iterable[Request]) -> list[pb.InteractResponse]:
    async def sent() -> AsyncIterator[Request]:
        for request in requests:
            yield request
        await asyncio.sleep(PATIENCE_S)

    return [one async for one in calls.execution.Interact(sent())]


@pytest.mark.parametrize("first", [Request(), said(input=b"x")], ids=["nothing", "something said"])
async def test_a_call_begins_with_its_task(calls: Calls, first: Request) -> None:
    code, fields, _ = await failure(answers(calls, [first]))
    assert (code, fields) == (Code.INVALID_ARGUMENT, ["begin"])


@pytest.mark.parametrize("second", [BEGIN, Request(resume="x"), Request()], ids=["begin", "resume", "nothing"])
async def test_all_else_is_said(calls: Calls, second: Request) -> None:
    code, fields, _ = await failure(answers(calls, [BEGIN, second]))
    assert (code, fields) == (Code.INVALID_ARGUMENT, ["said"])


@pytest.mark.parametrize(
    ("wrong", "fields"),
    [
        (said(0, input=b"x"), ["said.number"]),
        (said(input=b"x" * (SAID_BYTES + 1)), ["said.input"]),
        (said(), ["said"]),
        (said(close=False), ["said"]),
        (said(signal=0), ["said"]),
        (said(signal=99), ["said"]),
        (said(terminal=pb.Terminal()), ["said.terminal.rows", "said.terminal.columns"]),
        (said(terminal=pb.Terminal(rows=1, columns=MAX_TERMINAL + 1)), ["said.terminal.columns"]),
    ],
)
async def test_what_cannot_be_said_is_refused(calls: Calls, wrong: Request, fields: list[str]) -> None:
    code, found, _ = await failure(answers(calls, [BEGIN, wrong]))
    assert (code, found) == (Code.INVALID_ARGUMENT, fields)


async def test_a_task_that_may_not_enter_is_refused(calls: Calls) -> None:
    code, fields, _ = await failure(answers(calls, [Request(begin=task(cases=[pb.TestCase()]))]))
    assert (code, fields) == (Code.INVALID_ARGUMENT, ["task.interaction"])


async def test_a_task_that_is_not_there_is_not_found(calls: Calls) -> None:
    code, _, _ = await failure(answers(calls, [Request(resume="0" * 32)]))
    assert code is Code.NOT_FOUND


async def test_who_sends_nothing_is_not_waited_for(calls: Calls, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(execution_servicer, "_FIRST_WITHIN_S", 0.05)
    code, _, _ = await failure(answers(calls, []))
    assert code is Code.DEADLINE_EXCEEDED


async def test_a_message_that_is_none_is_the_caller_s_fault(calls: Calls) -> None:
    channel: Any = calls.channel  # its stubs ask for serializers, which it does without
    call = channel.stream_stream("/coderunner.v1.ExecutionService/Interact")
    code, _, _ = await failure(anext(aiter(call(iter([b"\xff\xff\xff"])))))
    assert code is Code.INVALID_ARGUMENT


async def test_what_is_said_goes_to_the_task_s_node_and_its_end_ends_the_call(calls: Calls) -> None:
    gateway, heard = calls.gateway, list[Said]()
    taken = asyncio.Event()

    def talk(node_id: str, order: TalkOrder) -> TalkReply:
        heard.extend(order.said)
        if order.said:
            taken.set()
        return TalkReply(id=order.id, attempt=1, taken=order.first + len(order.said) - 1, full=False, waits=False)

    gateway.control.on_talk = talk
    requests: asyncio.Queue[Request] = asyncio.Queue()

    async def sent() -> AsyncIterator[Request]:
        while True:
            yield await requests.get()

    call = calls.execution.Interact(sent())
    requests.put_nowait(BEGIN)
    answered = aiter(call)
    task_id = (await anext(answered)).execution.id
    gateway.start(task_id)
    requests.put_nowait(said(input=b"x"))
    await taken.wait()
    gateway.finish(task_id)
    kinds = [one.WhichOneof("what") async for one in answered]
    assert kinds[-1] == "execution"
    assert "taken" in kinds
    assert heard == [Said.of(b"x")]


async def test_only_so_many_are_open_at_once() -> None:
    async with serving(calls=CallPolicy(open_calls=1)) as calls, asyncio.timeout(PATIENCE_S):

        async def sent() -> AsyncIterator[Request]:
            yield BEGIN
            await asyncio.sleep(PATIENCE_S)

        first = aiter(calls.execution.Interact(sent()))
        await anext(first)
        code, _, _ = await failure(answers(calls, [BEGIN]))
        assert code is Code.RESOURCE_EXHAUSTED


async def test_that_a_program_waits_is_told_once_however_often_it_is_heard(calls: Calls) -> None:
    """Or who answers each time would answer twice."""
    gateway = calls.gateway
    gateway.control.on_talk = lambda _node, order: TalkReply(
        id=order.id, attempt=1, taken=order.first + len(order.said) - 1, full=False, waits=True
    )

    async def sent() -> AsyncIterator[Request]:
        yield BEGIN
        await asyncio.sleep(PATIENCE_S)

    answered = aiter(calls.execution.Interact(sent()))
    task_id = (await anext(answered)).execution.id
    gateway.start(task_id)
    waits = OutputChunk(id=task_id, attempt=1, stage="run", stream="stdin", offset=0, text="")
    for _ in range(3):
        gateway.bus.publish(task_id, waits)
    gateway.finish(task_id)
    kinds = [one.WhichOneof("what") async for one in answered]
    assert kinds.count("waits") == 1
