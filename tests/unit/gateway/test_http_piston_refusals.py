"""Piston's API: what is refused, and in which words."""

from __future__ import annotations

import json
from typing import Any

import pytest

from broker_gateway.domain.quota import QuotaPolicy
from broker_gateway.interfaces.http import run_to_end
from broker_gateway.interfaces.http.reading import Bodies
from schemas.status import Status
from tests.unit.gateway.http_calls import serving_http
from tests.unit.gateway.piston_calls import (
    API,
    CLOSED,
    EXECUTE,
    PISTON,
    PROGRAM,
    a_gateway,
    ended,
    post,
    refused,
)


@pytest.mark.parametrize(
    ("verb", "body", "status", "words"),
    [
        ("POST", {"language": "python", "version": "3.x"}, 500, "Already installed"),
        ("DELETE", {"language": "python", "version": "3.x"}, 500, "python-3.13.5 cannot be uninstalled here"),
        ("POST", {"language": "cobol", "version": "1"}, 404, "Requested package cobol-1 does not exist"),
        ("POST", {"language": "python", "version": "2"}, 404, "Requested package python-2 does not exist"),
        ("DELETE", {"language": "cobol"}, 404, "Requested package cobol-undefined does not exist"),
        ("DELETE", {"language": 7, "version": []}, 404, "Requested package undefined-undefined does not exist"),
        (
            "POST",
            {"language": "x" * 500_000, "version": "y" * 400_000},
            *(404, f"Requested package {'x' * 64}-{'y' * 64} does not exist"),
        ),
    ],
)
async def test_nobody_installs_or_uninstalls_over_it(verb: str, body: Any, status: int, words: str) -> None:
    async with serving_http(dialects=PISTON) as calls:
        assert await calls.ask(verb, f"{API}/packages", json=body) == (status, {"message": words})


FILE = {"content": "1"}


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"language": None}, "language is required as a string"),
        ({"language": ""}, "language is required as a string"),
        ({"language": 7, "version": 7}, "language is required as a string"),
        ({"version": None}, "version is required as a string"),
        ({"version": 3.1, "files": None}, "version is required as a string"),
        ({"files": None}, "files is required as an array"),
        ({"files": {"0": FILE}}, "files is required as an array"),
        ({"files": [FILE, {"content": None}]}, "files[1].content is required as a string"),
        ({"files": [FILE, "x"], "language": "x"}, "files[1].content is required as a string"),
        ({"language": "x", "version": "1", "run_timeout": "soon"}, "x-1 runtime is unknown"),
        ({"version": "2.x"}, "python-2.x runtime is unknown"),
        ({"language": "x" * 400_000, "version": "y" * 400_000}, f"{'x' * 64}-{'y' * 64} runtime is unknown"),
        ({"files": []}, "files must include at least one utf8 encoded file"),
        ({"files": [{**FILE, "encoding": "hex"}]}, "files must include at least one utf8 encoded file"),
        ({"run_timeout": "3000"}, "If specified, run_timeout must be a number"),
        ({"compile_timeout": "1"}, "If specified, compile_timeout must be a number"),
        ({"run_memory_limit": True}, "If specified, run_memory_limit must be a number"),
        ({"run_timeout": 120_001}, "run_timeout cannot exceed the configured limit of 120000"),
        ({"run_cpu_time": 1e308}, "run_cpu_time cannot exceed the configured limit of 60000"),
        ({"run_cpu_time": 10**400}, "run_cpu_time cannot exceed the configured limit of 60000"),
        ({"run_memory_limit": 1 << 40}, "run_memory_limit cannot exceed the configured limit of 1073741824"),
        ({"run_timeout": -1}, "run_timeout must be non-negative"),
        ({"run_memory_limit": -2}, "run_memory_limit must be non-negative"),
        ({"run_memory_limit": 1000}, "run_memory_limit must be at least 4194304"),
        ({"run_timeout": 0.5}, "run_timeout must be at least 1"),
        ({"stdin": 7}, "stdin must be a string"),
        ({"args": "abc"}, "args must be an array of strings"),
        ({"args": ["a", 7]}, "args must be an array of strings"),
        ({"args": ["a"] * 5_000}, "args: must have at most 128 arguments"),
        ({"files": [{**FILE, "name": 7}]}, "files[0].name must be a string"),
        ({"files": [{**FILE, "name": "../x.py"}]}, "files[0].name: must not contain .."),
        ({"files": [FILE] * 5000}, "files: must have at most 64 files"),
        ({"files": [FILE, {**FILE, "encoding": "hex", "content": "0"}]}, "files[1].content is not hex"),
        ({"files": [FILE, {**FILE, "encoding": "base64", "content": "a"}]}, "files[1].content is not base64"),
        ({"files": [FILE, {**FILE, "encoding": "base64", "content": "é"}]}, "files[1].content is not base64"),
        ({"files": [{"content": ""}]}, "files[0].content: is empty"),
        (
            {"files": [{"content": "x" * 900_000}]},
            "files: must have at most 262144 bytes in all, have 900000",
        ),
    ],
)
async def test_what_is_wrong_is_refused_in_its_words(changes: dict[str, Any], words: str) -> None:
    async with serving_http(a_gateway(), dialects=PISTON) as calls:
        assert await refused(calls, {**PROGRAM, **changes}) == (400, words)


@pytest.mark.parametrize("data", [b"", b"{", b"[]", b'"x"', b'{"stdin": "\xff"}', b"[" * 100_000, b"{}" * 500_000])
async def test_what_is_no_request_is_refused(data: bytes) -> None:
    async with serving_http(dialects=PISTON) as calls:
        status, answer = await calls.ask("POST", EXECUTE, data=data, headers={"Content-Type": "application/json"})
        assert (status, list(answer)) == (400, ["message"])
        assert answer["message"]


async def test_other_types_of_content_are_refused() -> None:
    async with serving_http(dialects=PISTON) as calls:
        answer = await calls.ask("POST", EXECUTE, data=json.dumps(PROGRAM))
        assert answer == (415, {"message": "requests must be of type application/json"})


async def test_a_request_that_is_too_large_is_refused() -> None:
    async with serving_http(dialects=PISTON, bodies=Bodies(max_bytes=1000)) as calls:
        answer = await post(calls, {**PROGRAM, "stdin": "x" * 1000})
        assert answer == (413, {"message": "the body must have at most 1000 bytes"})


async def test_a_program_that_the_code_check_refuses_is_a_wrong_request() -> None:
    async with serving_http(dialects=PISTON) as calls:
        status, answer, _ = await ended(calls, status=Status.REJECTED, run=None, error="exec is not for here")
        assert (status, answer) == (400, {"message": "exec is not for here"})


async def test_what_no_node_begins_in_time_may_come_again() -> None:
    async with serving_http(dialects=PISTON) as calls:
        status, answer, _ = await ended(calls, status=Status.EXPIRED, run=None)
        assert (status, answer) == (429, {"message": "no node has begun the task within 30 s; try again"})


async def test_who_asks_too_much_is_told_when_to_come_again() -> None:
    async with serving_http(a_gateway(quota=QuotaPolicy(rate_per_s=0.5, burst=1)), dialects=PISTON) as calls:
        await ended(calls)
        async with calls.session.post(calls.url(EXECUTE), json=PROGRAM) as response:
            assert (response.status, response.headers["Retry-After"]) == (429, "2")
            assert list(await response.json()) == ["message"]


async def test_what_has_no_end_in_time_is_told_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(run_to_end, "MAX_WAIT_S", 0.05)
    async with serving_http(dialects=PISTON) as calls:
        assert (await post(calls, PROGRAM))[0] == 504


async def test_while_the_bus_is_away_it_is_not_to_be_had() -> None:
    async with serving_http(dialects=PISTON) as calls:
        calls.gateway.bus.is_down = True
        status, answer = await post(calls, PROGRAM)
        assert (status, list(answer)) == (503, ["message"])


@pytest.mark.parametrize(
    ("verb", "path"),
    [
        ("POST", EXECUTE),
        ("POST", f"{CLOSED}/execute"),
        ("GET", f"{API}/runtimes"),
        ("GET", f"{API}/packages"),
        ("POST", f"{API}/packages"),
        ("DELETE", f"{API}/packages"),
    ],
)
async def test_who_calls_must_show_a_key_where_there_are_keys(verb: str, path: str) -> None:
    async with serving_http(dialects=PISTON, tokens={"sesame": "bot"}) as calls:
        for headers in ({}, {"Authorization": "Basic sesame"}, {"Authorization": "guess"}):
            status, answer = await calls.ask(verb, path, json=PROGRAM, headers=headers)
            assert status == 401
            assert "bearer token" in answer["message"]


@pytest.mark.parametrize(
    ("verb", "path"),
    [
        ("GET", EXECUTE),
        ("PUT", f"{API}/packages"),
        ("POST", f"{API}/runtimes"),
        ("GET", f"{CLOSED}/packages"),
        ("GET", f"{API}/{'x/' * 1000}"),
    ],
)
async def test_what_there_is_not_is_not_found(verb: str, path: str) -> None:
    async with serving_http(dialects=PISTON) as calls:
        assert await calls.ask(verb, path) == (404, {"message": "Not Found"})


async def test_nothing_of_it_is_there_unless_it_is_switched_on() -> None:
    async with serving_http(dialects=["codapi"]) as calls:
        assert (await post(calls, PROGRAM))[1]["title"] == "Not Found"
