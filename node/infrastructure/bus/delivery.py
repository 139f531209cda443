"""One task message in this node's hands."""

from __future__ import annotations

import time

import msgspec
from nats.aio.msg import Msg

from chassis.nats import acks
from node.infrastructure.bus.publisher import Publisher
from schemas import names
from schemas.execution import DeadLetter
from schemas.task import TaskMessage

_decoder = msgspec.json.Decoder(TaskMessage)


def decode_task(data: bytes) -> TaskMessage:
    """Raises msgspec.MsgspecError."""
    return _decoder.decode(data)


class NatsDelivery:
    """Acknowledgements are sent without waiting for an answer (4 µs against 70): a lost one only means that the task
    comes again, and its stored result wins."""

    def __init__(self, publisher: Publisher, message: Msg, task: TaskMessage, node_id: str) -> None:
        self._publisher = publisher
        self._message = message
        self._task = task
        self._node_id = node_id
        self._attempt = acks.times_delivered(message.reply)

    @property
    def task(self) -> TaskMessage:
        return self._task

    @property
    def attempt(self) -> int:
        return self._attempt

    async def keep_alive(self) -> None:
        await self._publisher.send(self._message.reply, acks.IN_PROGRESS)

    async def done(self) -> None:
        await self._publisher.send(self._message.reply, acks.ACK)

    async def retry_in(self, seconds: float) -> None:
        await self._publisher.send(self._message.reply, acks.negative(seconds))

    async def bury(self, reason: str, detail: str) -> None:
        """Raises TimeoutError where the dead letters do not confirm; the task then comes again."""
        letter = DeadLetter(
            id=self._task.id,
            reason=reason,
            detail=detail,
            subject=self._message.subject,
            payload=self._message.data.decode(errors="replace"),
            at_ms=int(time.time() * 1000),
            attempts=self._attempt,
            node_id=self._node_id,
        )
        await bury(self._publisher, self._message, letter)


async def bury(publisher: Publisher, message: Msg, letter: DeadLetter) -> None:
    """First the dead letter, confirmed; then the end of the message."""
    await publisher.store(names.dead_subject(letter.reason, letter.id), msgspec.json.encode(letter))
    await publisher.send(message.reply, acks.TERMINATE + b" " + letter.reason.encode())
