"""Large content: twenty megabytes in by digest, and out beside the result; over gRPC, HTTP and the command."""

from __future__ import annotations

import asyncio
import hashlib
import json
import os
import subprocess
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

import pytest

from coderunner import Blob, Client, InvalidTask, Limits, NotFound, TestCase
from tests.servers.command import COMMAND, environment_for
from tests.servers.stack import Stack

LARGE = os.urandom(1 << 20) * 20
DIGEST = f"sha256:{hashlib.sha256(LARGE).hexdigest()}"
ROOMY = Limits(disk_bytes=128 << 20, memory_bytes=512 << 20)
SAYS = "import hashlib\nprint(hashlib.sha256(open('data.bin', 'rb').read()).hexdigest())"
READS = "import hashlib, sys\nprint(hashlib.sha256(sys.stdin.buffer.read()).hexdigest())"
COPIES = """
import os, shutil
os.mkdir('out')
shutil.copy('data.bin', 'out/copy.html')
open('out/small', 'w').write('1')
"""


async def test_twenty_megabytes_go_in_as_a_file_as_standard_input_and_as_a_cases(client: Client) -> None:
    blob = await client.put_blob(LARGE)
    assert (blob.digest, blob.size) == (DIGEST, len(LARGE))
    execution = await client.run("python", {"main.py": SAYS, "data.bin": blob}, limits=ROOMY)
    assert execution.run is not None
    assert f"sha256:{execution.run.stdout.strip()}" == DIGEST, execution
    case = TestCase(stdin=blob, expected_output=DIGEST.removeprefix("sha256:"))
    judged = await client.run("python", READS, cases=[case], limits=ROOMY)
    assert judged.cases[0].verdict == "ACCEPTED", judged
    read = await client.run("python", READS, stdin=Blob(DIGEST), limits=ROOMY)
    assert read.run is not None
    assert f"sha256:{read.run.stdout.strip()}" == DIGEST


async def test_what_is_put_again_is_not_sent_again_and_comes_back_as_it_was(client: Client) -> None:
    first, again = await client.put_blob(LARGE), await client.put_blob(LARGE)
    assert again == first
    assert await client.get_blob(DIGEST) == LARGE
    assert await client.find_blob(f"sha256:{'0' * 64}") is None
    with pytest.raises(NotFound):
        await client.get_blob(f"sha256:{'0' * 64}")


async def test_a_digest_that_nobody_has_put_is_refused_before_the_queue(client: Client) -> None:
    with pytest.raises(InvalidTask) as refused:
        await client.submit("python", {"main.py": SAYS, "data.bin": Blob(f"sha256:{'0' * 64}")})
    assert [one.field for one in refused.value.violations] == ["task.files[1].digest"]


async def test_twenty_megabytes_come_back_beside_the_result(client: Client, http_url: str) -> None:
    blob = await client.put_blob(LARGE)
    execution = await client.run("python", {"main.py": COPIES, "data.bin": blob}, limits=ROOMY)
    copy, small = execution.files
    assert (copy.digest, copy.size, copy.data, small.data) == (DIGEST, len(LARGE), None, b"1"), execution
    assert execution.warnings == ()
    assert await client.file(execution, copy) == LARGE
    assert await client.file(execution, small) == b"1"
    await asyncio.to_thread(_look_at_file, f"{http_url}/v1/executions/{execution.id}/files/{DIGEST}")


def _look_at_file(url: str) -> None:
    with urllib.request.urlopen(url, timeout=30) as answer:
        assert answer.read() == LARGE
        told = answer.headers
    assert told["Content-Type"].startswith("text/html")
    assert told["Content-Disposition"] == "attachment; filename*=UTF-8''copy.html"
    assert told["X-Content-Type-Options"] == "nosniff"
    assert told["Content-Security-Policy"] == "sandbox; default-src 'none'"
    part = urllib.request.Request(url, headers={"Range": "bytes=300000-1300000"})
    with urllib.request.urlopen(part, timeout=30) as answer:
        assert (answer.status, answer.read()) == (206, LARGE[300_000:1_300_001])
        assert answer.headers["Content-Range"] == f"bytes 300000-1300000/{len(LARGE)}"


def test_over_http_a_blob_is_put_and_read(http_url: str) -> None:
    data = LARGE + b"http"
    digest = f"sha256:{hashlib.sha256(data).hexdigest()}"
    assert _put(f"{http_url}/v1/blobs", data, "POST")["digest"] == digest
    told = _put(f"{http_url}/v1/blobs/{digest}", data, "PUT")
    assert (told["size"], told["digest"]) == (len(data), digest)
    with urllib.request.urlopen(f"{http_url}/v1/blobs/{digest}", timeout=30) as answer:
        assert answer.read() == data
    with pytest.raises(urllib.error.HTTPError) as wrong:
        _put(f"{http_url}/v1/blobs/sha256:{'1' * 64}", data, "PUT")
    assert wrong.value.code == 400
    assert json.loads(wrong.value.read())["violations"][0]["field"] == "digest"


def _put(url: str, data: bytes, verb: str) -> Any:
    headers = {"Content-Type": "application/octet-stream"}
    request = urllib.request.Request(url, data, headers, method=verb)
    with urllib.request.urlopen(request, timeout=60) as answer:
        return json.loads(answer.read())


def test_the_command_puts_gets_and_saves_them(judging_stack: Stack, tmp_path: Path) -> None:
    environment = environment_for(judging_stack.gateways[0].target)

    def run(*options: str) -> subprocess.CompletedProcess[bytes]:
        command = [*COMMAND, *options]
        return subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, timeout=60, check=True)

    (tmp_path / "main.py").write_text(COPIES)
    (tmp_path / "data.bin").write_bytes(LARGE)
    assert run("blob", "put", "data.bin").stdout.decode().strip() == DIGEST
    run("blob", "get", DIGEST, "-o", "again.bin")
    assert (tmp_path / "again.bin").read_bytes() == LARGE
    done = run("run", "main.py", "--blob", f"data.bin={DIGEST}", "--save", "saved")
    assert b"wrote out/copy.html" in done.stderr
    assert (tmp_path / "saved/out/copy.html").read_bytes() == LARGE
    run("run", "main.py", "data.bin", "--save", "again")
    assert (tmp_path / "again/out/copy.html").read_bytes() == LARGE
