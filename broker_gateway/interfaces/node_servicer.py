"""The gRPC service ``NodeService``: nodes join, are listed and forgotten."""

# ruff: noqa: N802 - the methods are named as in the proto files

from __future__ import annotations

from typing import Any

import grpc.aio

from broker_gateway.application.commands import NotJoinable
from broker_gateway.application.joining import Admission, JoinAppService, JoinedPage
from broker_gateway.domain.joining import JoinDraft
from broker_gateway.interfaces.callers import CLIENT, MAX_SUBJECT_CHARS, OWNER, SUBJECT
from broker_gateway.interfaces.list_rules import MAX_NAME_CHARS
from broker_gateway.interfaces.refusals import refuse
from coderunner.v1 import nodes_pb2 as pb
from coderunner.v1 import nodes_pb2_grpc as rpc
from schemas.joined import JoinedNode, joined_user

Context = grpc.aio.ServicerContext[Any, Any]


class NodeServicer(rpc.NodeServiceServicer):
    """Implements ``NodeService``."""

    def __init__(self, service: JoinAppService | None) -> None:
        """None: no nodes may join."""
        self._given = service

    async def Join(self, request: pb.JoinRequest, context: Context) -> pb.JoinResponse:
        service = await self._service(context)
        SUBJECT.set(request.node_id[:MAX_SUBJECT_CHARS])
        draft = JoinDraft(
            node_id=request.node_id,
            public_key=request.nats_public_key,
            pools=request.pools,
            signature=request.signature,
        )
        answer = await service.join(draft, CLIENT.get())
        if not isinstance(answer, Admission):
            await refuse(context, answer)
        where = answer.whereabouts
        return pb.JoinResponse(
            nats_urls=where.nats_urls,
            nats_user=joined_user(answer.node.node_id),
            nats_tls_authorities=where.nats_tls_authorities,
            etcd_endpoints=where.etcd_endpoints,
            etcd_user=answer.directory_user,
            etcd_password=answer.directory_password,
            etcd_tls_authorities=where.etcd_tls_authorities,
        )

    async def ListJoined(self, request: pb.ListJoinedRequest, context: Context) -> pb.ListJoinedResponse:
        service = await self._service(context)
        answer = await service.listed(request.page_size, request.page_token[: MAX_NAME_CHARS + 1])
        if not isinstance(answer, JoinedPage):
            await refuse(context, answer)
        return pb.ListJoinedResponse(nodes=map(_message, answer.nodes), next_page_token=answer.next_token)

    async def Forget(self, request: pb.ForgetRequest, context: Context) -> pb.ForgetResponse:
        service = await self._service(context)
        SUBJECT.set(request.node_id[:MAX_SUBJECT_CHARS])
        answer = await service.forget(request.node_id)
        if not isinstance(answer, JoinedNode):
            await refuse(context, answer)
        OWNER.set(answer.by or None)
        return pb.ForgetResponse(node=_message(answer))

    async def _service(self, context: Context) -> JoinAppService:
        if self._given is None:
            await refuse(context, NotJoinable())
        return self._given


def _message(node: JoinedNode) -> pb.JoinedNode:
    return pb.JoinedNode(
        node_id=node.node_id,
        pools=node.pools,
        nats_public_key=node.nats_public_key,
        joined_at_ms=node.joined_at_ms,
        by=node.by,
    )
