"""The life of ``coderunner mcp`` on standard input and output, byte by byte."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import click
import pytest

from coderunner.cli.mcp import bounds
from coderunner.cli.mcp import command as mcp_command
from tests.fakes.answers import chunk, ran
from tests.fakes.fake_gateway import FakeGateway, Script
from tests.servers.assistant import STRICT
from tests.servers.command import COMMAND
from tests.unit.cli.command import Cli

HELLO = {"name": "run_code", "arguments": {"language": "python", "code": "x"}}

STRAY = """
from coderunner.cli.main import main
from coderunner.cli.mcp import words
words.of_languages = lambda answer: print("stray", flush=True) or "said"
main(["mcp"])
"""


class Line:
    """The assistant's side of the pipes."""

    def __init__(self, process: subprocess.Popen[bytes]) -> None:
        self.process = process
        self._ids = iter(range(1, 1000))

    def write(self, data: bytes) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(data)
        self.process.stdin.flush()

    def ask(self, method: str, params: dict[str, Any]) -> int:
        number = next(self._ids)
        self.write(json.dumps({"jsonrpc": "2.0", "id": number, "method": method, "params": params}).encode() + b"\n")
        return number

    def read(self) -> dict[str, Any]:
        assert self.process.stdout is not None
        message: dict[str, Any] = json.loads(self.process.stdout.readline())
        return message

    def answer(self, method: str, params: dict[str, Any]) -> dict[str, Any]:
        number = self.ask(method, params)
        message = self.read()
        assert message["id"] == number
        return message

    def end(self) -> tuple[int, bytes, bytes]:
        """Closes its standard input; its exit code, and what else it said."""
        stdout, stderr = self.process.communicate(timeout=30)
        return self.process.returncode, stdout, stderr


@contextmanager
def line(environment: dict[str, str], command: Sequence[str] = STRICT) -> Iterator[Line]:
    """A connection that is past its handshake."""
    started = [*COMMAND[:2], *command]
    pipe = subprocess.PIPE
    with subprocess.Popen(started, env=environment, stdin=pipe, stdout=pipe, stderr=pipe) as process:
        try:
            opened = Line(process)
            hello = {"protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": {"name": "t", "version": "0"}}
            assert opened.answer("initialize", hello)["result"]["serverInfo"]["name"] == "coderunner"
            opened.write(b'{"jsonrpc":"2.0","method":"notifications/initialized"}\n')
            yield opened
        finally:
            process.kill()


def test_a_closed_standard_input_ends_it_well_and_quietly(environment: dict[str, str]) -> None:
    with line(environment) as assistant:
        assert assistant.end() == (0, b"", b"")


def test_a_standard_input_that_never_said_anything_does_so_too(coderunner: Cli) -> None:
    done = coderunner("mcp")
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_it_well_and_quietly_and_cancels_what_runs(
    gateway: FakeGateway, environment: dict[str, str], number: signal.Signals
) -> None:
    gateway.script = lambda task: Script(ran(), hold=threading.Event())
    with line(environment) as assistant:
        assistant.ask("tools/call", HELLO)
        gateway.wait_for("Watch")
        assistant.process.send_signal(number)
        assert assistant.process.wait(30) == 0
        assert assistant.process.stderr is not None
        assert assistant.process.stderr.read() == b""
    assert len(gateway.of("Cancel")) == 1


def test_an_assistant_that_goes_away_cancels_what_runs(gateway: FakeGateway, environment: dict[str, str]) -> None:
    gateway.script = lambda task: Script(ran(), hold=threading.Event())
    with line(environment) as assistant:
        assistant.ask("tools/call", HELLO)
        gateway.wait_for("Watch")
        code, _, stderr = assistant.end()
    assert (code, stderr) == (0, b"")
    assert len(gateway.of("Cancel")) == 1


def test_an_assistant_that_reads_no_more_ends_it(gateway: FakeGateway, environment: dict[str, str]) -> None:
    gateway.script = lambda task: Script(ran(), live=[chunk("out")], hold=threading.Event())
    with line(environment) as assistant:
        assert assistant.process.stdout is not None
        assistant.process.stdout.close()
        assistant.ask("tools/call", {**HELLO, "_meta": {"progressToken": 1}})
        assert assistant.process.wait(30) == 0
    assert len(gateway.of("Cancel")) == 1


@pytest.mark.parametrize(
    "garbage",
    [b"{", b"[]", b"\xff\xfe", b"null", b"[" * 100_000, b'{"jsonrpc":"2.0","id":"\\ud800","method":"ping"}'],
    ids=["cut", "list", "no-utf-8", "null", "deep", "surrogate"],
)
def test_a_line_that_is_no_message_is_answered_and_the_next_one_too(
    environment: dict[str, str], garbage: bytes
) -> None:
    with line(environment) as assistant:
        assistant.write(garbage + b"\n\n")
        answer = assistant.read()
        assert (answer["id"], answer["error"]["code"]) == (None, -32700)
        assert assistant.answer("ping", {})["result"] == {}
        assert assistant.end() == (0, b"", b"")


@pytest.mark.parametrize("number", [b"1e999", b"true", b"[1]", b"9" * 5000], ids=["infinite", "true", "list", "long"])
def test_a_message_with_a_number_that_is_none_hurts_no_other(environment: dict[str, str], number: bytes) -> None:
    with line(environment) as assistant:
        assistant.write(b'{"jsonrpc":"2.0","id":' + number + b',"method":"frob"}\n')
        asked = assistant.ask("ping", {})
        while assistant.read().get("id") != asked:
            pass
        assert assistant.end() == (0, b"", b"")


def test_a_line_without_an_end_takes_no_memory(environment: dict[str, str]) -> None:
    with line(environment) as assistant:
        for _ in range(4):
            assistant.write(b"x" * bounds.MESSAGE_BYTES)
        assistant.write(b"\n")
        assert "bytes in a line" in assistant.read()["error"]["message"]
        assert assistant.answer("ping", {})["result"] == {}


def test_a_progress_token_that_is_too_long_is_not_repeated(gateway: FakeGateway, environment: dict[str, str]) -> None:
    gateway.script = lambda task: Script(ran("out"), live=[chunk("out")])
    with line(environment) as assistant:
        asked = {**HELLO, "_meta": {"progressToken": "t" * 10_000}}
        assert assistant.answer("tools/call", asked)["result"]["isError"] is False


def test_what_else_is_printed_is_not_on_the_line(environment: dict[str, str]) -> None:
    with line(environment, [sys.executable, "-c", STRAY]) as assistant:
        told = assistant.answer("tools/call", {"name": "list_languages", "arguments": {}})
        assert told["result"]["content"][0]["text"] == "said"
        assert assistant.end() == (0, b"", b"stray\n")


def test_without_its_package_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "mcp", None)
    with pytest.raises(click.ClickException, match=r'pip install "coderunner\[mcp\]"'):
        mcp_command._must_be_there()
