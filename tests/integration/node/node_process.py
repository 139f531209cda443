"""The node daemon as a process of its own, with a simulated sandbox."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

from tests.servers.nats import NatsServer

START_S = 30.0
"""Until a new process says its first words, on a busy test machine."""


def node_process(
    nats: NatsServer, log: Path, program: Sequence[str] = ("-m", "node.main"), **settings: str
) -> subprocess.Popen[bytes]:
    """The daemon as it is started in production, with a simulated sandbox; ``program``: what Python runs in its
    place."""
    given = {
        "sandbox": "simulated",
        "node_id": "victim",
        "nats_urls": nats.url,
        "etcd_endpoints": "127.0.0.1:1",
        "http_address": "127.0.0.1:0",
        **settings,
    }
    environment = {f"CODERUNNER_NODE_{name.upper()}": value for name, value in given.items()}
    with log.open("wb") as output:
        return subprocess.Popen([sys.executable, *program], env=os.environ | environment, stdout=output, stderr=output)


async def ended(process: subprocess.Popen[bytes], within_s: float = 10) -> int:
    """Its exit code. Raises subprocess.TimeoutExpired, and ends it: a thread that waits cannot be left behind."""
    try:
        return await asyncio.to_thread(process.wait, within_s)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
        raise


@asynccontextmanager
async def pausable_node(nats: NatsServer, log: Path, **settings: str) -> AsyncIterator[subprocess.Popen[bytes]]:
    """A ``node_process`` that may be stopped with SIGSTOP; at the end it is woken and has ended."""
    process = node_process(nats, log, **settings)
    try:
        yield process
    finally:
        process.send_signal(signal.SIGCONT)
        process.terminate()
        await ended(process)
