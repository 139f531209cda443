"""codapi's API: what is mapped to what, and what is refused in which words."""

from __future__ import annotations

import asyncio
import base64
import json
from typing import Any

import pytest

from broker_gateway.domain.quota import QuotaPolicy
from broker_gateway.interfaces.http import run_to_end
from broker_gateway.interfaces.http.codapi import EXEC, HEALTH
from broker_gateway.interfaces.http.reading import Bodies
from broker_gateway.interfaces.http.run_to_end import QUEUED_MS
from schemas.status import Status
from schemas.task import SourceFile, TaskMessage
from tests.builders import a_result, a_stage
from tests.unit.gateway.gateway_on_fakes import GatewayOnFakes
from tests.unit.gateway.grpc_calls import Code
from tests.unit.gateway.http_calls import HttpCalls, serving_http

SNIPPET: dict[str, Any] = {"sandbox": "python", "command": "run", "files": {"": "print(42)"}}
CODAPI = ["codapi"]


async def post(calls: HttpCalls, body: Any = SNIPPET, **more: Any) -> tuple[int, Any]:
    return await calls.ask("POST", EXEC, json=body, **more)


async def refused(calls: HttpCalls, body: Any) -> tuple[int, str]:
    """Status and words; nothing has been queued."""
    status, answer = await post(calls, body)
    assert answer == answer_of(answer["stderr"])
    assert not calls.gateway.bus.tasks
    return status, answer["stderr"]


async def ended(calls: HttpCalls, body: Any = SNIPPET, **changes: Any) -> tuple[int, Any, TaskMessage]:
    """The answer to a snippet whose task ends in this way, and the task."""
    waiting = asyncio.create_task(post(calls, body))
    task_id = await calls.gateway.queued_task_id()
    task = calls.gateway.bus.tasks[task_id]
    calls.gateway.bus.finish(a_result(task_id, **changes))
    return *(await waiting), task


async def test_a_snippet_is_run_and_its_outcome_comes_back() -> None:
    async with serving_http(dialects=CODAPI) as calls:
        status, answer, task = await ended(calls, run=a_stage("42\n", stderr="warned", wall_ms=31.4))
        assert (task.language, task.language_version, task.files) == ("python", "", [SourceFile("", "print(42)")])
        assert task.expires_at_ms == calls.gateway.now_ms + QUEUED_MS
        assert status == 200
        assert answer == {"id": task.id, "ok": True, "duration": 31, "stdout": "42\n", "stderr": "warned"}
        await calls.noted.until("Execute", Code.OK)


async def test_a_sandbox_may_be_an_alias_and_its_version_a_part_of_one() -> None:
    async with serving_http(dialects=CODAPI) as calls:
        _, _, task = await ended(calls, {**SNIPPET, "sandbox": "PY", "version": "3"})
        assert (task.language, task.language_version) == ("python", "3")


async def test_more_files_go_along_and_the_one_without_a_name_is_run() -> None:
    said = base64.b64encode("é".encode()).decode()
    files = {
        "": "import lib",
        "lib.py": "",
        "a/data.txt": f"data:application/octet-stream;base64,{said}",
        "plain": "data:text/plain,a,b",
    }
    async with serving_http(dialects=CODAPI) as calls:
        _, _, task = await ended(calls, {**SNIPPET, "files": files})
    assert task.files == [
        SourceFile("main.x", "import lib"),
        SourceFile("lib.py", ""),
        SourceFile("a/data.txt", "é"),
        SourceFile("plain", "a,b"),
    ]
    assert task.entry_point == "main.x"


async def test_one_file_keeps_its_name() -> None:
    async with serving_http(dialects=CODAPI) as calls:
        _, _, task = await ended(calls, {**SNIPPET, "files": {"x.py": "1"}})
        assert task.files == [SourceFile("x.py", "1")]


@pytest.mark.parametrize(
    ("changes", "stderr"),
    [
        ({"status": Status.FAILED, "run": a_stage("out\n", stderr="oops\n", exit_code=3)}, "out\noops (exit status 3)"),
        ({"status": Status.FAILED, "run": a_stage("", exit_code=1)}, "exit status 1"),
        (
            {
                "status": Status.FAILED,
                "run": a_stage("", exit_code=None, signal=11),
                "error": "the program was ended by SIGSEGV",
            },
            "the program was ended by SIGSEGV",
        ),
        (
            {"status": Status.TIME_LIMIT, "run": a_stage("so far", exit_code=None, signal=9), "error": "too long"},
            "so far (code execution timeout)",
        ),
        ({"status": Status.MEMORY_LIMIT, "run": a_stage("", exit_code=1), "error": "used more"}, "used more"),
        (
            {"status": Status.COMPILE_ERROR, "run": None, "compile": a_stage("", stderr="main.c:1\n", exit_code=1)},
            "main.c:1 (exit status 1)",
        ),
        ({"status": Status.COMPILE_ERROR, "run": None, "error": "nothing to run"}, "nothing to run"),
        ({"status": Status.REJECTED, "run": None, "error": "exec is not for here"}, "exec is not for here"),
        ({"status": Status.OUTPUT_LIMIT, "run": None}, "output limit"),
    ],
)
async def test_of_what_failed_all_is_in_stderr_with_the_reason(changes: dict[str, Any], stderr: str) -> None:
    async with serving_http(dialects=CODAPI) as calls:
        status, answer, _ = await ended(calls, **changes)
        assert (status, answer["ok"], answer["stdout"], answer["stderr"]) == (200, False, "", stderr)


async def test_the_time_is_the_compilers_too() -> None:
    async with serving_http(dialects=CODAPI) as calls:
        _, answer, _ = await ended(calls, compile=a_stage(wall_ms=100.0), run=a_stage(wall_ms=20.0))
        assert answer["duration"] == 120


@pytest.mark.parametrize("status", [Status.INTERNAL_ERROR, Status.CANCELLED])
async def test_where_we_failed_nothing_is_said_of_how(status: Status) -> None:
    async with serving_http(dialects=CODAPI) as calls:
        code, answer, task = await ended(calls, status=status, run=None, error="a node's own words")
        assert (code, answer["id"], answer["stderr"]) == (500, task.id, "internal error")


@pytest.mark.parametrize(
    ("changes", "status", "words"),
    [
        ({"sandbox": "cobol"}, 404, "unknown sandbox"),
        ({"sandbox": None}, 404, "unknown sandbox"),
        ({"sandbox": "x" * 900_000}, 404, "unknown sandbox"),
        ({"command": "test"}, 404, "unknown command"),
        ({"command": ""}, 404, "unknown command"),
        ({"files": {}}, 400, "empty request"),
        ({"files": None}, 400, "empty request"),
        ({"files": {"": " \n"}}, 400, "empty request"),
        ({"files": {"../x": "1"}}, 400, "files[../x]: must not contain .."),
        ({"files": {"y" * 300: "1"}}, 400, f"files[{'y' * 64}]: must have at most 255 bytes"),
        ({"files": {"": "1", "x": "data:no comma"}}, 400, "files[x]: invalid data-url encoding"),
        ({"files": {"": "1", "x": "data:;base64,a"}}, 400, "files[x]: illegal base64 data"),
        ({"files": {"": "1", "x": "data:;base64,é"}}, 400, "files[x]: illegal base64 data"),
        ({"files": {"": "1", "main.x": "2"}}, 400, "files[1].name: is the name of an earlier file too"),
        ({"files": {str(one): "" for one in range(5000)}}, 400, "files: must have at most 64 files"),
        ({"files": {"": "x" * 300_000}}, 400, "files: must have at most 262144 bytes in all, have 300000"),
        ({"version": "9"}, 200, "unknown box python:9"),
        ({"version": "9" * 900_000}, 200, f"unknown box python:{'9' * 64}"),
        ({"files": {"": 7}}, 400, "files[...]: Expected `str`, got `int`"),
        ({"sandbox": ["python"]}, 400, "sandbox: Expected `str | null`, got `array`"),
    ],
)
async def test_what_is_wrong_is_refused_in_its_words(changes: dict[str, Any], status: int, words: str) -> None:
    async with serving_http(dialects=CODAPI) as calls:
        assert await refused(calls, {**SNIPPET, **changes}) == (status, words)


@pytest.mark.parametrize("data", [b"", b"{", b"[]", b'"x"', b'{"sandbox": "\xff"}', b"[" * 100_000, b"{}" * 500_000])
async def test_what_is_no_request_is_refused(data: bytes) -> None:
    async with serving_http(dialects=CODAPI) as calls:
        status, answer = await calls.ask("POST", EXEC, data=data, headers={"Content-Type": "application/json"})
        assert (status, answer["ok"]) == (400, False)
        assert answer["stderr"]


async def test_what_a_page_could_send_unasked_is_no_request() -> None:
    async with serving_http(dialects=CODAPI) as calls:
        status, answer = await calls.ask("POST", EXEC, data=json.dumps(SNIPPET))
        assert (status, answer["stderr"]) == (400, "Unsupported Media Type")


async def test_a_request_that_is_too_large_is_refused() -> None:
    async with serving_http(dialects=CODAPI, bodies=Bodies(max_bytes=1000)) as calls:
        status, answer = await post(calls, {**SNIPPET, "files": {"": "x" * 1000}})
        assert (status, answer["stderr"]) == (413, "the body must have at most 1000 bytes")


async def test_who_asks_too_much_is_told_to_come_again() -> None:
    gateway = GatewayOnFakes(quota=QuotaPolicy(rate_per_s=0.5, burst=1))
    async with serving_http(gateway, dialects=CODAPI) as calls:
        await ended(calls)
        async with calls.session.post(calls.url(EXEC), json=SNIPPET) as response:
            assert (response.status, response.headers["Retry-After"]) == (429, "2")
            assert (await response.json())["stderr"] == "busy: try again later"


async def test_what_no_node_begins_in_time_is_busy() -> None:
    async with serving_http(dialects=CODAPI) as calls:
        status, answer, _ = await ended(calls, status=Status.EXPIRED, run=None)
        assert (status, answer["stderr"]) == (429, "busy: try again later")


async def test_what_has_no_end_in_time_is_our_failure(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(run_to_end, "MAX_WAIT_S", 0.05)
    async with serving_http(dialects=CODAPI) as calls:
        assert await post(calls) == (500, answer_of("internal error"))
        await calls.noted.until("Execute", Code.DEADLINE_EXCEEDED)


async def test_while_the_bus_is_away_nothing_is_said_of_how() -> None:
    async with serving_http(dialects=CODAPI) as calls:
        calls.gateway.bus.is_down = True
        assert await post(calls) == (500, answer_of("internal error"))
        await calls.noted.until("Execute", Code.UNAVAILABLE)


async def test_who_calls_must_show_a_token_where_there_are_tokens() -> None:
    async with serving_http(dialects=CODAPI, tokens={"sesame": "blog"}) as calls:
        status, answer = await post(calls)
        assert status == 401
        assert "bearer token" in answer["stderr"]
        waiting = asyncio.create_task(post(calls, headers={"Authorization": "Bearer sesame"}))
        task_id = await calls.gateway.queued_task_id()
        assert calls.gateway.bus.tasks[task_id].client == "blog"
        calls.gateway.finish(task_id)
        assert (await waiting)[0] == 200


async def test_who_goes_away_frees_his_place() -> None:
    async with serving_http(dialects=CODAPI) as calls:
        waiting = asyncio.create_task(post(calls))
        await calls.gateway.queued_task_id()
        waiting.cancel()
        await calls.noted.until("Execute", Code.CANCELLED)


async def test_a_language_that_goes_is_not_known_any_more() -> None:
    async with serving_http(dialects=CODAPI) as calls:
        calls.gateway.directory.records = []
        assert await refused(calls, SNIPPET) == (404, "unknown sandbox")


@pytest.mark.parametrize("verb", ["GET", "PUT", "DELETE", "HEAD"])
async def test_only_posting_runs_anything(verb: str) -> None:
    async with serving_http(dialects=CODAPI) as calls:
        status, answer = await calls.ask(verb, EXEC)
        assert status == 405
        assert verb == "HEAD" or answer["stderr"] == f"unsupported method: {verb}"


@pytest.mark.parametrize(("verb", "path"), [("POST", EXEC), ("OPTIONS", EXEC), ("HEAD", HEALTH), ("GET", HEALTH)])
async def test_a_page_of_anybody_may_ask(verb: str, path: str) -> None:
    async with serving_http(dialects=CODAPI) as calls:
        headers = {"Origin": "https://blog.example", "Access-Control-Request-Method": "POST"}
        async with calls.session.request(verb, calls.url(path), headers=headers) as response:
            assert response.headers["Access-Control-Allow-Origin"] == "*"
            assert response.headers["Access-Control-Allow-Headers"] == "authorization, content-type"
            assert response.status == (400 if verb == "POST" else 200)


async def test_the_origins_that_are_set_go_before_it() -> None:
    async with serving_http(dialects=CODAPI, origins=("https://blog.example",)) as calls:
        asked = {"Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "content-type"}
        theirs, other = ({**asked, "Origin": one} for one in ("https://blog.example", "https://other.example"))
        assert (await calls.ask("OPTIONS", EXEC, headers=theirs))[0] == 200
        assert (await calls.ask("OPTIONS", EXEC, headers=other))[0] == 400


async def test_nothing_of_it_is_there_unless_it_is_switched_on() -> None:
    async with serving_http() as calls:
        assert (await post(calls))[0] == 404


def answer_of(stderr: str) -> dict[str, Any]:
    return {"id": "-", "ok": False, "duration": 0, "stdout": "", "stderr": stderr}
