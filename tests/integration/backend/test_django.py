"""The backend in Django's own servers' hands, ASGI and WSGI, on a real gateway and a node that simulates."""

from __future__ import annotations

import asyncio
import http.client
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import aiohttp
import pytest

from tests.integration.backend.test_blog import GATEWAY, NODE, PATIENCE_S, TOKEN, Told, follow, run, serves
from tests.servers.fixtures import StartStack
from tests.servers.nats import REPOSITORY
from tests.servers.ports import free_port
from tests.servers.process import ServerProcess
from tests.servers.stack import Stack
from tests.servers.waiting import eventually

KINDS = ("asgi", "wsgi")


class Site(ServerProcess):
    """A site on Django, on a free port."""

    def __init__(self, directory: Path, kind: str, gateway: str, token: str) -> None:
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        command = [sys.executable, "-P", "-m", "tests.integration.backend.django_site", kind, str(self.port)]
        env = {"CODERUNNER_GATEWAY": gateway, "CODERUNNER_TOKEN": token, "PYTHONPATH": str(REPOSITORY)}
        super().__init__("django", command, directory / "django.log", env)

    def is_ready(self) -> bool:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=2)
        try:
            connection.request("GET", "/")
            return connection.getresponse().status == http.HTTPStatus.OK
        finally:
            connection.close()


@contextmanager
def site_of(stack: Stack, kind: str, directory: Path, token: str = TOKEN) -> Iterator[Site]:
    site = Site(directory, kind, stack.gateways[0].target, token)
    try:
        site.start()
        yield site
    finally:
        site.stop()


@contextmanager
def serving(stack: Stack, kind: str, directory: Path, token: str = TOKEN) -> Iterator[str]:
    """The site's address."""
    with site_of(stack, kind, directory, token) as site:
        yield site.url


@pytest.mark.parametrize("kind", KINDS)
async def test_readers_are_told_while_programs_run_and_cancel_their_own(
    start_stack: StartStack, tmp_path: Path, kind: str
) -> None:
    stack = start_stack(gateway=GATEWAY, node={**NODE, "simulated_run_ms": 60_000, "drain_s": 0.5})
    async with stack.gateways[0].client(TOKEN) as client:
        await eventually(lambda: serves(client))
    with serving(stack, kind, tmp_path) as url:
        async with aiohttp.ClientSession(url) as session, asyncio.timeout(PATIENCE_S):
            all_told = [Told() for _ in range(3)]
            running = [asyncio.create_task(run(session, told, f"{n}\n")) for n, told in enumerate(all_told)]
            await eventually(lambda: all(told.of("output") for told in all_told))
            assert [told.of("output")[0]["text"] for told in all_told] == ["0\n", "1\n", "2\n"]
            assert not any(told.of("result") for told in all_told)
            for told in all_told:
                async with session.delete(f"/code/v1/executions/{told.handle}") as response:
                    assert (response.status, (await response.json())["cancelled"]) == (200, True)
            await asyncio.gather(*running)
        assert {told.of("result")[0]["status"] for told in all_told} == {"CANCELLED"}


async def test_readers_who_leave_free_their_places_and_their_runs_go_on(
    start_stack: StartStack, tmp_path: Path
) -> None:
    stack = start_stack(gateway=GATEWAY, node={**NODE, "simulated_run_ms": 60_000, "drain_s": 0.5})
    async with stack.gateways[0].client(TOKEN) as client:
        await eventually(lambda: serves(client))
    with serving(stack, "asgi", tmp_path) as url:
        async with asyncio.timeout(PATIENCE_S):
            handles = [await begun_and_left(url) for _ in range(8)]  # four at once are let in
            async with aiohttp.ClientSession(url) as session:
                told = Told()
                async with session.get(f"/code/v1/executions/{handles[0]}/events") as response:
                    watching = asyncio.create_task(follow(response, told))
                    await eventually(lambda: "RUNNING" in [data.get("status") for _, data in told.events])
                    watching.cancel()


async def begun_and_left(url: str) -> str:
    """The handle of a run whose reader left; waits while there is no place."""
    while True:
        async with aiohttp.ClientSession(url) as session:
            told = Told()
            running = asyncio.create_task(run(session, told))
            told_of = asyncio.create_task(eventually(lambda told=told: bool(told.events)))
            await asyncio.wait({running, told_of}, return_when=asyncio.FIRST_COMPLETED)
            for one in (running, told_of):
                one.cancel()
            await asyncio.gather(running, told_of, return_exceptions=True)
            if told.events:
                return told.handle
