"""A client's calls over HTTP, to the gateway over in-memory ports behind a real socket."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import aiohttp
import grpc

from broker_gateway.interfaces.callers import Asking
from broker_gateway.interfaces.doorway import Doorway
from broker_gateway.interfaces.draft_mapping import DEFAULT_COUNTS
from broker_gateway.interfaces.http.app import application
from broker_gateway.interfaces.http.blob_routes import BlobRoutes
from broker_gateway.interfaces.http.calls import Calls, Spans
from broker_gateway.interfaces.http.catalog_routes import CatalogRoutes
from broker_gateway.interfaces.http.dialects import DialectParts, dialect_routes
from broker_gateway.interfaces.http.execution_routes import ExecutionRoutes
from broker_gateway.interfaces.http.interact_routes import InteractRoutes
from broker_gateway.interfaces.http.reading import Bodies
from broker_gateway.interfaces.http.visits import Visits
from chassis.asgi import AsgiServer
from chassis.asgi_connection import AsgiBounds
from tests.unit.gateway.gateway_on_fakes import PATIENCE_S, GatewayOnFakes

TASK: dict[str, Any] = {"language": "python", "files": [{"content": "print(42)"}]}
TOKENS = {"s3cret": "blog", "other": "school", "boss": "boss"}
EVERY_ROUTE = [  # but for HEAD, whose answers have no words
    ("POST", "/v1/executions"),
    ("POST", "/v1/executions?wait=1"),
    ("POST", "/v1/executions:batch"),
    ("GET", "/v1/executions"),
    ("GET", "/v1/executions/x"),
    ("DELETE", "/v1/executions/x"),
    ("GET", "/v1/executions/x/events"),
    ("GET", "/v1/executions/x/source"),
    ("GET", "/v1/executions/x/callback"),
    ("POST", "/v1/blobs"),
    ("PUT", "/v1/blobs/x"),
    ("GET", "/v1/blobs/x"),
    ("GET", "/v1/executions/x/files/y"),
    ("GET", "/v1/languages"),
    ("GET", "/v1/nodes"),
]


@dataclass
class NotedCalls:
    """What was noted of calls."""

    calls: list[tuple[str, grpc.StatusCode]] = field(default_factory=list)
    streams: list[str] = field(default_factory=list)
    changed: asyncio.Event = field(default_factory=asyncio.Event)

    def opened(self, method: str) -> None:
        self.streams.append(method)

    def ended(self, method: str, code: grpc.StatusCode, _seconds: float) -> None:
        self.calls.append((method.rpartition("/")[2], code))
        self.changed.set()

    async def until(self, method: str, code: grpc.StatusCode) -> None:
        async with asyncio.timeout(PATIENCE_S):
            while (method, code) not in self.calls:
                self.changed.clear()
                await self.changed.wait()


@dataclass
class HttpCalls:
    """A client's end."""

    gateway: GatewayOnFakes
    server: AsgiServer
    session: aiohttp.ClientSession
    noted: NotedCalls

    @property
    def port(self) -> int:
        return self.server.port

    def url(self, path: str) -> str:
        return f"http://127.0.0.1:{self.port}{path}"

    async def ask(self, verb: str, path: str, **more: Any) -> tuple[int, Any]:
        """Status and body; JSON where it is that."""
        async with asyncio.timeout(PATIENCE_S), self.session.request(verb, self.url(path), **more) as response:
            text = await response.text()
            return response.status, json.loads(text) if text and "json" in response.content_type else text

    async def submit(self, **fields: Any) -> str:
        status, body = await self.ask("POST", "/v1/executions", json={**TASK, **fields})
        assert status == 201, body
        return str(body["id"])

    @asynccontextmanager
    async def events(self, task_id: str, **headers: str) -> AsyncIterator[Events]:
        url = self.url(f"/v1/executions/{task_id}/events")
        async with self.session.get(url, headers=headers) as response:
            assert response.status == 200, await response.text()
            yield Events(response)


class Events:
    """The events of a stream, as a browser reads them."""

    def __init__(self, response: aiohttp.ClientResponse) -> None:
        self.response = response
        self.last_id = ""

    async def next(self) -> tuple[str, Any] | None:
        """Name and data of the next one; None at the end."""
        name, data = "", ""
        async with asyncio.timeout(PATIENCE_S):
            async for line in self.response.content:
                key, _, value = line.decode().rstrip("\n").partition(": ")
                if key == "event":
                    name = value
                elif key == "data":
                    data = value
                elif key == "id":
                    self.last_id = value
                elif not key and name:
                    return name, json.loads(data)
        return None

    async def all(self) -> list[tuple[str, Any]]:
        """Those that are left."""
        found = []
        while (one := await self.next()) is not None:
            found.append(one)
        return found


@asynccontextmanager
async def serving_http(
    gateway: GatewayOnFakes | None = None,
    *,
    bodies: Bodies | None = None,
    spans: Spans | None = None,
    bounds: AsgiBounds | None = None,
    origins: tuple[str, ...] = (),
    dialects: Sequence[str] = (),
    only_loopback_hosts: bool = False,
    visits: Visits | None = None,
    **of_doorway: Any,
) -> AsyncIterator[HttpCalls]:
    gateway = gateway or GatewayOnFakes()
    doorway, noted = Doorway(**of_doorway), NotedCalls()
    calls = Calls(doorway, noted, spans, bodies, visits)
    routes = ExecutionRoutes(gateway.service, calls, DEFAULT_COUNTS, asks_who=doorway.asks_who)
    talks = InteractRoutes(gateway.service, calls, DEFAULT_COUNTS, asks_who=doorway.asks_who)
    large = BlobRoutes(gateway.blobs, calls, asks_who=doorway.asks_who)
    catalogue = CatalogRoutes(gateway.catalog)
    operations = [one for served in (routes, talks, catalogue, large) for one in served.operations()]
    asking = Asking(asks_who=doorway.asks_who)
    parts = DialectParts(gateway.service, gateway.catalog, calls, DEFAULT_COUNTS, asking, origins)
    spoken = dialect_routes(dialects, parts)
    app = application(
        operations,
        calls,
        version="1",
        dialects=[*spoken, *talks.routes(origins)],
        origins=origins,
        only_loopback_hosts=only_loopback_hosts,
        takes_pages=visits is not None,
    )
    server = AsgiServer("127.0.0.1:0", app, bounds=bounds)
    await server.start()
    try:
        async with aiohttp.ClientSession() as session:
            yield HttpCalls(gateway, server, session, noted)
    finally:
        await server.close()
