"""The gRPC service ``KeyService``: API keys are made, listed and revoked."""

# ruff: noqa: N802 - the methods are named as in the proto files

from __future__ import annotations

from typing import Any

import grpc.aio

from broker_gateway.application.commands import Invalid, NoKeys, UnknownKey
from broker_gateway.application.key_service import KeyAppService
from broker_gateway.domain.api_key import ApiKey, KeyDraft
from broker_gateway.interfaces.callers import OWNER, SUBJECT
from broker_gateway.interfaces.list_rules import MAX_NAME_CHARS
from broker_gateway.interfaces.refusals import refuse
from coderunner.v1 import keys_pb2 as pb
from coderunner.v1 import keys_pb2_grpc as rpc

Context = grpc.aio.ServicerContext[Any, Any]


class KeyServicer(rpc.KeyServiceServicer):
    """Implements ``KeyService``."""

    def __init__(self, service: KeyAppService | None) -> None:
        """None: this gateway takes no API keys."""
        self._given = service

    async def CreateKey(self, request: pb.CreateKeyRequest, context: Context) -> pb.CreateKeyResponse:
        service = await self._service(context)
        draft = KeyDraft(
            client=request.client,
            roles=request.roles,
            quota_rate_per_s=request.quota_rate_per_s,
            quota_burst=request.quota_burst,
            expires_at_ms=request.expires_at_ms,
            origins=request.origins,
            reader_rate_per_s=request.reader_rate_per_s,
            reader_burst=request.reader_burst,
        )
        answer = await service.create(draft, on_made=_note)
        if isinstance(answer, Invalid):
            await refuse(context, answer)
        return pb.CreateKeyResponse(key=_message(answer.key), secret=answer.secret)

    async def ListKeys(self, request: pb.ListKeysRequest, context: Context) -> pb.ListKeysResponse:
        service = await self._service(context)
        answer = await service.list(request.client, request.page_size, request.page_token[: MAX_NAME_CHARS + 1])
        if isinstance(answer, Invalid):
            await refuse(context, answer)
        return pb.ListKeysResponse(keys=[_message(one) for one in answer.keys], next_page_token=answer.next_token)

    async def RevokeKey(self, request: pb.RevokeKeyRequest, context: Context) -> pb.RevokeKeyResponse:
        service = await self._service(context)
        answer = await service.revoke(request.id)
        if isinstance(answer, UnknownKey):
            await refuse(context, answer)
        _note(answer)
        return pb.RevokeKeyResponse(key=_message(answer))

    async def _service(self, context: Context) -> KeyAppService:
        if self._given is None:
            await refuse(context, NoKeys())
        return self._given


def _note(key: ApiKey) -> None:
    """For the audit trail: which key, and whose it is."""
    SUBJECT.set(key.id)
    OWNER.set(key.client)


def _message(key: ApiKey) -> pb.ApiKey:
    return pb.ApiKey(
        id=key.id,
        client=key.client,
        roles=sorted(key.roles),
        quota_rate_per_s=key.rate.rate_per_s if key.rate is not None else 0.0,
        quota_burst=key.rate.burst if key.rate is not None else 0,
        created_at_ms=key.created_at_ms,
        expires_at_ms=key.expires_at_ms or 0,
        revoked_at_ms=key.revoked_at_ms or 0,
        last_used_at_ms=key.last_used_at_ms or 0,
        origins=key.origins,
        reader_rate_per_s=key.reader_rate.rate_per_s if key.reader_rate is not None else 0.0,
        reader_burst=key.reader_rate.burst if key.reader_rate is not None else 0,
    )
