"""The gRPC service ``CatalogService``: which languages can be run, and which nodes run them."""

# ruff: noqa: N802 - the methods are named as in the proto files

from __future__ import annotations

from typing import Any

import grpc.aio

from broker_gateway.application.catalog_service import CatalogAppService, LanguageDTO, versions_of
from coderunner.v1 import catalog_pb2 as pb
from coderunner.v1 import catalog_pb2_grpc as rpc
from schemas.node import NodeRecord

Context = grpc.aio.ServicerContext[Any, Any]


class CatalogServicer(rpc.CatalogServiceServicer):
    """Implements ``CatalogService``."""

    def __init__(self, service: CatalogAppService) -> None:
        self._service = service

    async def ListLanguages(self, _request: pb.ListLanguagesRequest, _context: Context) -> pb.ListLanguagesResponse:
        return pb.ListLanguagesResponse(languages=[_language(one) for one in self._service.languages()])

    async def ListNodes(self, _request: pb.ListNodesRequest, _context: Context) -> pb.ListNodesResponse:
        return pb.ListNodesResponse(nodes=[_node(one) for one in self._service.nodes()])


def _language(language: LanguageDTO) -> pb.Language:
    return pb.Language(
        name=language.name,
        versions=language.versions,
        aliases=language.aliases,
        extensions=language.extensions,
        compiled=language.compiled,
        nodes=language.nodes,
        baseline_memory_bytes=language.baseline_memory_bytes,
        title=language.title,
        sample=language.sample,
        editor_mode=language.editor_mode,
        test_frameworks=language.test_frameworks,
    )


def _node(node: NodeRecord) -> pb.Node:
    return pb.Node(
        id=node.id,
        host=node.host,
        pools=node.pools,
        languages=versions_of(node),
        capacity=node.capacity,
        running=node.running,
        cpu_percent=node.cpu_percent,
        memory_percent=node.memory_percent,
        disk_percent=node.disk_percent,
        load_score=node.load_score,
        state=node.state.value.upper(),
        version=node.version,
        sandbox_runtime=node.sandbox_runtime,
        started_at_ms=node.started_at_ms,
        updated_at_ms=node.updated_at_ms,
        alarms=node.alarms,
        labels=node.labels,
    )
