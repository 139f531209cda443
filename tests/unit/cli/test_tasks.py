"""``nodes``, ``languages``, ``tasks``, ``task``, ``cancel`` and ``bench`` against a scripted gateway."""

from __future__ import annotations

import json
import re
import threading

import pytest

from coderunner import SyncClient
from coderunner.v1 import catalog_pb2, execution_pb2
from tests.fakes.answers import ran
from tests.fakes.fake_gateway import FakeGateway, Script
from tests.unit.cli.command import Cli


def submit(gateway: FakeGateway, key: str) -> str:
    with SyncClient(gateway.target) as client:
        return client.submit("python", "", idempotency_key=key, labels={"post": key})


def test_nodes_are_a_table_with_aligned_columns(coderunner: Cli) -> None:
    done = coderunner("nodes")
    assert done.stdout.splitlines() == [
        "node    host    state  running  load   cpu  memory  disk  pools    languages   runtime",
        "node-1  host-a  READY      1/4    26  12 %    40 %   0 %  default  cpp,python  runc",
    ]


def test_nodes_as_json_have_the_protos_names(coderunner: Cli) -> None:
    (node,) = json.loads(coderunner("nodes", "--json").stdout)
    assert node["id"] == "node-1"
    assert node["state"] == "READY"
    assert node["load_score"] == 26.0
    assert node["languages"] == {"python": "3.13.5", "cpp": "14.2.0"}


def test_languages_tell_versions_and_endings(coderunner: Cli) -> None:
    assert coderunner("languages").stdout.splitlines()[1].split() == [
        "python",
        "python",
        "3.13.5",
        "py",
        ".py",
        "no",
        "1",
    ]
    assert json.loads(coderunner("languages", "--json").stdout)[1]["extensions"] == [".cpp", ".cc"]


def test_languages_tell_what_an_interpreter_takes_for_itself(gateway: FakeGateway, coderunner: Cli) -> None:
    gateway.languages = [
        catalog_pb2.Language(name="python", versions=["3.13.5"], baseline_memory_bytes=9 << 20, nodes=1),
        catalog_pb2.Language(name="cpp", title="C++", versions=["14.2.0"], compiled=True, nodes=1),
    ]
    assert coderunner("languages").stdout.splitlines() == [
        "language  title   versions  aliases  files  compiled  own memory  nodes",
        "python    python  3.13.5                    no           9.0 MiB      1",
        "cpp       C++     14.2.0                    yes                       1",
    ]
    assert json.loads(coderunner("languages", "--json").stdout)[0]["baseline_memory_bytes"] == 9 << 20


def test_nothing_alive_is_said_and_is_an_empty_array(gateway: FakeGateway, coderunner: Cli) -> None:
    gateway.nodes, gateway.languages = [], []
    for command in ("nodes", "languages"):
        assert "no node is alive" in coderunner(command).stderr
        assert json.loads(coderunner(command, "--json").stdout) == []


def test_tasks_take_filters_and_a_limit(gateway: FakeGateway, coderunner: Cli) -> None:
    for key in "abc":
        submit(gateway, key)
    filters = "--status succeeded --status FAILED --language python --node node-1 --label post=b --limit 2 --json"
    done = coderunner("tasks", *filters.split())
    assert [execution["id"] for execution in json.loads(done.stdout)] == ["t-c", "t-b"]
    assert gateway.of("List")[0] == execution_pb2.ListRequest(
        statuses=["SUCCEEDED", "FAILED"], language="python", node_id="node-1", labels={"post": "b"}, page_size=2
    )
    assert "t-c  SUCCEEDED  python    node-1" in coderunner("tasks").stdout


def test_one_task_is_shown_with_usage_and_output(gateway: FakeGateway, coderunner: Cli) -> None:
    gateway.script = lambda task: Script(ran("one\x1b[31m\n", "FAILED", 3, stderr="two\n"))
    task_id = submit(gateway, "a")
    done = coderunner("task", task_id)
    assert done.returncode == 0
    assert "exit code 3, wall 12 ms, cpu 9.0 ms, memory 8.0 MiB" in done.stdout
    assert "stdout:\none\\x1b[31m\n" in done.stdout  # a program cannot drive the operator's terminal
    assert "stderr:\ntwo\n" in done.stdout
    assert json.loads(coderunner("task", task_id, "--json").stdout)["run"]["exit_code"] == 3


def test_a_source_is_shown_to_be_read_or_piped_and_cannot_drive_the_terminal(
    gateway: FakeGateway, coderunner: Cli
) -> None:
    task_id = submit(gateway, "a")
    done = coderunner("task", task_id, "--source")
    assert (done.returncode, done.stdout, done.stderr) == (1, "", "coderunner: its source is not kept\n")
    files = [execution_pb2.File(name="main.py", content="print(1)\n\x1b[31mx")]
    gateway.sources[task_id] = execution_pb2.Task(language="python", files=files, stdin="7", env={"TOKEN": ""})
    done = coderunner("task", task_id, "--source")
    assert (done.returncode, done.stdout) == (0, "print(1)\n\\x1b[31mx\n")
    gateway.sources[task_id].files.add(name="b\x1b.py", content="2")
    assert coderunner("task", task_id, "--source").stdout == "main.py:\nprint(1)\n\\x1b[31mx\nb\\x1b.py:\n2\n"
    told = json.loads(coderunner("task", task_id, "--source", "--json").stdout)
    assert (told["source"]["main.py"], told["stdin"], told["env"]) == ("print(1)\n\x1b[31mx", "7", {"TOKEN": ""})


def test_an_unknown_task_is_one_sentence(coderunner: Cli) -> None:
    for command in ("task", "cancel"):
        done = coderunner(command, "nothing")
        assert (done.returncode, done.stderr) == (66, "coderunner: there is no task 'nothing'\n")


def test_cancel_tells_a_running_task_from_an_ended_one(gateway: FakeGateway, coderunner: Cli) -> None:
    ended = submit(gateway, "a")
    gateway.script = lambda task: Script(ran(), hold=threading.Event())
    running = submit(gateway, "b")
    done = coderunner("cancel", running)
    assert (done.returncode, done.stdout) == (0, "t-b is cancelled\n")
    done = coderunner("cancel", ended, "--json")
    assert done.returncode == 1
    assert json.loads(done.stdout)["cancelled"] is False


def test_bench_runs_as_many_as_asked_each_with_its_own_source(gateway: FakeGateway, coderunner: Cli) -> None:
    done = coderunner("bench", "--language", "go", "--concurrency", "3", "--count", "10", "--json")
    figures = json.loads(done.stdout)
    assert list(figures) == ["language", "concurrency", "count", "p50_ms", "p95_ms", "p99_ms", "per_s", "failed"]
    assert 0 < figures["p50_ms"] <= figures["p95_ms"] <= figures["p99_ms"]
    assert figures["per_s"] > 0
    assert figures["failed"] == 0
    sources = [request.task.files[0].content for request in gateway.of("Execute")]
    assert len(set(sources)) == 10
    assert re.fullmatch(
        r"go +2 +3( +[\d.]+){4}", coderunner("bench", "-l", "go", "-c", "2", "-n", "3").stdout.splitlines()[1]
    )


def test_bench_counts_what_did_not_succeed(gateway: FakeGateway, coderunner: Cli) -> None:
    gateway.script = lambda task: Script(_lost())
    done = coderunner("bench", "--count", "2")
    assert done.returncode == 1
    assert "2 of 2: INTERNAL_ERROR slot lost" in done.stderr


def _lost() -> execution_pb2.Execution:
    return execution_pb2.Execution(status="INTERNAL_ERROR", error="slot lost")


@pytest.mark.parametrize("command", ["run", "nodes", "languages", "tasks", "task", "cancel", "bench", "doctor"])
def test_every_command_explains_itself(coderunner: Cli, command: str) -> None:
    done = coderunner(command, "--help")
    assert done.returncode == 0
    assert done.stdout.startswith(f"Usage: coderunner {command}")
    assert "--json" in done.stdout


def test_without_a_command_it_shows_what_there_is(coderunner: Cli) -> None:
    done = coderunner()
    assert "doctor" in done.stdout + done.stderr
    assert "Traceback" not in done.stderr
