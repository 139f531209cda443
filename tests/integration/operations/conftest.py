"""A stack with simulated sandboxes, an operator's client on it, and the command as its own process."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from coderunner import Operator
from tests.servers.nats import REPOSITORY
from tests.servers.stack import Stack

Done = subprocess.CompletedProcess[str]
Command = Callable[..., Awaitable[Done]]

NODE = {"sandbox": "simulated", "concurrency": 1, "max_attempts": 2}
PATIENCE_S = 30.0


def operator(stack: Stack, token: str | None = None) -> Operator:
    return Operator(stack.gateways[0].target, token)


async def deliveries(stack: Stack) -> int:
    """How often a task was given to a node, repeated ones and hand-backs included; nothing is in the queue any more."""
    bus = await stack.nats.connect("operator")
    try:
        info = await bus.jetstream().consumer_info("CODERUNNER_TASKS", "default-normal")
        assert (info.num_ack_pending, info.num_pending, info.num_redelivered) == (0, 0, 0)
        assert info.delivered is not None
        return int(info.delivered.consumer_seq)
    finally:
        await bus.close()


@pytest.fixture
def command(tmp_path: Path) -> Command:
    async def call(stack: Stack, *arguments: str, token: str = "") -> Done:
        environment = {"CODERUNNER_GATEWAY": stack.gateways[0].target, "CODERUNNER_TOKEN": token}
        return await asyncio.to_thread(
            subprocess.run,
            [sys.executable, "-m", "coderunner", *arguments],
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
            env={**os.environ, "PYTHONPATH": str(REPOSITORY), **environment},
            cwd=tmp_path,
        )

    return call
