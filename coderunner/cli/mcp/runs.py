"""The programs that run for assistants: a bounded number at once, each cancelled where nobody waits for it any more."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import TYPE_CHECKING

import anyio

from coderunner.cli.mcp.bounds import RUNS
from coderunner.errors import CodeRunnerError, QueueFull

if TYPE_CHECKING:
    from coderunner.cli.mcp.arguments import Asked
    from coderunner.client import Client
    from coderunner.model import Execution
    from coderunner.on_output import OnOutput

_CANCEL_S = 5.0  # how long an ending server waits for a task to be cancelled
_RETRY_AFTER_S = 1.0


class Runs:
    """Runs programs at one gateway."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self._under_way = 0
        self._idle = asyncio.Event()

    async def run(self, asked: Asked, on_output: OnOutput) -> Execution:
        """The program's result. However the caller goes away, its task is cancelled. Raises CodeRunnerError."""
        if self._under_way >= RUNS:
            raise QueueFull(f"{RUNS} programs are under way here, which is the most", _RETRY_AFTER_S)
        self._under_way += 1
        self._idle.clear()
        try:
            return await self._followed(asked, on_output)
        finally:
            self._under_way -= 1
            if not self._under_way:
                self._idle.set()

    @asynccontextmanager
    async def settled(self) -> AsyncIterator[None]:
        """Ends when the tasks are cancelled whose callers have gone: the connection to the gateway is needed for that.
        Nobody may begin another one meanwhile."""
        try:
            yield
        finally:
            if self._under_way:
                with anyio.move_on_after(_CANCEL_S, shield=True):
                    await self._idle.wait()

    async def _followed(self, asked: Asked, on_output: OnOutput) -> Execution:
        submission = asyncio.ensure_future(self._client.submit(asked.language, asked.source, **asked.options))
        try:
            task_id = await asyncio.shield(submission)
            return await self._client.follow(task_id, on_output)
        except BaseException:
            await self._cancel(submission)
            raise

    async def _cancel(self, submission: asyncio.Future[str]) -> None:
        """A submission under way is waited for: it may have been accepted."""
        with anyio.move_on_after(_CANCEL_S, shield=True), suppress(CodeRunnerError):
            await self._client.cancel(await submission)
