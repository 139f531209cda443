"""Orders that come over the bus: cancel a task, drain or resume this node, say who is there."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable

import msgspec
import structlog
from nats.aio.client import Client
from nats.aio.msg import Msg
from nats.errors import Error

from node.application.running import RunningTasks
from schemas import names
from schemas.node import CancelOrder, CancelReply, NodeOrder, NodeRecord

_FLUSHES = 2
"""The library's ping overtakes what it has buffered: only the second one's answer means that all has arrived."""

OnOrder = Callable[[], Awaitable[None]]


class Orders:
    """``orders``: what this node can be told, by name (``drain``, ``resume``). ``record``: what it says of itself."""

    def __init__(
        self, node_id: str, running: RunningTasks, orders: dict[str, OnOrder], record: Callable[[], NodeRecord]
    ) -> None:
        self._node_id = node_id
        self._running = running
        self._orders = orders
        self._record = record
        self._cancelling: set[asyncio.Task[None]] = set()
        self._log = structlog.get_logger("node.orders")

    async def listen(self, client: Client) -> None:
        """Returns once the server has all subscriptions; a reconnected client subscribes again by itself."""
        await client.subscribe(names.CANCEL_WILDCARD, cb=self._cancel)
        await client.subscribe(names.node_subject(self._node_id), cb=self._order)
        await client.subscribe(names.ROLL_CALL, cb=self._here)
        with contextlib.suppress(Error, TimeoutError, OSError):  # gone again: its reconnection subscribes
            for _ in range(_FLUSHES):
                await client.flush()

    async def _cancel(self, message: Msg) -> None:
        """Only the node that runs the task answers, at once; the killing goes on behind."""
        try:
            order = msgspec.json.decode(message.data, type=CancelOrder)
        except msgspec.MsgspecError as error:
            self._log.warning("not a cancel order", error=str(error))
            return
        running = self._running.get(order.id)
        if running is None:
            return
        self._log.info("cancelled", task_id=order.id, reason=order.reason)
        killing = asyncio.create_task(running.cancel())
        self._cancelling.add(killing)
        killing.add_done_callback(self._cancelling.discard)
        if message.reply:
            await message.respond(msgspec.json.encode(CancelReply(id=order.id, node_id=self._node_id)))

    async def _order(self, message: Msg) -> None:
        """Answers ``{"ok": true}`` or ``{"ok": false, "error": "…"}``."""
        try:
            order = msgspec.json.decode(message.data, type=NodeOrder).order
            obey = self._orders[order]
        except (msgspec.MsgspecError, KeyError) as error:
            await self._answer(message, {"ok": False, "error": f"not an order: {error}"})
            return
        self._log.info("ordered", order=order)
        await obey()
        await self._answer(message, {"ok": True})

    async def _here(self, message: Msg) -> None:
        """A gateway that cannot ask the directory asks the nodes themselves."""
        if message.reply:
            await message.respond(msgspec.json.encode(self._record()))

    @staticmethod
    async def _answer(message: Msg, answer: dict[str, object]) -> None:
        if message.reply:
            await message.respond(msgspec.json.encode(answer))
