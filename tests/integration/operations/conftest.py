"""A stack with simulated sandboxes, an operator's client on it, and the command as its own process."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from tests.integration.operations.operating import Command
from tests.servers.command import Done, environment_for, run_command
from tests.servers.stack import Stack


@pytest.fixture
def command(tmp_path: Path) -> Command:
    async def call(stack: Stack, *arguments: str, token: str = "") -> Done:
        environment = environment_for(stack.gateways[0].target, token)
        return await asyncio.to_thread(run_command, arguments, environment, tmp_path)

    return call
