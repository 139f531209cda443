"""Questions that are answered late, or never."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

import msgspec
from nats.aio.client import Client
from nats.aio.msg import Msg

from node.infrastructure.bus.pull import NowPuller
from tests.builders import a_task
from tests.unit.node.test_rounds import source_with


class SlowServer(Client):
    """In place of the client: each question is answered with as many tasks as the next of ``answers`` says; those
    beyond are not answered."""

    def __init__(self, answers: Sequence[int]) -> None:
        super().__init__()
        self._answers = list(answers)
        self._on_message: Callable[[Msg], Awaitable[None]] | None = None
        self.asked: list[int] = []
        self.was_asked = asyncio.Event()

    def new_inbox(self) -> str:
        return "inbox"

    async def subscribe(self, subject: str, *_: Any, **options: Any) -> Any:
        if subject.startswith("inbox"):
            self._on_message = options["cb"]

    async def publish(self, subject: str, payload: bytes = b"", reply: str = "", headers: Any = None) -> None:
        del headers
        assert self._on_message is not None
        if not subject.startswith("$JS.API"):
            return
        self.asked.append(json.loads(payload)["batch"])
        self.was_asked.set()
        if not self._answers:
            return
        for number in range(self._answers.pop(0)):
            ack = f"$JS.ACK.CODERUNNER_TASKS.queue.1.{number}.1.1.0"
            await self._on_message(Msg(self, "task", ack, msgspec.json.encode(a_task())))
        await self._on_message(Msg(self, reply, "", b"", {"Status": "404"}))


async def test_a_task_that_comes_late_beside_the_next_one_makes_nobody_ask_for_less_than_one() -> None:
    source = await source_with(1)
    (waiting,) = source._waiting
    server = SlowServer([2, 0, 0])
    source._now = NowPuller(lambda: server, source._arrived)
    source._bus._client = server
    await source._round()
    assert server.asked == [1]  # a server takes -1 for 1, and sends a task for which no loop is free
    assert (await asyncio.wait_for(waiting, 1)).task.id == "t1"
    assert source.handed_back == 1


async def test_a_question_that_a_lost_connection_took_along_is_over_with_the_next_connection() -> None:
    source, server = await source_with(1), SlowServer([])
    source._bus._client = server
    source._now = puller = NowPuller(lambda: server, source._arrived)
    asking = asyncio.create_task(puller.pull(source._queues[0].queue, 1, 0))
    await server.was_asked.wait()
    await source._reconnected()
    await asyncio.sleep(0)
    assert asking.done()
    assert asking.result() == (0, "404")
