"""Blobs as gateways hand them out, and the files that programs leave, on the bus in chunks."""

from __future__ import annotations

import asyncio
import hashlib
import os

from chassis.errors import BusUnavailableError
from chassis.nats import jetstream
from chassis.nats.connection import BusConnection
from node.application.ports import BlobGoneError
from schemas import blob_names
from schemas.blob import CHUNK_BYTES, BlobRef, chunks_of

AT_ONCE = 4
"""Chunks of one content on their way."""
TRIES = 5
FETCH_S = 60.0
"""For one blob."""


class BusBlobs:
    """Fetches blobs from the gateways: a node may read no stream."""

    def __init__(self, bus: BusConnection) -> None:
        self._bus = bus

    async def content(self, blob: BlobRef) -> bytes:
        """All of it, which has its digest. Raises BlobGoneError, BusUnavailableError, TimeoutError."""
        turns = asyncio.Semaphore(AT_ONCE)

        async def chunk(index: int) -> bytes:
            async with turns:
                return await self._chunk(blob.place, index)

        async with asyncio.timeout(FETCH_S):
            chunks = await asyncio.gather(*(chunk(index) for index in range(chunks_of(blob.size))))
        content = b"".join(chunks)
        if not all(chunks):
            raise BlobGoneError("is not kept any more")
        if not await asyncio.to_thread(has_digest, content, blob.digest):
            raise BlobGoneError("is not what its digest says")
        return content

    async def _chunk(self, place: str, index: int) -> bytes:
        subject = blob_names.ask_blob_subject(place, index)
        for _ in range(TRIES - 1):
            try:
                return bytes((await self._bus.request(subject, b"", repeat=True)).data)
            except BusUnavailableError:
                await asyncio.sleep(0.1)  # no gateway, or one that is busy
        return bytes((await self._bus.request(subject, b"", repeat=True)).data)


class BusLeftFiles:
    """Implements ``LeftFileSink``."""

    def __init__(self, bus: BusConnection) -> None:
        self._bus = bus

    async def store(self, content: bytes) -> str:
        place = os.urandom(16).hex()
        turns = asyncio.Semaphore(AT_ONCE)

        async def put(index: int) -> None:
            at = index * CHUNK_BYTES
            async with turns:
                await jetstream.store(self._bus, blob_names.file_subject(place, index), content[at : at + CHUNK_BYTES])

        await asyncio.gather(*(put(index) for index in range(chunks_of(len(content)))))
        return place


def has_digest(content: bytes, digest: str) -> bool:
    """True for the content of that digest."""
    return f"sha256:{hashlib.sha256(content).hexdigest()}" == digest
