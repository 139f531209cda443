"""The scripted gateway's API keys."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import grpc

from coderunner.v1 import keys_pb2, keys_pb2_grpc

SECRET = "crk_" + "5" * 88
"""Of every key that is made."""


class ScriptedKeys(keys_pb2_grpc.KeyServiceServicer):
    def __init__(self, keys: list[keys_pb2.ApiKey], enter: Callable[..., None]) -> None:
        self._keys = keys
        self._enter = enter

    def CreateKey(self, request: Any, context: grpc.ServicerContext) -> Any:
        self._enter("CreateKey", request, context)
        key = keys_pb2.ApiKey(
            id=f"{len(self._keys):016x}",
            client=request.client,
            roles=request.roles,
            created_at_ms=1_700_000_000_000,
            expires_at_ms=request.expires_at_ms,
            origins=request.origins,
            reader_rate_per_s=request.reader_rate_per_s,
            reader_burst=request.reader_burst,
        )
        self._keys.insert(0, key)
        return keys_pb2.CreateKeyResponse(key=key, secret=SECRET)

    def ListKeys(self, request: Any, context: grpc.ServicerContext) -> Any:
        self._enter("ListKeys", request, context)
        found = [one for one in self._keys if request.client in ("", one.client)]
        start = int(request.page_token or 0)
        end = start + min(request.page_size or 50, 2)  # small pages, so that paging shows
        return keys_pb2.ListKeysResponse(keys=found[start:end], next_page_token=str(end) if end < len(found) else "")

    def RevokeKey(self, request: Any, context: grpc.ServicerContext) -> Any:
        self._enter("RevokeKey", request, context)
        for key in self._keys:
            if key.id == request.id:
                key.revoked_at_ms = 1_700_000_000_001
                return keys_pb2.RevokeKeyResponse(key=key)
        context.abort(grpc.StatusCode.NOT_FOUND, "there is no API key of this id")
        raise AssertionError
