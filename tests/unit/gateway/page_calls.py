"""Calls of pages with a publishable key, to the gateway over in-memory ports."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from broker_gateway.application.key_ring import KeyRing
from broker_gateway.application.key_service import KeyAppService, NewKey
from broker_gateway.domain.api_key import KeyDraft
from broker_gateway.domain.reader_address import TrustedProxies
from broker_gateway.interfaces.http.visits import Visits
from tests.fakes.memory_keys import MemoryKeyStore
from tests.unit.gateway.gateway_on_fakes import GatewayOnFakes
from tests.unit.gateway.http_calls import TASK, TOKENS, HttpCalls, serving_http

EXECUTIONS = "/v1/executions"
OPEN = {
    ("POST", "/v1/executions"),
    ("POST", "/v1/executions?wait=1"),
    ("GET", "/v1/executions/x"),
    ("DELETE", "/v1/executions/x"),
    ("GET", "/v1/executions/x/events"),
    ("GET", "/v1/languages"),
}
"""The routes that a publishable key opens."""
BLOG = "https://blog.example"
EVIL = "https://evil.example"
SECRET = bytes(range(32))
ADA, BOB = "192.0.2.7", "192.0.2.8"
"""The addresses of two readers, as the proxy in between says them."""


@dataclass
class PageCalls:
    """A page's end, and the service that makes its keys."""

    http: HttpCalls
    keys: KeyAppService
    secrets: dict[str, str] = field(default_factory=dict)

    @property
    def bus(self) -> Any:
        return self.http.gateway.bus

    async def key(self, origin: str = BLOG, client: str = "blog", **fields: Any) -> str:
        """The secret of a new publishable key."""
        usual = {"quota_rate_per_s": 0.0, "quota_burst": 0, "expires_at_ms": 0}
        made = await self.keys.create(KeyDraft(client=client, roles=["page"], origins=[origin], **{**usual, **fields}))
        assert isinstance(made, NewKey), made
        self.secrets[made.secret] = made.key.id
        return made.secret

    async def ask(
        self, verb: str, path: str, key: str, *, origin: str | None = BLOG, reader: str = ADA, **more: Any
    ) -> tuple[int, Any]:
        return await self.http.ask(verb, path, headers=headers(key, origin, reader), **more)

    async def submit(self, key: str, reader: str = ADA, **fields: Any) -> tuple[int, Any]:
        return await self.ask("POST", "/v1/executions", key, reader=reader, json={**TASK, **fields})

    async def submitted(self, key: str, reader: str = ADA, **fields: Any) -> str:
        status, body = await self.submit(key, reader, **fields)
        assert status == 201, body
        return str(body["id"])


def headers(key: str, origin: str | None = BLOG, reader: str = ADA) -> dict[str, str]:
    of_page = {"Origin": origin} if origin is not None else {}
    return {"Authorization": f"Bearer {key}", "X-Forwarded-For": reader, **of_page}


@asynccontextmanager
async def serving_pages(
    gateway: GatewayOnFakes | None = None, *, secret: bytes = SECRET, **more: Any
) -> AsyncIterator[PageCalls]:
    """This machine stands for a trusted proxy."""
    store = MemoryKeyStore()
    ring = KeyRing(store)
    visits = Visits(TrustedProxies.of(["127.0.0.0/8"], "x-forwarded-for"), lambda: secret)
    async with serving_http(gateway, visits=visits, verifiers=[ring], tokens=TOKENS, **more) as http:
        yield PageCalls(http, KeyAppService(store, on_revoked=ring.forget))
