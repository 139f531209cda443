"""The blobs that this node has fetched, kept on its disk, the least recently used thrown out first.

Each client's are apart, whatever they hold: who puts a file and sees that it is there already would learn that somebody
else has it."""

from __future__ import annotations

import asyncio
import os
from collections import OrderedDict
from contextlib import suppress
from pathlib import Path
from typing import Protocol

import structlog

from node.infrastructure.bus.large_content import has_digest
from schemas.blob import BlobRef

_log = structlog.get_logger(__name__)
_UNFINISHED = ".part"


class Fetching(Protocol):
    """Where blobs come from."""

    async def content(self, blob: BlobRef) -> bytes:
        """All of it. Raises BlobGoneError, OSError, TimeoutError."""
        ...


class CachedBlobs:
    """Implements ``BlobSource``. Tasks that need the same blob at the same time fetch it once."""

    def __init__(self, source: Fetching, folder: Path, max_bytes: int) -> None:
        """``folder``: of this node alone, and made when it is needed; ``max_bytes`` 0: nothing is kept."""
        self._source = source
        self._folder = folder
        self._max_bytes = max_bytes
        self._kept: OrderedDict[str, int] | None = None
        """Name to size; None until the folder was looked at."""
        self._fetching: dict[str, asyncio.Task[bytes]] = {}
        self._writing = asyncio.Lock()
        self.hits = self.fetches = 0

    async def content(self, blob: BlobRef) -> bytes:
        name = _name_of(blob)
        under_way = self._fetching.get(name)
        if under_way is None:
            under_way = self._fetching[name] = asyncio.create_task(self._found(blob, name))
            under_way.add_done_callback(lambda ended: self._ended(name, ended))
        return await asyncio.shield(under_way)

    def _ended(self, name: str, ended: asyncio.Task[bytes]) -> None:
        del self._fetching[name]
        if not ended.cancelled():
            ended.exception()  # whoever waited for it may have gone

    async def _found(self, blob: BlobRef, name: str) -> bytes:
        if self._kept is None:
            self._kept = await asyncio.to_thread(self._looked_at)
        if name in self._kept:
            content = await asyncio.to_thread(self._read, name, blob.digest)
            if content is not None:
                if name in self._kept:  # it may have been thrown out meanwhile
                    self._kept.move_to_end(name)
                self.hits += 1
                return content
            self._kept.pop(name, None)
        content = await self._source.content(blob)
        self.fetches += 1
        await self._keep(self._kept, name, content)
        return content

    async def _keep(self, kept: OrderedDict[str, int], name: str, content: bytes) -> None:
        if len(content) > self._max_bytes:
            return
        async with self._writing:  # one after the other, or what is thrown out might just be written
            thrown_out = []
            while kept and sum(kept.values()) + len(content) > self._max_bytes:
                thrown_out.append(kept.popitem(last=False)[0])
            try:
                await asyncio.to_thread(self._write, thrown_out, name, content)
            except OSError as error:
                _log.warning("blob_not_cached", error=str(error))
                return
            kept[name] = len(content)

    def _looked_at(self) -> OrderedDict[str, int]:
        """What is there from before, oldest first; what was not finished goes."""
        found = []
        with suppress(OSError):
            for path in self._folder.iterdir():
                if path.name.endswith(_UNFINISHED):
                    path.unlink()
                else:
                    status = path.stat()
                    found.append((status.st_mtime, path.name, status.st_size))
        return OrderedDict((name, size) for _, name, size in sorted(found))

    def _read(self, name: str, digest: str) -> bytes | None:
        """None where it is not what was written."""
        path = self._folder / name
        try:
            content = path.read_bytes()
            os.utime(path)
        except OSError:
            return None
        return content if has_digest(content, digest) else None

    def _write(self, thrown_out: list[str], name: str, content: bytes) -> None:
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        for old in thrown_out:
            (self._folder / old).unlink(missing_ok=True)
        unfinished = self._folder / f"{name}{_UNFINISHED}"
        unfinished.write_bytes(content)
        unfinished.replace(self._folder / name)


def _name_of(blob: BlobRef) -> str:
    """By its client, whom the place begins with, and its digest."""
    client = blob.place.partition(".")[0]
    return f"{client}-{blob.digest.removeprefix('sha256:')}"
