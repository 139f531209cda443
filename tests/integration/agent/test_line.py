"""The direct line: a node on the same host speaks to the agent past the engine, and nobody else does."""

from __future__ import annotations

import os
import secrets
import socket
import struct
import subprocess
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, ExitStack
from pathlib import Path
from typing import Any

import docker
import pytest

from node.agent.frames import Decoder, encode
from node.infrastructure.docker.agent_link.direct import connect_inside
from tests.integration.agent.attached import LIMITS, AttachedAgent, make_slot

ASK_EVERY_NAME = r"""
import socket
names = [line.split()[7] for line in open("/proc/net/unix").readlines()[1:] if "@" in line]
for name in names:
    for kind in (socket.SOCK_STREAM, socket.SOCK_SEQPACKET):
        try:
            socket.socket(socket.AF_UNIX, kind).connect("\0" + name[1:])
            print("let in at", name)
        except OSError as error:
            print(type(error).__name__)
"""
KNOCK = r"""
import socket, sys
line = socket.socket(socket.AF_UNIX)
line.connect("\0" + sys.argv[1])
print(line.recv(1))
"""


class Node(AbstractContextManager["Node"]):
    """The node's end of a direct line."""

    def __init__(self, slot: AttachedAgent, name: str) -> None:
        pid = slot.api.inspect_container(slot.name)["State"]["Pid"]
        self.line = connect_inside(pid, name)
        self.line.settimeout(20)
        self._frames = Decoder()
        self._read: list[tuple[dict[str, Any], bytearray]] = []

    def __exit__(self, *raised: object) -> None:
        self.line.close()

    def start(self, files: dict[str, bytes], command: list[str], **more: Any) -> None:
        listed = [{"name": name, "size": len(content)} for name, content in files.items()]
        header = {
            "type": "run", "run_id": "r", "command": command, "env": {}, "files": listed, "stdin_size": 0,
            "limits": LIMITS, "collect": [], "collect_bytes": 64 << 20,
            "collect_files": 9, "collect_name_bytes": 99, "outputs": [], "warm": True, **more,
        }  # fmt: skip
        self.line.sendall(b"".join(encode(header, *files.values())))

    def next(self) -> tuple[dict[str, Any], bytearray]:
        while not self._read:
            data = self.line.recv(1 << 18)
            if not data:
                raise EOFError
            self._read += self._frames.feed(data)
        return self._read.pop(0)

    def finish(self) -> tuple[dict[str, Any], bytes, bytes]:
        """``exited``, what was printed, the artefact."""
        printed = b""
        while True:
            header, body = self.next()
            if header["type"] == "exited":
                clean, _ = self.next()
                assert (clean["type"], clean["ok"]) == ("clean", True), clean
                return header, printed, bytes(body)
            assert header["type"] == "output", header
            printed += body

    def python(self, source: str) -> str:
        self.start({"main.py": source.encode()}, ["python3", "main.py"])
        return self.finish()[1].decode()


Come = Callable[[AttachedAgent, str], Node]


@pytest.fixture
def slot(engine_api: docker.APIClient) -> Iterator[AttachedAgent]:
    agent = make_slot(engine_api, "python")
    yield agent
    agent.close()


@pytest.fixture
def come() -> Iterator[Come]:
    """A node comes to where the slot listens."""
    with ExitStack() as stack:
        yield lambda slot, name: stack.enter_context(Node(slot, name))


def offered(slot: AttachedAgent) -> str:
    """The name under which it listens after a hello."""
    name = f"test-{secrets.token_hex(8)}"
    slot.hello(line=name)
    return name


def test_what_is_asked_on_the_direct_line_is_answered_there(slot: AttachedAgent, come: Come) -> None:
    node = come(slot, offered(slot))
    for turn in range(3):
        assert node.python(f"print({turn})") == f"{turn}\n"
    slot.send({"type": "kill", "run_id": "none"})
    slot.hello()  # the first thing since then that is said on stdout: nothing of the runs was


def test_large_bodies_pass_it_whole_in_both_directions(slot: AttachedAgent, come: Come) -> None:
    node, blob = come(slot, offered(slot)), os.urandom(9 << 20)
    node.start({"a": blob}, ["cp", "a", "b"], collect=["b"], warm=False)
    assert node.finish()[2] == blob


def test_no_program_finds_anybody_who_listens(slot: AttachedAgent, come: Come) -> None:
    node = come(slot, offered(slot))
    said = node.python(ASK_EVERY_NAME)
    assert "let in" not in said
    assert "ConnectionRefusedError" in said  # the agent's own end has a name: it was asked
    assert node.python("print(1)") == "1\n"


def test_an_offer_that_no_node_takes_is_gone_when_the_first_program_starts(slot: AttachedAgent, come: Come) -> None:
    name = offered(slot)
    assert b"let in" not in slot.python(ASK_EVERY_NAME).stdout
    with pytest.raises(OSError, match="refused"):
        come(slot, name)


def test_only_root_is_let_in_and_a_stranger_does_not_take_the_place(slot: AttachedAgent, come: Come) -> None:
    name = offered(slot)
    asked = slot.api.exec_create(slot.name, ["python3", "-c", KNOCK, name], user="12345:12345")
    assert b"b''" in slot.api.exec_start(asked["Id"])
    assert come(slot, name).python("print(1)") == "1\n"


def test_a_second_node_finds_nobody_who_listens(slot: AttachedAgent, come: Come) -> None:
    name = offered(slot)
    assert come(slot, name).python("print(1)") == "1\n"
    with pytest.raises(OSError, match="refused"):
        come(slot, name)


def test_a_hello_on_stdin_ends_the_line_of_the_node_before(slot: AttachedAgent, come: Come) -> None:
    before = come(slot, offered(slot))
    assert before.python("print(1)") == "1\n"
    after = come(slot, offered(slot))
    with pytest.raises(EOFError):
        before.next()
    assert after.python("print(1)") == "1\n"


@pytest.mark.parametrize("last", [b"", struct.pack("!II", 100, 9), b"\0\0"])
def test_a_node_that_dies_in_the_middle_of_a_word_leaves_a_slot_that_serves_the_next(
    slot: AttachedAgent, come: Come, last: bytes
) -> None:
    node = come(slot, offered(slot))
    node.start({"main.py": b"import time; time.sleep(100)"}, ["python3", "main.py"])
    node.line.sendall(last)
    node.line.close()
    assert come(slot, offered(slot)).python("print(1)") == "1\n"
    assert slot.is_running()


def test_a_flood_of_output_into_a_line_that_was_hung_up_does_not_harm_the_slot(slot: AttachedAgent, come: Come) -> None:
    node = come(slot, offered(slot))
    node.start({"main.py": b"while True: print('x' * 1000)"}, ["python3", "main.py"])
    node.next()
    node.line.close()
    slot.hello()
    assert slot.python("print(1)").stdout == b"1\n"


def test_nonsense_on_the_line_costs_the_slot(slot: AttachedAgent, come: Come) -> None:
    node = come(slot, offered(slot))
    node.line.sendall(b"\xff" * 64)
    slot.api.wait(slot.name, timeout=60)
    assert not slot.is_running()


def test_the_node_refuses_a_listener_that_is_not_the_agent() -> None:
    name = f"test-{secrets.token_hex(8)}"
    with socket.socket(socket.AF_UNIX) as impostor, subprocess.Popen(["sleep", "60"]) as agent:
        impostor.bind(f"\0{name}")
        impostor.listen()
        try:
            with pytest.raises(ConnectionRefusedError, match=f"process {os.getpid()} listens there, not {agent.pid}"):
                connect_inside(agent.pid, name)
        finally:
            agent.kill()


def test_the_way_there_leaves_the_other_threads_in_their_own_network(slot: AttachedAgent, come: Come) -> None:
    def network() -> Path:
        return Path("/proc/thread-self/ns/net").readlink()

    with ThreadPoolExecutor(max_workers=1) as pool:
        before = network(), pool.submit(network).result()
        come(slot, offered(slot))
        assert (network(), pool.submit(network).result()) == before
    with ThreadPoolExecutor(max_workers=1) as pool:
        assert pool.submit(network).result() == before[0]
