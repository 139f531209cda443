"""A task of ``coderunner run`` from submission to result: its output live, and cancelled where the user goes away."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Collection
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING

from coderunner.cli.output import write
from coderunner.errors import CodeRunnerError, TimedOut
from coderunner.model import Execution, Output, Stream

if TYPE_CHECKING:
    from coderunner.client import Client

_CANCEL_S = 5.0  # how long a user who pressed Ctrl-C waits for the task to be cancelled


async def submit_and_follow(
    client: Client, submit: Callable[[], Awaitable[str]], *, show: Collection[Stream], timeout_s: float | None
) -> Execution:
    """The result of what ``submit`` submits; of its output the streams to ``show`` are written as they appear. Other
    than Client.run it cancels the task however the user goes away. Raises CodeRunnerError."""
    submission = asyncio.ensure_future(submit())
    try:
        async with asyncio.timeout(timeout_s):
            task_id = await asyncio.shield(submission)
            return await client.follow(task_id, partial(_write, show) if show else None)
    except CodeRunnerError:
        raise
    except TimeoutError:
        await _cancel(client, submission)
        raise TimedOut(f"no result within {timeout_s:g} s; the task is cancelled") from None
    except BaseException:  # Ctrl-C, or nobody reads our output any more
        await _cancel(client, submission)
        raise


async def _cancel(client: Client, submission: asyncio.Future[str]) -> None:
    with suppress(CodeRunnerError, TimeoutError):
        async with asyncio.timeout(_CANCEL_S):
            await client.cancel(await submission)


def _write(show: Collection[Stream], output: Output) -> None:
    if output.stage.startswith("case:"):
        return  # the table of verdicts shows these
    if output.stream not in show and output.stage != "compile":
        return
    write(output.text, to_stderr=output.stream is Stream.STDERR or output.stage == "compile")
