"""The roll call: asks the nodes themselves who is there, for as long as the directory service is away."""

from __future__ import annotations

import asyncio
import contextlib

import msgspec
import nats.errors
import structlog

from broker_gateway.infrastructure.directory import EtcdNodeDirectory
from chassis.errors import BusUnavailableError
from chassis.nats.connection import BusConnection
from schemas import names
from schemas.node import NodeRecord
from schemas.node_rules import MAX_NODES, MAX_RECORD_BYTES
from schemas.reader import Reader

log = structlog.get_logger(__name__)

EVERY_S = 5.0
"""As often as nodes tell the directory service."""
ANSWERS_S = 0.5
"""An answer that takes longer counts at the next call."""
_AGAIN_S = 0.5
"""Between calls while nobody is known yet."""

_decoder = Reader(NodeRecord)


class RollCall:
    """The gateway's question to all nodes, and where their answers go."""

    def __init__(self, bus: BusConnection, directory: EtcdNodeDirectory) -> None:
        self._bus = bus
        self._directory = directory

    async def run(self) -> None:
        """Asks for ever, and costs nothing while the directory service is there."""
        while True:
            await self._directory.away()
            try:
                self._directory.take_in(await self._call())
            except (BusUnavailableError, nats.errors.Error, OSError, TimeoutError) as error:
                log.debug("roll_call_failed", error=str(error) or repr(error))
            await asyncio.sleep(EVERY_S if self._directory.synced.is_set() else _AGAIN_S)

    async def _call(self) -> list[NodeRecord]:
        """Whoever answered in time."""
        client = await self._bus.client()
        inbox = client.new_inbox()
        answers = await client.subscribe(inbox)
        records: list[NodeRecord] = []
        try:
            await client.publish(names.ROLL_CALL, b"", reply=inbox)
            with contextlib.suppress(TimeoutError, nats.errors.TimeoutError):
                async with asyncio.timeout(ANSWERS_S):
                    while len(records) < MAX_NODES:
                        records += _understood((await answers.next_msg(timeout=ANSWERS_S)).data)
        finally:
            with contextlib.suppress(nats.errors.Error, OSError):  # the connection went, and it with it
                await answers.unsubscribe()
        return records


def _understood(answer: bytes) -> list[NodeRecord]:
    """Empty where it is none, as the bus's own word that nobody listens. What is in it, the directory looks at."""
    if len(answer) > MAX_RECORD_BYTES:
        return []
    try:
        record = _decoder.decode(answer)
    except msgspec.DecodeError:
        return []
    return [record]
