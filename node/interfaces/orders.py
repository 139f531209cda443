"""Orders that come over the bus: cancel a task, drain or resume this node, say who is there."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import msgspec
import structlog
from nats.aio.client import Client
from nats.aio.msg import Msg

from node.application.attempt import Attempts
from schemas import names
from schemas.node import CancelOrder, CancelReply, NodeOrder, NodeRecord
from schemas.reader import Reader
from schemas.talk import TalkOrder, TalkRefusal, TalkReply

_cancels = Reader(CancelOrder)
_orders = Reader(NodeOrder)

log = structlog.get_logger(__name__)

OnOrder = Callable[[], Awaitable[None]]


class Orders:
    """This node's subscriptions to what others may ask of it."""

    def __init__(
        self, node_id: str, attempts: Attempts, orders: dict[str, OnOrder], record: Callable[[], NodeRecord]
    ) -> None:
        """``orders``: what this node can be told, by name (``drain``, ``resume``). ``record``: what it says of
        itself."""
        self._node_id = node_id
        self._attempts = attempts
        self._orders = orders
        self._record = record
        self._cancelling: set[asyncio.Task[None]] = set()
        self._client: Client | None = None
        """Whose subscriptions they are."""

    async def listen(self, client: Client) -> None:
        """Subscribes, once per client: a reconnected one subscribes again by itself."""
        if client is self._client:
            return
        self._client = client
        await client.subscribe(names.CANCEL_WILDCARD, cb=self._cancel)
        await client.subscribe(names.node_subject(self._node_id), cb=self._order)
        await client.subscribe(names.ROLL_CALL, cb=self._here)

    async def _cancel(self, message: Msg) -> None:
        """Only the node that runs the task answers, at once; the killing goes on behind."""
        try:
            order = _cancels.decode(message.data)
        except msgspec.MsgspecError as error:
            log.warning("not_a_cancel_order", error=str(error))
            return
        attempt = self._attempts.get(order.id) or self._attempts.of_digest(order.id)
        if attempt is None:
            return
        log.info("task_cancelled", task_id=attempt.task.id, reason=order.reason)
        killing = asyncio.create_task(attempt.cancel())
        self._cancelling.add(killing)
        killing.add_done_callback(self._cancelling.discard)
        if message.reply:
            await message.respond(msgspec.json.encode(CancelReply(id=attempt.task.id, node_id=self._node_id)))

    async def _order(self, message: Msg) -> None:
        """Answers ``{"ok": true}`` or ``{"ok": false, "error": "…"}``, but to what is said to a program."""
        try:
            decoded = _orders.decode(message.data)
            if decoded.talk is not None:
                await self._talk(message, decoded.talk)
                return
            order = decoded.order
            obey = self._orders[order]
        except (msgspec.MsgspecError, KeyError) as error:
            await self._answer(message, {"ok": False, "error": f"not an order: {error}"})
            return
        log.info("ordered", order=order)
        await obey()
        await self._answer(message, {"ok": True})

    async def _talk(self, message: Msg, order: TalkOrder) -> None:
        """Passes on what was said to a task's program, and answers how much of it was taken."""
        attempt = self._attempts.get(order.id)
        if attempt is None or attempt.talk is None:
            await message.respond(msgspec.json.encode(TalkRefusal(unknown=order.id)))
            return
        taken = attempt.talk.hear(order)
        talk = attempt.talk
        printed = talk.printed.chunks() if order.returns else []
        reply = TalkReply(
            id=order.id, attempt=attempt.number, taken=taken, full=talk.full, waits=talk.waits, printed=printed
        )
        await message.respond(msgspec.json.encode(reply))

    async def _here(self, message: Msg) -> None:
        """A gateway that cannot ask the directory asks the nodes themselves."""
        if message.reply:
            await message.respond(msgspec.json.encode(self._record()))

    @staticmethod
    async def _answer(message: Msg, answer: dict[str, object]) -> None:
        if message.reply:
            await message.respond(msgspec.json.encode(answer))
