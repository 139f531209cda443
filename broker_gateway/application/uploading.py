"""The use case of putting a blob: in chunks, as its pieces come, and then or never the client's."""

from __future__ import annotations

import asyncio
import hashlib
import os
from collections import Counter
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass

from broker_gateway.application.blob_ports import BlobStore, BlobStoreFullError
from broker_gateway.application.clock import wall_clock_ms
from broker_gateway.application.commands import Busy, Invalid, TooSlow
from broker_gateway.domain.blobs import BlobPolicy
from broker_gateway.domain.violation import Violation
from chassis.errors import BusUnavailableError
from schemas import blob_names
from schemas.blob import CHUNK_BYTES, HeldBlob, chunks_of

RETRY_MS = 1_000
NO_ROOM_RETRY_MS = 60_000
Refused = Invalid | Busy | TooSlow


@dataclass(frozen=True, slots=True)
class Said:
    """What a caller says of a blob before it comes: its digest and its size in bytes; empty and 0 for nothing."""

    digest: str = ""
    size: int = 0


class Uploading:
    """The uploads of one gateway."""

    def __init__(
        self,
        store: BlobStore,
        policy: BlobPolicy,
        now_ms: Callable[[], int] = wall_clock_ms,
        token: Callable[[], str] = lambda: os.urandom(16).hex(),
    ) -> None:
        """``token``: makes the names of uploads, which nobody may guess."""
        self._store = store
        self._policy = policy
        self._now_ms = now_ms
        self._token = token
        self._under_way: Counter[str] = Counter()
        self._forgetting: set[asyncio.Task[None]] = set()

    async def put(self, client: str, said: Said, pieces: AsyncIterator[bytes]) -> HeldBlob | Refused:
        """Stores what comes. Where the client has it already, no piece is asked for. Raises BusUnavailableError."""
        violations = list(self._policy.violations(said.digest, said.size))
        if violations:
            return Invalid(violations)
        held = await self._lasting(client, said.digest)
        if held is not None:
            return held
        if self._under_way[client] >= self._policy.uploads_per_client:
            return Busy("too many uploads of this client are under way", RETRY_MS)
        if self._under_way.total() >= self._policy.uploads:
            return Busy("too many uploads are under way", RETRY_MS)
        self._under_way[client] += 1
        try:
            return await self._within_time(client, said, pieces)
        finally:
            self._under_way[client] -= 1
            if not self._under_way[client]:
                del self._under_way[client]

    async def _lasting(self, client: str, digest: str) -> HeldBlob | None:
        held = await self._store.find(client, digest) if digest else None
        return held if held is not None and self._policy.lasts(held, self._now_ms()) else None

    async def _within_time(self, client: str, said: Said, pieces: AsyncIterator[bytes]) -> HeldBlob | Refused:
        upload = _Upload(self._store, blob_names.blob_place(client, self._token()))
        kept: HeldBlob | None = None
        began_ms = self._now_ms()
        try:
            async with asyncio.timeout(self._policy.upload_s):
                refused = await self._received(client, upload, said, pieces)
                if refused is not None:
                    return refused
                kept = await self._kept(client, upload, began_ms)
                return kept
        except TimeoutError:
            return TooSlow(f"the blob did not arrive within {self._policy.upload_s:g} s")
        except BlobStoreFullError:
            return Busy("the store of blobs has no room now", NO_ROOM_RETRY_MS)
        finally:
            if (kept is None or kept.place != upload.place) and upload.chunks:
                self._forget(upload.place)

    async def _received(self, client: str, upload: _Upload, said: Said, pieces: AsyncIterator[bytes]) -> Refused | None:
        room = self._policy.client_bytes - await self._store.held_bytes(client)
        if chunks_of(max(1, said.size)) * CHUNK_BYTES > room:
            return _no_room(self._policy.client_bytes)
        most = min(self._policy.max_bytes, said.size or self._policy.max_bytes)
        while True:
            try:
                async with asyncio.timeout(self._policy.idle_s):
                    piece = await anext(pieces, None)
            except TimeoutError:
                return TooSlow(f"nothing of the blob came for {self._policy.idle_s:g} s")
            if piece is None:
                break
            if upload.size + len(piece) > most:
                return Invalid([Violation("data", f"must have at most {most} bytes")])
            if chunks_of(upload.size + len(piece)) * CHUNK_BYTES > room:
                return _no_room(self._policy.client_bytes)
            await upload.add(piece)
        await upload.end()
        return upload.fault(said)

    async def _kept(self, client: str, upload: _Upload, began_ms: int) -> HeldBlob:
        held = await self._lasting(client, upload.digest)
        if held is not None:
            return held
        expires_at_ms = began_ms + self._policy.age_ms
        blob = HeldBlob(digest=upload.digest, size=upload.size, place=upload.place, expires_at_ms=expires_at_ms)
        await self._store.keep(client, blob)
        return blob

    def _forget(self, place: str) -> None:
        """Not waited for: whoever put it may have gone, and this call with him."""
        task = asyncio.create_task(self._forgotten(place))
        self._forgetting.add(task)
        task.add_done_callback(self._forgetting.discard)

    async def _forgotten(self, place: str) -> None:
        try:
            await self._store.forget(place)
        except BusUnavailableError:
            return  # its time will be over


class _Upload:
    """What has come of one blob."""

    def __init__(self, store: BlobStore, place: str) -> None:
        self.place = place
        self.size = 0
        self.chunks = 0
        self._store = store
        self._sha256 = hashlib.sha256()
        self._rest = bytearray()

    @property
    def digest(self) -> str:
        return f"sha256:{self._sha256.hexdigest()}"

    async def add(self, piece: bytes) -> None:
        self.size += len(piece)
        self._rest += piece
        while len(self._rest) >= CHUNK_BYTES:
            await self._put(bytes(self._rest[:CHUNK_BYTES]))
            del self._rest[:CHUNK_BYTES]

    async def end(self) -> None:
        if self._rest:
            await self._put(bytes(self._rest))

    async def _put(self, chunk: bytes) -> None:
        self._sha256.update(chunk)
        self.chunks += 1
        await self._store.put(self.place, self.chunks - 1, chunk)

    def fault(self, said: Said) -> Invalid | None:
        """What is wrong with it, once all of it is there."""
        if not self.size:
            return Invalid([Violation("data", "is empty")])
        if said.size and said.size != self.size:
            return Invalid([Violation("size", f"is not that of the content, which has {self.size} bytes")])
        if said.digest and said.digest != self.digest:
            return Invalid([Violation("digest", f"is not that of the content, which is {self.digest}")])
        return None


def _no_room(client_bytes: int) -> Busy:
    words = f"this client's blobs may have {client_bytes} bytes in all, and there is no room for this one"
    return Busy(words, NO_ROOM_RETRY_MS)
