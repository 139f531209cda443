"""What both services say of their health."""

from __future__ import annotations

import socket
from collections.abc import AsyncIterator
from dataclasses import dataclass, field

import aiohttp
import pytest
import pytest_asyncio
from prometheus_client import CollectorRegistry, Counter

from chassis.http import HttpServer


@dataclass
class Endpoint:
    parts: dict[str, bool] = field(default_factory=lambda: {"running": True, "bus": True})
    registry: CollectorRegistry = field(default_factory=CollectorRegistry)
    url: str = ""

    async def get(self, path: str) -> tuple[int, object]:
        async with aiohttp.ClientSession() as session, session.get(f"{self.url}/{path}") as response:
            return response.status, await response.json()


@pytest_asyncio.fixture
async def endpoint() -> AsyncIterator[Endpoint]:
    made = Endpoint()
    server = HttpServer("127.0.0.1:0", lambda: made.parts, made.registry)
    await server.start()
    made.url = f"http://127.0.0.1:{server.port}"
    yield made
    await server.close()


@pytest.mark.parametrize("path", ["live", "livez"])
async def test_a_process_that_runs_its_loop_is_live_whatever_it_lacks(endpoint: Endpoint, path: str) -> None:
    endpoint.parts["bus"] = False
    assert await endpoint.get(path) == (200, {"live": True})


@pytest.mark.parametrize("path", ["ready", "readyz"])
async def test_it_is_ready_once_every_part_is_there_and_says_which_is_not(endpoint: Endpoint, path: str) -> None:
    assert await endpoint.get(path) == (200, {"ready": True, "parts": {"running": True, "bus": True}})
    endpoint.parts["bus"] = False
    assert await endpoint.get(path) == (503, {"ready": False, "parts": {"running": True, "bus": False}})


@pytest.mark.parametrize("path", ["health", "healthz"])
async def test_health_tells_both_and_is_no_reason_to_restart_it(endpoint: Endpoint, path: str) -> None:
    endpoint.parts["bus"] = False
    assert await endpoint.get(path) == (
        200,
        {"live": True, "ready": False, "parts": {"running": True, "bus": False}},
    )


async def test_metrics_are_those_of_its_registry(endpoint: Endpoint) -> None:
    Counter("coderunner_seen", "Seen.", registry=endpoint.registry).inc()
    async with aiohttp.ClientSession() as session, session.get(f"{endpoint.url}/metrics") as response:
        assert "coderunner_seen_total 1.0" in await response.text()


async def test_an_address_in_use_is_an_error_and_leaves_nothing_open() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        server = HttpServer(f"127.0.0.1:{taken.getsockname()[1]}", dict, CollectorRegistry())
        with pytest.raises(OSError, match="in use"):
            await server.start()
        await server.close()
