"""The calls of ``NodeService`` that are an operator's."""

from __future__ import annotations

from collections.abc import AsyncIterator

from coderunner.connection import Connection
from coderunner.joined_node import JoinedNode
from coderunner.v1 import nodes_pb2

PAGE_NODES = 200


async def listed(gateway: Connection, limit: int | None) -> AsyncIterator[JoinedNode]:
    """Page after page."""
    request = nodes_pb2.ListJoinedRequest()
    left = limit if limit is not None else 1 << 62
    while left > 0:
        request.page_size = min(left, PAGE_NODES)
        page: nodes_pb2.ListJoinedResponse = await gateway.ask(gateway.nodes.ListJoined, request)
        for message in page.nodes[:left]:
            yield _joined_node(message)
        left -= len(page.nodes)
        request.page_token = page.next_page_token
        if not request.page_token:
            return


async def forget(gateway: Connection, node_id: str) -> JoinedNode:
    """Once: asked again, after an answer that was lost, there is none any more."""
    answer: nodes_pb2.ForgetResponse = await gateway.ask(gateway.nodes.Forget, nodes_pb2.ForgetRequest(node_id=node_id))
    return _joined_node(answer.node)


def _joined_node(message: nodes_pb2.JoinedNode) -> JoinedNode:
    return JoinedNode(
        node_id=message.node_id,
        pools=tuple(message.pools),
        nats_public_key=message.nats_public_key,
        joined_at_ms=message.joined_at_ms,
        by=message.by,
    )
