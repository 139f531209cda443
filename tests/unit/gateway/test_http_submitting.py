"""Submitting over HTTP: what is taken, what is refused and in which words, and waiting for the end."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from broker_gateway.domain.quota import CallPolicy, QuotaPolicy
from schemas.status import Status
from tests.unit.gateway.gateway_on_fakes import GatewayOnFakes
from tests.unit.gateway.grpc_calls import Code
from tests.unit.gateway.http_calls import TASK, HttpCalls, serving_http

EXECUTIONS = "/v1/executions"


async def post(calls: HttpCalls, body: Any = TASK, query: str = "", **more: Any) -> tuple[int, Any]:
    return await calls.ask("POST", EXECUTIONS + query, json=body, **more)


async def test_a_task_is_accepted_and_its_answer_says_where_it_is() -> None:
    async with serving_http() as calls, calls.session.post(calls.url(EXECUTIONS), json=TASK) as response:
        body = await response.json()
        assert response.status == 201
        assert response.headers["Location"] == f"{EXECUTIONS}/{body['id']}"
        task = calls.gateway.bus.tasks[body["id"]]
        assert (task.language, task.files[0].content) == ("python", "print(42)")
        await calls.noted.until("Submit", Code.OK)


async def test_every_field_of_a_task_arrives() -> None:
    body = {
        **TASK,
        "stdin": "in",
        "args": ["a"],
        "env": {"K": "v"},
        "limits": {"cpu_ms": 1000, "memory_bytes": 1 << 27},
        "priority": "HIGH",
        "cases": [{"name": "c", "stdin": "1", "expected_output": "2", "comparison": {"mode": "TOKENS"}}],
        "stop_at_first_failure": True,
        "labels": {"page": "7"},
        "reader": "r1",
    }
    async with serving_http() as calls:
        _, answer = await post(calls, body)
        task = calls.gateway.bus.tasks[answer["id"]]
    assert (task.stdin, task.args, task.env, task.labels, task.reader) == ("in", ["a"], {"K": "v"}, {"page": "7"}, "r1")
    assert (task.limits.cpu_ms, task.limits.memory_bytes, task.priority.value) == (1000, 1 << 27, "HIGH")
    (case,) = task.cases
    assert (case.name, case.stdin, case.expected_output, case.comparison.mode) == ("c", "1", "2", "tokens")
    assert task.stop_at_first_failure


async def test_bytes_are_base64_and_text_wherever_they_are_utf8() -> None:
    files = [{"name": "main.py", "data": "w6k="}, {"name": "a.png", "data": "/w=="}, {"name": "empty"}]
    body = {"language": "python", "files": files, "stdin_data": "/w==", "cases": [{"stdin_data": "/w=="}]}
    async with serving_http() as calls:
        _, answer = await post(calls, body)
        task = calls.gateway.bus.tasks[answer["id"]]
    assert [one.held for one in task.files] == ["é", b"\xff", ""]
    assert (task.input, task.cases[0].input) == (b"\xff", b"\xff")


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"language": "python"}, ""),
        ({**TASK, "langauge": "x"}, ""),
        ({**TASK, "stdin": 7}, "stdin"),
        ({**TASK, "files": [{"content": "x", "name": "../x"}]}, "files[0].name"),
        ({**TASK, "files": [{"content": None}]}, "files[0].content"),
        ({**TASK, "files": [{"content": "x", "data": "eA=="}]}, "files[0]"),
        ({**TASK, "files": [{"data": "no base64"}]}, "files[0].data"),
        ({**TASK, "files": [{"data": ["eA=="]}]}, "files[0].data"),
        ({**TASK, "stdin": "x", "stdin_data": ""}, ""),
        ({**TASK, "cases": [{"stdin": "x", "stdin_data": "eA=="}]}, "cases[0]"),
        ({**TASK, "limits": {"cpu_ms": -1}}, "limits.cpu_ms"),
        ({**TASK, "limits": {"cpu_ms": 10**400}}, "limits.cpu_ms"),
        ({**TASK, "priority": "SOON"}, "priority"),
        ({**TASK, "cache": "ALWAYS"}, "cache"),
        ({**TASK, "cases": [{"comparison": {"mode": "MAYBE"}}]}, "cases[0].comparison"),
        ([TASK], ""),
        ("x", ""),
    ],
)
async def test_what_is_wrong_is_told_by_its_path_in_the_body(body: Any, field: str) -> None:
    async with serving_http() as calls:
        status, problem = await post(calls, body)
        assert (status, problem["code"], problem["status"], problem["title"]) == (
            *(400, "INVALID_ARGUMENT"),
            *(400, "Bad Request"),
        )
        (violation,) = problem["violations"]
        assert violation["field"].startswith(field)
        assert violation["description"]
        assert not calls.gateway.bus.tasks


async def test_a_problem_has_its_media_type() -> None:
    async with serving_http() as calls, calls.session.post(calls.url(EXECUTIONS), json={}) as response:
        assert response.content_type == "application/problem+json"


@pytest.mark.parametrize("data", [b"", b"{", b'{"language": "\xff"}', b'{"language": "\\ud800"}', b"[" * 100_000])
async def test_what_is_no_json_is_refused(data: bytes) -> None:
    async with serving_http() as calls:
        status, problem = await calls.ask("POST", EXECUTIONS, data=data, headers={"Content-Type": "application/json"})
        assert (status, problem["code"]) == (400, "INVALID_ARGUMENT"), problem


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data", ""])
async def test_what_a_page_could_have_a_browser_send_unasked_is_refused(kind: str) -> None:
    async with serving_http() as calls:
        status, problem = await calls.ask("POST", EXECUTIONS, data=b"{}", headers={"Content-Type": kind})
        assert (status, problem["code"]) == (415, "INVALID_ARGUMENT")


async def test_a_language_that_nobody_serves_is_refused() -> None:
    async with serving_http() as calls:
        status, problem = await post(calls, {**TASK, "language": "cobol"})
        assert (status, problem["code"]) == (400, "FAILED_PRECONDITION")
        assert "cobol" in problem["detail"]


async def test_a_client_with_too_many_is_told_when_to_come_again() -> None:
    gateway = GatewayOnFakes(quota=QuotaPolicy(rate_per_s=0.5, burst=1))
    async with serving_http(gateway) as calls:
        await calls.submit()
        async with calls.session.post(calls.url(EXECUTIONS), json=TASK) as response:
            problem = await response.json()
            assert (response.status, problem["code"]) == (429, "RESOURCE_EXHAUSTED")
            assert problem["retry_after_ms"] > 1000
            assert response.headers["Retry-After"] == "2"


async def test_whoever_waits_gets_the_result() -> None:
    async with serving_http() as calls:
        waiting = asyncio.create_task(post(calls, query="?wait=3"))
        task_id = await calls.gateway.queued_task_id()
        calls.gateway.finish(task_id)
        status, body = await waiting
        assert (status, body["id"], body["status"]) == (201, task_id, "SUCCEEDED")
        await calls.noted.until("Execute", Code.OK)


async def test_whoever_waited_long_enough_is_told_how_it_stands() -> None:
    async with serving_http() as calls:
        status, body = await post(calls, query="?wait=0.02")
        assert (status, body["status"]) == (202, Status.QUEUED.value)
        assert body["id"] in calls.gateway.bus.tasks


@pytest.mark.parametrize("wait", ["-1", "1e3", "nan", "301", "", "1" * 5000])
async def test_a_wait_is_seconds_within_bounds(wait: str) -> None:
    async with serving_http() as calls:
        status, problem = await post(calls, query=f"?wait={wait}")
        assert (status, problem["violations"][0]["field"]) == (400, "wait")


async def test_who_goes_away_while_he_waits_frees_his_place_and_cancels_nothing() -> None:
    async with serving_http(calls=CallPolicy(open_calls=1)) as calls:
        waiting = asyncio.create_task(post(calls, query="?wait=3"))
        await calls.gateway.queued_task_id()
        status, problem = await post(calls, query="?wait=3")
        assert (status, problem["code"]) == (429, "RESOURCE_EXHAUSTED")
        waiting.cancel()
        await calls.noted.until("Execute", Code.CANCELLED)
        status, _ = await post(calls, query="?wait=0.01")
        assert status == 202
        assert len(calls.gateway.bus.tasks) == 2


async def test_the_same_key_is_the_same_task_in_the_body_or_as_a_header() -> None:
    async with serving_http() as calls:
        _, first = await post(calls, {**TASK, "idempotency_key": "k-1"})
        _, again = await post(calls, headers={"Idempotency-Key": "k-1"})
        _, other = await post(calls, headers={"Idempotency-Key": "k-2"})
        assert first["id"] == again["id"] != other["id"]
        status, problem = await post(calls, headers={"Idempotency-Key": "x" * 129})
        assert (status, problem["violations"][0]["field"]) == (400, "idempotency_key")


async def test_a_batch_is_accepted_task_by_task() -> None:
    bad = {**TASK, "files": []}
    async with serving_http() as calls:
        status, body = await calls.ask("POST", EXECUTIONS + ":batch", json={"tasks": [TASK, bad, TASK]})
        assert status == 200
        first, second, third = body["results"]
        assert {first["id"], third["id"]} == set(calls.gateway.bus.tasks)
        assert second["error"]["code"] == "INVALID_ARGUMENT"
        assert second["error"]["violations"][0]["field"].startswith("tasks[1].files")


async def test_a_batch_that_is_too_large_is_refused_as_a_whole() -> None:
    async with serving_http() as calls:
        status, problem = await calls.ask("POST", EXECUTIONS + ":batch", json={"tasks": [TASK] * 1001})
        assert (status, problem["violations"][0]["field"]) == (400, "tasks")
        assert not calls.gateway.bus.tasks
