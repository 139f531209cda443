"""The demo blog's backend against a scripted gateway."""

from __future__ import annotations

import asyncio
import io
import json
import re
import threading
from collections.abc import AsyncIterator
from typing import Any

import grpc
import pytest
from aiohttp.test_utils import TestClient, TestServer

from coderunner import Client, InvalidTask, NotFound
from coderunner.v1 import execution_pb2
from examples.blog.messages import error_message
from examples.blog.page import page
from examples.blog.server import Blog
from tests.fakes.answers import chunk, queue_full, ran
from tests.fakes.fake_gateway import FakeGateway, Script

Browser = TestClient[Any, Any]
JSON = {"Content-Type": "application/json"}
CHARSET = "application/json; charset=klingon"
SAMPLE = {"language": "python", "source": "print('<b>')", "stdin": "27\n"}


@pytest.fixture
async def browser(gateway: FakeGateway) -> AsyncIterator[Browser]:
    blog = Blog(Client(gateway.target, connect_timeout_s=0.2, patience_s=0.2), "http://127.0.0.1:1")
    async with TestClient(TestServer(blog.application())) as client:
        yield client


def events(text: str) -> list[tuple[str, dict[str, Any]]]:
    found = re.findall(r"^id: \d+\nevent: (\w+)\ndata: (.*)$", text, re.MULTILINE)
    return [(kind, json.loads(data)) for kind, data in found]


async def test_the_page_has_a_sample_in_each_of_the_five_languages_and_asks_nobody_else(browser: Browser) -> None:
    answer = await browser.get("/")
    text = await answer.text()
    assert set(re.findall(r'data-language="(\w+)"', text)) == {"python", "javascript", "java", "cpp", "go"}
    assert "{{" not in text.replace("{{ ", "")
    assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
    for path in re.findall(r'(?:src|href)="([^"]+)"', text):
        assert path.startswith(("/static/", "data:"))
        if path.startswith("/static/"):
            assert (await browser.get(path)).status == 200


def test_samples_are_escaped() -> None:
    assert "std::chrono::duration&lt;double&gt;" in page()
    assert "#include <bits" not in page()


async def test_a_run_streams_output_and_ends_with_the_result(gateway: FakeGateway, browser: Browser) -> None:
    gateway.script = lambda task: Script(ran("a\nb\n", stderr="</script>"), live=[chunk("a\n")])
    answer = await browser.post("/run", json=SAMPLE)
    assert answer.content_type == "text/event-stream"
    seen = events(await answer.text())
    assert [kind for kind, _ in seen] == ["accepted", "state", "output", "output", "output", "result"]
    assert "".join(data["text"] for kind, data in seen if data.get("stream") == "STDOUT") == "a\nb\n"
    assert seen[-1][1]["memory_bytes"] == 8 << 20
    task = gateway.of("Submit")[0].task
    assert (task.language, task.stdin, task.limits.wall_ms) == ("python", "27\n", 10_000)
    assert re.fullmatch(r"http://127\.0\.0\.1:1/callback/[\w-]{32}", task.callback.url)


async def test_a_reader_whose_connection_broke_gets_the_rest(gateway: FakeGateway, browser: Browser) -> None:
    seen = events(await (await browser.post("/run", json=SAMPLE)).text())
    run = seen[0][1]["id"]
    assert events(await (await browser.get(f"/run/{run}", params={"after": "2"})).text()) == seen[2:]
    assert (await browser.get("/run/nothing")).status == 404


async def test_the_callback_ends_a_run_whose_watch_says_nothing(gateway: FakeGateway, browser: Browser) -> None:
    hold = threading.Event()
    gateway.script = lambda task: Script(ran("done\n"), hold=hold)
    answer = await browser.post("/run", json=SAMPLE)
    task = gateway.of("Submit")[0].task
    path = task.callback.url.removeprefix("http://127.0.0.1:1")
    body = {"id": f"t-{task.idempotency_key}", "status": "SUCCEEDED", "run": {"stdout": "forged"}}
    assert (await browser.post("/callback/guessed", json=body)).status == 404
    assert (await browser.post(path, data=b"nonsense", headers=JSON)).status == 400
    assert (await browser.post(path, json={"id": "of another process"})).status == 204
    assert (await browser.post(path, json=body)).status == 204
    seen = events(await answer.text())  # the watch is still held back
    assert [data["text"] for kind, data in seen if kind == "output"] == ["done\n"]
    assert [kind for kind, _ in seen].count("result") == 1
    hold.set()


async def test_stop_cancels_the_task(gateway: FakeGateway, browser: Browser) -> None:
    gateway.script = lambda task: Script(ran(exit_code=None), hold=threading.Event())
    answer = await browser.post("/run", json=SAMPLE)
    task_id = f"t-{gateway.of('Submit')[0].task.idempotency_key}"
    assert (await browser.post(f"/run/{task_id}/cancel", json={})).status == 204
    assert events(await answer.text())[-1][1]["words"] == "Stopped."


@pytest.mark.parametrize(
    ("failure", "status", "words"),
    [
        (queue_full(3), 429, "Please try again in 3 s."),
        (grpc.StatusCode.FAILED_PRECONDITION, 503, "No machine that runs Python is up"),
        (grpc.StatusCode.INVALID_ARGUMENT, 400, "This cannot be run"),
        (grpc.StatusCode.INTERNAL, 502, "Something broke on our side"),
    ],
)
async def test_a_refusal_is_told_in_words(
    gateway: FakeGateway, browser: Browser, failure: Any, status: int, words: str
) -> None:
    gateway.failures = [failure]
    answer = await browser.post("/run", json=SAMPLE)
    assert answer.status == status
    assert words in (await answer.json())["error"]


async def test_a_gateway_that_is_away_is_told_in_words(gateway: FakeGateway, browser: Browser) -> None:
    gateway.stop()
    answer = await browser.post("/run", json=SAMPLE)
    assert answer.status == 503
    assert "cannot be reached just now" in (await answer.json())["error"]


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[]",
        b"1",
        b"{}",
        b'{"language": "python"}',
        b'{"language": "sh", "source": ""}',
        b'{"language": 1, "source": ""}',
        b'{"language": "python", "source": ' + b"7" * 5_000 + b"}",
        b'{"language": "python", "source": "\\ud800"}',
        b"[" * 100_000,
        b"\xff",
    ],
)
async def test_what_is_no_run_is_refused(browser: Browser, body: bytes) -> None:
    assert (await browser.post("/run", data=body, headers=JSON)).status == 400
    assert (await browser.post("/run", data=body, headers={"Content-Type": CHARSET})).status == 400


async def test_a_source_that_is_too_large_is_refused(browser: Browser) -> None:
    assert (await browser.post("/run", json=SAMPLE | {"source": "x" * 200_000})).status == 413


@pytest.mark.parametrize(
    ("result", "words"),
    [
        (execution_pb2.Execution(status="COMPILE_ERROR"), "It does not compile."),
        (ran("", "TIME_LIMIT", None), "Stopped: it took too long."),
        (ran("", "FAILED", 3), "It ended with exit code 3."),
        (ran("", "FAILED", None, signal=11), "It crashed (signal 11)."),
        (execution_pb2.Execution(status="REJECTED", error="line 1"), "Not allowed here: line 1"),
    ],
)
async def test_each_ending_has_its_words(
    gateway: FakeGateway, browser: Browser, result: execution_pb2.Execution, words: str
) -> None:
    gateway.script = lambda task: Script(result)
    seen = events(await (await browser.post("/run", json=SAMPLE)).text())
    assert seen[-1][1]["words"] == words


async def test_the_page_is_told_the_line_that_a_program_was_at_when_its_time_was_up(
    gateway: FakeGateway, browser: Browser
) -> None:
    result = ran("", "TIME_LIMIT", None, signal=9)
    place = execution_pb2.Diagnostic(file="main.py", line=2, severity="ERROR", message="was here", code="time limit")
    call = execution_pb2.Diagnostic(file="main.py", line=9, severity="NOTE", message="from here", code="time limit")
    result.diagnostics.extend([place, call])
    gateway.script = lambda task: Script(result)
    seen = events(await (await browser.post("/run", json=SAMPLE)).text())
    assert seen[-1][1]["error"] == {"line": 2, "message": "time limit: was here"}


@pytest.mark.parametrize(
    ("result", "told", "words"),
    [
        (ran("", "FAILED", None, signal=11), ("SIGSEGV", "it used"), "It crashed (SIGSEGV: it used)."),
        (
            ran("", "MEMORY_LIMIT", None, signal=9),
            ("memory limit", "its peak"),
            "Stopped: it wanted more than 256 MiB of memory (its peak).",
        ),
    ],
)
async def test_what_is_told_of_an_end_in_no_file_is_in_its_words(
    gateway: FakeGateway, browser: Browser, result: execution_pb2.Execution, told: tuple[str, str], words: str
) -> None:
    code, message = told
    result.diagnostics.append(execution_pb2.Diagnostic(stage="run", severity="ERROR", message=message, code=code))
    gateway.script = lambda task: Script(result)
    seen = events(await (await browser.post("/run", json=SAMPLE)).text())
    assert (seen[-1][1]["words"], seen[-1][1]["error"]) == (words, None)


async def test_the_page_is_told_the_line_of_an_error_and_none_for_a_warning(
    gateway: FakeGateway, browser: Browser
) -> None:
    result = ran(status="FAILED", exit_code=1)
    result.diagnostics.append(execution_pb2.Diagnostic(file="main.py", line=1, severity="WARNING", message="w"))
    gateway.script = lambda task: Script(result)
    seen = events(await (await browser.post("/run", json=SAMPLE)).text())
    assert seen[-1][1]["error"] is None
    result.diagnostics.append(execution_pb2.Diagnostic(file="main.py", line=3, severity="ERROR", message="b", code="E"))
    seen = events(await (await browser.post("/run", json=SAMPLE)).text())
    assert seen[-1][1]["error"] == {"line": 3, "message": "E: b"}


def test_apologies_name_what_is_wrong() -> None:
    assert error_message(InvalidTask("too large")) == (400, "This cannot be run: too large")
    assert error_message(NotFound("x"))[0] == 404


@pytest.mark.parametrize(
    "headers",
    [
        {"Content-Type": "text/plain"},
        {"Content-Type": "application/x-www-form-urlencoded"},
        JSON | {"Origin": "https://elsewhere.example"},
        JSON | {"Origin": "null"},
        JSON | {"Origin": "http://[broken"},
        JSON | {"Sec-Fetch-Site": "cross-site"},
        JSON | {"Sec-Fetch-Site": "same-site"},
    ],
)
async def test_another_sites_page_starts_and_stops_nothing(
    gateway: FakeGateway, browser: Browser, headers: dict[str, str]
) -> None:
    for path in ("/run", "/run/t-1/cancel"):
        answer = await browser.post(path, data=json.dumps(SAMPLE), headers=headers)
        assert answer.status in (403, 415)
    assert not gateway.of("Submit")


async def test_the_blogs_own_page_may_run_samples(browser: Browser) -> None:
    ours = f"http://{browser.host}:{browser.port}"
    answer = await browser.post("/run", json=SAMPLE, headers={"Origin": ours, "Sec-Fetch-Site": "same-origin"})
    assert answer.status == 200


async def test_it_answers_under_its_own_names_only(gateway: FakeGateway, browser: Browser) -> None:
    for host in ("elsewhere.example", "elsewhere.example:8080", "127.0.0.1.elsewhere.example", "127.0.0.1:x", ""):
        assert (await browser.get("/", headers={"Host": host})).status == 421
        assert (await browser.post("/run", json=SAMPLE, headers={"Host": host})).status == 421
    for host in ("localhost", "LOCALHOST:8080", "[::1]:8080"):
        assert (await browser.get("/", headers={"Host": host})).status == 200
    assert not gateway.of("Submit")


async def test_a_public_blog_is_told_its_names(gateway: FakeGateway) -> None:
    blog = Blog(Client(gateway.target), "http://callbacks.internal:9000", ["Blog.Example"])
    async with TestClient(TestServer(blog.application())) as client:
        for host in ("blog.example", "callbacks.internal:9000"):
            assert (await client.get("/", headers={"Host": host})).status == 200


async def test_a_reader_who_claims_to_have_seen_what_never_came_is_let_go(
    gateway: FakeGateway, browser: Browser
) -> None:
    seen = events(await (await browser.post("/run", json=SAMPLE)).text())
    path = f"/run/{seen[0][1]['id']}"
    async with asyncio.timeout(5):
        assert await (await browser.get(path, params={"after": "99999"})).text() == ""


@pytest.mark.parametrize("after", ["9" * 5_000, "-1", "1e3", "\u0663", ""])
async def test_what_is_no_number_of_an_event_is_refused(browser: Browser, after: str) -> None:
    assert (await browser.get("/run/any", params={"after": after})).status == 400


async def test_one_reader_opens_so_many_streams_and_no_more(
    gateway: FakeGateway, browser: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("examples.blog.admission.MAX_STREAMS_PER_READER", 2)
    hold = threading.Event()
    gateway.script = lambda task: Script(ran(exit_code=None), hold=hold)
    first, second = await browser.post("/run", json=SAMPLE), await browser.post("/run", json=SAMPLE)
    assert (first.status, second.status) == (200, 200)
    assert (await browser.post("/run", json=SAMPLE)).status == 429
    hold.set()
    await first.text()
    await second.text()
    assert (await browser.post("/run", json=SAMPLE)).status == 200


async def test_a_large_result_is_taken_from_the_callback(gateway: FakeGateway, browser: Browser) -> None:
    await (await browser.post("/run", json=SAMPLE)).text()
    path = gateway.of("Submit")[0].task.callback.url.removeprefix("http://127.0.0.1:1")
    assert (await browser.post(path, json={"id": "x", "run": {"stdout": "\x01" * (1 << 17)}})).status == 204
    assert (await browser.post(path, data=io.BytesIO(b" " * (9 << 20)), headers=JSON)).status == 413
