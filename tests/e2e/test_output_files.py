"""Files that a program leaves come back with its result: over gRPC, HTTP and the command."""

from __future__ import annotations

import base64
import hashlib
import json
import subprocess
import urllib.request
from pathlib import Path
from typing import Any

from coderunner import Client, Execution, Limits, TestCase
from tests.servers.command import COMMAND, environment_for
from tests.servers.stack import Stack

PNG = b"\x89PNG\r\n\x1a\n\0\xff"
LEAVES = f"""
import os
os.mkdir("out")
open("out/plot.png", "wb").write({PNG!r})
open("out/table.csv", "w").write("a,b\\n")
os.mkdir("out/more")
open("out/more/page.html", "w").write("<b>1</b>")
open("notes.txt", "w").write("not in out")
"""
HOSTILE = """
import os
os.mkdir("out")
os.symlink("/etc/passwd", "out/passwd")
os.symlink("/", "out/root")
try: os.mkfifo("out/fifo")
except OSError: pass
open("out/ok", "w").write("1")
os.chmod("out/ok", 0)
open("out/huge", "wb").truncate(60 << 20)
open("out/\\x1b[31mred", "w").write("x")
if os.fork() == 0:
    while True:
        try:
            os.remove("out/x")
            os.symlink("/etc/shadow", "out/x")
            os.remove("out/x")
        except OSError:
            pass
        try:
            open("out/x", "w").write("own")
        except OSError:
            pass
"""


def files(execution: Execution) -> dict[str, bytes | None]:
    return {file.name: file.data for file in execution.files}


async def test_what_is_left_in_out_comes_back_with_size_type_and_digest(client: Client) -> None:
    execution = await client.run("python", LEAVES)
    page, picture, table = execution.files
    assert (page.name, page.media_type, page.data) == ("out/more/page.html", "text/html", b"<b>1</b>")
    assert (table.name, table.media_type, table.size) == ("out/table.csv", "text/csv", 4)
    assert (picture.name, picture.media_type, picture.data) == ("out/plot.png", "image/png", PNG)
    assert picture.digest == f"sha256:{hashlib.sha256(PNG).hexdigest()}"


async def test_patterns_choose_others_and_a_compiled_program_leaves_files_too(client: Client) -> None:
    execution = await client.run("python", LEAVES, outputs=["*.txt", "out/*.png"])
    assert files(execution) == {"notes.txt": b"not in out", "out/plot.png": PNG}
    source = '#include <fstream>\nint main() { std::ofstream("a.json") << "{}"; return 3; }'
    execution = await client.run("cpp", source, outputs=["*.json"])
    assert (files(execution), execution.status) == ({"a.json": b"{}"}, "FAILED")


async def test_a_program_that_meets_its_limit_has_what_it_left_until_then(client: Client) -> None:
    source = LEAVES + "while True: pass"
    execution = await client.run("python", source, limits=Limits(cpu_ms=300), outputs=["*.csv"])
    assert (execution.status, files(execution)) == ("TIME_LIMIT", {"out/table.csv": b"a,b\n"})


async def test_the_next_program_in_the_slot_has_none_of_them(client: Client) -> None:
    for _ in range(4):
        assert (await client.run("python", LEAVES)).files
        assert not (await client.run("python", "print(1)")).files


async def test_cases_leave_none(client: Client) -> None:
    execution = await client.run("python", LEAVES, cases=[TestCase(expected_output="")])
    assert (execution.status, execution.files) == ("SUCCEEDED", ())


async def test_nothing_comes_back_but_what_is_the_programs_own(client: Client) -> None:
    execution = await client.run("python", HOSTILE)
    assert execution.status == "SUCCEEDED", execution
    found = files(execution)
    assert set(found) <= {"out/ok", "out/huge", "out/x"}
    assert found["out/huge"] is None
    assert found.get("out/x", b"own") in (b"own", b"", b"\0\0\0")
    assert not any(b"root:" in (data or b"") for data in found.values())


async def test_a_megabyte_comes_with_the_result_and_what_is_more_is_fetched(client: Client) -> None:
    source = "import os\nos.mkdir('out')\n"
    source += "for n in range(5): open(f'out/{n}', 'wb').write(bytes([255, n]) * (150 << 10))\n"
    execution = await client.run("python", source)
    brought = [file.data is not None for file in execution.files]
    assert brought == [True, True, True, False, False]
    assert [file.size for file in execution.files] == [300 << 10] * 5
    assert execution.warnings == ()
    for n, file in enumerate(execution.files):
        assert await client.file(execution, file) == bytes([255, n]) * (150 << 10)
    execution = await client.run("python", source, large_result=True)
    assert all(file.data == bytes([255, n]) * (150 << 10) for n, file in enumerate(execution.files))


MEGABYTES = "import os\nos.mkdir('out')\nfor n in range(4): open(f'out/{n}', 'wb').write(b'x' * 1_000_000)\n"
FILLS = """
#include <filesystem>
#include <fstream>
#include <string>
long number(std::string v2, std::string v1) {
    long value = -1;
    if (!(std::ifstream("/sys/fs/cgroup/" + v2) >> value)) std::ifstream("/sys/fs/cgroup/memory/" + v1) >> value;
    return value;
}
int main() {
    std::filesystem::create_directory("out");
    for (int n = 0; n < 4; n++) std::ofstream("out/" + std::to_string(n)) << std::string(1000000, 'x');
    std::ofstream filler("filler");
    const long most = number("memory.max", "memory.limit_in_bytes");
    while (most - number("memory.current", "memory.usage_in_bytes") > (512 << 10))
        filler << std::string(65536, 'x') << std::flush;
}
"""


async def test_what_it_takes_to_bring_them_is_not_told_as_the_programs_memory(client: Client) -> None:
    told = []
    for pattern in ("out/*", "nothing") * 3:
        execution = await client.run("python", MEGABYTES, outputs=[pattern], large_result=True)
        assert execution.run is not None
        assert len(execution.files) == (4 if pattern == "out/*" else 0)
        told.append(execution.run.peak_memory_bytes)
    assert max(told) - min(told) < 1 << 20, told


async def test_a_program_that_fills_its_memory_with_files_ends_as_it_did_and_they_come_back(client: Client) -> None:
    execution = await client.run("cpp", FILLS, limits=Limits(memory_bytes=32 << 20), large_result=True)
    assert (execution.status, execution.error) == ("SUCCEEDED", "")
    assert files(execution) == {f"out/{n}": b"x" * 1_000_000 for n in range(4)}


async def test_a_thousand_files_come_back_as_sixty_four(client: Client) -> None:
    source = "import os\nos.mkdir('out')\nfor n in range(1000): open(f'out/{n:04}', 'w').write('x')"
    execution = await client.run("python", source)
    assert [file.name for file in execution.files] == [f"out/{n:04}" for n in range(64)]
    assert execution.warnings == ("it left more files than are told of: at most 64, of the first 1000 names",)


def test_over_http_they_are_base64(http_url: str) -> None:
    body = {"language": "python", "files": [{"content": LEAVES}], "outputs": ["*.png"]}
    (file,) = _ask(f"{http_url}/v1/executions?wait=20", body)["files"]
    assert base64.b64decode(file.pop("data")) == PNG
    digest = f"sha256:{hashlib.sha256(PNG).hexdigest()}"
    assert file == {"name": "out/plot.png", "size": len(PNG), "media_type": "image/png", "digest": digest, "place": ""}


def _ask(url: str, body: Any) -> Any:
    request = urllib.request.Request(url, json.dumps(body).encode(), {"Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=60) as answer:
        return json.loads(answer.read())


def test_the_command_tells_of_them_and_writes_them_where_that_is_asked_for(
    judging_stack: Stack, tmp_path: Path
) -> None:
    (tmp_path / "main.py").write_text(LEAVES)
    environment = environment_for(judging_stack.gateways[0].target)

    def run(*options: str) -> str:
        command = [*COMMAND, "run", "main.py", *options]
        done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, timeout=60, check=True)
        return done.stderr.decode()

    assert "it left out/more/page.html (text/html, 8 bytes)" in run()
    said = run("--save", "saved", "--output", "out/*.png", "--output", "*.txt")
    assert "wrote out/plot.png" in said
    saved = {str(path.relative_to(tmp_path / "saved")) for path in (tmp_path / "saved").rglob("*") if path.is_file()}
    assert saved == {"out/plot.png", "notes.txt"}
    assert (tmp_path / "saved/out/plot.png").read_bytes() == PNG
