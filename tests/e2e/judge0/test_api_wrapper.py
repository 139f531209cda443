"""``judge0-api-wrapper``, which pins forty packages exactly: it runs in an environment of its own, with those."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.e2e.judge0.gateway import BASH, CPP, MULTI_FILE, PYTHON, TOKEN
from tests.integration.distributions.environments import Environment, installed

VERSION = "1.1.3"
BEGINNING = """
import json, sys
import requests
from judge0_api_wrapper import CreateSubmission, Judge0, LanguageNotFound, Status

def tell(*values):
    print(json.dumps(values))

def shown(result):
    return [result.result.name, result.stdout, result.time is not None, result.memory is not None]

address, token = sys.argv[1:]
judge = Judge0(address, token, "anybody")
PYTHON, CPP, BASH = 71, 54, 46
ADDS = "print(sum(map(int, input().split())))"
"""


class Wrapper:
    """The wrapper as it was published, in one environment, before one gateway."""

    def __init__(self, environment: Environment, address: str) -> None:
        self._environment = environment
        self._address = address

    def says(self, program: str) -> list[Any]:
        """What a program that uses it tells."""
        command = ("python", "-c", BEGINNING + program, self._address, TOKEN)
        told = self._environment.run(*command, check=False)
        assert told.returncode == 0, told.stderr
        found: list[Any] = json.loads(told.stdout)
        return found


@pytest.fixture(scope="module")
def environment(tmp_path_factory: pytest.TempPathFactory) -> Environment:
    return installed(tmp_path_factory.mktemp("wrapper"), [f"judge0-api-wrapper=={VERSION}"], lock=None)


@pytest.fixture(scope="module")
def wrapper(environment: Environment, judge0_address: str) -> Wrapper:
    return Wrapper(environment, judge0_address)


def test_it_runs_with_the_versions_that_it_pins(environment: Environment) -> None:
    environment.run("python", "-m", "pip", "check")
    asked = "from importlib.metadata import version; print(version('requests'), version('pydantic'))"
    assert environment.run("python", "-c", asked).stdout == "2.32.3 2.11.7\n"


def test_it_begins_with_its_token_and_the_languages(wrapper: Wrapper) -> None:
    (languages,) = wrapper.says("tell(judge.languages)")
    assert set(map(int, languages)) == {BASH, 52, 53, CPP, PYTHON, MULTI_FILE}
    assert languages[str(PYTHON)] == "Python (3.8.1)"


def test_it_submits_waits_and_reads_the_result(wrapper: Wrapper) -> None:
    waited, read, status, name = wrapper.says("""
asked = CreateSubmission(source_code=ADDS, language_id=PYTHON, stdin="1 2", expected_output="3")
made = judge.submit(asked)
waited = judge.wait_for_completion(made, poll_interval=0.05)
tell(shown(waited), shown(judge.get_result(made)), judge.get_status(made), str(judge.get_status(made)))
""")
    assert waited == read == ["ACCEPTED", "3\n", True, True]
    assert (status, name) == (3, "Accepted")


def test_it_sends_text_as_it_is_as_well_as_in_base64(wrapper: Wrapper) -> None:
    outputs = wrapper.says("""
asked = CreateSubmission(source_code="print('h\\xe9llo, ' + input())", language_id=PYTHON, stdin="J\\xfcdge")
made = [judge.submit(asked, encode_in_base64=encoded) for encoded in (True, False)]
tell(*[one.stdout for one in judge.wait_for_completions(made, poll_interval=0.05)])
""")
    assert outputs == ["h\xe9llo, J\xfcdge\n"] * 2


def test_it_submits_batches_of_several_languages(wrapper: Wrapper) -> None:
    waited, results, statuses = wrapper.says("""
sources = {
    PYTHON: ADDS,
    CPP: "#include <iostream>\\nint main() { int a, b; std::cin >> a >> b; std::cout << a + b << std::endl; }",
    BASH: "read a b; echo $((a + b))",
}
batch = [
    CreateSubmission(source_code=source, language_id=language, stdin=f"{language} 1", expected_output="72")
    for language, source in sources.items()
]
made = judge.submit_batch(batch)
waited = judge.wait_for_completions(made, poll_interval=0.05)
tell([shown(one) for one in waited], [shown(one) for one in judge.get_results(made)], judge.get_statuses(made))
""")
    sums = [f"{language + 1}\n" for language in (PYTHON, CPP, BASH)]
    names = ["ACCEPTED", "WRONG_ANSWER", "WRONG_ANSWER"]
    assert waited == results == [[name, out, True, True] for name, out in zip(names, sums, strict=True)]
    assert statuses == [3, 4, 4]


def test_it_is_told_how_programs_end(wrapper: Wrapper) -> None:
    """``wait_for_completion`` takes no result without an output, from Judge0 itself neither: each of these prints."""
    endings = [
        ("while True: pass", "TIME_LIMIT_EXCEEDED"),
        ("import sys; sys.exit(3)", "RUNTIME_ERROR_NZEC"),
        ("import os; os.kill(os.getpid(), 11)", "RUNTIME_ERROR_SIGSEGV"),
        ("import os; os.abort()", "RUNTIME_ERROR_SIGABRT"),
        ("import os; os.kill(os.getpid(), 15)", "RUNTIME_ERROR_OTHER"),
        ("x = bytearray(1 << 30)", "RUNTIME_ERROR_OTHER"),
    ]
    sources = [f"print('before', flush=True)\n{source}" for source, _ in endings]
    told = wrapper.says(f"""
made = judge.submit_batch([
    CreateSubmission(source_code=source, language_id=PYTHON, cpu_time_limit=1.5, memory_limit=131072)
    for source in {sources}
])
tell(*[shown(one)[:2] for one in judge.wait_for_completions(made, poll_interval=0.05)])
""")
    assert told == [[name, "before\n"] for _, name in endings]


def test_it_reads_a_result_without_output(wrapper: Wrapper) -> None:
    result = wrapper.says("""
import time
made = judge.submit(CreateSubmission(source_code="int main() { return x; }", language_id=CPP))
while judge.get_status(made) in (Status.IN_QUEUE, Status.PROCESSING):
    time.sleep(0.05)
tell(*shown(judge.get_result(made))[:2])
""")
    assert result == ["COMPILATION_ERROR", ""]


def test_it_is_told_what_cannot_be_done(wrapper: Wrapper) -> None:
    told = wrapper.says("""
def refusal(action):
    try:
        action()
    except requests.HTTPError as error:
        return error.response.status_code
    except LanguageNotFound:
        return "language"

one = CreateSubmission(source_code="print(1)", language_id=PYTHON)
tell(
    refusal(lambda: Judge0(address, "wrong", "anybody")),
    refusal(lambda: judge.submit(one.model_copy(update={"language_id": 1000}))),
    refusal(lambda: judge.submit_batch([one, one.model_copy(update={"language_id": 1000})])),
    refusal(lambda: judge.submit(one.model_copy(update={"cpu_time_limit": 1e6}))),
    refusal(lambda: judge.submit_batch([one] * 21)),
    refusal(lambda: judge.get_status(judge.submit(one).model_copy(update={"token": "0" * 36}))),
)
""")
    assert told == [401, "language", "language", 422, 400, 404]
