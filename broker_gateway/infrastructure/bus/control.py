"""The orders to nodes: request and reply on core subjects, nothing stored."""

from __future__ import annotations

from contextlib import suppress

import msgspec

from chassis.errors import BusUnavailableError
from chassis.nats.connection import BusConnection
from schemas import names
from schemas.node import TALK, CancelOrder, CancelReply, NodeOrder
from schemas.reader import Reader
from schemas.talk import TalkOrder, TalkRefusal, TalkReply

_encoder = msgspec.json.Encoder()
_replies = Reader(CancelReply)
_taken = Reader(TalkReply)
_refused = Reader(TalkRefusal)


class BusNodeControl:
    """Implements ``NodeControl``. A silent bus and a silent node look the same from here: nobody answered."""

    def __init__(self, bus: BusConnection) -> None:
        self._bus = bus

    async def cancel(self, task_id: str, reason: str, timeout_s: float) -> str | None:
        order = _encoder.encode(CancelOrder(id=names.task_digest(task_id), reason=reason))
        try:
            reply = await self._bus.request(names.cancel_subject(task_id), order, timeout_s=timeout_s)
        except BusUnavailableError:
            return None
        return _replies.decode(reply.data).node_id

    async def talk(self, node_id: str, order: TalkOrder, timeout_s: float) -> TalkReply | TalkRefusal | None:
        body = _encoder.encode(NodeOrder(order=TALK, talk=order))
        try:
            answer = await self._bus.request(names.node_subject(node_id), body, timeout_s=timeout_s)
            for reader in (_taken, _refused):
                with suppress(msgspec.MsgspecError):
                    return reader.decode(answer.data)
        except (BusUnavailableError, ValueError):
            return None
        return None

    async def order(self, node_id: str, order: str, timeout_s: float) -> bool:
        body = _encoder.encode(NodeOrder(order=order))
        try:
            await self._bus.request(names.node_subject(node_id), body, timeout_s=timeout_s)
        except BusUnavailableError:
            return False
        return True
