"""The gRPC service of large content. It only translates."""

# ruff: noqa: N802 - the methods are named as in the proto files
from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import grpc.aio

from broker_gateway.application.blob_service import BlobAppService, Content, ContentGoneError
from broker_gateway.application.commands import TooSlow, UnknownBlob
from broker_gateway.application.uploading import Said
from broker_gateway.interfaces.callers import CLIENT, Asking, note_subject
from broker_gateway.interfaces.refusals import refuse
from coderunner.v1 import blobs_pb2 as pb
from coderunner.v1 import blobs_pb2_grpc
from schemas.blob import HeldBlob

FIRST_S = 20.0
"""Within which the first message of an upload is there."""
Context = grpc.aio.ServicerContext[Any, Any]


class BlobServicer(blobs_pb2_grpc.BlobServiceServicer):
    """Implements ``coderunner.v1.BlobService``."""

    def __init__(self, service: BlobAppService, *, asks_who: bool) -> None:
        self._service = service
        self._asking = Asking(asks_who=asks_who)

    async def PutBlob(self, requests: AsyncIterator[pb.PutBlobRequest], context: Context) -> pb.Blob:
        try:
            async with asyncio.timeout(FIRST_S):
                first = await anext(requests, None) or pb.PutBlobRequest()
        except TimeoutError:
            await refuse(context, TooSlow(f"nothing of the blob came for {FIRST_S:g} s"))
        answer = await self._service.put(CLIENT.get(), Said(first.digest, first.size), _pieces(first, requests))
        if not isinstance(answer, HeldBlob):
            await refuse(context, answer)
        return _message(answer)

    async def FindBlob(self, request: pb.FindBlobRequest, context: Context) -> pb.Blob:
        answer = await self._service.find(CLIENT.get(), request.digest)
        if not isinstance(answer, HeldBlob):
            await refuse(context, answer)
        return _message(answer)

    async def GetBlob(self, request: pb.GetBlobRequest, context: Context) -> AsyncIterator[pb.GetBlobResponse]:
        note_subject(request.execution_id)
        content = await self._service.open(self._asking.caller(), request.digest, request.execution_id)
        if not isinstance(content, Content):
            await refuse(context, content)
        try:
            async for piece in content.pieces(min(request.offset, content.size), content.size):
                yield pb.GetBlobResponse(data=piece)
        except ContentGoneError:
            await refuse(context, UnknownBlob(request.digest))


async def _pieces(first: pb.PutBlobRequest, requests: AsyncIterator[pb.PutBlobRequest]) -> AsyncIterator[bytes]:
    yield first.data
    async for request in requests:
        yield request.data


def _message(held: HeldBlob) -> pb.Blob:
    return pb.Blob(digest=held.digest, size=held.size, expires_at_ms=held.expires_at_ms)
