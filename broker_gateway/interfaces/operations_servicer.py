"""The gRPC service ``OperationsService``: dead letters, and taking nodes out of service."""

# ruff: noqa: N802 - the methods are named as in the proto files

from __future__ import annotations

from typing import Any

import grpc.aio
from msgspec import structs

from broker_gateway.application.audit import AuditFilter
from broker_gateway.application.commands import Invalid, UnknownLetter
from broker_gateway.application.operations_service import OperationsAppService
from broker_gateway.interfaces.callback_mapping import record_message
from broker_gateway.interfaces.refusals import refuse
from coderunner.v1 import operations_pb2 as pb
from coderunner.v1 import operations_pb2_grpc as rpc
from schemas.dead_letter import DeadLetter

Context = grpc.aio.ServicerContext[Any, Any]


class OperationsServicer(rpc.OperationsServiceServicer):
    """Implements ``OperationsService``."""

    def __init__(self, service: OperationsAppService) -> None:
        self._service = service

    async def ListDead(self, request: pb.ListDeadRequest, context: Context) -> pb.ListDeadResponse:
        answer = await self._service.list_dead(request.reason, request.page_size, request.page_token)
        if isinstance(answer, Invalid):
            await refuse(context, answer)
        return pb.ListDeadResponse(letters=[_letter(one) for one in answer.letters], next_page_token=answer.next_token)

    async def GetDead(self, request: pb.GetDeadRequest, context: Context) -> pb.GetDeadResponse:
        answer = await self._service.dead_letter(request.id)
        if isinstance(answer, UnknownLetter):
            await refuse(context, answer)
        return pb.GetDeadResponse(letter=_letter(answer))

    async def Redrive(self, request: pb.RedriveRequest, context: Context) -> pb.RedriveResponse:
        refusal = await self._service.redrive(request.id)
        if refusal is not None:
            await refuse(context, refusal)
        return pb.RedriveResponse()

    async def ListCallbacks(self, request: pb.ListCallbacksRequest, context: Context) -> pb.ListCallbacksResponse:
        answer = await self._service.list_callbacks(request.state, request.page_size, request.page_token)
        if isinstance(answer, Invalid):
            await refuse(context, answer)
        records = [record_message(one) for one in answer.records]
        return pb.ListCallbacksResponse(records=records, next_page_token=answer.next_token)

    async def PurgeCache(self, request: pb.PurgeCacheRequest, context: Context) -> pb.PurgeCacheResponse:
        client = request.client if request.HasField("client") else None
        answer = await self._service.purge_cache(request.language, client)
        if isinstance(answer, Invalid):
            await refuse(context, answer)
        return pb.PurgeCacheResponse(purged=answer)

    async def ListAudit(self, request: pb.ListAuditRequest, context: Context) -> pb.ListAuditResponse:
        client = request.client if request.HasField("client") else None
        wanted = AuditFilter(request.action, client, request.since_ms)
        answer = await self._service.list_audit(wanted, request.page_size, request.page_token)
        if isinstance(answer, Invalid):
            await refuse(context, answer)
        records = [pb.AuditRecord(**structs.asdict(one)) for one in answer.records]
        return pb.ListAuditResponse(records=records, next_page_token=answer.next_token)

    async def DrainNode(self, request: pb.DrainNodeRequest, context: Context) -> pb.DrainNodeResponse:
        answer = await self._service.drain(request.id)
        if isinstance(answer, Invalid):
            await refuse(context, answer)
        return pb.DrainNodeResponse(accepted=answer)


def _letter(letter: DeadLetter) -> pb.DeadLetter:
    return pb.DeadLetter(
        id=letter.id,
        reason=letter.reason,
        detail=letter.detail,
        attempts=letter.attempts,
        at_ms=letter.at_ms,
        node_id=letter.node_id,
        payload=letter.payload,
    )
