"""The ports of large content: where blobs of clients are, and files that programs left."""

from __future__ import annotations

from typing import Protocol

from schemas.blob import HeldBlob


class BlobStoreFullError(Exception):
    """The store takes nothing more now, whoever puts it."""


class BlobStore(Protocol):
    """The store of clients' blobs, each in chunks. Its methods raise BusUnavailableError."""

    async def find(self, client: str, digest: str) -> HeldBlob | None:
        """The client's blob of that digest, which must be one."""
        ...

    async def held_bytes(self, client: str) -> int:
        """What the client has, in whole chunks: unfinished uploads as well."""
        ...

    async def put(self, place: str, index: int, data: bytes) -> None:
        """Stores one chunk. Raises BlobStoreFullError."""
        ...

    async def keep(self, client: str, blob: HeldBlob) -> None:
        """Makes it the client's blob of its digest, once all chunks are stored. Raises BlobStoreFullError."""
        ...

    async def forget(self, place: str) -> None:
        """Takes the chunks of one upload away."""
        ...

    async def chunk(self, place: str, index: int) -> bytes | None:
        """One chunk of a blob; None where it is not there, or not any more."""
        ...


class LeftFileStore(Protocol):
    """The store of files that programs left. Nodes write it: what it has is anybody's word."""

    async def chunk(self, place: str, index: int) -> bytes | None:
        """One chunk of a file; None where it is not there. Raises BusUnavailableError."""
        ...
