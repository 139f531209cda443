"""A stand-in for the gateway on a real bus: queues tasks, sees every stored result, asks the streams."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from typing import Any

import msgspec
from nats.aio.client import Client
from nats.aio.msg import Msg

from schemas import names
from schemas.consumer_requests import create_consumer_request
from schemas.dead_letter import DeadLetter
from schemas.execution import Execution, ResultMessage
from schemas.node import CancelOrder, CancelReply
from schemas.status import Priority, Status
from schemas.task import TaskMessage
from schemas.topology import (
    STORED_RESULTS_WILDCARD,
    TASK_ACK_WAIT_S,
    BusLimits,
    streams,
    task_consumer,
)
from tests.servers.settling import settled
from tests.servers.waiting import eventually

SOON_S = 8.0
_STORE_NOT_CREATED = 10049


class GatewayStandIn:
    """A stand-in for the gateway on the bus: queues tasks, sees every stored result, asks the streams."""

    def __init__(self, client: Client) -> None:
        self.client = client
        self.results: dict[str, Execution] = {}
        self.order: list[Execution] = []
        self._came = asyncio.Condition()

    async def open(self, replicas: int = 1, *, answers: bool = True) -> None:
        """``answers``: also what nodes ask about a task that came again."""
        for config in streams(BusLimits(replicas=replicas)):
            await eventually(lambda config=config: self._created(config))
        await self.queues("default")
        await self.listen()
        if answers:
            await self.client.subscribe(names.ASK_RESULT_WILDCARD, cb=self._asked_for_result)
            await self.client.subscribe(names.ASK_STARTS_WILDCARD, cb=self._asked_for_starts)

    async def _asked_for_result(self, message: Msg) -> None:
        wanted = names.result_subject(message.subject.rpartition(".")[2])
        stored = await self.client.request(f"$JS.API.DIRECT.GET.{names.STREAM_RESULTS}.{wanted}", b"")
        await message.respond(stored.data)

    async def _asked_for_starts(self, message: Msg) -> None:
        task_id = message.subject.rpartition(".")[2]
        answer = await self.ask(f"STREAM.INFO.{names.STREAM_EVENTS}", {"subjects_filter": names.events_of(task_id)})
        await message.respond(str(names.starts_among(answer["state"].get("subjects") or {}, task_id)).encode())

    async def queues(self, *pools: str, ack_wait_s: float = TASK_ACK_WAIT_S) -> None:
        """Makes the consumers of these pools, or gives them another ack wait. A node pulls from what is there."""
        for pool in pools:
            for priority in Priority:
                config = task_consumer(pool, priority, ack_wait_s)
                subject, body = create_consumer_request(names.STREAM_TASKS, config)
                await self.ask(subject.removeprefix("$JS.API."), json.loads(body))

    async def listen(self) -> None:
        """To results, of streams that are there."""
        await self.client.subscribe(STORED_RESULTS_WILDCARD, cb=self._result)

    async def submit(self, *tasks: TaskMessage) -> None:
        """All of them in one flush."""
        for task in tasks:
            subject = names.task_subject(task.pool, task.priority, task.id)
            await self.client.publish(subject, msgspec.json.encode(task))
        await settled(self.client)

    async def result(self, task_id: str, within_s: float = SOON_S) -> Execution:
        await self.until(lambda: task_id in self.results, within_s)
        return self.results[task_id]

    async def until(self, there: Callable[[], bool], within_s: float = SOON_S) -> None:
        """Returns when ``there()``, asked with each result. Raises TimeoutError."""
        async with asyncio.timeout(within_s), self._came:
            await self._came.wait_for(there)

    async def _created(self, config: dict[str, Any]) -> bool:
        """False while the server still removes the files of a stream of that name."""
        answer = await self._answer(f"STREAM.CREATE.{config['name']}", config)
        if answer.get("error", {}).get("err_code") == _STORE_NOT_CREATED:
            return False
        assert "error" not in answer, answer["error"]
        return True

    async def ask(self, api: str, body: object) -> dict[str, Any]:
        answer = await self._answer(api, body)
        assert "error" not in answer, answer["error"]
        return answer

    async def _answer(self, api: str, body: object) -> dict[str, Any]:
        message = await self.client.request(f"$JS.API.{api}", msgspec.json.encode(body), timeout=5)
        answer: dict[str, Any] = json.loads(message.data)
        return answer

    async def messages(self, stream: str) -> int:
        return int((await self.ask(f"STREAM.INFO.{stream}", {}))["state"]["messages"])

    async def queue_empties(self) -> None:
        """The node does not wait for its acknowledgements' arrival; this does. Raises TimeoutError."""

        async def empty() -> bool:
            return await self.messages(names.STREAM_TASKS) == 0

        await eventually(empty, SOON_S)

    async def dead(self, reason: str, task_id: str) -> DeadLetter:
        """Raises TimeoutError where there is none."""
        wanted = json.dumps({"last_by_subj": names.dead_subject(reason, task_id)}).encode()
        payload = b""

        async def there() -> bool:
            nonlocal payload
            payload = (await self.client.request(f"$JS.API.DIRECT.GET.{names.STREAM_DEAD}", wanted)).data
            return payload != b""

        await eventually(there, SOON_S)
        return msgspec.json.decode(payload, type=DeadLetter)

    async def waiting_pulls(self, count: int, priority: Priority = Priority.NORMAL) -> None:
        """Returns when so many pull requests wait on the queue. Raises TimeoutError."""
        info = f"$JS.API.CONSUMER.INFO.{names.STREAM_TASKS}.{names.queue_consumer('default', priority)}"

        async def there() -> bool:
            answer = json.loads((await self.client.request(info, b"")).data)
            return bool(answer.get("num_waiting") == count)

        await eventually(there, SOON_S)

    async def starts(self, task_id: str) -> int:
        """How often a node said that it runs it."""
        subject = f"{names.ROOT}.event.{task_id}.running"
        answer = await self.ask(f"STREAM.INFO.{names.STREAM_EVENTS}", {"subjects_filter": subject})
        return int((answer["state"].get("subjects") or {}).get(subject, 0))

    async def final_events(self, task_id: str) -> list[Status]:
        """The final states that a node announced. Raises TimeoutError where there is none."""
        found: list[Status] = []

        async def there() -> bool:
            answer = await self.ask(f"STREAM.INFO.{names.STREAM_EVENTS}", {"subjects_filter": names.events_of(task_id)})
            subjects = answer["state"].get("subjects") or {}
            words = {subject.rpartition(".")[2].upper(): count for subject, count in subjects.items()}
            said = {Status(word): count for word, count in words.items() if word in set(Status)}
            found[:] = [status for status, count in said.items() if status.is_final for _ in range(count)]
            return bool(found)

        await eventually(there, SOON_S)
        return found

    async def started(self, task_id: str, times: int = 1, within_s: float = SOON_S) -> None:
        """Returns when a node has begun it so many times. Raises TimeoutError."""

        async def there() -> bool:
            return await self.starts(task_id) >= times

        await eventually(there, within_s)

    async def cancel(self, task_id: str) -> str:
        """The name of the node that took the order. Raises nats.errors.NoRespondersError, TimeoutError."""
        order = msgspec.json.encode(CancelOrder(id=task_id, reason="test"))
        answer = await self.client.request(names.cancel_subject(task_id), order, timeout=2)
        return msgspec.json.decode(answer.data, type=CancelReply).node_id

    async def _result(self, message: Msg) -> None:
        execution = msgspec.json.decode(message.data, type=ResultMessage).execution
        async with self._came:
            assert execution.id not in self.results, "a second result was stored"
            self.results[execution.id] = execution
            self.order.append(execution)
            self._came.notify_all()
