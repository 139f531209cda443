"""Who comes back to a program hears first what it has printed lately, each piece once and in order."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest

from broker_gateway.domain.draft import DraftInteraction
from coderunner import responses
from coderunner.v1 import execution_pb2 as pb
from schemas.execution import OutputChunk
from schemas.talk import TalkOrder, TalkRefusal, TalkReply
from tests.unit.gateway.gateway_on_fakes import submitted
from tests.unit.gateway.grpc_calls import Calls, serving

PATIENCE_S = 10.0
Request = pb.InteractRequest
Answer = TalkReply | TalkRefusal | None


@pytest.fixture
async def calls() -> AsyncIterator[Calls]:
    async with serving() as calls, asyncio.timeout(PATIENCE_S):
        yield calls


async def requests(first: Request) -> AsyncIterator[Request]:
    yield first
    await asyncio.sleep(PATIENCE_S)


def piece(task_id: str, offset: int, text: str, stage: str = "run") -> OutputChunk:
    return OutputChunk(id=task_id, attempt=1, stage=stage, stream="stdout", offset=offset, text=text)


def reply(order: TalkOrder, printed: list[OutputChunk], *, waits: bool = False) -> TalkReply:
    return TalkReply(id=order.id, attempt=1, taken=0, full=False, waits=waits, printed=printed)


async def a_running_task(calls: Calls) -> str:
    task_id = await submitted(calls.gateway, interaction=DraftInteraction())
    calls.gateway.start(task_id)
    return task_id


async def told(calls: Calls, task_id: str, until: str) -> list[str]:
    """What a call that comes back hears, up to a word."""
    heard: list[str] = []
    call = calls.execution.Interact(requests(Request(resume=task_id)))
    async for answer in call:
        what = answer.WhichOneof("what")
        if what == "output":
            heard.append(answer.output.text)
        elif what == "waits":
            heard.append("(waits)")
        elif what == "execution" and responses.execution(answer.execution).status.is_final:
            heard.append("(ended)")
        if heard and heard[-1] == until:
            break
    call.cancel()
    return heard


async def test_what_was_missed_comes_before_what_is_printed_meanwhile(calls: Calls) -> None:
    task_id = await a_running_task(calls)

    def talk(_node: str, order: TalkOrder) -> TalkReply:
        if not order.returns:
            return reply(order, [])
        for offset, text in ((6, "there"), (11, "!")):
            calls.gateway.bus.publish(task_id, piece(task_id, offset, text))
        return reply(order, [piece(task_id, 0, "hello "), piece(task_id, 6, "there")])

    calls.gateway.control.on_talk = talk
    assert await told(calls, task_id, "!") == ["hello ", "there", "!"]


async def test_that_it_waits_is_told_after_what_it_printed(calls: Calls) -> None:
    task_id = await a_running_task(calls)
    calls.gateway.control.on_talk = lambda _node, order: reply(
        order, [piece(task_id, 0, "name? ")] if order.returns else [], waits=True
    )
    assert await told(calls, task_id, "(waits)") == ["name? ", "(waits)"]


@pytest.mark.parametrize("answer", [None, TalkRefusal(unknown="x")], ids=["none", "a refusal"])
async def test_a_node_that_cannot_tell_it_keeps_nothing_back(calls: Calls, answer: Answer) -> None:
    task_id = await a_running_task(calls)

    def talk(_node: str, _order: TalkOrder) -> Answer:
        calls.gateway.bus.publish(task_id, piece(task_id, 6, "there"))
        return answer

    calls.gateway.control.on_talk = talk
    assert (await told(calls, task_id, "there"))[0] == "there"


async def test_a_node_of_an_older_version_tells_none_again(calls: Calls) -> None:
    task_id = await a_running_task(calls)

    def talk(_node: str, order: TalkOrder) -> TalkReply:
        calls.gateway.bus.publish(task_id, piece(task_id, 6, "there"))
        return TalkReply(id=order.id, attempt=1, taken=0, full=False, waits=False)

    calls.gateway.control.on_talk = talk
    assert (await told(calls, task_id, "there"))[0] == "there"


async def test_a_program_that_ends_before_its_node_answers_keeps_nothing_back(calls: Calls) -> None:
    task_id = await a_running_task(calls)

    def talk(_node: str, order: TalkOrder) -> TalkReply:
        calls.gateway.bus.publish(task_id, piece(task_id, 6, "there"))
        calls.gateway.finish(task_id)
        return reply(order, [piece(task_id, 0, "hello ")] if order.returns else [])

    calls.gateway.control.on_talk = talk
    heard = await told(calls, task_id, "(ended)")
    assert heard[-1] == "(ended)"
    assert "there" in heard


async def test_only_the_first_word_of_a_call_that_comes_back_asks_for_it(calls: Calls) -> None:
    task_id = await a_running_task(calls)
    asked: list[bool] = []

    def talk(_node: str, order: TalkOrder) -> TalkReply:
        asked.append(order.returns)
        if len(asked) == 2:
            calls.gateway.bus.publish(task_id, piece(task_id, 0, "x"))
        return reply(order, [])

    calls.gateway.control.on_talk = talk
    await told(calls, task_id, "x")
    assert asked == [True, False]
