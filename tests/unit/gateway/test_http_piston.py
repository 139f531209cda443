"""Piston's API: what is mapped to what."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from broker_gateway.interfaces.http.run_to_end import QUEUED_MS
from schemas.status import Status
from schemas.task import SourceFile
from tests.builders import a_result, a_stage
from tests.unit.gateway.grpc_calls import Code
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
    task_of,
)


@pytest.mark.parametrize("path", [f"{API}/runtimes", f"{API}/runtimes/", f"{CLOSED}/runtimes"])
async def test_each_version_of_a_language_is_a_runtime_the_newest_first(path: str) -> None:
    async with serving_http(a_gateway(), dialects=PISTON) as calls:
        status, runtimes = await calls.ask("GET", path)
        assert status == 200
        names = ["py", "py3", "python3"]
        assert runtimes == [
            {"language": "bare", "version": "1", "aliases": []},
            {"language": "cpp", "version": "14.2.0", "aliases": ["cxx", "c++", "g++"]},
            {"language": "python", "version": "3.13.5", "aliases": names},
            {"language": "python", "version": "3.9.2", "aliases": names},
        ]
        await calls.noted.until("ListLanguages", Code.OK)


async def test_what_is_served_is_installed() -> None:
    async with serving_http(dialects=PISTON) as calls:
        packages = [{"language": "python", "language_version": "3.13.5", "installed": True}]
        assert await calls.ask("GET", f"{API}/packages") == (200, packages)


@pytest.mark.parametrize("path", [EXECUTE, f"{EXECUTE}/", f"{CLOSED}/execute", f"{CLOSED}/execute/"])
async def test_a_program_is_run_and_what_came_of_it_is_told(path: str) -> None:
    async with serving_http(a_gateway(), dialects=PISTON) as calls:
        waiting = asyncio.create_task(calls.ask("POST", path, json=PROGRAM))
        task_id = await calls.gateway.queued_task_id()
        task = calls.gateway.bus.tasks[task_id]
        assert (task.language, task.language_version, task.files) == (
            *("python", "3.13.5"),
            [SourceFile("", "print(42)")],
        )
        assert (task.stdin, task.args, task.entry_point) == ("\n", [], "")
        assert task.expires_at_ms == calls.gateway.now_ms + QUEUED_MS
        ran = a_stage("out", stderr="err", cpu_ms=10.5, wall_ms=12.5, peak_memory_bytes=8_000_000)
        calls.gateway.bus.finish(a_result(task_id, run=ran))
        run = {"stdout": "out", "stderr": "err", "output": "outerr", "code": 0, "signal": None, "message": None}
        run |= {"status": None, "cpu_time": 10.5, "wall_time": 12.5, "memory": 8_000_000}
        assert await waiting == (200, {"run": run, "language": "python", "version": "3.13.5"})
        await calls.noted.until("Execute", Code.OK)


@pytest.mark.parametrize(
    ("language", "version", "found"),
    [
        ("python", "3.9.2", "python 3.9.2"),
        ("PY", "3.x", "python 3.13.5"),
        ("python3", "<3.10", "python 3.9.2"),
        ("g++", "*", "cpp 14.2.0"),
        ("c++", "14", "cpp 14.2.0"),
    ],
)
async def test_a_runtime_is_found_by_any_of_its_names_and_by_a_selector(
    language: str, version: str, found: str
) -> None:
    task = await task_of({**PROGRAM, "language": language, "version": version})
    assert f"{task.language} {task.language_version}" == found


async def test_input_and_arguments_arrive() -> None:
    task = await task_of({**PROGRAM, "stdin": "a\nb", "args": ["1", "2"]})
    assert (task.stdin, task.args) == ("a\nb\n", ["1", "2"])


async def test_limits_are_those_of_the_program() -> None:
    asked = {"run_timeout": 3000, "run_cpu_time": 1500.9, "run_memory_limit": 100 << 20}
    of_compiler = {"compile_timeout": 1, "compile_cpu_time": 2, "compile_memory_limit": 3}
    limits = (await task_of({**PROGRAM, **asked, **of_compiler})).limits
    assert (limits.wall_ms, limits.cpu_ms, limits.memory_bytes) == (3000, 1500, 100 << 20)


async def test_no_limit_and_nothing_are_the_usual_limit() -> None:
    usual = (await task_of(PROGRAM)).limits
    asked = {"run_timeout": 0, "run_cpu_time": None, "run_memory_limit": -1, "compile_memory_limit": -1}
    assert (await task_of({**PROGRAM, **asked})).limits == usual


@pytest.mark.parametrize(
    ("language", "files", "named"),
    [
        ("python", [("x.py", "")], ["x.py"]),
        ("python", [("snippet", "")], [""]),
        ("bare", [("snippet", "")], [""]),
        ("bare", [("a", ""), ("b", "")], [">a", "b"]),
        ("bare", [("", ""), ("b", "")], [">main", "b"]),
        ("python", [("", ""), ("", "")], [">main.py", "file1.code"]),
        ("cpp", [("prog", ""), ("a.h", "")], [">prog.cpp", "a.h"]),
        ("cpp", [("prog.cc", ""), ("a.cpp", "")], [">prog.cc", "a.cpp"]),
        ("python", [("data", "hex"), ("run", "utf8")], ["data", ">run.py"]),
        ("python", [("a.py", "utf8"), ("b.py", "latin1")], [">a.py", "b.py"]),
    ],
)
async def test_the_first_text_is_run_by_a_name_that_says_its_language(
    language: str, files: list[tuple[str, str]], named: list[str]
) -> None:
    sent = [{"name": name, "content": "00" * 4, "encoding": encoding} for name, encoding in files]
    task = await task_of({**PROGRAM, "language": language, "files": sent})
    assert [f"{'>' * (one.name == task.entry_point != '')}{one.name}" for one in task.files] == named


async def test_files_may_be_encoded() -> None:
    files = [
        {"name": "a.py", "content": "é"},
        {"name": "b", "content": "w6k", "encoding": "base64"},
        {"name": "c", "content": "w6\nk=\n", "encoding": "base64"},
        {"name": "d", "content": "C3A9", "encoding": "hex"},
        {"name": "e", "content": "--__", "encoding": "base64"},
    ]
    task = await task_of({**PROGRAM, "files": files})
    assert [one.held for one in task.files] == [*["é"] * 4, b"\xfb\xef\xff"]


@pytest.mark.parametrize(
    ("ran", "code", "signal", "status", "message"),
    [
        (a_stage(exit_code=3), 3, None, "RE", "Exited with error status 3"),
        (a_stage(exit_code=None, signal=11), None, "SIGSEGV", "SG", "Caught fatal signal 11"),
        (a_stage(exit_code=None, signal=36), None, "SIGRTMIN+2", "SG", "Caught fatal signal 36"),
        (a_stage(exit_code=None, signal=99), None, None, "SG", "Caught fatal signal 99"),
        (a_stage(exit_code=None, signal=9, limits_hit=["memory"]), None, "SIGKILL", "SG", "Caught fatal signal 9"),
        (a_stage(exit_code=None, limits_hit=["disk"]), None, "SIGKILL", "SG", "Caught fatal signal 9"),
        (a_stage(exit_code=1, limits_hit=["memory"]), 1, None, "RE", "Exited with error status 1"),
        (a_stage(exit_code=137, limits_hit=["cpu"]), None, "SIGKILL", "TO", "Time limit exceeded"),
        (a_stage(signal=9, limits_hit=["wall"]), None, "SIGKILL", "TO", "Time limit exceeded (wall clock)"),
        (
            a_stage(exit_code=None, signal=9, limits_hit=["output"], stdout_truncated=True),
            *(None, "SIGKILL", "OL", "stdout length exceeded"),
        ),
        (
            a_stage(exit_code=None, signal=9, limits_hit=["output"], stderr_truncated=True),
            *(None, "SIGKILL", "EL", "stderr length exceeded"),
        ),
        (a_stage(limits_hit=["open_files"]), 0, None, None, None),
    ],
)
async def test_the_end_of_a_program_has_its_words(
    ran: Any, code: int | None, signal: str | None, status: str | None, message: str | None
) -> None:
    async with serving_http(dialects=PISTON) as calls:
        http_status, answer, _ = await ended(calls, status=Status.FAILED, run=ran)
        run = answer["run"]
        assert http_status == 200
        assert (run["code"], run["signal"], run["status"], run["message"]) == (code, signal, status, message)
        assert run["stdout"] == "42\n"


async def test_a_compilers_end_is_told_beside_the_programs() -> None:
    async with serving_http(dialects=PISTON) as calls:
        _, answer, _ = await ended(calls, compile=a_stage("", stderr="a warning"), run=a_stage("ran"))
        assert (answer["compile"]["output"], answer["compile"]["code"]) == ("a warning", 0)
        assert answer["run"]["output"] == "ran"


async def test_where_it_does_not_compile_the_compilers_end_stands_for_the_programs() -> None:
    failed = a_stage("", stderr="line 1", exit_code=1)
    async with serving_http(dialects=PISTON) as calls:
        status, answer, _ = await ended(calls, status=Status.COMPILE_ERROR, compile=failed, run=None)
        assert (status, answer["run"]) == (200, answer["compile"])
        assert (answer["run"]["stderr"], answer["run"]["code"], answer["run"]["status"]) == ("line 1", 1, "RE")


@pytest.mark.parametrize(
    "changes",
    [
        {"status": Status.INTERNAL_ERROR, "error": "the slot was lost"},
        {"status": Status.COMPILE_ERROR, "compile": a_stage(), "error": "the slot was lost"},
    ],
)
async def test_where_nothing_ran_the_status_is_that_of_a_broken_sandbox(changes: dict[str, Any]) -> None:
    async with serving_http(dialects=PISTON) as calls:
        status, answer, _ = await ended(calls, run=None, language_version="", **changes)
        run = answer["run"]
        assert (status, run["status"], run["message"], run["code"]) == (200, "XX", "the slot was lost", None)
        assert answer["version"] == "3.13.5"


@pytest.mark.parametrize("header", ["Bearer sesame", "bearer sesame", "sesame", " sesame "])
async def test_a_key_may_come_with_nothing_before_it(header: str) -> None:
    async with serving_http(dialects=PISTON, tokens={"sesame": "bot"}) as calls:
        waiting = asyncio.create_task(post(calls, PROGRAM, headers={"Authorization": header}))
        task_id = await calls.gateway.queued_task_id()
        assert calls.gateway.bus.tasks[task_id].client == "bot"
        calls.gateway.finish(task_id)
        assert (await waiting)[0] == 200
