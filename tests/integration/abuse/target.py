"""What is attacked, and how it is seen that it still does its work."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from http import HTTPStatus

from coderunner import Client
from coderunner.model import Status
from tests.servers.stack import Daemon, Gateway, Node, Stack

LANGUAGE = "python"
WITHIN_S = 20.0
FAULTS = ("Traceback", "never retrieved", "unhandled", "call_failed", "source_failed", "not_buried")
"""What a log says of an exception that nobody expected."""


@dataclass(frozen=True, slots=True)
class Target:
    """A stack with one gateway and one node."""

    stack: Stack
    gateway: Gateway
    node: Node

    @property
    def daemons(self) -> tuple[Daemon, Daemon]:
        return self.gateway, self.node

    def client(self) -> Client:
        return self.gateway.client()

    async def works(self) -> None:
        """Returns once a task runs to its end, both processes say that they are well, and neither has met anything
        that it did not expect. Raises AssertionError, TimeoutError."""
        await self.stack.wait_served(LANGUAGE)
        async with asyncio.timeout(WITHIN_S), self.client() as client:
            assert (await client.run(LANGUAGE, "x")).status is Status.SUCCEEDED
        for daemon in self.daemons:
            assert daemon.running
            assert (await asyncio.to_thread(daemon.get, "/readyz"))[0] == HTTPStatus.OK
            assert unexpected(daemon) == []


def unexpected(daemon: Daemon) -> list[str]:
    """The lines of its log that tell of a fault of its own."""
    lines = daemon.log.read_text(encoding="utf-8", errors="replace").splitlines()
    return [line[:2_000] for line in lines if any(fault in line for fault in FAULTS)]
