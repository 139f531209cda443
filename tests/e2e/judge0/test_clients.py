"""Judge0's published clients, as they are, on a real gateway, a node and containers. Another one, which cannot be
installed beside us, is in ``test_api_wrapper.py``."""

from __future__ import annotations

import asyncio
from typing import Any

import judge0
import judge0api
import pytest
import requests
from judge0_client import Judge0Client, MultiFileSubmission, SingleFileSubmission
from judge0_client.types import SubmissionStatusId
from judge0_client.utils.exceptions import Judge0Error

from tests.e2e.judge0.gateway import BASH, CPP, MULTI_FILE, PATIENCE_S, PYTHON, TOKEN
from tests.e2e.test_redirected import IN_ORDER, TAKES_TURNS
from tests.servers.waiting import eventually

ADDS = "print(sum(map(int, input().split())))"
ECHO = "#include <iostream>\nint main() { std::cout << std::cin.rdbuf(); }\n"
USES_HEADER = '#include "answer.hpp"\n#include <cstdio>\nint main() { printf("%d\\n", IT); }'
LONG = "more than a line of base64 has " * 3


@pytest.fixture(scope="module")
def sdk(judge0_address: str) -> judge0.Client:
    client = judge0.Client(judge0_address, headers={"X-Auth-Token": TOKEN})
    client.client.timeout = PATIENCE_S
    return client


def test_the_sdk_begins_with_languages_and_configuration_and_knows_numbers_by_the_version(sdk: judge0.Client) -> None:
    assert {one.id for one in sdk.languages} == {BASH, 52, 53, CPP, PYTHON, MULTI_FILE}
    assert sdk.get_language_id(judge0.LanguageAlias.PYTHON) == PYTHON
    assert sdk.is_language_supported(judge0.LanguageAlias.CPP)
    assert not sdk.is_language_supported(judge0.LanguageAlias.COBOL)
    assert (sdk.version, sdk.config.max_submission_batch_size) == ("1.13.1", 20)
    assert sdk.get_language(PYTHON).name == "Python (3.8.1)"
    assert [one["id"] for one in sdk.get_statuses()] == [int(status) for status in judge0.Status]


def test_the_sdk_runs_a_program(sdk: judge0.Client) -> None:
    done = judge0.run(client=sdk, source_code="print('h\xe9llo, ' + input())", language=PYTHON, stdin="Judge0\n")
    assert (done.status, done.stdout, done.stderr) == (judge0.Status.ACCEPTED, "h\xe9llo, Judge0\n", None)
    assert done.time is not None
    assert done.memory > 100
    assert done.created_at <= done.finished_at


def test_the_sdk_gets_back_what_it_sent_where_that_is_kept(sdk: judge0.Client) -> None:
    done = judge0.run(
        client=sdk,
        source_code=ECHO,
        language=judge0.LanguageAlias.CPP,
        stdin=LONG,
        expected_output=LONG,
        compiler_options="-O1",
        cpu_time_limit=2.5,
        memory_limit=65536,
    )
    assert (done.status, done.source_code, done.stdin) == (judge0.Status.ACCEPTED, ECHO, LONG)
    assert (done.expected_output, done.compiler_options) == (LONG, "-O1")
    assert (done.cpu_time_limit, done.wall_time_limit, done.memory_limit) == (2.5, 10.0, 65536)


def test_the_sdk_judges_test_cases_in_batches(sdk: judge0.Client) -> None:
    cases = [judge0.TestCase(f"{number} 1", str(number + 1 if number % 5 else 0)) for number in range(23)]
    done = judge0.run(client=sdk, source_code=ADDS, language=PYTHON, test_cases=cases)
    expected = [judge0.Status.ACCEPTED if number % 5 else judge0.Status.WRONG_ANSWER for number in range(23)]
    assert [one.status for one in done] == expected
    assert [one.stdout for one in done] == [f"{number + 1}\n" for number in range(23)]


ENDINGS = [
    ("while True: pass", judge0.Status.TIME_LIMIT_EXCEEDED),
    ("import sys; sys.exit(3)", judge0.Status.RUNTIME_ERROR_NZEC),
    ("import os; os.kill(os.getpid(), 11)", judge0.Status.RUNTIME_ERROR_SIGSEGV),
    ("import os; os.kill(os.getpid(), 8)", judge0.Status.RUNTIME_ERROR_SIGFPE),
    ("import os; os.abort()", judge0.Status.RUNTIME_ERROR_SIGABRT),
    ("import os; os.kill(os.getpid(), 15)", judge0.Status.RUNTIME_ERROR_OTHER),
    ("while True: print('x' * 1000)", judge0.Status.RUNTIME_ERROR_SIGXFSZ),
]


@pytest.mark.parametrize(("source", "status"), ENDINGS)
def test_the_sdk_is_told_how_a_program_ended(sdk: judge0.Client, source: str, status: judge0.Status) -> None:
    assert judge0.run(client=sdk, source_code=source, language=PYTHON, cpu_time_limit=1).status == status


def test_the_sdk_is_told_what_the_compiler_said(sdk: judge0.Client) -> None:
    done = judge0.run(client=sdk, source_code="int main() { return x; }", language=CPP)
    assert (done.status, done.stdout) == (judge0.Status.COMPILATION_ERROR, None)
    assert "was not declared" in done.compile_output


def test_the_sdk_is_told_both_streams_as_one(sdk: judge0.Client) -> None:
    done = judge0.run(client=sdk, source_code=TAKES_TURNS, language=PYTHON, redirect_stderr_to_stdout=True)
    assert (done.stdout, done.stderr, done.redirect_stderr_to_stdout) == (IN_ORDER, None, True)


@pytest.mark.parametrize(
    ("expected", "status"), [(IN_ORDER, judge0.Status.ACCEPTED), ("0\n2\n4\n", judge0.Status.WRONG_ANSWER)]
)
def test_the_sdk_has_both_streams_compared_as_one(sdk: judge0.Client, expected: str, status: judge0.Status) -> None:
    about = {"source_code": TAKES_TURNS, "language": PYTHON, "expected_output": expected}
    done = judge0.run(client=sdk, redirect_stderr_to_stdout=True, **about)
    assert (done.status, done.stdout) == (status, IN_ORDER)


@pytest.mark.parametrize(
    ("source", "language", "file"),
    [
        ("import lib.answer\nprint(lib.answer.IT)", PYTHON, ("lib/answer.py", "IT = 42")),
        (USES_HEADER, CPP, ("answer.hpp", "#define IT 42\n")),
        ("cat answer.txt", BASH, ("answer.txt", "42\n")),
    ],
)
def test_the_sdk_runs_a_program_with_files_beside_it(
    sdk: judge0.Client, source: str, language: int, file: tuple[str, str]
) -> None:
    beside = judge0.filesystem.Filesystem(content=[judge0.filesystem.File(name=file[0], content=file[1])])
    done = judge0.run(client=sdk, source_code=source, language=language, additional_files=beside)
    assert (done.status, done.stdout, done.source_code) == (judge0.Status.ACCEPTED, "42\n", source)


def test_the_sdk_reads_an_earlier_submission_by_its_token(sdk: judge0.Client) -> None:
    done = judge0.run(client=sdk, source_code="print(1)", language=PYTHON)
    again = judge0.Submission(token=done.token)
    assert sdk.get_submission(again).stdout == "1\n"


async def test_judge0_client_submits_and_reads(judge0_address: str) -> None:
    async with Judge0Client(judge0_address, PATIENCE_S, auth_token=TOKEN) as client:
        assert (await client.get_about()).version == "1.13.1"
        (workers,) = await client.get_workers()
        assert workers.available >= 1
        for text in (await client.get_isolate(), await client.get_license()):
            assert "CodeRunner" in text
        request = SingleFileSubmission(source_code=ADDS, language_id=PYTHON, stdin="1 2", expected_output="3")
        token = (await client.create_submission(request)).token
        async with asyncio.timeout(60):
            while (found := await client.get_submission(token)).status.id <= SubmissionStatusId.PROCESSING:  # noqa: ASYNC110  # another process
                await asyncio.sleep(0.05)
        assert (found.status.id, found.stdout, found.token) == (SubmissionStatusId.ACCEPTED, "3\n", token)


async def test_judge0_client_runs_a_program_of_many_files(judge0_address: str) -> None:
    files = {"run": "source lib/greet.sh\nread -r name\ngreet $name\n", "lib/greet.sh": "greet() { echo hello $1; }\n"}
    async with Judge0Client(judge0_address, PATIENCE_S, auth_token=TOKEN) as client:
        request = MultiFileSubmission(additional_files=files, stdin="files\n", expected_output="hello files")
        token = (await client.create_submission(request)).token
        async with asyncio.timeout(PATIENCE_S):
            while (found := await client.get_submission(token)).status.id <= SubmissionStatusId.PROCESSING:  # noqa: ASYNC110  # another process
                await asyncio.sleep(0.05)
        assert (found.status.id, found.stdout) == (SubmissionStatusId.ACCEPTED, "hello files\n")


async def test_judge0_client_is_told_what_cannot_be_done(judge0_address: str) -> None:
    async with Judge0Client(judge0_address, PATIENCE_S, auth_token=TOKEN) as client:
        with pytest.raises(Judge0Error, match=r"422.*must not hold a compile script"):
            await client.create_submission(MultiFileSubmission(additional_files={"run": "./a.out", "compile": "make"}))
    async with Judge0Client(judge0_address, auth_token="wrong") as client:
        with pytest.raises(Judge0Error, match="401"):
            await client.get_about()


def test_judge0api_waits_for_the_end(judge0_address: str) -> None:
    client = judge0api.Client(judge0_address, auth_token=TOKEN)
    done = judge0api.submission.submit(client, ECHO.encode(), CPP, stdin=b"in", expected_output=b"out")
    assert (done.status, done.stdout) == ({"id": 4, "description": "Wrong Answer"}, b"in")
    again = judge0api.submission.get(client, done.token)
    assert (again.stdout, again.exit_code, again.exit_signal) == (b"in", 0, None)


async def test_submissions_are_listed_and_counted(judge0_address: str) -> None:
    """The list follows what is announced, and may come behind an answer that the caller has had."""
    client = judge0api.Client(judge0_address, auth_token=TOKEN)
    done = await asyncio.to_thread(judge0api.submission.submit, client, b"print(7)", PYTHON)
    page: dict[str, Any] = {}

    async def listed() -> bool:
        asked = {"per_page": "1", "fields": "token,stdout"}
        answer = await asyncio.to_thread(client.session.get, f"{judge0_address}/submissions", params=asked)
        page.update(answer.json())
        return bool(page["submissions"] == [{"token": done.token, "stdout": "7\n"}])

    await eventually(listed, PATIENCE_S)
    assert isinstance(page["meta"]["total_count"], int)
    counted = client.session.get(f"{judge0_address}/statistics").json()
    assert isinstance(counted["submissions"]["today"], int)


def test_judge0api_is_told_of_a_wrong_token(judge0_address: str) -> None:
    with pytest.raises(requests.HTTPError, match="401"):
        judge0api.Client(judge0_address, auth_token="wrong")
