"""Submitting over Judge0's API: what its clients send is taken, and what cannot be done is refused in its words."""

from __future__ import annotations

import asyncio
import base64
import re
from typing import Any

import pytest

from broker_gateway.domain.quota import CallPolicy, QuotaPolicy
from broker_gateway.interfaces.http.judge0.drafts import LANGUAGE_LABEL
from broker_gateway.interfaces.http.judge0.tokens import task_id_of, token_of
from tests.unit.gateway.gateway_on_fakes import GatewayOnFakes
from tests.unit.gateway.grpc_calls import Code
from tests.unit.gateway.judge0_calls import HELLO, UNKNOWN, post, send, serving, submitted, with_cpp


async def test_a_submission_is_a_task_and_its_token_is_the_tasks_id_as_the_sdk_takes_it() -> None:
    async with serving() as calls:
        status, body = await post(calls)
        assert (status, list(body)) == (201, ["token"])
        assert re.fullmatch(r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}", body["token"])
        ((task_id, task),) = calls.gateway.bus.tasks.items()
        assert (task_id_of(body["token"]), token_of(task_id)) == (task_id, body["token"])
        assert (task.language, task.files[0].content) == ("python", "print(42)")
        for name in (body["token"], task_id):
            assert (await calls.ask("GET", f"/submissions/{name}"))[0] == 200


async def test_an_id_of_a_key_is_its_own_token() -> None:
    of_key = "f" * 32
    assert (token_of(of_key), task_id_of(of_key), token_of("t1"), task_id_of("t1")) == (of_key, of_key, "t1", "t1")


async def test_every_field_that_we_have_arrives() -> None:
    fields = {
        "language_id": "54",
        "stdin": "in",
        "expected_output": "out",
        "compiler_options": "-O2 -std=c++17",
        "command_line_arguments": "a 'b c' $HOME;",
        "cpu_time_limit": 1.5,
        "wall_time_limit": "3",
        "memory_limit": 65536.0,
        "max_processes_and_or_threads": 7,
        "max_file_size": 100,
    }
    async with serving(with_cpp()) as calls:
        token = await submitted(calls, **fields)
        task = calls.gateway.bus.tasks[task_id_of(token)]
    (case,) = task.cases
    assert (task.language, task.labels) == ("cpp", {LANGUAGE_LABEL: "54"})
    assert (case.stdin, case.expected_output, case.comparison.mode) == ("in", "out", "trimmed")
    assert (task.compile_options, case.args) == (["-O2", "-std=c++17"], ["a", "b c", "HOME"])
    limits = task.limits
    assert (limits.cpu_ms, limits.wall_ms, limits.memory_bytes) == (1500, 3000, 65536 << 10)
    assert (limits.processes, limits.file_bytes, limits.output_bytes) == (7, 100 << 10, 100 << 10)


async def test_without_an_expected_output_there_is_no_case() -> None:
    async with serving() as calls:
        token = await submitted(calls, stdin="in", command_line_arguments="x")
        task = calls.gateway.bus.tasks[task_id_of(token)]
    assert (task.stdin, task.args, task.cases) == ("in", ["x"], [])


async def test_base64_is_taken_where_it_is_said_and_only_there() -> None:
    async with serving() as calls:
        fields = {"source_code": base64.encodebytes(b"print('\xc3\xa9')").decode(), "stdin": "aMOp"}
        for query in ("?base64_encoded=true", "?base64_encoded=false", ""):
            await post(calls, query, **fields)
        sent = [(task.files[0].content, task.stdin) for task in calls.gateway.bus.tasks.values()]
    assert sent[0] == ("print('é')", "hé")
    assert sent[1:] == [(fields["source_code"], "aMOp")] * 2


@pytest.mark.parametrize(
    ("fields", "errors"),
    [
        ({"source_code": None}, {"source_code": ["can't be blank"]}),
        ({"source_code": " \n"}, {"source_code": ["can't be blank"]}),
        ({"source_code": ["x"]}, {"source_code": ["must be text"]}),
        ({"language_id": None}, {"language_id": ["can't be blank", "language with id  doesn't exist"]}),
        ({"language_id": 123456789}, {"language_id": ["language with id 123456789 doesn't exist"]}),
        ({"language_id": 4}, {"language_id": ["language with id 4 doesn't exist"]}),
        ({"language_id": 10**400}, {"language_id": ["language with id 0 doesn't exist"]}),
        ({"language_id": {}}, {"language_id": ["language with id 0 doesn't exist"]}),
        ({"language_id": 45}, {"language_id": ["language with id 45 is archived and cannot be used anymore"]}),
        ({"language_id": 70}, {"language_id": ["language with id 70 is archived and cannot be used anymore"]}),
        ({"compiler_options": "-O2"},
         {"compiler_options": ["setting compiler options is only allowed for compiled languages"]}),
        ({"command_line_arguments": "x" * 513},
         {"command_line_arguments": ["is too long (maximum is 512 characters)"]}),
        ({"command_line_arguments": "'"},
         {"command_line_arguments": ["cannot be split into words: No closing quotation"]}),
        ({"command_line_arguments": 7}, {"command_line_arguments": ["must be text"]}),
        ({"cpu_time_limit": 61}, {"cpu_time_limit": ["must be less than or equal to 60.0"]}),
        ({"cpu_time_limit": -1}, {"cpu_time_limit": ["must be greater than or equal to 0.001"]}),
        ({"cpu_time_limit": "soon"}, {"cpu_time_limit": ["is not a number"]}),
        ({"cpu_time_limit": True}, {"cpu_time_limit": ["is not a number"]}),
        ({"cpu_time_limit": "nan"}, {"cpu_time_limit": ["is not a number"]}),
        ({"cpu_time_limit": 10**400}, {"cpu_time_limit": ["must be less than or equal to 60.0"]}),
        ({"cpu_time_limit": "9" * 100_000}, {"cpu_time_limit": ["is not a number"]}),
        ({"wall_time_limit": 0.5}, {"wall_time_limit": ["must be greater than or equal to 1.0"]}),
        ({"memory_limit": 2048}, {"memory_limit": ["must be greater than or equal to 4096"]}),
        ({"memory_limit": 1 << 21}, {"memory_limit": ["must be less than or equal to 1048576"]}),
        ({"max_processes_and_or_threads": 0},
         {"max_processes_and_or_threads": ["must be greater than or equal to 1"]}),
        ({"max_file_size": 0}, {"max_file_size": ["must be greater than or equal to 1"]}),
        ({"stack_limit": 64000}, {"stack_limit": ["must be less than or equal to 8192"]}),
        ({"number_of_runs": 2}, {"number_of_runs": ["must be less than or equal to 1"]}),
        ({"cpu_extra_time": 6}, {"cpu_extra_time": ["must be less than or equal to 5.0"]}),
        ({"enable_per_process_and_thread_time_limit": True},
         {"enable_per_process_and_thread_time_limit": ["this option cannot be enabled"]}),
        ({"enable_per_process_and_thread_memory_limit": "true"},
         {"enable_per_process_and_thread_memory_limit": ["this option cannot be enabled"]}),
        ({"enable_network": True}, {"enable_network": ["enabling network is not allowed"]}),
        ({"callback_url": "ftp://x.example"}, {"callback_url": ["must start with http:// or https://"]}),
        ({"language_id": 89, "source_code": None, "additional_files": "UEsFBg=="},
         {"language_id": ["language with id 89 is archived and cannot be used anymore"]}),
        ({"source_code": "", "language_id": 1000, "number_of_runs": 0},
         {"source_code": ["can't be blank"], "language_id": ["language with id 1000 doesn't exist"],
          "number_of_runs": ["must be greater than or equal to 1"]}),
        ({"source_code": "x" * 300_000}, {"source_code": ["must have at most 262144 bytes in all, have 300000"]}),
        ({"stdin": "x" * (1 << 20) + "x"}, {"stdin": ["must have at most 1048576 bytes, has 1048577"]}),
        ({"expected_output": "x" * (1 << 20) + "x"},
         {"stdin": ["must have at most 1048576 bytes in all, have 1048577"]}),
        ({"command_line_arguments": "x " * 200}, {"command_line_arguments": ["must have at most 128 arguments"]}),
    ],
)  # fmt: skip
async def test_what_is_wrong_is_told_in_judge0s_words(fields: dict[str, Any], errors: dict[str, list[str]]) -> None:
    async with serving() as calls:
        assert await post(calls, **fields) == (422, errors)
        assert not calls.gateway.bus.tasks
        await calls.noted.until("Submit", Code.INVALID_ARGUMENT)


@pytest.mark.parametrize(
    ("source", "words"),
    [("x", "is not base64"), ("", "can't be blank")],
)
async def test_a_source_that_is_no_base64_is_refused(source: str, words: str) -> None:
    async with serving() as calls:
        assert await post(calls, "?base64_encoded=true", source_code=source) == (422, {"source_code": [words]})


async def test_source_and_input_in_base64_may_be_no_text_and_what_is_expected_may_not() -> None:
    encoded = base64.b64encode(b"\xff\0").decode()
    async with serving() as calls:
        status, body = await post(calls, "?base64_encoded=true", source_code=encoded, stdin=encoded)
        assert status == 201, body
        task = calls.gateway.bus.tasks[task_id_of(body["token"])]
        assert (task.files[0].held, task.input) == (b"\xff\0", b"\xff\0")
        answer = await post(calls, "?base64_encoded=true", source_code=encoded, expected_output=encoded)
        assert answer == (422, {"expected_output": ["must be UTF-8"]})


async def test_what_changes_nothing_is_passed_over() -> None:
    fields = {
        "number_of_runs": "1", "cpu_extra_time": 0.5, "stack_limit": 8192, "enable_network": False,
        "enable_per_process_and_thread_time_limit": "false", "redirect_stderr_to_stdout": None, "callback_url": "",
        "cpu_time_limit": "", "additional_files": None, "compiler_options": "", "nobody_knows": {"x": [1]},
    }  # fmt: skip
    async with serving() as calls:
        token = await submitted(calls, **fields)
        assert calls.gateway.bus.tasks[task_id_of(token)].limits.cpu_ms == 5000


@pytest.mark.parametrize("expected", [None, "out\nerr\n"])
async def test_both_outputs_are_one_also_where_something_is_expected_of_them(expected: str | None) -> None:
    async with serving() as calls:
        token = await submitted(calls, redirect_stderr_to_stdout=1, expected_output=expected)
        task = calls.gateway.bus.tasks[task_id_of(token)]
        assert task.redirect_stderr
        assert [case.expected_output for case in task.cases] == ([expected] if expected else [])


@pytest.mark.parametrize("data", [b"", b"{", b"[]", b'"x"', b'{"source_code": "\xff"}', b"[" * 100_000, b"1e999"])
async def test_what_is_no_submission_is_refused(data: bytes) -> None:
    async with serving() as calls:
        for path in ("/submissions", "/submissions/batch"):
            status, body = await send(calls, path, data)
            assert (status, list(body)) == (400, ["error"]), body


async def test_a_body_has_bounds() -> None:
    async with serving() as calls:
        status, body = await post(calls, source_code="x" * (5 << 20))
        assert (status, body) == (413, {"error": "the body must have at most 4194304 bytes"})
        many = b'{"additional_files": [' + b"1," * 500_000 + b"1]}"
        status, body = await send(calls, "/submissions", many)
        assert (status, list(body)) == (400, ["error"])
        status, body = await calls.ask("POST", "/submissions", data=b"{}", headers={"Content-Type": "text/plain"})
        assert (status, body) == (415, {"error": "the content type must be application/json"})
        assert not calls.gateway.bus.tasks


async def test_a_full_queue_is_told() -> None:
    async with serving(GatewayOnFakes(quota=QuotaPolicy(rate_per_s=0.5, burst=1))) as calls:
        await submitted(calls)
        async with calls.session.post(calls.url("/submissions"), json=HELLO) as response:
            assert (response.status, await response.json()) == (503, {"error": "queue is full"})
            assert int(response.headers["Retry-After"]) >= 1
        status, body = await calls.ask("POST", "/submissions/batch", json={"submissions": [HELLO] * 2})
        assert (status, body) == (503, {"error": "queue is full"})


async def test_who_goes_away_while_he_waits_frees_his_place() -> None:
    async with serving(calls=CallPolicy(open_calls=1)) as calls:
        waiting = asyncio.create_task(post(calls, "?wait=true"))
        await calls.gateway.queued_task_id()
        assert (await post(calls, "?wait=true"))[0] == 429
        waiting.cancel()
        await calls.noted.until("Execute", Code.CANCELLED)


async def test_a_batch_is_taken_one_by_one_and_read_at_once() -> None:
    async with serving() as calls:
        sent = [HELLO, {**HELLO, "language_id": 123456789}, {**HELLO, "source_code": ""}, {**HELLO, "stdin": "x"}]
        status, body = await calls.ask("POST", "/submissions/batch?wait=true", json={"submissions": sent})
        first, unknown, blank, last = body
        assert (status, unknown) == (201, {"language_id": ["language with id 123456789 doesn't exist"]})
        assert blank == {"source_code": ["can't be blank"]}
        assert {task_id_of(one["token"]) for one in (first, last)} == set(calls.gateway.bus.tasks)
        calls.gateway.finish(task_id_of(last["token"]))
        tokens = f"{first['token']},{UNKNOWN},{last['token']}"
        told = {"submissions": [{"status_id": 1}, None, {"status_id": 3}]}
        assert await calls.ask("GET", f"/submissions/batch?tokens={tokens}&fields=status_id") == (200, told)
        by_header = await calls.ask("GET", "/submissions/batch?fields=status_id", headers={"tokens": tokens})
        assert by_header == (200, told)


@pytest.mark.parametrize(
    ("body", "status", "answer"),
    [
        ({"submissions": [{}]}, 422, [{"source_code": ["can't be blank"], "language_id": [
            "can't be blank", "language with id  doesn't exist"]}]),
        ({"submissions": [HELLO] * 21}, 400,
         {"error": "number of submissions in a batch should be less than or equal to 20"}),
        ({"submissions": []}, 400, {"error": "there should be at least one submission in a batch"}),
        ({}, 400, {"error": "there should be at least one submission in a batch"}),
        ({"submissions": [7]}, 400, {"error": "submissions[0]: Expected `object`, got `int`"}),
    ],
)  # fmt: skip
async def test_a_batch_of_which_nothing_can_be_taken_is_refused(body: Any, status: int, answer: Any) -> None:
    async with serving() as calls:
        assert await calls.ask("POST", "/submissions/batch", json=body) == (status, answer)
        assert not calls.gateway.bus.tasks


async def test_a_bus_that_is_away_is_told() -> None:
    async with serving() as calls:
        calls.gateway.bus.is_down = True
        status, body = await post(calls)
        assert (status, list(body)) == (503, ["error"])
        status, body = await calls.ask("POST", "/submissions/batch", json={"submissions": [HELLO]})
        assert (status, list(body)) == (503, ["error"])
