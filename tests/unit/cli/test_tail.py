"""``coderunner tail``: states and output, each once, of tasks that are named and of those that come."""

from __future__ import annotations

import json
import signal
import subprocess
import threading

import click
import pytest

from coderunner.cli.tail_lines import TailLines
from coderunner.model import Execution, Output, Stage, Status, Stream
from coderunner.v1 import execution_pb2
from tests.fakes.answers import ran
from tests.fakes.fake_gateway import FakeGateway, Script
from tests.servers.command import COMMAND
from tests.unit.cli.command import Cli


def accepted(gateway: FakeGateway, key: str, script: Script | None = None) -> str:
    gateway.script = lambda _task: script or Script(ran("one\ntwo"))
    return gateway.accept(execution_pb2.Task(language="python", idempotency_key=key))


def test_of_a_named_task_every_state_and_all_output_are_told_once(coderunner: Cli, gateway: FakeGateway) -> None:
    task_id = accepted(gateway, "a")
    done = coderunner("tail", task_id)
    assert done.returncode == 0
    lines = done.stdout.splitlines()
    assert lines[0].split()[1:3] == [task_id, "RUNNING"]
    assert lines[1:3] == [f"{task_id} run stdout | one", f"{task_id} run stdout | two"]
    assert lines[3].split()[1:3] == [task_id, "SUCCEEDED"]
    assert len(lines) == 4


def test_several_are_told_of_together_and_one_that_nobody_knows_is_said_at_the_end(
    coderunner: Cli, gateway: FakeGateway
) -> None:
    ids = [accepted(gateway, key) for key in ("a", "b")]
    done = coderunner("tail", "--no-output", ids[0], "t-none", ids[1], ids[0])
    assert done.returncode == 66
    assert sorted(line.split()[1:3] for line in done.stdout.splitlines() if "SUCCEEDED" in line) == [
        [ids[0], "SUCCEEDED"],
        [ids[1], "SUCCEEDED"],
    ]
    assert " | " not in done.stdout
    assert "t-none" in done.stderr


def test_as_json_each_event_is_an_object(coderunner: Cli, gateway: FakeGateway) -> None:
    chunk = execution_pb2.OutputChunk(stage="run", stream=execution_pb2.OutputChunk.STDOUT, text="one\n", attempt=1)
    task_id = accepted(gateway, "a", Script(ran("one\n"), live=[chunk]))
    events = [json.loads(line) for line in coderunner("tail", "--json", task_id).stdout.splitlines()]
    assert [event.get("output", {}).get("text") for event in events] == [None, "one\n", None]
    assert [event["execution"]["status"] for event in events if "execution" in event] == ["RUNNING", "SUCCEEDED"]
    assert {event["id"] for event in events} == {task_id}


def test_ids_and_filters_do_not_go_together(coderunner: Cli) -> None:
    assert coderunner("tail", "t-1", "--language", "python").returncode == 2


def test_without_a_gateway_it_ends_as_every_command_does(coderunner: Cli, gateway: FakeGateway) -> None:
    gateway.stop()
    assert coderunner("tail").returncode == 69
    assert coderunner("tail", "t-1").returncode == 69


def test_a_wrong_token_is_told_in_a_sentence(coderunner: Cli, gateway: FakeGateway) -> None:
    gateway.token = "right"
    for arguments in ((), ("t-1",)):
        done = coderunner("tail", *arguments)
        assert (done.returncode, "this should not happen" in done.stderr) == (77, False)


def test_what_comes_is_followed_and_what_was_there_is_not(environment: dict[str, str], gateway: FakeGateway) -> None:
    before = accepted(gateway, "before")
    command = [*COMMAND, "tail"]
    with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            gateway.wait_for("List")
            wait_for_looks(gateway, 2)
            came = accepted(gateway, "came", Script(ran("hello\n")))
            lines = [process.stdout.readline() for _ in range(3)]
            process.send_signal(signal.SIGINT)
            rest = process.stdout.read()
            assert process.wait(20) == 130
        finally:
            process.kill()
    assert [came in line for line in lines] == [True] * 3
    assert lines[1] == f"{came} run stdout | hello\n"
    assert before not in "".join([*lines, rest])


def wait_for_looks(gateway: FakeGateway, looks: int) -> None:
    """Blocks until it has looked so often; a look may take several pages."""
    with gateway._called:
        first_pages = lambda: sum(not request.page_token for request in gateway.of("List"))  # noqa: E731 - asked again
        assert gateway._called.wait_for(lambda: first_pages() >= looks, timeout=20)


def test_a_reader_who_goes_away_ends_it(environment: dict[str, str], gateway: FakeGateway) -> None:
    hold = threading.Event()
    text = "line\n" * 100_000
    chunk = execution_pb2.OutputChunk(stage="run", stream=execution_pb2.OutputChunk.STDOUT, text=text, attempt=1)
    task_id = accepted(gateway, "a", Script(ran(text), live=[chunk], hold=hold))
    command = [*COMMAND, "tail", task_id]
    with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        try:
            assert process.stdout is not None
            process.stdout.readline()
            process.stdout.close()
            assert process.wait(20) == 141
        finally:
            process.kill()
            hold.set()


def told(lines: TailLines, event: Execution | Output, task_id: str = "t") -> list[str]:
    return [click.unstyle(line) for line in lines.of(task_id, event)]


def a_stage(stdout: str) -> Stage:
    return Stage(stdout=stdout)


def output(text: str, offset: int = 0, stage: str = "run") -> Output:
    return Output(stage, Stream.STDOUT, offset, text)


def test_a_line_is_told_once_it_is_whole_and_what_is_left_at_the_end() -> None:
    lines = TailLines(with_output=True)
    assert told(lines, output("ab")) == []
    assert told(lines, output("c\nd", offset=2)) == ["t run stdout | abc"]
    assert told(lines, output("x\n"), "u") == ["u run stdout | x"]
    last = told(lines, Execution(id="t", status=Status.SUCCEEDED, attempt=1, run=a_stage("abc\nde\n")))
    assert last[:-1] == ["t run stdout | de"]
    assert "SUCCEEDED" in last[-1]


def test_what_others_wrote_moves_no_cursor_and_a_line_without_an_end_is_cut() -> None:
    lines = TailLines(with_output=True)
    assert told(lines, output("\x1b[2J\r\n")) == ["t run stdout | \\x1b[2J"]
    cut = told(lines, output("x" * 2_500, offset=6))
    assert [len(line.rpartition("| ")[2]) for line in cut] == [1000, 1000]
    assert sum(map(len, lines._open.values())) == 500


@pytest.mark.parametrize("error", ["", "a\x1b[31m\nb"])
def test_a_state_is_one_line_with_what_is_known_of_it(error: str) -> None:
    execution = Execution(id="t\x1b", status=Status.RUNNING, language="python", node_id="n\n1", error=error)
    (line,) = TailLines(with_output=True).of("t\x1b", execution)
    assert "\x1b" not in line.replace("\x1b[36m", "").replace("\x1b[0m", "")
    assert "RUNNING" in line
    assert "\n" not in line
