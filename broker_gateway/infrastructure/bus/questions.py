"""The gateway's answers to what a node must know of a task that comes again: its result, and how often it was begun.

A key that may read a stream reads all of it, and the ids in it. So nodes read none: they ask about the task that they
were given, and who does not know its id gets no answer."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import msgspec
import structlog
from nats.aio.client import Client
from nats.aio.msg import Msg

from broker_gateway.application.ports import ResultStore
from broker_gateway.infrastructure.bus.bound import UNBOUND, BoundMessages
from chassis.errors import BusUnavailableError
from chassis.nats import jetstream
from chassis.nats.connection import BusConnection
from schemas import names

log = structlog.get_logger(__name__)

MAX_AT_ONCE = 64
"""More get no answer; a node without one takes the task as it is, and of two results the first stays."""
_GATEWAYS = "gateways"
_INBOXES = ("_INBOX.", "_INBOX_")
_encoder = msgspec.json.Encoder()


class NodeQuestions:
    """The subscriptions of this gateway; each question goes to one of them all."""

    def __init__(self, bus: BusConnection, past: ResultStore | None = None, bound: BoundMessages = UNBOUND) -> None:
        """``past``: where results are that have left the bus."""
        self._bus = bus
        self._past = past
        self._bound = bound
        self._client: Client | None = None
        """Whose subscriptions they are."""
        self._answering: set[asyncio.Task[None]] = set()
        bus.on_connect(self._listen)

    async def close(self) -> None:
        for task in self._answering:
            task.cancel()
        await asyncio.gather(*self._answering, return_exceptions=True)

    async def _listen(self) -> None:
        """Once per client: a reconnected one subscribes again by itself."""
        client = self._bus.current
        if client is self._client:
            return
        self._client = client
        await client.subscribe(names.ASK_RESULT_WILDCARD, queue=_GATEWAYS, cb=self._asked(self._result))
        await client.subscribe(names.ASK_STARTS_WILDCARD, queue=_GATEWAYS, cb=self._asked(self._starts))

    def _asked(self, answer: Callable[[str], Awaitable[bytes]]) -> Callable[[Msg], Awaitable[None]]:
        async def asked(message: Msg) -> None:
            task_id = message.subject.rpartition(".")[2]
            if is_a_nodes(message.reply) and names.is_token(task_id) and len(self._answering) < MAX_AT_ONCE:
                task = asyncio.create_task(self._answer(message, task_id, answer))
                self._answering.add(task)
                task.add_done_callback(self._answering.discard)

        return asked

    async def _answer(self, message: Msg, task_id: str, answer: Callable[[str], Awaitable[bytes]]) -> None:
        try:
            await self._bus.send(message.reply, await answer(task_id))
        except BusUnavailableError as error:
            log.debug("node_not_answered", error=str(error))

    async def _result(self, task_id: str) -> bytes:
        """The stored message; empty where there is none, or one that is refused. The stream's leader is asked: a
        replica may still have what was taken away."""
        subject = names.result_subject(task_id)
        stored = await jetstream.last_message(self._bus, names.STREAM_RESULTS, subject)
        if stored is not None:
            return stored.payload if self._is_bound(stored.payload, subject) else b""
        past = await self._past.find(task_id) if self._past is not None else None
        return _encoder.encode(past) if past is not None else b""

    def _is_bound(self, payload: bytes, subject: str) -> bool:
        if not self._bound.seals.are_made:
            return True
        try:
            self._bound.result(payload, subject, reader="node")
        except msgspec.DecodeError:
            return False
        return True

    async def _starts(self, task_id: str) -> bytes:
        """How often nodes have begun it, in digits."""
        body = {"subjects_filter": names.events_of(task_id)}
        answer = await jetstream.call(self._bus, f"STREAM.INFO.{names.STREAM_EVENTS}", body)
        return str(names.starts_among(answer["state"].get("subjects") or {}, task_id)).encode()


def is_a_nodes(reply: str) -> bool:
    """Whether it is an inbox, and none of a gateway's. We may publish where nodes may not, and they choose where the
    answer goes and, by the result that they stored, what it says."""
    return reply.startswith(_INBOXES) and not reply.startswith(f"{names.INBOX_GATEWAY}.")
