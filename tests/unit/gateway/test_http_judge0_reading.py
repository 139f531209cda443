"""Reading over Judge0's API: what became of a task, in its statuses, fields and words."""

from __future__ import annotations

import asyncio
import base64
from typing import Any

import pytest

from broker_gateway.application.settings import SubmissionSettings
from broker_gateway.domain.quota import CallPolicy
from broker_gateway.interfaces.http.judge0 import reading
from broker_gateway.interfaces.http.judge0.answers import Known
from broker_gateway.interfaces.http.judge0.fields import DEFAULT, wanted_fields
from broker_gateway.interfaces.http.judge0.tokens import task_id_of, token_of
from schemas.execution import ResultMessage
from schemas.output_file import OutputFile
from schemas.status import Status, Verdict
from tests.builders import a_case_result, a_result, a_stage, an_execution
from tests.unit.gateway.gateway_on_fakes import GatewayOnFakes
from tests.unit.gateway.grpc_calls import Code
from tests.unit.gateway.judge0_calls import UNKNOWN, b64, ended, post, serving, submitted


async def test_whoever_waits_gets_the_result() -> None:
    async with serving() as calls:
        waiting = asyncio.create_task(post(calls, "?wait=true"))
        task_id = await calls.gateway.queued_task_id()
        calls.gateway.finish(task_id)
        assert await waiting == (
            201,
            {
                "token": token_of(task_id), "time": "0.01", "memory": 8192, "stdout": "42\n", "stderr": None,
                "compile_output": None, "message": None, "status": {"id": 3, "description": "Accepted"},
            },
        )  # fmt: skip
        await calls.noted.until("Execute", Code.OK)


async def test_whoever_waits_for_what_is_no_text_is_told_how_to_get_it() -> None:
    async with serving() as calls:
        waiting = asyncio.create_task(post(calls, "?wait=true"))
        task_id = await calls.gateway.queued_task_id()
        calls.gateway.bus.finish(a_result(task_id, run=a_stage("\ufffd", stdout_invalid_utf8=True)))
        status, body = await waiting
        assert (status, body["token"], body["error"]) == (201, token_of(task_id), NOT_UTF8)
        assert (await calls.ask("GET", f"/submissions/{body['token']}")) == (400, {"error": NOT_UTF8})
        assert (await calls.ask("GET", f"/submissions/{body['token']}?fields=status_id")) == (200, {"status_id": 3})
        _, encoded = await calls.ask("GET", f"/submissions/{body['token']}?base64_encoded=true")
        assert encoded["stdout"] == b64("\ufffd") + "\n"


async def test_output_that_is_no_text_is_told_byte_for_byte_in_base64() -> None:
    async with serving() as calls:
        run = a_stage("\ufffd\n", stdout_invalid_utf8=True, stdout_data=b"\xff\n")
        body = await ended(calls, "?base64_encoded=true", run=run)
        assert base64.b64decode(body["stdout"]) == b"\xff\n"


NOT_UTF8 = "some attributes for this submission cannot be converted to UTF-8, use base64_encoded=true query parameter"


def ran(**changes: Any) -> dict[str, Any]:
    return {"run": a_stage("", **changes)}


def judged(verdict: Verdict, **changes: Any) -> dict[str, Any]:
    stage = a_stage("", **changes)
    return {"status": Status.FAILED, "run": None, "cases": [a_case_result(verdict, stage=stage)]}


@pytest.mark.parametrize(
    ("result", "status_id", "description", "message"),
    [
        (ran(), 3, "Accepted", None),
        (judged(Verdict.ACCEPTED), 3, "Accepted", None),
        ({**judged(Verdict.WRONG_ANSWER), "error": "in our words"}, 4, "Wrong Answer", None),
        ({"status": Status.FAILED, "run": None, "error": "nothing ran"}, 13, "Internal Error", "nothing ran"),
        (judged(Verdict.TIME_LIMIT, limits_hit=["cpu"]), 5, "Time Limit Exceeded", "Time limit exceeded"),
        (judged(Verdict.RUNTIME_ERROR, exit_code=3), 11, "Runtime Error (NZEC)", "Exited with error status 3"),
        (judged(Verdict.RUNTIME_ERROR, exit_code=None, signal=11), 7, "Runtime Error (SIGSEGV)",
         "Caught fatal signal 11"),
        ({"status": Status.TIME_LIMIT, **ran(exit_code=None, signal=9, limits_hit=["wall"])}, 5, "Time Limit Exceeded",
         "Time limit exceeded (wall clock)"),
        ({"status": Status.FAILED, **ran(exit_code=None, signal=25)}, 8, "Runtime Error (SIGXFSZ)",
         "Caught fatal signal 25"),
        ({"status": Status.OUTPUT_LIMIT, **ran(exit_code=None, signal=9, limits_hit=["output"])}, 8,
         "Runtime Error (SIGXFSZ)", "Output limit exceeded"),
        ({"status": Status.FAILED, **ran(exit_code=None, signal=8)}, 9, "Runtime Error (SIGFPE)",
         "Caught fatal signal 8"),
        ({"status": Status.FAILED, **ran(exit_code=None, signal=6)}, 10, "Runtime Error (SIGABRT)",
         "Caught fatal signal 6"),
        ({"status": Status.FAILED, **ran(exit_code=None, signal=15)}, 12, "Runtime Error (Other)",
         "Caught fatal signal 15"),
        ({"status": Status.MEMORY_LIMIT, **ran(exit_code=None, signal=9, limits_hit=["memory"])}, 12,
         "Runtime Error (Other)", "Memory limit exceeded"),
        ({"status": Status.MEMORY_LIMIT, **ran(exit_code=1, limits_hit=["memory"])}, 11, "Runtime Error (NZEC)",
         "Memory limit exceeded"),
        ({"status": Status.INTERNAL_ERROR, "run": None, "error": "the slot was lost"}, 13, "Internal Error",
         "the slot was lost"),
        ({"status": Status.CANCELLED, "run": None}, 13, "Internal Error", "cancelled"),
        ({"status": Status.EXPIRED, "run": None, "error": ""}, 13, "Internal Error", "expired"),
    ],
)  # fmt: skip
async def test_what_became_of_it_is_told_in_judge0s_words(
    result: dict[str, Any], status_id: int, description: str, message: str | None
) -> None:
    async with serving() as calls:
        body = await ended(calls, **result)
        assert (body["status"], body["message"]) == ({"id": status_id, "description": description}, message)


async def test_what_does_not_compile_has_the_compilers_words() -> None:
    async with serving() as calls:
        failed: dict[str, Any] = {"status": Status.COMPILE_ERROR, "run": None}
        body = await ended(calls, compile=a_stage("a\n", stderr="b\n", exit_code=1), **failed)
        assert (body["status"]["id"], body["compile_output"], body["time"], body["memory"]) == (6, "a\nb\n", None, None)
        body = await ended(calls, compile=a_stage("", exit_code=None, signal=9, limits_hit=["wall"]), **failed)
        assert body["compile_output"] == "Compilation time limit exceeded."
        body = await ended(calls, status=Status.REJECTED, run=None, error="-Ofoo is not allowed")
        assert (body["status"]["id"], body["compile_output"]) == (6, "-Ofoo is not allowed")


async def test_a_submission_is_read_as_it_stands() -> None:
    async with serving() as calls:
        token = await submitted(calls)
        path = f"/submissions/{token}?fields=status,time,finished_at"
        nothing = {"time": None, "finished_at": None}
        queued = {"status": {"id": 1, "description": "In Queue"}, **nothing}
        assert await calls.ask("GET", path) == (200, queued)
        calls.gateway.start(task_id_of(token))
        _, body = await calls.ask("GET", path)
        assert (body["status"], body["finished_at"]) == ({"id": 2, "description": "Processing"}, None)


async def test_all_fields_are_told_where_all_are_asked_for() -> None:
    async with serving() as calls:
        body = await ended(calls, "?fields=*", run=a_stage(cpu_ms=0.4, wall_ms=1200))
        known = {name: value for name, value in body.items() if value is not None and name != "token"}
        assert known == {
            "language_id": 71, "language": {"id": 71, "name": "Python (3.8.1)"}, "stdout": "42\n", "status_id": 3,
            "status": {"id": 3, "description": "Accepted"}, "created_at": "1970-01-01T00:00:01.000Z",
            "finished_at": "1970-01-01T00:00:01.050Z", "time": "0.0", "wall_time": "1.2", "memory": 8192,
            "exit_code": 0,
            "number_of_runs": 1, "cpu_extra_time": "0.0", "stack_limit": 8192,
            "enable_per_process_and_thread_time_limit": False, "enable_per_process_and_thread_memory_limit": False,
            "redirect_stderr_to_stdout": False, "enable_network": False,
        }  # fmt: skip
        assert {
            *("source_code", "stdin", "expected_output", "stderr", "compile_output", "message", "exit_signal"),
            *("compiler_options", "command_line_arguments", "cpu_time_limit", "wall_time_limit", "memory_limit"),
            *("max_processes_and_or_threads", "max_file_size", "callback_url", "additional_files"),
        } == {name for name, value in body.items() if value is None}


async def test_it_is_told_that_standard_error_went_to_standard_output() -> None:
    async with serving() as calls:
        token = await submitted(calls, redirect_stderr_to_stdout=True)
        task = calls.gateway.bus.tasks[task_id_of(token)]
        run = a_stage("out\nerr\ufffd\n", stdout_invalid_utf8=True)
        calls.gateway.bus.finish(ResultMessage.of(an_execution(task.id, labels=task.labels, run=run), task))
        path = f"/submissions/{token}?fields=stdout,stderr,redirect_stderr_to_stdout&base64_encoded="
        _, body = await calls.ask("GET", path + "true")
        told = {"stdout": b64("out\nerr\ufffd\n") + "\n", "stderr": None, "redirect_stderr_to_stdout": True}
        assert body == told
        assert await calls.ask("GET", path + "false") == (400, {"error": NOT_UTF8})


async def test_base64_has_a_line_feed_after_every_sixty_characters() -> None:
    text = "é" * 100
    async with serving() as calls:
        body = await ended(calls, "?base64_encoded=true", status=Status.FAILED, run=a_stage(text, exit_code=1))
        lines = body["stdout"].split("\n")
        assert ({len(one) for one in lines[:-2]}, lines[-1]) == ({60}, "")
        assert base64.b64decode(body["stdout"]).decode() == text
        assert body["message"] == b64("Exited with error status 1") + "\n"


@pytest.mark.parametrize(
    ("path", "status", "error"),
    [
        (f"/submissions/{UNKNOWN}", 404, "no task has this id"),
        ("/submissions/%00", 404, "no task has this id"),
        (f"/submissions/{'x' * 5000}", 404, "no task has this id"),
        (f"/submissions/{UNKNOWN}?fields=stdout,started_at,*,x", 400, "invalid fields: [started_at, x]"),
        (f"/submissions/batch?tokens={','.join([UNKNOWN] * 21)}", 400,
         "number of submissions in a batch should be less than or equal to 20"),
        ("/submissions/batch?tokens=", 400, "there should be at least one submission in a batch"),
        (f"/submissions/batch?tokens={UNKNOWN}&fields=id", 400, "invalid fields: [id]"),
        ("/submissions?page=0", 400, "invalid page: 0"),
        ("/submissions?page=51", 400, "invalid page: 51"),
        ("/submissions?page=x", 400, "invalid page: 0"),
        ("/submissions?per_page=-1", 400, "invalid per_page: -1"),
        ("/submissions?per_page=21", 400, "invalid per_page: 21"),
        ("/submissions?fields=x", 400, "invalid fields: [x]"),
        ("/languages/42", 404, "no task has this id"),
        ("/languages/x", 404, "no task has this id"),
        (f"/submissions?fields={'x' * 9000}", 414, "the query must have at most 8192 bytes"),
    ],
)  # fmt: skip
async def test_what_cannot_be_read_is_told(path: str, status: int, error: str) -> None:
    async with serving() as calls:
        assert await calls.ask("GET", path) == (status, {"error": error})


async def test_a_batch_counts_as_so_many_reads() -> None:
    async with serving(calls=CallPolicy(reads_per_s=0.01, read_burst=7)) as calls:
        path = f"/submissions/batch?tokens={','.join([UNKNOWN] * 3)}"
        assert [(await calls.ask("GET", path))[0] for _ in range(3)] == [200, 200, 429]


async def test_one_answer_has_a_bound(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "MAX_TEXT_CHARS", 5)
    async with serving() as calls:
        tokens = [await submitted(calls) for _ in range(2)]
        for token in tokens:
            calls.gateway.finish(task_id_of(token))
        path = f"/submissions/batch?tokens={','.join(tokens)}"
        error = "the submissions have more than 5 characters in all: ask for fewer at a time"
        assert await calls.ask("GET", path) == (400, {"error": error})


async def test_bytes_count_towards_it_and_files_that_are_not_told_are_not_held(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "MAX_TEXT_CHARS", 17)
    file = OutputFile(name="out/a", size=100, media_type="text/plain", digest="", data=b"x" * 100)
    written = "\U0001f600\U0001f600".encode() + b"\xff"
    run = a_stage(written.decode(errors="replace"), stdout_invalid_utf8=True, stdout_data=written)
    async with serving() as calls:
        tokens = [await submitted(calls) for _ in range(2)]
        for token in tokens:
            calls.gateway.bus.finish(a_result(task_id_of(token), run=run, files=[file]))
        path = "/submissions/batch?base64_encoded=true&tokens="
        assert (await calls.ask("GET", path + tokens[0]))[0] == 200
        assert (await calls.ask("GET", path + ",".join(tokens)))[0] == 400
    assert Known.of(an_execution(run=run, files=[file])).execution == an_execution(run=run)


async def test_large_texts_are_told_whole() -> None:
    text = "x" * 1_000_000
    async with serving() as calls:
        body = await ended(calls, "?base64_encoded=true", run=a_stage(text))
        assert base64.b64decode(body["stdout"]).decode() == text
        token = await submitted(calls, source_code="#" * 200_000)
        assert len(calls.gateway.bus.tasks[task_id_of(token)].files[0].content) == 200_000


async def test_the_callers_submissions_are_listed_page_by_page() -> None:
    async with serving() as calls:
        tokens = [await submitted(calls) for _ in range(3)]
        calls.gateway.finish(task_id_of(tokens[0]))
        status, first = await calls.ask("GET", "/submissions?per_page=2&fields=token")
        assert (status, [one["token"] for one in first["submissions"]]) == (200, tokens[:0:-1])
        nobody_counts = {"total_pages": None, "total_count": None}
        assert first["meta"] == {"current_page": 1, "next_page": 2, "prev_page": None, **nobody_counts}
        _, second = await calls.ask("GET", "/submissions?per_page=2&page=2")
        assert [(one["token"], one["stdout"]) for one in second["submissions"]] == [(tokens[0], "42\n")]
        assert second["meta"] == {"current_page": 2, "next_page": None, "prev_page": 1, **nobody_counts}


async def test_a_field_that_is_asked_for_again_and_again_is_told_once() -> None:
    assert wanted_fields("stdout," * 1000 + "time") == ["stdout", "time"]
    assert wanted_fields(",") == wanted_fields("") == DEFAULT


async def test_what_was_submitted_is_told_where_it_is_kept() -> None:
    gateway = GatewayOnFakes(settings=SubmissionSettings(keeps_source=True))
    async with serving(gateway) as calls:
        fields = {"expected_output": "out", "command_line_arguments": "a 'b c'", "cpu_time_limit": 1.25}
        token = await submitted(calls, stdin="in", **fields)
        task = gateway.bus.tasks[task_id_of(token)]
        path = f"/submissions/{token}?fields=source_code,stdin,memory_limit,{','.join(fields)}"
        _, waiting = await calls.ask("GET", path)
        assert set(waiting.values()) == {None}
        gateway.bus.finish(ResultMessage.of(an_execution(task.id), task))
        _, body = await calls.ask("GET", path)
        limits = {"cpu_time_limit": "1.25", "memory_limit": 262144}
        assert body == {"source_code": "print(42)", "stdin": "in", **fields, **limits}
        _, encoded = await calls.ask("GET", f"{path}&base64_encoded=true")
        assert (encoded["source_code"], encoded["command_line_arguments"]) == (b64("print(42)") + "\n", "a 'b c'")


@pytest.mark.parametrize(("burst", "status"), [(40, 200), (39, 429)])
async def test_a_page_far_back_counts_as_the_lists_that_it_takes(burst: int, status: int) -> None:
    async with serving(calls=CallPolicy(reads_per_s=0.01, read_burst=burst)) as calls:
        for _ in range(250):
            calls.gateway.now_ms += 1
            await submitted(calls)
        found, page = await calls.ask("GET", "/submissions?page=12&fields=token")
        assert found == status, page
        assert status != 200 or (len(page["submissions"]), page["meta"]["next_page"]) == (20, 13)
