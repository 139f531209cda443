"""The agent's end of its connection to the node: stdin and stdout, and the direct line in their place.

It runs in a process of its own that answers each frame with the same frame, and with how many descriptors it holds."""

from __future__ import annotations

import os
import secrets
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from node.agent.frames import Decoder, encode

REPOSITORY = Path(__file__).parents[3]
ANSWERS = """
import select
from node.agent.frames import encode
from node.agent.node_connection import NodeConnection

poll = select.poll()
connection = NodeConnection(poll)
while True:
    for fd, _ in poll.poll():
        for header, body in connection.read(fd) if connection.owns(fd) else ():
            if header["type"] == "hello":
                connection.close_direct_line()
            elif header["type"] == "listen":
                connection.listen(header["name"])
            elif header["type"] == "stop":
                connection.stop_listening()
            connection.write(encode({**header, "held": connection.descriptors}, bytes(body)))
"""
needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="the agent lets in nobody but root")
Frame = tuple[dict[str, Any], bytes]


@dataclass
class Line:
    """One way to the other process."""

    send: Callable[[bytes], object]
    receive: Callable[[], bytes]
    _decoder: Decoder = field(default_factory=Decoder)

    def ask(self, header: dict[str, Any], body: bytes = b"") -> Frame:
        self.send(b"".join(encode(header, body)))
        return self.next()

    def next(self) -> Frame:
        while data := self.receive():
            for header, content in self._decoder.feed(data):
                return header, bytes(content)
        raise EOFError


@pytest.fixture
def process() -> Iterator[subprocess.Popen[bytes]]:
    command = [sys.executable, "-c", ANSWERS]
    with subprocess.Popen(
        command, cwd=REPOSITORY, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, bufsize=0
    ) as process:
        yield process
        process.kill()


@pytest.fixture
def stdio(process: subprocess.Popen[bytes]) -> Line:
    assert process.stdin is not None
    assert process.stdout is not None
    stdin, stdout = process.stdin, process.stdout.fileno()
    return Line(stdin.write, lambda: os.read(stdout, 1 << 16))


@pytest.fixture
def name() -> str:
    return f"test-{secrets.token_hex(8)}"


@pytest.fixture
def direct(stdio: Line, name: str) -> Iterator[Line]:
    stdio.ask({"type": "listen", "name": name})
    with connected(name) as line:
        yield Line(line.sendall, lambda: line.recv(1 << 16))


@contextmanager
def connected(name: str) -> Iterator[socket.socket]:
    with socket.socket(socket.AF_UNIX) as line:
        line.settimeout(30)
        line.connect(f"\0{name}")
        yield line


def test_what_comes_over_stdin_is_answered_over_stdout(stdio: Line) -> None:
    assert stdio.ask({"type": "a"}, b"body") == ({"type": "a", "held": 0}, b"body")


@needs_root
def test_a_large_body_passes_both_ways(direct: Line, stdio: Line) -> None:
    body = os.urandom(200_000)
    assert direct.ask({"type": "a"}, body)[1] == body


def test_the_end_of_stdin_is_the_end(process: subprocess.Popen[bytes], stdio: Line) -> None:
    assert process.stdin is not None
    assert process.stderr is not None
    process.stdin.close()
    assert b"EOFError" in process.stderr.read()


@needs_root
def test_what_comes_over_the_direct_line_is_answered_there(direct: Line) -> None:
    assert direct.ask({"type": "a"}, b"body") == ({"type": "a", "held": 1}, b"body")


@needs_root
def test_a_listener_is_one_descriptor_until_a_node_has_come(stdio: Line, name: str) -> None:
    assert stdio.ask({"type": "listen", "name": name})[0]["held"] == 1
    with connected(name) as line:
        assert Line(line.sendall, lambda: line.recv(1 << 16)).ask({"type": "a"})[0]["held"] == 1


@needs_root
def test_only_one_node_can_come(direct: Line, name: str) -> None:
    direct.ask({"type": "a"})
    with pytest.raises(ConnectionRefusedError), connected(name):
        pass


def test_nobody_can_come_once_it_has_stopped_listening(stdio: Line, name: str) -> None:
    stdio.ask({"type": "listen", "name": name})
    assert stdio.ask({"type": "stop"})[0]["held"] == 0
    with pytest.raises(ConnectionRefusedError), connected(name):
        pass


@needs_root
def test_a_node_that_hangs_up_leaves_the_next_one_its_way_over_stdin(stdio: Line, name: str) -> None:
    stdio.ask({"type": "listen", "name": name})
    with connected(name) as line:
        Line(line.sendall, lambda: line.recv(1 << 16)).ask({"type": "a"})
    assert stdio.ask({"type": "hello"}) == ({"type": "hello", "held": 0}, b"")


@needs_root
def test_a_hello_on_stdin_ends_the_direct_line_of_another_node(direct: Line, stdio: Line) -> None:
    direct.ask({"type": "a"})
    assert stdio.ask({"type": "hello"})[0]["held"] == 0
    with pytest.raises(EOFError):
        direct.next()


@needs_root
def test_a_new_offer_ends_the_direct_line_of_an_earlier_node(direct: Line, stdio: Line, name: str) -> None:
    direct.ask({"type": "a"})
    assert stdio.ask({"type": "listen", "name": f"{name}-2"})[0]["held"] == 1
    with pytest.raises(EOFError):
        direct.next()


def test_nonsense_is_an_error(process: subprocess.Popen[bytes], stdio: Line) -> None:
    assert process.stderr is not None
    stdio.send(b"\xff" * 8)
    assert b"FrameError" in process.stderr.read()
