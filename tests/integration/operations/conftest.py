"""A stack with simulated sandboxes, an operator's client on it, and the command as its own process."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.integration.operations.operating import Command, Done
from tests.servers.nats import REPOSITORY
from tests.servers.stack import Stack


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
