"""The calls of ``BlobService``: large content, put and fetched in pieces."""

from __future__ import annotations

import asyncio
import hashlib
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Generator
from contextlib import closing
from pathlib import Path
from typing import Any

import grpc
import grpc.aio

from coderunner.blob import Blob
from coderunner.connection import Connection
from coderunner.errors import CodeRunnerError, NotFound
from coderunner.grpc_errors import is_transient
from coderunner.v1 import blobs_pb2

PIECE_BYTES = 256 << 10
PUT_S = 150.0
"""For one blob; the gateway gives 120 s."""
_FRESH_MS = 3_600_000
"""One that is there for so much longer need not be put again."""


async def put(gateway: Connection, content: bytes | Path) -> Blob:
    """Sends nothing where the gateway has it. Raises CodeRunnerError, OSError of a file."""
    digest, size = await asyncio.to_thread(_digest_and_size, content)
    found = await find(gateway, digest)
    if found is not None and found.expires_at_ms - time.time() * 1000 > _FRESH_MS:
        return found

    async def call() -> blobs_pb2.Blob:
        answer: blobs_pb2.Blob = await gateway.blobs.PutBlob(
            _requests(content, digest, size), timeout=PUT_S, metadata=gateway.metadata
        )
        return answer

    return _blob(await gateway.with_retries(call))


async def find(gateway: Connection, digest: str) -> Blob | None:
    """None where this client has no such blob."""
    try:
        return _blob(await gateway.ask(gateway.blobs.FindBlob, blobs_pb2.FindBlobRequest(digest=digest)))
    except NotFound:
        return None


async def pieces(gateway: Connection, digest: str, execution_id: str = "") -> AsyncIterator[bytes]:
    """What it holds, piece by piece; a connection that is lost is made anew. Raises NotFound, and CodeRunnerError at
    the end where it has not the digest that it was asked for by."""
    sha256, offset = hashlib.sha256(), 0
    while True:
        call, piece = await gateway.with_retries(_opening(gateway, digest, execution_id, offset))
        try:
            while piece is not grpc.aio.EOF:  # type: ignore[attr-defined]  # missing in its stubs only
                offset += len(piece.data)
                sha256.update(piece.data)
                yield piece.data
                piece = await call.read()
            break
        except grpc.aio.AioRpcError as error:
            if not is_transient(error):
                raise gateway.error(error) from error
        finally:
            call.cancel()
    if f"sha256:{sha256.hexdigest()}" != digest:
        raise CodeRunnerError(f"what came is not {digest}")


async def content(gateway: Connection, digest: str, execution_id: str = "") -> bytes:
    """All of it. Raises as ``pieces`` does."""
    return b"".join([piece async for piece in pieces(gateway, digest, execution_id)])


def _opening(
    gateway: Connection, digest: str, execution_id: str, offset: int
) -> Callable[[], Awaitable[tuple[Any, Any]]]:
    """What makes the call and reads its first piece: gRPC tells of a refusal there."""
    request = blobs_pb2.GetBlobRequest(digest=digest, execution_id=execution_id, offset=offset)

    async def opened() -> tuple[Any, Any]:
        call = gateway.blobs.GetBlob(request, metadata=gateway.metadata)
        return call, await call.read()

    return opened


async def _requests(content: bytes | Path, digest: str, size: int) -> AsyncIterator[blobs_pb2.PutBlobRequest]:
    yield blobs_pb2.PutBlobRequest(digest=digest, size=size)
    with closing(_pieces_of(content)) as parts:
        while part := await asyncio.to_thread(next, parts, b""):
            yield blobs_pb2.PutBlobRequest(data=part)


def _pieces_of(content: bytes | Path) -> Generator[bytes, None, None]:
    if isinstance(content, bytes):
        for at in range(0, len(content), PIECE_BYTES):
            yield content[at : at + PIECE_BYTES]
        return
    with content.open("rb") as file:
        while piece := file.read(PIECE_BYTES):
            yield piece


def _digest_and_size(content: bytes | Path) -> tuple[str, int]:
    sha256, size = hashlib.sha256(), 0
    for piece in _pieces_of(content):
        sha256.update(piece)
        size += len(piece)
    return f"sha256:{sha256.hexdigest()}", size


def _blob(message: blobs_pb2.Blob) -> Blob:
    return Blob(message.digest, message.size, message.expires_at_ms)
