"""The routes of the catalog: which languages can be run, and which nodes run them."""

from __future__ import annotations

from collections.abc import Sequence

from starlette.types import ASGIApp

from broker_gateway.application.catalog_service import CatalogAppService
from broker_gateway.interfaces.http.answers import Language, Languages, Node, Nodes
from broker_gateway.interfaces.http.calls import Call
from broker_gateway.interfaces.http.operations import Operation, json_answer
from broker_gateway.interfaces.http.queries import no_query

CATALOG = "/coderunner.v1.CatalogService/"


class CatalogRoutes:
    """The handlers, and their operations."""

    def __init__(self, service: CatalogAppService) -> None:
        self._service = service

    def operations(self) -> Sequence[Operation]:
        """Every route of the catalog."""
        return (
            Operation("GET", "/v1/languages", CATALOG + "ListLanguages", self.languages, "Languages", {200: Languages}),
            Operation("GET", "/v1/nodes", CATALOG + "ListNodes", self.nodes, "Live nodes", {200: Nodes}),
        )

    async def languages(self, call: Call) -> ASGIApp:
        """The languages that a task can be submitted for."""
        no_query(call.request.query_params)
        return json_answer(Languages([Language.of(one) for one in self._service.languages()]))

    async def nodes(self, call: Call) -> ASGIApp:
        """The live nodes."""
        no_query(call.request.query_params)
        return json_answer(Nodes([Node.of(one) for one in self._service.nodes()]))
