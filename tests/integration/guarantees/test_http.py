"""The API over HTTP on real servers: the same tasks as over gRPC, and a stream that outlives its gateway."""

from __future__ import annotations

import asyncio
import json
import ssl
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import aiohttp
import pytest
import pytest_asyncio

from coderunner.model import Status
from tests.integration.guarantees.shared_stack import SharedStack
from tests.servers.certificates import make_certificate
from tests.servers.ports import free_port
from tests.servers.stack import Gateway

PATIENCE_S = 20.0
Event = tuple[str, str, Any]
"""Name, id and data."""


class Http:
    """Asks gateways over HTTP."""

    def __init__(self, session: aiohttp.ClientSession) -> None:
        self._session = session

    async def ask(self, verb: str, gateway: Gateway, path: str, **more: Any) -> tuple[int, Any]:
        url = f"http://{gateway.http_target}{path}"
        async with asyncio.timeout(PATIENCE_S), self._session.request(verb, url, **more) as response:
            return response.status, await response.json(content_type=None)

    async def submit(self, gateway: Gateway, language: str, query: str = "", **fields: Any) -> dict[str, Any]:
        body = {"language": language, "files": [{"content": "(nothing runs)"}], **fields}
        status, answer = await self.ask("POST", gateway, f"/v1/executions{query}", json=body)
        assert status == 201, answer
        assert isinstance(answer, dict)
        return answer

    async def events(self, gateway: Gateway, task_id: str, last_id: str = "") -> AsyncIterator[Event]:
        """Ends with the stream, or where the connection breaks."""
        url = f"http://{gateway.http_target}/v1/executions/{task_id}/events"
        name, event_id, data = "", last_id, ""
        headers = {"Last-Event-ID": last_id} if last_id else {}
        async with asyncio.timeout(PATIENCE_S), self._session.get(url, headers=headers) as response:
            assert response.status == 200
            try:
                async for line in response.content:
                    key, _, value = line.decode().rstrip("\n").partition(": ")
                    if key == "event":
                        name = value
                    elif key == "id":
                        event_id = value
                    elif key == "data":
                        data = value
                    elif not key and name:
                        yield name, event_id, json.loads(data)
                        name = ""
            except aiohttp.ClientPayloadError:
                return


@pytest_asyncio.fixture
async def http() -> AsyncIterator[Http]:
    async with aiohttp.ClientSession() as session:
        yield Http(session)


async def test_a_task_of_one_way_is_seen_and_ended_on_the_other(shared: SharedStack, http: Http) -> None:
    await shared.node()
    gateway, client = shared.stack.gateways[0], await shared.client()
    done = await http.submit(gateway, shared.language, "?wait=15", stdin="echoed", labels={"way": "http"})
    assert (done["status"], done["run"]["stdout"], done["labels"]) == ("SUCCEEDED", "echoed", {"way": "http"})
    seen = await client.get(done["id"])
    assert (seen.status, seen.run and seen.run.stdout) == (Status.SUCCEEDED, "echoed")
    task_id = await client.submit(shared.language, "x", env={"SIMULATED_RUN_MS": "60000"})
    status, answer = await http.ask("DELETE", shared.stack.gateways[1], f"/v1/executions/{task_id}")
    assert (status, answer["cancelled"], answer["execution"]["status"]) == (200, True, "CANCELLED")
    assert (await client.follow(task_id)).status is Status.CANCELLED
    _, listed = await http.ask("GET", gateway, f"/v1/executions?language={shared.language}")
    assert [one["id"] for one in listed["executions"]] == [task_id, done["id"]]
    _, languages = await http.ask("GET", gateway, "/v1/languages")
    assert shared.language in [one["name"] for one in languages["languages"]]


async def test_a_stream_goes_on_at_another_gateway_when_its_own_is_killed(shared: SharedStack, http: Http) -> None:
    await shared.node()
    gateway, _ = await shared.gateway()
    run: dict[str, Any] = {"stdin": "a line\n" * 20, "env": {"SIMULATED_RUN_MS": "3000"}}
    task_id = (await http.submit(gateway, shared.language, **run))["id"]
    told: list[Event] = []
    async for event in http.events(gateway, task_id):
        told.append(event)
        if event[0] == "output":
            gateway.kill()
    gateway.start()
    assert "result" not in [name for name, *_ in told]
    async for event in http.events(shared.stack.gateways[1], task_id, told[-1][1]):
        told.append(event)
    name, last_id, result = told[-1]
    assert (name, last_id, result["status"]) == ("result", "end", "SUCCEEDED")
    pieces = {data["offset"]: data["text"] for name, _, data in told if name == "output"}
    assert "".join(pieces[offset] for offset in sorted(pieces)) == result["run"]["stdout"] == run["stdin"]
    assert len(pieces) == len([event for event in told if event[0] == "output"]), "a piece was told twice"


async def test_it_can_be_switched_off_and_health_can_have_an_address_of_its_own(
    shared: SharedStack, http: Http
) -> None:
    without, _ = await shared.gateway(http_api=False)
    assert without.get("/readyz")[0] == 200
    assert without.get("/v1/languages")[0] == 404
    api = f"127.0.0.1:{free_port()}"
    apart, _ = await shared.gateway(http_address=api, health_address=f"127.0.0.1:{free_port()}")
    async with aiohttp.ClientSession() as session:
        for path, status in (("/v1/languages", 200), ("/metrics", 404), ("/readyz", 404)):
            async with session.get(f"http://{api}{path}") as response:
                assert response.status == status
    assert apart.get("/v1/languages")[0] == 404


async def test_it_speaks_tls_with_the_certificate_of_grpc(shared: SharedStack, tmp_path: Path) -> None:
    certificate = make_certificate(tmp_path)
    gateway, _ = await shared.gateway(
        wait=False, http_tls=True, tls_certificate=str(certificate.chain), tls_key=str(certificate.key)
    )
    context = ssl.create_default_context(cafile=str(certificate.chain))
    async with aiohttp.ClientSession() as session, asyncio.timeout(PATIENCE_S):
        url = f"https://localhost:{gateway.http_port}"
        while True:
            try:
                async with session.get(f"{url}/readyz", ssl=context) as response:
                    if response.status == 200:
                        break
            except aiohttp.ClientConnectionError:
                await asyncio.sleep(0.05)  # it starts
        async with session.get(f"{url}/v1/languages", ssl=context) as response:
            assert response.status == 200
        with pytest.raises(aiohttp.ClientError):
            await session.get(f"http://localhost:{gateway.http_port}/v1/languages")


async def test_what_was_accepted_is_there_however_its_gateway_ended(shared: SharedStack, http: Http) -> None:
    """A gateway that is killed while callers wait: they submit again with their keys, and nothing runs twice."""
    await shared.node()
    gateway, client = await shared.gateway()
    key = "0f8fad5b-d9cb-469f-a165-70867728950e"
    run: dict[str, Any] = {"idempotency_key": key, "env": {"SIMULATED_RUN_MS": "1500"}}
    waiting = asyncio.create_task(http.submit(gateway, shared.language, "?wait=15", **run))
    async with asyncio.timeout(PATIENCE_S):
        while not [one async for one in client.list(language=shared.language)]:  # noqa: ASYNC110 - nobody tells
            await asyncio.sleep(0.02)
    gateway.kill()
    with pytest.raises(aiohttp.ClientError):
        await waiting
    again = await http.submit(shared.stack.gateways[0], shared.language, "?wait=15", **run)
    assert again["status"] == "SUCCEEDED"
    gateway.start()
    listed = [one.id async for one in (await shared.client()).list(language=shared.language)]
    assert listed == [again["id"]]
