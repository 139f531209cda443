"""The scripted gateway's nodes that joined."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import grpc

from coderunner.v1 import nodes_pb2, nodes_pb2_grpc


class ScriptedNodes(nodes_pb2_grpc.NodeServiceServicer):
    def __init__(self, joined: list[nodes_pb2.JoinedNode], enter: Callable[..., None]) -> None:
        self._joined = joined
        self._enter = enter

    def ListJoined(self, request: Any, context: grpc.ServicerContext) -> Any:
        self._enter("ListJoined", request, context)
        start = int(request.page_token or 0)
        end = start + min(request.page_size or 50, 2)  # small pages, so that paging shows
        more = str(end) if end < len(self._joined) else ""
        return nodes_pb2.ListJoinedResponse(nodes=self._joined[start:end], next_page_token=more)

    def Forget(self, request: Any, context: grpc.ServicerContext) -> Any:
        self._enter("Forget", request, context)
        for node in self._joined:
            if node.node_id == request.node_id:
                self._joined.remove(node)
                return nodes_pb2.ForgetResponse(node=node)
        context.abort(grpc.StatusCode.NOT_FOUND, f"no node joined by the id '{request.node_id}'")
        raise AssertionError
