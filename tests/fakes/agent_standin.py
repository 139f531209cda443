"""Stands in for the agent inside a container, to misbehave on request: the run's command says how.

``ok`` runs and cleans up, anything else is what it is named for. Standard library only: it becomes a slot's PID 1.
"""

from __future__ import annotations

import json
import os
import struct
import sys
import time
from typing import Any


def read(count: int) -> bytes:
    data = b""
    while len(data) < count:
        piece = os.read(0, count - len(data))
        if not piece:
            sys.exit(0)
        data += piece
    return data


def write(data: bytes) -> None:
    while data:
        data = data[os.write(1, data) :]


def send(body: bytes = b"", **header: Any) -> None:
    text = json.dumps(header).encode()
    write(struct.pack("!II", len(text), len(body)) + text + body)


def exited(run_id: str) -> None:
    send(b"stand-in", type="output", run_id=run_id, stream="stdout")
    send(
        type="exited",
        run_id=run_id,
        ending="exited",
        exit_code=0,
        signal=None,
        wall_ms=1,
        cpu_ms=1,
        peak_memory_bytes=1,
        memory_before_bytes=0,
        warm=True,
        stdout_truncated=False,
        stderr_truncated=False,
        limits_hit=[],
        fault="",
        artefacts=[],
    )


def obey(run_id: str, what: str) -> None:
    if what == "garbage":
        write(os.urandom(256))
    elif what == "oversized":
        write(struct.pack("!II", 2, 1 << 31) + b"{}")
    elif what == "die":
        os._exit(3)
    elif what == "silent":
        return
    elif what == "eat":
        meal = bytearray()
        while True:
            meal += b"x" * (8 << 20)
    elif what == "stuck":
        time.sleep(3600)
    else:
        exited(run_id)
    if what == "dirty":
        send(type="clean", run_id=run_id, ok=False, problems=["as asked"])
    elif what != "never clean":
        send(type="clean", run_id=run_id, ok=True, problems=[])


def main() -> None:
    runs = 0
    while True:
        header_size, body_size = struct.unpack("!II", read(8))
        header = json.loads(read(header_size))
        read(body_size)
        if header["type"] == "hello":
            write(b"CRDY" + header["nonce"].encode())
            send(type="ready", nonce=header["nonce"], protocol=1, runs=runs)
        elif header["type"] == "run":
            runs += 1
            obey(header["run_id"], header["command"][0])


if __name__ == "__main__":
    main()
