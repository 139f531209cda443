"""Two real gateways that share a database of API keys, and the command by which their admin manages them."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

from coderunner import GatewayUnavailable, Operator
from tests.integration.guarantees.shared_stack import SharedStack
from tests.servers.command import environment_for, run_command
from tests.servers.stack import Gateway
from tests.servers.waiting import eventually


async def two_gateways(shared: SharedStack, tmp_path: Path, **more: Any) -> tuple[Gateway, Gateway]:
    settings: dict[str, Any] = {
        "tokens": {"chief": "chief-token"},
        "admins": ["chief"],
        "api_keys": True,
        "history_url": f"sqlite:///{tmp_path}/history.db",
        "history_migrate": True,
        "roles": ["api"],
        **more,
    }
    one, other = [(await shared.gateway(**settings))[0] for _ in range(2)]
    for gateway in (one, other):
        async with Operator(gateway.target, "chief-token", patience_s=1.0) as chief:

            async def is_migrated(chief: Operator = chief) -> bool:
                try:
                    return [key async for key in chief.keys(limit=1)] == []
                except GatewayUnavailable:
                    return False

            await eventually(is_migrated, 30)
    return one, other


async def command(tmp_path: Path, gateway: Gateway, *arguments: str) -> str:
    """What ``coderunner ARGUMENTS`` of the admin prints."""
    environment = environment_for(gateway.target, "chief-token")
    done = await asyncio.to_thread(run_command, arguments, environment, tmp_path)
    assert done.returncode == 0, done.stderr
    return done.stdout
