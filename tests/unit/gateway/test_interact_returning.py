"""Who comes back to a program hears first what it has printed lately, each piece once and in order."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import msgspec
import pytest

from broker_gateway.application import interacting
from broker_gateway.application.interacting import NumberedSaid, _Talk
from broker_gateway.domain.draft import DraftInteraction
from coderunner import responses
from coderunner.v1 import execution_pb2 as pb
from schemas.execution import Execution, OutputChunk
from schemas.interaction import Said
from schemas.status import Status
from schemas.talk import TalkOrder, TalkRefusal, TalkReply
from tests.builders import an_execution
from tests.fakes.memory_bus import MemoryBus, MemoryNodeControl
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
async def test_a_node_that_answers_late_is_asked_until_it_does(calls: Calls, answer: Answer) -> None:
    task_id = await a_running_task(calls)
    asked: list[bool] = []

    def talk(_node: str, order: TalkOrder) -> Answer:
        asked.append(order.returns)
        if len(asked) == 1:
            calls.gateway.bus.publish(task_id, piece(task_id, 6, "there"))
            return answer
        return reply(order, [piece(task_id, 0, "hello ")])

    calls.gateway.control.on_talk = talk
    assert await told(calls, task_id, "there") == ["hello ", "there"]
    assert asked[:2] == [True, True]


async def test_what_is_held_for_a_node_that_never_answers_is_told_after_a_while(
    calls: Calls, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(interacting, "HELD_S", 0.3)
    task_id = await a_running_task(calls)

    def talk(_node: str, _order: TalkOrder) -> Answer:
        calls.gateway.bus.publish(task_id, piece(task_id, 6, "there"))
        return None

    calls.gateway.control.on_talk = talk
    assert (await told(calls, task_id, "there"))[0] == "there"


async def test_so_many_pieces_are_held_and_no_more(calls: Calls, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(interacting, "HELD_S", PATIENCE_S)
    monkeypatch.setattr(interacting, "_EARLY", 3)
    task_id = await a_running_task(calls)

    def talk(_node: str, order: TalkOrder) -> Answer:
        if order.returns:
            for number in range(4):
                calls.gateway.bus.publish(task_id, piece(task_id, number, str(number)))
        return None

    calls.gateway.control.on_talk = talk
    assert (await told(calls, task_id, "3"))[:4] == ["0", "1", "2", "3"]


async def test_that_it_waited_is_not_told_where_it_printed_since(calls: Calls) -> None:
    task_id = await a_running_task(calls)
    waits = OutputChunk(id=task_id, attempt=1, stage="run", stream="stdin", offset=0, text="")
    asked: list[bool] = []

    def talk(_node: str, order: TalkOrder) -> Answer:
        asked.append(order.returns)
        if len(asked) > 1:
            return reply(order, [piece(task_id, 0, "a")])
        for one in (waits, piece(task_id, 0, "a"), piece(task_id, 1, "b")):
            calls.gateway.bus.publish(task_id, one)
        return None

    calls.gateway.control.on_talk = talk
    assert await told(calls, task_id, "b") == ["a", "b"]


async def test_who_does_not_read_goes_on_being_heard() -> None:
    """He may have stopped his terminal; his node must hear that he is there, and what he says."""
    asked = asyncio.Queue[TalkOrder]()
    control = MemoryNodeControl(MemoryBus())

    def talk(_node: str, order: TalkOrder) -> TalkReply:
        asked.put_nowait(order)
        printed = [piece("t1", number, "x") for number in range(1000)] if order.returns else []
        return TalkReply(
            id=order.id, attempt=1, taken=order.first + len(order.said) - 1, full=False, waits=True, printed=printed
        )

    async def told_of() -> AsyncIterator[Execution]:
        yield an_execution("t1", status=Status.RUNNING, node_id="n1")
        await asyncio.sleep(PATIENCE_S)

    async def says() -> AsyncIterator[NumberedSaid]:
        await asyncio.sleep(0.05)
        yield NumberedSaid(1, Said.of(b"stop"))

    control.on_talk = talk
    talk_ = _Talk(control, begins=False)
    tasks = [asyncio.create_task(talk_.watch(told_of())), asyncio.create_task(talk_.take(says()))]
    try:
        async with asyncio.timeout(PATIENCE_S):
            while not (await asked.get()).said:
                pass
    finally:
        for task in (*tasks, *talk_.tasks):
            task.cancel()


async def test_a_node_of_an_older_version_tells_none_again(calls: Calls) -> None:
    task_id = await a_running_task(calls)

    def talk(_node: str, order: TalkOrder) -> TalkReply:
        calls.gateway.bus.publish(task_id, piece(task_id, 6, "there"))
        older = {"id": order.id, "attempt": 1, "taken": 0, "full": False, "waits": False}
        return msgspec.convert(older, TalkReply)

    calls.gateway.control.on_talk = talk
    assert (await told(calls, task_id, "there"))[0] == "there"


async def test_a_program_that_ends_before_its_node_answers_keeps_nothing_back(calls: Calls) -> None:
    task_id = await a_running_task(calls)

    def talk(_node: str, _order: TalkOrder) -> None:
        calls.gateway.bus.publish(task_id, piece(task_id, 6, "there"))
        calls.gateway.finish(task_id)

    calls.gateway.control.on_talk = talk
    heard = await told(calls, task_id, "(ended)")
    assert heard[0] == "there"
    assert heard[-1] == "(ended)"


async def test_once_its_node_has_answered_it_is_not_asked_again(calls: Calls) -> None:
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
