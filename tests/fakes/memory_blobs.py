"""The ports of large content, in memory."""

from __future__ import annotations

import asyncio

from broker_gateway.application.blob_ports import BlobStoreFullError
from schemas import blob_names
from schemas.blob import CHUNK_BYTES, HeldBlob
from tests.fakes.memory_bus import MemoryBus


class MemoryBlobStore:
    """Implements ``BlobStore``; by the names that the bus has."""

    def __init__(self, bus: MemoryBus, max_chunks: int = 10_000) -> None:
        self.chunks: dict[str, bytes] = {}
        self.held: dict[str, HeldBlob] = {}
        self.max_chunks = max_chunks
        self.forgot = asyncio.Event()
        """Set whenever an upload was taken away."""
        self._bus = bus

    async def find(self, client: str, digest: str) -> HeldBlob | None:
        await self._bus.operation("find_blob")
        return self.held.get(blob_names.blob_subject(client, digest))

    async def held_bytes(self, client: str) -> int:
        await self._bus.operation("held_blobs")
        prefix = blob_names.chunks_of_client(client).removesuffix("*.*")
        return sum(subject.startswith(prefix) for subject in self.chunks) * CHUNK_BYTES

    async def put(self, place: str, index: int, data: bytes) -> None:
        await self._bus.operation("put_chunk")
        if len(self.chunks) >= self.max_chunks:
            raise BlobStoreFullError
        self.chunks[blob_names.chunk_subject(place, index)] = data

    async def keep(self, client: str, blob: HeldBlob) -> None:
        await self._bus.operation("keep_blob")
        self.held[blob_names.blob_subject(client, blob.digest)] = blob

    async def forget(self, place: str) -> None:
        await self._bus.operation("forget_blob")
        prefix = blob_names.chunks_at(place).removesuffix("*")
        self.chunks = {subject: data for subject, data in self.chunks.items() if not subject.startswith(prefix)}
        self.forgot.set()

    async def chunk(self, place: str, index: int) -> bytes | None:
        await self._bus.operation("chunk")
        return self.chunks.get(blob_names.chunk_subject(place, index))


class MemoryLeftFileStore:
    """Implements ``LeftFileStore``, and what a node does: ``leave``."""

    def __init__(self) -> None:
        self.chunks: dict[tuple[str, int], bytes] = {}

    async def chunk(self, place: str, index: int) -> bytes | None:
        return self.chunks.get((place, index))

    def leave(self, place: str, content: bytes) -> None:
        for at in range(0, len(content), CHUNK_BYTES):
            self.chunks[place, at // CHUNK_BYTES] = content[at : at + CHUNK_BYTES]
