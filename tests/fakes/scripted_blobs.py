"""The blobs of a scripted gateway: it keeps what is put, whoever puts it."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from typing import Any

import grpc

from coderunner.v1 import blobs_pb2 as pb
from coderunner.v1 import blobs_pb2_grpc

FOR_EVER_MS = 1 << 50


class ScriptedBlobs(blobs_pb2_grpc.BlobServiceServicer):
    def __init__(self, blobs: dict[str, bytes], enter: Callable[[str, Any, grpc.ServicerContext], None]) -> None:
        self._blobs = blobs
        self._enter = enter

    def PutBlob(self, requests: Iterator[pb.PutBlobRequest], context: grpc.ServicerContext) -> pb.Blob:
        data = b"".join(request.data for request in requests)
        digest = f"sha256:{hashlib.sha256(data).hexdigest()}"
        self._enter("PutBlob", digest, context)
        self._blobs[digest] = data
        return self._told(digest)

    def FindBlob(self, request: pb.FindBlobRequest, context: grpc.ServicerContext) -> pb.Blob:
        self._enter("FindBlob", request, context)
        self._require(request.digest, context)
        return self._told(request.digest)

    def GetBlob(self, request: pb.GetBlobRequest, context: grpc.ServicerContext) -> Iterator[pb.GetBlobResponse]:
        self._enter("GetBlob", request, context)
        self._require(request.digest, context)
        rest = self._blobs[request.digest][request.offset :]
        for at in range(0, len(rest), 100_000):
            yield pb.GetBlobResponse(data=rest[at : at + 100_000])
            if "GetBlob breaks" in self._blobs:
                del self._blobs["GetBlob breaks"]
                context.abort(grpc.StatusCode.UNAVAILABLE, "restarted")

    def _require(self, digest: str, context: grpc.ServicerContext) -> None:
        if digest not in self._blobs:
            context.abort(grpc.StatusCode.NOT_FOUND, "there is none")

    def _told(self, digest: str) -> pb.Blob:
        return pb.Blob(digest=digest, size=len(self._blobs[digest]), expires_at_ms=FOR_EVER_MS)
