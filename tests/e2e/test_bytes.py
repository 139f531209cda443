"""Bytes that are no text: into a program as files and input, and out of it again, over gRPC, HTTP and the command."""

from __future__ import annotations

import base64
import io
import json
import subprocess
import urllib.request
import zipfile
import zlib
from pathlib import Path
from typing import Any

import pytest

from coderunner import Client, TestCase
from tests.e2e.judged import out
from tests.servers.command import COMMAND, environment_for
from tests.servers.stack import Stack

ALL = bytes(range(256)) * 64
ECHO = {
    "python": "import sys\nsys.stdout.buffer.write(sys.stdin.buffer.read() + open('a.dat', 'rb').read())",
    "cpp": "#include <fstream>\n#include <iostream>\n"
    'int main() { std::cout << std::cin.rdbuf() << std::ifstream("a.dat").rdbuf(); }',
}
INVERTS = """
import struct, sys, zlib
data = open("in.png", "rb").read()
at, pixels = 8, b""
while at < len(data):
    size, kind = struct.unpack(">I4s", data[at : at + 8])
    pixels += data[at + 8 : at + 8 + size] if kind == b"IDAT" else b""
    at += 12 + size
(grey,) = zlib.decompress(pixels)[1:]
sys.stdout.buffer.write(data[:33])
def chunk(kind, body):
    sum = zlib.crc32(kind + body)
    sys.stdout.buffer.write(struct.pack(">I", len(body)) + kind + body + struct.pack(">I", sum))
chunk(b"IDAT", zlib.compress(bytes([0, 255 - grey])))
chunk(b"IEND", b"")
"""


def a_png(grey: int) -> bytes:
    """One pixel."""

    def chunk(kind: bytes, body: bytes) -> bytes:
        return len(body).to_bytes(4, "big") + kind + body + zlib.crc32(kind + body).to_bytes(4, "big")

    header = (1).to_bytes(4, "big") * 2 + bytes([8, 0, 0, 0, 0])
    pixels = zlib.compress(bytes([0, grey]))
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", pixels) + chunk(b"IEND", b"")


@pytest.mark.parametrize("language", ECHO)
async def test_all_bytes_go_in_and_come_back(client: Client, language: str) -> None:
    name = {"python": "main.py", "cpp": "main.cpp"}[language]
    source: dict[str, str | bytes] = {name: ECHO[language], "a.dat": ALL[::-1]}
    execution = await client.run(language, source, stdin=ALL)
    stage = execution.run
    assert stage is not None, execution
    assert stage.stdout_bytes == ALL + ALL[::-1]
    assert (stage.stdout_invalid_utf8, stage.stdout_data is not None, stage.stderr_data) == (True, True, None)
    assert stage.stdout == stage.stdout_bytes.decode(errors="replace")


async def test_a_picture_goes_in_and_another_comes_out(client: Client) -> None:
    execution = await client.run("python", {"main.py": INVERTS, "in.png": a_png(40)})
    assert execution.run is not None
    assert execution.run.stdout_bytes == a_png(215), execution


async def test_cases_take_bytes_and_show_them_and_no_text_is_expected_of_them(client: Client) -> None:
    cases = [TestCase(stdin=b"\xff\n", expected_output="\ufffd\n"), TestCase(stdin=b"ok\n", expected_output="ok\n")]
    execution = await client.run("python", {"main.py": ECHO["python"], "a.dat": b""}, cases=cases)
    assert [case.verdict for case in execution.cases] == ["WRONG_ANSWER", "ACCEPTED"]
    assert execution.cases[0].stage is not None
    assert execution.cases[0].stage.stdout_bytes == b"\xff\n"
    assert out(execution.cases[1]) == "ok\n"


async def test_a_flood_of_what_is_no_text_is_cut_at_its_limit_and_is_what_was_written(client: Client) -> None:
    source = "import sys\nwhile True: sys.stdout.buffer.write(b'\\xff' * 1000)"
    execution = await client.run("python", source)
    assert execution.status == "OUTPUT_LIMIT"
    assert execution.run is not None
    data = execution.run.stdout_bytes
    assert (set(data), execution.run.stdout_truncated) == ({0xFF}, True)
    assert 60_000 < len(data) <= 65_536


async def test_the_largest_input_of_such_bytes_is_taken_and_a_larger_one_refused_by_its_bytes(client: Client) -> None:
    source = "import sys\nprint(len(sys.stdin.buffer.read()))"
    execution = await client.run("python", source, stdin=b"\xff" * (1 << 20))
    assert execution.run is not None
    assert execution.run.stdout == f"{1 << 20}\n"
    with pytest.raises(Exception, match="must have at most 1048576 bytes, has 1048577"):
        await client.run("python", source, stdin=b"\xff" * ((1 << 20) + 1))


def test_over_http_they_are_base64(judging_stack: Stack, http_url: str) -> None:
    assert judging_stack
    body = {
        "language": "python",
        "files": [
            {"name": "main.py", "content": ECHO["python"]},
            {"name": "a.dat", "data": base64.b64encode(b"\xfe").decode()},
        ],
        "stdin_data": base64.b64encode(b"\xff").decode(),
    }
    execution = _ask(f"{http_url}/v1/executions?wait=20", body)
    assert base64.b64decode(execution["run"]["stdout_data"]) == b"\xff\xfe"
    assert (execution["run"]["stdout"], execution["run"]["stderr_data"]) == ("\ufffd\ufffd", None)


def _ask(url: str, body: Any) -> Any:
    request = urllib.request.Request(url, json.dumps(body).encode(), {"Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=60) as answer:
        return json.loads(answer.read())


async def test_the_files_of_an_archive_run_as_if_each_had_been_sent(client: Client) -> None:
    archive = an_archive({"lib/add.py": b"def add(a, b): return a + b\n", "lib/a.dat": ALL})
    source = {"main.py": "from lib.add import add\nprint(add(1, 2), len(open('lib/a.dat', 'rb').read()))"}
    execution = await client.run("python", source, archive=archive)
    assert execution.run is not None
    assert execution.run.stdout == f"3 {len(ALL)}\n", execution


def an_archive(files: dict[str, bytes]) -> bytes:
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w") as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return data.getvalue()


def test_the_command_runs_what_is_in_an_archive(judging_stack: Stack, tmp_path: Path) -> None:
    (tmp_path / "all.zip").write_bytes(an_archive({"src/main.py": b"print(open('data').read())", "data": b"42"}))
    command = [*COMMAND, "run", "--archive", "all.zip", "--entry-point", "src/main.py"]
    environment = environment_for(judging_stack.gateways[0].target)
    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, timeout=60, check=False)
    assert (done.returncode, done.stdout) == (0, b"42\n"), done.stderr


def test_the_command_takes_files_and_input_and_gives_output_as_they_are(judging_stack: Stack, tmp_path: Path) -> None:
    (tmp_path / "main.py").write_text(ECHO["python"])
    (tmp_path / "a.dat").write_bytes(b"\xfe")
    (tmp_path / "in").write_bytes(b"\xff\0")
    command = [*COMMAND, "run", "main.py", "a.dat", "--stdin", "in", "--raw"]
    environment = environment_for(judging_stack.gateways[0].target)
    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, timeout=60, check=False)
    assert (done.returncode, done.stdout) == (0, b"\xff\0\xfe"), done.stderr
