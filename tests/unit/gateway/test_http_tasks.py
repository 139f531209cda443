"""Reading, listing, cancelling and following tasks over HTTP, and the catalog."""

from __future__ import annotations

import asyncio
import socket
from typing import Any

import pytest

from broker_gateway.domain.quota import CallPolicy
from broker_gateway.interfaces.http import events
from schemas.execution import Stage
from schemas.status import Status
from tests.builders import a_chunk, a_result
from tests.unit.gateway.gateway_on_fakes import PATIENCE_S
from tests.unit.gateway.grpc_calls import Code
from tests.unit.gateway.http_calls import TASK, Events, HttpCalls, serving_http

UNKNOWN = "/v1/executions/0193b9a0-0000-7000-8000-000000000000"


def ran(stdout: str = "", stderr: str = "") -> Stage:
    return Stage(
        exit_code=0, signal=None, stdout=stdout, stderr=stderr, stdout_truncated=False, stderr_truncated=False,
        stdout_invalid_utf8=False, stderr_invalid_utf8=False, wall_ms=1, cpu_ms=1, peak_memory_bytes=1, limits_hit=[],
    )  # fmt: skip


def told(found: list[tuple[str, Any]]) -> list[tuple[str, Any]]:
    """Output as its place and its text, states and results as their status."""
    return [
        (name, (data["stage"], data["stream"], data["offset"], data["text"]) if name == "output" else data["status"])
        for name, data in found
    ]


async def test_a_task_is_read_as_it_stands_now() -> None:
    async with serving_http() as calls:
        task_id = await calls.submit()
        assert (await calls.ask("GET", f"/v1/executions/{task_id}"))[1]["status"] == "QUEUED"
        calls.gateway.finish(task_id)
        status, body = await calls.ask("GET", f"/v1/executions/{task_id}")
        assert (status, body["id"], body["status"]) == (200, task_id, "SUCCEEDED")


@pytest.mark.parametrize("path", ["", "/events", "/source", "/callback"])
@pytest.mark.parametrize("task_id", [UNKNOWN, "/v1/executions/x", "/v1/executions/" + "x" * 5000])
async def test_an_id_that_nobody_has_is_not_found(task_id: str, path: str) -> None:
    async with serving_http() as calls:
        status, problem = await calls.ask("GET", task_id + path)
        assert (status, problem["code"]) == (404, "NOT_FOUND")


async def test_a_task_is_cancelled_once() -> None:
    async with serving_http() as calls:
        task_id = await calls.submit()
        status, body = await calls.ask("DELETE", f"/v1/executions/{task_id}")
        assert (status, body["cancelled"], body["execution"]["status"]) == (200, True, "CANCELLED")
        _, again = await calls.ask("DELETE", f"/v1/executions/{task_id}")
        assert not again["cancelled"]
        assert (await calls.ask("DELETE", UNKNOWN))[0] == 404


async def test_a_list_has_pages_and_filters() -> None:
    async with serving_http() as calls:
        ids = [await calls.submit(labels={"page": str(number)}) for number in range(3)]
        status, first = await calls.ask("GET", "/v1/executions?page_size=2&status=QUEUED")
        assert status == 200
        _, second = await calls.ask("GET", f"/v1/executions?page_size=2&page_token={first['next_page_token']}")
        assert [one["id"] for one in first["executions"] + second["executions"]] == ids[::-1]
        _, labelled = await calls.ask("GET", "/v1/executions?label=page:1&language=python")
        assert [one["id"] for one in labelled["executions"]] == [ids[1]]


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("status=DONE", "status"),
        ("statuses=QUEUED", "statuses"),
        ("label=x", "label"),
        ("page_size=-1", "page_size"),
        ("page_size=1000", "page_size"),
        ("since_ms=now", "since_ms"),
        ("with_total=perhaps", "with_total"),
        ("page_token=%00", "page_token"),
        ("language=" + "x" * 300, "language"),
        ("&".join(f"label=a{number}:b" for number in range(100)), "labels"),
    ],
)
async def test_a_list_says_what_of_a_query_is_wrong(query: str, field: str) -> None:
    async with serving_http() as calls:
        status, problem = await calls.ask("GET", f"/v1/executions?{query}")
        assert (status, problem["violations"][0]["field"]) == (400, field)


async def test_a_query_has_a_bound() -> None:
    async with serving_http() as calls:
        assert (await calls.ask("GET", "/v1/executions?error=" + "x" * 9000))[0] == 414


async def test_languages_and_nodes_are_told() -> None:
    async with serving_http() as calls:
        _, languages = await calls.ask("GET", "/v1/languages")
        assert "python" in [one["name"] for one in languages["languages"]]
        _, nodes = await calls.ask("GET", "/v1/nodes")
        assert [one["languages"]["python"] for one in nodes["nodes"]]
        assert {one["state"] for one in nodes["nodes"]} == {"READY"}


async def test_whoever_follows_is_told_states_output_and_the_result_and_then_the_stream_ends() -> None:
    async with serving_http() as calls:
        task_id = await calls.submit()
        async with calls.events(task_id) as following:
            assert (await following.next() or [""])[0] == "state"
            calls.gateway.start(task_id)
            calls.gateway.bus.publish(task_id, a_chunk(task_id, "hel"))
            calls.gateway.bus.publish(task_id, a_chunk(task_id, "lo", offset=3))
            calls.gateway.bus.finish(a_result(task_id, run=ran("hello"), attempt=1))
            assert told(await following.all()) == [
                ("state", "RUNNING"),
                ("output", ("run", "stdout", 0, "hel")),
                ("output", ("run", "stdout", 3, "lo")),
                ("result", "SUCCEEDED"),
            ]
            assert following.last_id == "end"
        await calls.noted.until("Watch", Code.OK)
        assert calls.noted.streams == ["/coderunner.v1.ExecutionService/Watch"]


async def test_whoever_comes_late_or_loses_pieces_has_all_output_before_the_result() -> None:
    async with serving_http() as calls:
        task_id = await calls.submit()
        calls.gateway.start(task_id)
        async with calls.events(task_id) as following:
            await following.next()
            calls.gateway.bus.publish(task_id, a_chunk(task_id, "cd", offset=2))
            calls.gateway.bus.publish(task_id, a_chunk(task_id, "g", offset=6))
            calls.gateway.bus.finish(a_result(task_id, run=ran("abcdefgh", "oops"), attempt=1))
            assert told(await following.all()) == [
                ("output", ("run", "stdout", 2, "cd")),
                ("output", ("run", "stdout", 6, "g")),
                ("output", ("run", "stdout", 0, "ab")),
                ("output", ("run", "stdout", 4, "ef")),
                ("output", ("run", "stdout", 7, "h")),
                ("output", ("run", "stderr", 0, "oops")),
                ("result", "SUCCEEDED"),
            ]


async def test_whoever_submits_and_follows_at_once_misses_nothing() -> None:
    async with serving_http() as calls:
        headers = {"Accept": "text/event-stream"}
        async with calls.session.post(calls.url("/v1/executions"), json=TASK, headers=headers) as response:
            assert response.status == 200
            following = Events(response)
            _, state = await following.next() or ("", {})
            calls.gateway.start(state["id"])
            calls.gateway.bus.publish(state["id"], a_chunk(state["id"], "at once"))
            calls.gateway.bus.finish(a_result(state["id"], run=ran("at once"), attempt=1))
            assert told(await following.all()) == [
                ("state", "RUNNING"),
                ("output", ("run", "stdout", 0, "at once")),
                ("result", "SUCCEEDED"),
            ]
        assert calls.gateway.bus.calls.index("open_feed") < calls.gateway.bus.calls.index("enqueue")
        await calls.noted.until("Execute", Code.OK)


async def test_whoever_would_follow_and_is_refused_is_told_so_as_ever() -> None:
    async with serving_http() as calls:
        headers = {"Accept": "text/event-stream"}
        for body, status in (({**TASK, "language": "cobol"}, 400), ({**TASK, "files": []}, 400)):
            assert (await calls.ask("POST", "/v1/executions", json=body, headers=headers))[0] == status
        assert calls.gateway.bus.open_feeds() == 0


@pytest.mark.parametrize("in_query", [True, False])
async def test_whoever_lost_his_connection_goes_on_where_it_broke(in_query: bool) -> None:
    async with serving_http() as calls:
        task_id = await calls.submit()
        async with calls.events(task_id) as following:
            await following.next()
            calls.gateway.start(task_id)
            calls.gateway.bus.publish(task_id, a_chunk(task_id, "hel"))
            assert [(await following.next() or [""])[0] for _ in range(2)] == ["state", "output"]
            place = following.last_id
        await calls.noted.until("Watch", Code.CANCELLED)
        calls.gateway.bus.publish(task_id, a_chunk(task_id, "lo ", offset=3))
        path = f"{task_id}/events?last_event_id={place}" if in_query else f"{task_id}/events"
        headers = {} if in_query else {"Last-Event-ID": place}
        async with calls.session.get(calls.url(f"/v1/executions/{path}"), headers=headers) as response:
            again = type(following)(response)
            await again.next()
            calls.gateway.bus.publish(task_id, a_chunk(task_id, "you", offset=6))
            calls.gateway.bus.finish(a_result(task_id, run=ran("hello you"), attempt=1))
            assert told(await again.all()) == [
                ("output", ("run", "stdout", 6, "you")),
                ("output", ("run", "stdout", 3, "lo ")),
                ("result", "SUCCEEDED"),
            ]


async def test_whoever_had_everything_is_told_not_to_come_again() -> None:
    async with serving_http() as calls:
        task_id = await calls.submit()
        url = calls.url(f"/v1/executions/{task_id}/events")
        async with calls.session.get(url, headers={"Last-Event-ID": "end"}) as response:
            assert response.status == 204


async def test_a_stream_in_which_nothing_happens_gives_signs_of_life(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(events, "BEAT_S", 0.01)
    async with serving_http() as calls:
        task_id = await calls.submit()
        async with calls.events(task_id) as following, asyncio.timeout(PATIENCE_S):
            async for line in following.response.content:
                if line.startswith(b":"):
                    return


async def test_who_goes_away_frees_his_place() -> None:
    async with serving_http(calls=CallPolicy(open_calls=1)) as calls:
        task_id = await calls.submit()
        async with calls.events(task_id) as following:
            await following.next()
            assert (await calls.ask("GET", f"/v1/executions/{task_id}/events"))[0] == 429
        await calls.noted.until("Watch", Code.CANCELLED)
        assert calls.gateway.bus.open_feeds() == 0
        async with calls.events(task_id) as following:
            assert await following.next()


async def test_a_fault_in_the_middle_is_told_without_its_insides() -> None:
    async with serving_http() as calls:
        task_id = await calls.submit()
        calls.gateway.bus.before["open_feed"] = fail
        status, problem = await calls.ask("GET", f"/v1/executions/{task_id}/events")
        assert (status, problem["code"], problem["detail"]) == (
            *(500, "INTERNAL"),
            "internal error; the gateway's log has it",
        )


async def test_a_bus_that_is_away_is_told() -> None:
    async with serving_http() as calls:
        calls.gateway.bus.is_down = True
        status, problem = await calls.ask("POST", "/v1/executions", json=TASK)
        assert (status, problem["code"]) == (503, "UNAVAILABLE")


async def fail() -> None:
    raise ZeroDivisionError("our insides")


@pytest.mark.parametrize(
    ("verb", "path", "status"),
    [
        ("GET", "/v2/executions", 404),
        ("PUT", "/v1/executions", 405),
        ("HEAD", "/v1/nodes", 405),
        ("GET", "/%2e%2e", 404),
    ],
)
async def test_what_is_no_route_is_told_as_a_problem(verb: str, path: str, status: int) -> None:
    async with serving_http() as calls:
        found, problem = await calls.ask(verb, path)
        assert found == status
        assert verb == "HEAD" or problem["status"] == status


async def test_requests_on_one_connection_are_answered_one_after_the_other() -> None:
    async with serving_http() as calls:
        request = b"GET /v1/nodes HTTP/1.1\r\nhost: x\r\n\r\n"
        answers = await asyncio.to_thread(_exchange, calls, request * 2)
        assert answers.count(b"HTTP/1.1 200 OK") == 2


def _exchange(calls: HttpCalls, request: bytes) -> bytes:
    with socket.create_connection(("127.0.0.1", calls.port), timeout=PATIENCE_S) as connection:
        connection.sendall(request)
        received = b""
        while received.count(b"HTTP/1.1 200 OK") < 2:
            received += connection.recv(65536)
        return received


async def test_the_state_of_a_task_that_ended_is_its_result_at_once() -> None:
    async with serving_http() as calls:
        task_id = await calls.submit()
        calls.gateway.bus.finish(a_result(task_id, status=Status.FAILED, run=ran("x"), attempt=1))
        async with calls.events(task_id) as following:
            assert told(await following.all()) == [("output", ("run", "stdout", 0, "x")), ("result", "FAILED")]
