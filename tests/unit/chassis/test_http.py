"""What both services say of their health."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator
from dataclasses import dataclass, field

import aiohttp
import pytest
import pytest_asyncio
from prometheus_client import Counter
from structlog.testing import capture_logs

from chassis.health import Part
from chassis.http import HttpServer
from chassis.metrics import Registry

WELL = {
    "running": Part(works=True, says="answers"),
    "bus": Part(works=True, says="connected"),
    "history": Part(works=True, says="the database answers", needed=False),
}
BUS_AWAY = Part(works=False, says="not connected: refused")
DATABASE_AWAY = Part(works=False, says="no such table", needed=False)


@dataclass
class Endpoint:
    parts: dict[str, Part] = field(default_factory=lambda: dict(WELL))
    registry: Registry = field(default_factory=Registry)
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
    endpoint.parts["bus"] = BUS_AWAY
    assert await endpoint.get(path) == (200, {"live": True})


@pytest.mark.parametrize("path", ["ready", "readyz"])
async def test_it_is_ready_once_every_part_is_there_and_says_which_is_not(endpoint: Endpoint, path: str) -> None:
    assert await endpoint.get(path) == (200, {"ready": True, "parts": {"running": True, "bus": True}})
    endpoint.parts["bus"] = BUS_AWAY
    assert await endpoint.get(path) == (503, {"ready": False, "parts": {"running": True, "bus": False}})


@pytest.mark.parametrize("path", ["ready", "readyz"])
async def test_it_is_ready_without_what_most_work_does_not_need_and_says_what_that_is(
    endpoint: Endpoint, path: str
) -> None:
    endpoint.parts["history"] = DATABASE_AWAY
    parts = {"running": True, "bus": True}
    assert await endpoint.get(path) == (200, {"ready": True, "parts": parts, "degraded": {"history": "no such table"}})


@pytest.mark.parametrize("path", ["health", "healthz"])
@pytest.mark.parametrize(
    ("changes", "ready", "status"),
    [
        ({}, True, "ok"),
        ({"history": DATABASE_AWAY}, True, "degraded"),
        ({"bus": BUS_AWAY}, False, "not ready"),
        ({"bus": BUS_AWAY, "history": DATABASE_AWAY}, False, "not ready"),
    ],
)
async def test_health_tells_every_part_in_words_and_is_no_reason_to_restart_it(
    endpoint: Endpoint, path: str, changes: dict[str, Part], ready: bool, status: str
) -> None:
    endpoint.parts |= changes
    told = {
        name: {"works": part.works, "says": part.says, "needed": name != "history"}
        for name, part in endpoint.parts.items()
    }
    assert await endpoint.get(path) == (200, {"live": True, "ready": ready, "status": status, "parts": told})


async def test_metrics_are_those_of_its_registry(endpoint: Endpoint) -> None:
    Counter("coderunner_seen", "Seen.", registry=endpoint.registry).inc()
    async with aiohttp.ClientSession() as session, session.get(f"{endpoint.url}/metrics") as response:
        assert "coderunner_seen_total 1.0" in await response.text()


async def test_an_address_in_use_is_an_error_and_leaves_nothing_open() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        server = HttpServer(f"127.0.0.1:{taken.getsockname()[1]}", dict, Registry())
        with pytest.raises(OSError, match="in use"):
            await server.start()
        await server.close()


async def test_each_request_is_a_line_at_debug_with_no_more_than_the_beginning_of_its_path(endpoint: Endpoint) -> None:
    with capture_logs() as written:
        await endpoint.get("ready")
        endpoint.parts["bus"] = BUS_AWAY
        await endpoint.get("ready")
        async with aiohttp.ClientSession() as session, session.get(f"{endpoint.url}/{'x' * 2000}"):
            pass
    lines = [line for line in written if line["event"] == "http_request"]
    assert [(line["path"], line["status"], line["log_level"], line["kind"]) for line in lines] == [
        ("/ready", 200, "debug", "access"),
        ("/ready", 503, "debug", "access"),
        ("/" + "x" * 199, 404, "debug", "access"),
    ]


async def test_what_is_no_http_is_refused_and_fills_no_log(
    endpoint: Endpoint, caplog: pytest.LogCaptureFixture
) -> None:
    """Each such request was an error with its whole stack."""
    reader, writer = await asyncio.open_connection("127.0.0.1", int(endpoint.url.rpartition(":")[2]))
    writer.write(b"GET /live HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nxx")
    async with asyncio.timeout(10):
        answer = await reader.read()
    writer.close()
    await writer.wait_closed()
    assert answer.startswith(b"HTTP/1.0 400 ")
    assert caplog.records == []


async def test_a_fault_of_ours_is_logged_as_one(endpoint: Endpoint) -> None:
    endpoint.parts = None  # type: ignore[assignment]  # no part can be asked
    with capture_logs() as logged:
        async with aiohttp.ClientSession() as session, session.get(f"{endpoint.url}/ready") as response:
            assert response.status == 500
    assert [line["event"] for line in logged if line["log_level"] == "error"] == ["http_request_failed"]
