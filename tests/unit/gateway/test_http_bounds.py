"""What a request over HTTP may be: its body, its query, and how long it may take to come."""

from __future__ import annotations

import asyncio
import json
from io import BytesIO
from typing import Any

import pytest
from starlette.requests import Request
from yarl import URL

from broker_gateway.interfaces.http.reading import Bodies
from broker_gateway.interfaces.reception import ReceptionBounds
from tests.unit.gateway.gateway_on_fakes import PATIENCE_S
from tests.unit.gateway.http_calls import EVERY_ROUTE, TASK, TOKENS, HttpCalls, serving_http


class Slowly:
    """A body that comes in two parts."""

    def __init__(self, calls: HttpCalls) -> None:
        self._calls = calls

    async def __aenter__(self) -> Slowly:
        self.reader, self.writer = await asyncio.open_connection("127.0.0.1", self._calls.port)
        head = (
            "POST /v1/executions HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: 1000\r\n\r\n"
        )
        self.writer.write(head.encode() + b" " * 500)
        return self

    async def __aexit__(self, *_: object) -> None:
        self.writer.close()

    async def status(self) -> int:
        async with asyncio.timeout(PATIENCE_S):
            return int((await self.reader.readline()).split()[1])


async def test_a_body_that_does_not_arrive_in_time_is_refused() -> None:
    refused: list[int] = []
    bodies = Bodies(bounds=ReceptionBounds(at_once_s=0.01, within_s=0.05), on_refused=lambda: refused.append(1))
    async with serving_http(bodies=bodies) as calls, Slowly(calls) as slow:
        assert await slow.status() == 408
        assert refused == [1]


async def test_a_slow_body_is_refused_while_too_many_others_are_slow_and_a_quick_one_is_not() -> None:
    bodies = Bodies(bounds=ReceptionBounds(at_once_s=0.05, within_s=60, slow=1))
    async with serving_http(bodies=bodies) as calls, Slowly(calls) as first:
        async with Slowly(calls) as second:
            assert await second.status() == 429
        await calls.submit()
        first.writer.write(b" " * 500)
        assert await first.status() == 400  # it was no JSON


async def test_a_body_has_a_bound_whether_or_not_its_length_is_told() -> None:
    async def parts() -> Any:
        for _ in range(5):
            yield b" " * (1 << 20)

    async with serving_http() as calls:
        headers = {"Content-Type": "application/json"}
        for data in (BytesIO(b" " * (5 << 20)), parts()):
            status, problem = await calls.ask("POST", "/v1/executions", data=data, headers=headers)
            assert (status, problem["code"]) == (413, "RESOURCE_EXHAUSTED")


LARGE = {
    "a million tasks": b'{"tasks":[' + b"{}," * 1_000_000 + b"{}]}",
    "a million strings": b'{"tasks":[' + b'"",' * 1_000_000 + b'""]}',
    "nested": b"[" * 4_000_000,
    "a long number": b'{"tasks":' + b"1" * 4_000_000 + b"}",
    "many names": b"{" + b",".join(b'"%d":1' % number for number in range(300_000)) + b"}",
}


@pytest.mark.parametrize("data", LARGE.values(), ids=LARGE)
async def test_a_large_body_of_nothing_is_refused_at_once(data: bytes) -> None:
    async with serving_http() as calls:
        headers = {"Content-Type": "application/json"}
        status, problem = await calls.ask("POST", "/v1/executions:batch", data=BytesIO(data), headers=headers)
        assert (status, problem["code"]) == (400, "INVALID_ARGUMENT")


@pytest.mark.parametrize("query", ["a&" * 4000, "wait=1&" * 200, "%41" * 10_000])
@pytest.mark.parametrize(("verb", "path"), EVERY_ROUTE)
async def test_a_query_that_is_slow_to_read_is_refused_unread(
    verb: str, path: str, query: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    read: list[str] = []

    def noted(request: Request) -> dict[str, str]:
        read.append(request.url.path)
        return {}

    monkeypatch.setattr(Request, "query_params", property(noted))
    async with serving_http(tokens=TOKENS) as calls:
        url = URL(calls.url(path.partition("?")[0]) + "?" + query, encoded=True)
        async with calls.session.request(verb, url, json=TASK) as response:
            assert (response.status, (await response.json())["code"]) == (414, "INVALID_ARGUMENT")
    assert read == []


async def test_a_name_that_is_not_known_is_not_told_back_at_full_length() -> None:
    async with serving_http() as calls:
        status, problem = await calls.ask("POST", "/v1/executions", json={"x" * 1_000_000: 1})
        assert status == 400
        assert len(json.dumps(problem)) < 2000
        assert problem["detail"].startswith("Object contains unknown field")
