"""Runs inside a container of a language's image, as an unprivileged user: one JSON request in, one JSON answer out.

A request holds ``files`` (name to text) and ``steps``; each step is one of ``run`` (a command), ``wait`` (a command
that waits for its program, and ``run``, the program's command) or ``serve`` (a resident compiler, and ``requests``).
The answer holds for each step what it came to.
"""

import json
import os
import shutil
import socket
import struct
import subprocess
import sys
import time
from pathlib import Path

DIRECTORY = Path("/workspace/task")


def fresh_directory(files):
    shutil.rmtree(DIRECTORY, ignore_errors=True)
    DIRECTORY.mkdir()
    os.chdir(DIRECTORY)
    for name, text in files.items():
        path = DIRECTORY / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")


def strings(items):
    encoded = [item.encode() for item in items]
    return struct.pack("!I", len(encoded)) + b"".join(struct.pack("!I", len(item)) + item for item in encoded)


def run(step):
    environment = {**os.environ, **step.get("env", {})}
    stdin = step.get("stdin", "").encode()
    try:
        done = subprocess.run(step["run"], input=stdin, capture_output=True, env=environment, timeout=60, check=False)
    except FileNotFoundError as error:  # the step before has not made it, and its own result says why
        return [127, "", str(error)]
    return [done.returncode, done.stdout.decode(), done.stderr.decode()]


def wait_then_run(step):
    """Starts the waiting process in a directory that is still empty, as the agent does, then adds the files."""
    agent = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    agent.bind(b"\0coderunner-agent")
    control_read, control = os.pipe()
    ready, ready_write = os.pipe()

    def place():
        saved = os.dup(control_read), os.dup(ready_write)
        os.dup2(saved[0], 3)
        os.dup2(saved[1], 4)
        os.closerange(5, 64)

    later = DIRECTORY.rename(DIRECTORY.with_name("later"))
    DIRECTORY.mkdir()
    os.chdir(DIRECTORY)
    pipe = subprocess.PIPE
    process = subprocess.Popen(  # its descriptors 3 and 4 cannot be given in any other way; there are no threads here
        step["wait"],
        stdin=pipe,
        stdout=pipe,
        stderr=pipe,
        close_fds=False,
        preexec_fn=place,  # noqa: PLW1509 - as above
    )
    os.close(control_read)
    os.close(ready_write)
    said = os.read(ready, 16) + os.read(ready, 16)
    if step.get("until_memory_changes"):
        await_another_memory_limit()
    shutil.copytree(later, DIRECTORY, dirs_exist_ok=True)
    shutil.rmtree(later)
    pairs = [f"{name}={value}" for name, value in step.get("env", {}).items()]
    os.write(control, strings(step["run"]) + strings(pairs))
    os.close(control)
    out, err = process.communicate(step.get("stdin", "").encode(), timeout=60)
    words = last_words(agent)
    assert words in (b"", b"E" + bytes([process.returncode & 0xFF])), (words, process.returncode)
    return [process.returncode, out.decode(), err.decode(), said.decode() + words[:1].decode()]


def last_words(agent):
    """What came before the process was gone."""
    with agent:
        try:
            return agent.recv(16, socket.MSG_DONTWAIT)
        except BlockingIOError:
            return b""


def await_another_memory_limit():
    """Says so once, and returns when somebody outside has changed the container's limit."""
    files = ("/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes")
    limit = next(path for path in map(Path, files) if path.exists())
    before = limit.read_text()
    print("waiting", flush=True)
    deadline = time.monotonic() + 60
    while limit.read_text() == before and time.monotonic() < deadline:
        time.sleep(0.01)  # the kernel tells nobody that a limit has changed


def serve(step):
    """A request is ``files`` and ``command``; its answer exit code, words and files, or ``None`` and how it ended."""
    pipe = subprocess.PIPE
    server = subprocess.Popen(step["serve"], stdin=pipe, stdout=pipe, cwd="/workspace", bufsize=0)
    stdin, stdout = server.stdin, server.stdout
    assert stdin is not None
    assert stdout is not None
    answers: list[list[object]] = []
    for request in step["requests"]:
        fresh_directory(request["files"])
        stdin.write(strings([str(DIRECTORY), *request["command"]]))
        head = exactly(stdout, 8)
        if head is None:
            answers.append([None, f"exit code {server.wait(30)}"])
            break
        code, size = struct.unpack("!iI", head)
        answers.append([code, exactly(stdout, size).decode(), sorted(path.name for path in DIRECTORY.iterdir())])
    stdin.close()
    server.wait(30)
    return answers


def exactly(stream, size):
    data = b""
    while len(data) < size:
        more = stream.read(size - len(data))
        if not more:
            return None
        data += more
    return data


def main():
    request = json.loads(sys.argv[1])
    fresh_directory(request["files"])
    results = []
    for step in request["steps"]:
        kind = wait_then_run if "wait" in step else serve if "serve" in step else run
        results.append(kind(step))
    print(json.dumps(results))


main()
