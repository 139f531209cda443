"""The calls of ``KeyService``, for who manages API keys."""

from __future__ import annotations

from collections.abc import AsyncIterator

import grpc
import grpc.aio

from coderunner.api_key import ApiKey, NewApiKey
from coderunner.connection import CALL_S, Connection
from coderunner.v1 import keys_pb2

PAGE_KEYS = 200


async def create(gateway: Connection, request: keys_pb2.CreateKeyRequest) -> NewApiKey:
    """Asks once: asked again, after an answer that was lost, there would be two."""
    try:
        answer = await gateway.keys.CreateKey(request, timeout=CALL_S, metadata=gateway.metadata)
    except grpc.aio.AioRpcError as error:
        raise gateway.error(error) from error
    return NewApiKey(api_key(answer.key), answer.secret)


async def listed(gateway: Connection, client: str, limit: int | None) -> AsyncIterator[ApiKey]:
    """Page after page."""
    request = keys_pb2.ListKeysRequest(client=client)
    left = limit if limit is not None else 1 << 62
    while left > 0:
        request.page_size = min(left, PAGE_KEYS)
        page: keys_pb2.ListKeysResponse = await gateway.ask(gateway.keys.ListKeys, request)
        for message in page.keys[:left]:
            yield api_key(message)
        left -= len(page.keys)
        request.page_token = page.next_page_token
        if not request.page_token:
            return


async def revoke(gateway: Connection, key_id: str) -> ApiKey:
    """May be repeated."""
    answer: keys_pb2.RevokeKeyResponse = await gateway.ask(gateway.keys.RevokeKey, keys_pb2.RevokeKeyRequest(id=key_id))
    return api_key(answer.key)


def api_key(message: keys_pb2.ApiKey) -> ApiKey:
    return ApiKey(
        id=message.id,
        client=message.client,
        roles=tuple(message.roles),
        created_at_ms=message.created_at_ms,
        quota_rate_per_s=message.quota_rate_per_s,
        quota_burst=message.quota_burst,
        expires_at_ms=message.expires_at_ms,
        revoked_at_ms=message.revoked_at_ms,
        last_used_at_ms=message.last_used_at_ms,
        origins=tuple(message.origins),
        reader_rate_per_s=message.reader_rate_per_s,
        reader_burst=message.reader_burst,
    )
