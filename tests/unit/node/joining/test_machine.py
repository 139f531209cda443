"""The machine that ``coderunner-node join`` runs on, asked for real."""

from __future__ import annotations

import http.server
import json
import os
import pwd
import socket
import stat
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import pytest

from node.joining import machine as machines
from node.joining.errors import JoinError
from node.joining.machine import LocalMachine
from node.joining.writing import Owner, hand_over, write_file

DUMP = "import json, os, sys; json.dump(dict(os.environ), open(sys.argv[1], 'w'))"


def test_a_child_is_told_of_no_token_and_of_the_proxies(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("CODERUNNER_TOKEN", "CODERUNNER_NODE_ETCD_PASSWORD", "DOCKER_HOST", "LD_PRELOAD_X"):
        monkeypatch.setenv(name, "secret")
    monkeypatch.setenv("https_proxy", "http://proxy:3128")
    LocalMachine().run(sys.executable, "-c", DUMP, str(tmp_path / "told"))
    told = json.loads((tmp_path / "told").read_text())
    assert "secret" not in told.values()
    assert (told["https_proxy"], told["DEBIAN_FRONTEND"]) == ("http://proxy:3128", "noninteractive")
    assert told["PATH"] == os.environ["PATH"]


def test_a_command_that_fails_is_named_with_its_last_words(tmp_path: Path) -> None:
    program = tmp_path / "fails.py"
    program.write_text("import sys\nprint(*range(40), sep='\\n', flush=True)\nsys.exit('no space left')\n")
    with pytest.raises(JoinError) as failed:
        LocalMachine().run(sys.executable, str(program))
    first, *last = str(failed.value).splitlines()
    assert first == f"`{sys.executable} {program}` failed (exit code 1); its last words:"
    assert last == [*map(str, range(26, 40)), "no space left"]


def test_a_command_that_is_not_there_is_named() -> None:
    with pytest.raises(JoinError, match=r"`no-such-program`: No such file or directory"):
        LocalMachine().run("no-such-program", "--now")


def test_a_command_reads_nothing_from_the_terminal() -> None:
    LocalMachine().run(sys.executable, "-c", "import sys; sys.exit(len(sys.stdin.read()))")


def test_users_and_groups_are_the_machines() -> None:
    entry = pwd.getpwuid(os.getuid())
    assert LocalMachine().owner(entry.pw_name) == Owner(entry.pw_uid, entry.pw_gid)
    assert LocalMachine().owner("no-such-user") is None
    assert (LocalMachine().has_group("root"), LocalMachine().has_group("no-such-group")) == (True, False)


def test_a_file_that_is_the_owners_already_is_left_alone(tmp_path: Path) -> None:
    file = tmp_path / "node.toml"
    file.touch()
    hand_over(file, Owner(os.getuid(), file.stat().st_gid))
    assert file.stat().st_uid == os.getuid()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root gives files away")
def test_a_file_that_is_handed_over_is_the_owners_and_stays_so_when_it_is_written_anew(tmp_path: Path) -> None:
    file = tmp_path / "node.toml"
    file.touch()
    hand_over(file, Owner(65534, 65534))
    assert write_file(file, b"anew", 0o600)
    now = file.stat()
    assert (now.st_uid, now.st_gid, stat.S_IMODE(now.st_mode)) == (65534, 65534, 0o600)


@pytest.mark.parametrize(
    ("said", "answers"),
    [
        (b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nOK", True),
        (b"HTTP/1.1 500 Internal Server Error\r\n\r\n", False),
        (b"\n", False),
        (b"", False),
    ],
)
def test_an_engine_answers_where_one_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, said: bytes, answers: bool
) -> None:
    monkeypatch.setattr(machines, "ENGINE", str(tmp_path / "engine.sock"))
    with socket.socket(socket.AF_UNIX) as listening, ThreadPoolExecutor(1) as pool:
        listening.bind(machines.ENGINE)
        listening.listen()
        served = pool.submit(_answer_once, listening, said)
        assert LocalMachine().engine_answers() is answers
        assert served.result().startswith(b"GET /_ping HTTP/1.1\r\n")


def _answer_once(listening: socket.socket, said: bytes) -> bytes:
    connection, _ = listening.accept()
    with connection:
        asked = connection.recv(4096)
        connection.sendall(said)
    return asked


def test_no_engine_answers_where_there_is_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(machines, "ENGINE", str(tmp_path / "engine.sock"))
    assert not LocalMachine().engine_answers(0.1)


@contextmanager
def answering(*bodies: bytes) -> Iterator[str]:
    """An endpoint of a node's health: one body after the other, the last for ever."""
    left = list(bodies)

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = left.pop(0) if len(left) > 1 else left[0]
            self.send_response(200 if self.path == "/health" else 404)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the library's name
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def test_a_node_is_waited_for_until_it_is_ready() -> None:
    with answering(b'{"ready": false}', b'{"ready": true, "parts": {}}') as address:
        assert LocalMachine().node_health(address, 60) == {"ready": True, "parts": {}}


@pytest.mark.parametrize("body", [b'{"ready": false}', b"no json", b"[]", b"\xff", b""])
def test_a_node_that_does_not_become_ready_is_not_waited_for_for_ever(body: bytes) -> None:
    with answering(body) as address:
        told = LocalMachine().node_health(address, 0)
    assert told == ({"ready": False} if body.startswith(b"{") else {})


@pytest.mark.parametrize("address", ["127.0.0.1:1", "nowhere.invalid:80", "127.0.0.1:x"])
def test_a_node_that_is_not_there_says_nothing(address: str) -> None:
    assert LocalMachine().node_health(address, 0) == {}
