"""The application service for large content: blobs that clients put, and files that their programs left."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass

from broker_gateway.application.blob_ports import BlobStore, LeftFileStore
from broker_gateway.application.commands import Caller, Invalid, UnknownBlob, UnknownTask
from broker_gateway.application.uploading import Refused, Said, Uploading
from broker_gateway.domain.blobs import named_blobs, placing_violations, with_places
from broker_gateway.domain.draft import TaskDraft
from schemas.blob import CHUNK_BYTES, BlobRef, HeldBlob, chunks_of, is_digest
from schemas.execution import Execution
from schemas.output_file import OutputFile

FindExecution = Callable[[str, Caller], Awaitable[Execution | UnknownTask]]
_Chunk = Callable[[int], Awaitable[bytes | None]]
_ANY = "application/octet-stream"
_MAX_PROVEN = 10_000


class ContentGoneError(Exception):
    """What was there when it was opened is not any more."""


@dataclass(frozen=True, slots=True)
class Content:
    """What may be read."""

    digest: str
    size: int
    """In bytes."""
    name: str
    """Of the file; empty for a blob."""
    media_type: str
    chunk: _Chunk

    async def pieces(self, begin: int, end: int) -> AsyncIterator[bytes]:
        """Its bytes from ``begin`` up to, but not with, ``end``. Raises ContentGoneError, BusUnavailableError."""
        for index in range(begin // CHUNK_BYTES, chunks_of(end)):
            data = await self.chunk(index)
            at = index * CHUNK_BYTES
            if data is None or len(data) != min(CHUNK_BYTES, self.size - at):
                raise ContentGoneError
            yield data[max(0, begin - at) : end - at]


class BlobAppService:
    """One method for each use case."""

    def __init__(
        self, *, store: BlobStore, files: LeftFileStore, uploading: Uploading, execution: FindExecution
    ) -> None:
        self._store = store
        self._files = files
        self._uploading = uploading
        self._execution = execution
        self._proven: dict[tuple[str, str], None] = {}
        """Place and digest of files whose content was seen to have that digest: a node's word was no proof."""

    async def put(self, client: str, said: Said, pieces: AsyncIterator[bytes]) -> HeldBlob | Refused:
        """Stores a blob. See Uploading.put."""
        return await self._uploading.put(client, said, pieces)

    async def find(self, client: str, digest: str) -> HeldBlob | UnknownBlob:
        """The client's blob of that digest. Raises BusUnavailableError."""
        held = await self._store.find(client, digest) if is_digest(digest) else None
        return held or UnknownBlob(digest)

    async def open(self, caller: Caller, digest: str, execution_id: str = "") -> Content | UnknownBlob | UnknownTask:
        """A blob of the caller's, or a file that an execution of his has left. Raises BusUnavailableError."""
        if not is_digest(digest):
            return UnknownBlob(digest)
        if execution_id:
            return await self._left(caller, digest, execution_id)
        held = await self._store.find(caller.client, digest)
        if held is None:
            return UnknownBlob(digest)
        place = held.place
        return Content(digest, held.size, "", _ANY, lambda index: self._store.chunk(place, index))

    async def _left(self, caller: Caller, digest: str, execution_id: str) -> Content | UnknownBlob | UnknownTask:
        execution = await self._execution(execution_id, caller)
        if isinstance(execution, UnknownTask):
            return execution
        file = next((one for one in execution.files if one.digest == digest), None)
        if file is None:
            return UnknownBlob(digest)
        content = Content(digest, file.size, file.name, file.media_type, self._chunks(file))
        if file.data is None and not await self._is_proven(content, file.place):
            return UnknownBlob(digest)
        return content

    def _chunks(self, file: OutputFile) -> _Chunk:
        data, place = file.data, file.place

        async def chunk(index: int) -> bytes | None:
            if data is not None:
                return data[index * CHUNK_BYTES : (index + 1) * CHUNK_BYTES]
            return await self._files.chunk(place, index)

        return chunk

    async def _is_proven(self, content: Content, place: str) -> bool:
        """Whether what a node stored is what it said. Read once before a byte of it is handed on."""
        if not place:
            return False
        if (place, content.digest) in self._proven:
            return True
        sha256 = hashlib.sha256()
        try:
            async for piece in content.pieces(0, content.size):
                sha256.update(piece)
        except ContentGoneError:
            return False
        if f"sha256:{sha256.hexdigest()}" != content.digest:
            return False
        if len(self._proven) >= _MAX_PROVEN:
            self._proven.clear()
        self._proven[place, content.digest] = None
        return True


async def with_blobs_placed(
    store: BlobStore, client: str, draft: TaskDraft, disk_bytes: int, path: str
) -> TaskDraft | Invalid:
    """The draft with the places of the blobs that it names: of this client's, and of no other's, whatever the digest.
    Raises BusUnavailableError."""
    digests = sorted({blob.digest for _, blob in named_blobs(draft, path)})
    held = await asyncio.gather(*(store.find(client, digest) for digest in digests))
    found = {one.digest: BlobRef(digest=one.digest, size=one.size, place=one.place) for one in held if one is not None}
    violations = list(placing_violations(draft, found, disk_bytes, path))
    return Invalid(violations) if violations else with_places(draft, found)
