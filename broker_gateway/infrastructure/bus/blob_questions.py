"""The gateway's answers to nodes that ask for a blob of a task of theirs, chunk by chunk.

A key that may read a stream reads all of it, so nodes read none. They ask by a place that nobody can guess and that
tasks alone tell."""

from __future__ import annotations

import asyncio

import structlog
from nats.aio.client import Client
from nats.aio.msg import Msg

from broker_gateway.application.blob_ports import BlobStore
from broker_gateway.infrastructure.bus.questions import is_a_nodes
from chassis.errors import BusUnavailableError
from chassis.nats.connection import BusConnection
from schemas import blob_names, names

log = structlog.get_logger(__name__)

MAX_AT_ONCE = 32
"""Chunks that are read and sent at the same time: 8 MiB."""
MAX_WAITING = 1_024
"""Of more questions, none is answered: their nodes ask again."""
_MAX_INDEX_DIGITS = 6
_GATEWAYS = "gateways"


class BlobQuestions:
    """The subscription of this gateway; each question goes to one of them all."""

    def __init__(self, bus: BusConnection, store: BlobStore) -> None:
        self._bus = bus
        self._store = store
        self._client: Client | None = None
        """Whose subscription it is."""
        self._turns = asyncio.Semaphore(MAX_AT_ONCE)
        self._answering: set[asyncio.Task[None]] = set()
        bus.on_connect(self._listen)

    async def close(self) -> None:
        for task in self._answering:
            task.cancel()
        await asyncio.gather(*self._answering, return_exceptions=True)

    async def _listen(self) -> None:
        client = self._bus.current
        if client is not self._client:
            self._client = client
            await client.subscribe(blob_names.ASK_BLOB_WILDCARD, queue=_GATEWAYS, cb=self._asked)

    async def _asked(self, message: Msg) -> None:
        if not is_a_nodes(message.reply) or len(self._answering) >= MAX_WAITING:
            return
        task = asyncio.create_task(self._answer(message))
        self._answering.add(task)
        task.add_done_callback(self._answering.discard)

    async def _answer(self, message: Msg) -> None:
        """With the chunk, or with nothing where it is not there. Without an answer where that cannot be told."""
        client, upload, index = message.subject.split(".")[-3:]
        if not (names.is_token(client) and names.is_token(upload) and _is_index(index)):
            return  # a wildcard would be answered with another client's
        try:
            async with self._turns:
                chunk = await self._store.chunk(f"{client}.{upload}", int(index))
                await self._bus.send(message.reply, chunk or b"")
        except BusUnavailableError as error:
            log.debug("node_not_answered", error=str(error))


def _is_index(text: str) -> bool:
    return text.isascii() and text.isdecimal() and len(text) <= _MAX_INDEX_DIGITS
