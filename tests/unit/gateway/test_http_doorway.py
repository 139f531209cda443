"""Who may call over HTTP, how much, and what is noted of it: as over gRPC, with the same account."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable, Iterator
from contextlib import contextmanager

import grpc
import pytest
from starlette.responses import Response
from structlog.testing import capture_logs

from broker_gateway.application.commands import NotKnownAnyMore
from broker_gateway.application.tracing import TRACEPARENT
from broker_gateway.domain.quota import CallPolicy
from broker_gateway.interfaces.access_log import AccessLog
from schemas.execution import Execution
from schemas.status import Status
from tests.builders import an_execution
from tests.unit.chassis.asgi_peers import said
from tests.unit.gateway.gateway_on_fakes import PATIENCE_S
from tests.unit.gateway.grpc_calls import Code
from tests.unit.gateway.http_calls import EVERY_ROUTE, TASK, TOKENS, serving_http

TRACE = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"


def bearing(token: str) -> dict[str, dict[str, str]]:
    return {"headers": {"Authorization": f"Bearer {token}"}}


@pytest.mark.parametrize(("verb", "path"), EVERY_ROUTE)
@pytest.mark.parametrize("given", [None, "Bearer wrong", "s3cret", "Bearer ", "Basic s3cret", "Bearer " + "x" * 9000])
async def test_without_a_valid_token_nothing_is_served(verb: str, path: str, given: str | None) -> None:
    headers = {"Authorization": given} if given is not None else {}
    async with serving_http(tokens=TOKENS) as calls:
        async with calls.session.request(verb, calls.url(path), json=TASK, headers=headers) as response:
            problem = await response.json()
            assert (response.status, problem["code"]) == (401, "UNAUTHENTICATED")
            assert response.headers["WWW-Authenticate"] == "Bearer"
        assert calls.gateway.bus.calls == []


async def test_who_may_not_call_is_refused_before_a_byte_of_his_body_is_asked_for() -> None:
    async with serving_http(tokens=TOKENS) as calls:
        reader, writer = await asyncio.open_connection("127.0.0.1", calls.port)
        head = "POST /v1/executions HTTP/1.1\r\nhost: x\r\nexpect: 100-continue\r\ncontent-length: 1000000\r\n\r\n"
        writer.write(head.encode())
        async with asyncio.timeout(PATIENCE_S):
            assert (await reader.readline()).startswith(b"HTTP/1.1 401")
        writer.close()


async def test_each_client_sees_its_own_tasks_and_an_operator_all() -> None:
    async with serving_http(tokens=TOKENS, operators=["boss"]) as calls:
        _, body = await calls.ask("POST", "/v1/executions", json=TASK, **bearing("s3cret"))
        path = f"/v1/executions/{body['id']}"
        assert calls.gateway.bus.tasks[body["id"]].client == "blog"
        assert (await calls.ask("GET", path, **bearing("s3cret")))[0] == 200
        for verb, tail in (("GET", ""), ("DELETE", ""), ("GET", "/events"), ("GET", "/source"), ("GET", "/callback")):
            assert (await calls.ask(verb, path + tail, **bearing("other")))[0] == 404
        assert (await calls.ask("GET", path, **bearing("boss")))[0] == 200
        lists = [await calls.ask("GET", "/v1/executions", **bearing(one)) for one in ("s3cret", "other", "boss")]
        assert [len(page["executions"]) for _, page in lists] == [1, 0, 1]
        assert (await calls.ask("GET", "/v1/executions?client=blog", **bearing("other")))[0] == 400


async def test_reads_are_counted_in_the_clients_account() -> None:
    async with serving_http(tokens=TOKENS, calls=CallPolicy(reads_per_s=0.001, read_burst=2)) as calls:
        found = [(await calls.ask("GET", "/v1/languages", **bearing("s3cret")))[0] for _ in range(3)]
        assert found == [200, 200, 429]
        assert (await calls.ask("GET", "/v1/languages", **bearing("other")))[0] == 200


async def test_calls_are_noted_with_how_they_ended() -> None:
    async with serving_http() as calls:
        task_id = await calls.submit()
        await calls.ask("GET", f"/v1/executions/{task_id}")
        await calls.ask("GET", "/v1/executions/x")
        await calls.ask("DELETE", f"/v1/executions/{task_id}")
        await calls.noted.until("Cancel", Code.OK)
        assert calls.noted.calls == [
            ("Submit", Code.OK),
            ("Get", Code.OK),
            ("Get", Code.NOT_FOUND),
            ("Cancel", Code.OK),
        ]


async def test_the_access_log_says_that_a_call_came_over_http(monkeypatch: pytest.MonkeyPatch) -> None:
    log = AccessLog(every_call=True)
    async with serving_http(tokens=TOKENS) as calls:
        monkeypatch.setattr(calls.noted, "ended", log.ended)
        with capture_logs() as lines:
            _, body = await calls.ask("POST", "/v1/executions", json=TASK, **bearing("s3cret"))
            await calls.ask("GET", f"/v1/executions/{body['id']}", **bearing("s3cret"))
    assert [(one["method"], one["client"], one["via"]) for one in said(lines)] == [
        ("Submit", "blog", "http"),
        ("Get", "blog", "http"),
    ]
    assert said(lines)[1]["task_id"] == body["id"]


class NotedSpans:
    """Implements ``Spans``."""

    def __init__(self) -> None:
        self.spans: list[tuple[str, str, grpc.StatusCode]] = []

    def takes(self, _method: str) -> bool:
        return True

    @contextmanager
    def span(self, method: str, code: Callable[[], grpc.StatusCode]) -> Iterator[None]:
        yield
        self.spans.append((method.rpartition("/")[2], TRACEPARENT.get(), code()))


async def test_a_callers_trace_goes_on() -> None:
    spans = NotedSpans()
    async with serving_http(spans=spans) as calls:
        await calls.ask("GET", "/v1/languages", headers={"traceparent": TRACE})
        await calls.ask("GET", "/v1/executions/x", headers={"traceparent": "garbage"})
    assert spans.spans == [("ListLanguages", TRACE, Code.OK), ("Get", "", Code.NOT_FOUND)]


async def test_without_tokens_a_gateway_on_loopback_serves_its_own_machine_alone() -> None:
    async with serving_http(only_loopback_hosts=True) as calls:
        for host in (
            "evil.example",
            "evil.example:8081",
            "localhost.evil.example",
            "localhost:evil",
            "127.evil",
            "",
            "[::2]:1",
        ):
            status, problem = await calls.ask("GET", "/v1/languages", headers={"Host": host})
            assert (status, problem["code"]) == (421, "PERMISSION_DENIED"), host
        for host in ("localhost", "LOCALHOST:8081", "127.0.0.1:1", "127.0.0.2:8081", "[::1]:8081", "[::1]"):
            assert (await calls.ask("GET", "/v1/languages", headers={"Host": host}))[0] == 200, host


async def test_pages_of_the_named_origins_may_call_it_from_a_browser_and_no_others() -> None:
    preflight = {"Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "authorization"}
    async with serving_http(origins=("https://blog.example",), tokens=TOKENS) as calls:
        for origin, allowed in (("https://blog.example", "https://blog.example"), ("https://evil.example", None)):
            headers = {"Origin": origin, **preflight}
            async with calls.session.options(calls.url("/v1/executions"), headers=headers) as response:
                assert response.headers.get("Access-Control-Allow-Origin") == allowed
                assert (response.status == 200) is bool(allowed)
            headers = {"Origin": origin, **bearing("s3cret")["headers"]}
            async with calls.session.get(calls.url("/v1/languages"), headers=headers) as response:
                assert response.headers.get("Access-Control-Allow-Origin") == allowed


async def test_without_origins_no_page_of_another_site_may_read_anything() -> None:
    async with serving_http() as calls:
        headers = {"Origin": "https://blog.example"}
        async with calls.session.get(calls.url("/v1/languages"), headers=headers) as response:
            assert "Access-Control-Allow-Origin" not in response.headers


async def test_two_hosts_are_none() -> None:
    async with serving_http(only_loopback_hosts=True) as calls:
        reader, writer = await asyncio.open_connection("127.0.0.1", calls.port)
        writer.write(b"GET /v1/languages HTTP/1.1\r\nhost: localhost\r\nhost: evil.example\r\n\r\n")
        async with asyncio.timeout(PATIENCE_S):
            assert (await reader.readline()).startswith(b"HTTP/1.1 421")
        writer.close()


async def test_a_slash_too_many_is_no_way_from_https_to_http() -> None:
    """Behind a proxy's TLS the gateway cannot know what its caller wrote before the slashes."""
    async with serving_http(tokens=TOKENS) as calls:
        for path in ("/v1/languages/", "/v1/executions/", "/v1/executions/x/", "/v1/docs/"):
            async with calls.session.get(calls.url(path), allow_redirects=False) as response:
                assert (response.status, "Location" in response.headers) == (404, False), path


async def test_an_answer_that_cannot_be_given_is_noted_as_a_fault_of_ours(monkeypatch: pytest.MonkeyPatch) -> None:
    async with serving_http() as calls:
        with capture_logs() as lines:
            monkeypatch.setattr(Response, "__call__", fail)
            assert (await calls.ask("GET", "/v1/languages"))[0] == 500
            await calls.noted.until("ListLanguages", Code.INTERNAL)
        assert [one["event"] for one in said(lines)] == ["http_request_failed"]


async def fail(*_: object) -> None:
    raise RuntimeError("a fault")


async def test_a_stream_that_ends_with_a_problem_has_closed_its_feed_before(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its own end was taken for its caller's leaving, and the closing was cancelled."""
    closed = asyncio.Event()

    async def watch(*_: object) -> AsyncGenerator[Execution | NotKnownAnyMore, None]:
        try:
            yield an_execution("t", status=Status.RUNNING)
            yield NotKnownAnyMore()
        finally:
            await asyncio.sleep(0.01)
            closed.set()

    async with serving_http() as calls:
        monkeypatch.setattr(calls.gateway.service, "watch", watch)
        async with calls.events("t") as events:
            assert [name for name, _ in await events.all()] == ["state", "error"]
        await calls.noted.until("Watch", Code.UNAUTHENTICATED)
        assert closed.is_set()


async def test_where_origins_are_named_no_dialect_lets_a_page_of_another_one_read() -> None:
    async with serving_http(origins=("https://blog.example",), dialects=("codapi",)) as calls:
        for origin, allowed in (("https://blog.example", "https://blog.example"), ("https://evil.example", None)):
            for verb, path in (("GET", "/v1/health"), ("OPTIONS", "/v1/exec"), ("POST", "/v1/exec")):
                async with calls.session.request(verb, calls.url(path), headers={"Origin": origin}) as response:
                    assert response.headers.get("Access-Control-Allow-Origin") == allowed, (verb, path)
