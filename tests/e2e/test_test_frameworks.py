"""Files that are run as tests: over gRPC, HTTP and the command, and how they are refused on each way."""

from __future__ import annotations

import json
import subprocess
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

import pytest

from coderunner import Client, InvalidTask, Status, TestCase, TestStatus
from tests.servers.command import COMMAND, environment_for
from tests.servers.stack import Stack

SUMS = "def test_good(): assert 1 + 2 == 3\ndef test_bad(): assert 1 + 2 == 4\n"


async def test_the_report_comes_as_data(client: Client) -> None:
    execution = await client.run("python", {"test_sums.py": SUMS}, test_framework="pytest")
    assert execution.status is Status.FAILED
    good, bad = execution.tests
    assert (good.name, good.status) == ("test_good", TestStatus.PASSED)
    assert (bad.name, bad.suite, bad.status, bad.file, bad.line) == (
        "test_bad",
        "test_sums.py",
        TestStatus.FAILED,
        "test_sums.py",
        2,
    )
    assert execution.run is not None
    assert "1 failed, 1 passed" in execution.run.stdout
    again = await client.get(execution.id)
    assert again.tests == execution.tests


async def test_kept_answers_tell_a_program_from_its_tests(client: Client) -> None:
    source = {"test_sums.py": "def test_good(): pass\nprint('as a program')\n"}
    tested = await client.run("python", source, test_framework="pytest", cache="READ_WRITE")
    assert (tested.status, tested.not_kept) == (Status.SUCCEEDED, "")
    program = await client.run("python", source, cache="READ_WRITE")
    assert (program.cached_at_ms, program.tests) == (0, ())
    again = await client.run("python", source, test_framework="pytest", cache="READ")
    assert again.cached_at_ms
    assert [test.name for test in again.tests] == ["test_good"]


async def test_the_catalogue_tells_which_there_are(client: Client) -> None:
    frameworks = {one.name: one.test_frameworks for one in await client.languages()}
    assert frameworks["python"] == ("pytest", "unittest")
    assert frameworks["cpp"] == ()


async def test_what_the_language_has_not_and_cases_are_refused(client: Client) -> None:
    with pytest.raises(InvalidTask) as refused:
        await client.run("cpp", "int main() {}", test_framework="pytest")
    assert [one.field for one in refused.value.violations] == ["task.test_framework"]
    with pytest.raises(InvalidTask) as refused:
        await client.run("python", SUMS, test_framework="pytest", cases=[TestCase(expected_output="")])
    assert [one.field for one in refused.value.violations] == ["task.test_framework"]


def post(url: str, body: Any) -> Any:
    headers = {"Content-Type": "application/json"}
    request = urllib.request.Request(f"{url}/v1/executions?wait=30", json.dumps(body).encode(), headers)
    with urllib.request.urlopen(request, timeout=60) as answer:
        return json.load(answer)


def test_over_http(http_url: str) -> None:
    task = {"language": "python", "files": [{"name": "test_sums.py", "content": SUMS}], "test_framework": "unittest"}
    answer = post(http_url, {**task, "test_framework": "pytest"})
    assert [(test["name"], test["status"]) for test in answer["tests"]] == [
        ("test_good", "PASSED"),
        ("test_bad", "FAILED"),
    ]
    with pytest.raises(urllib.error.HTTPError) as refused:
        post(http_url, {**task, "test_framework": "junit"})
    assert refused.value.code == 400
    assert "test_framework" in refused.value.read().decode()


def test_as_a_command(judging_stack: Stack, tmp_path: Path) -> None:
    (tmp_path / "test_sums.py").write_text(SUMS)
    command = [*COMMAND, "run", "--tests", "pytest", "--junit", "report.xml", "test_sums.py"]
    environment = environment_for(judging_stack.gateways[0].target)
    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 1, done.stderr
    assert done.stdout.endswith("1 passed, 1 failed\n")
    assert 'failures="1"' in (tmp_path / "report.xml").read_text()
