"""Many tasks at once: submitted in batches, and each followed to its end."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from coderunner.errors import InvalidTask, QueueFull

if TYPE_CHECKING:
    from coderunner.client import Client
    from coderunner.model import Execution
    from coderunner.task import Task

_FOLLOWED = 32
_SUBMITTED = 2000
"""At once: who has a hundred thousand would send those for which there is no room again and again."""
_FULL_ROUNDS = 20
"""So often in a row a queue may have no room for any of them."""
_PAUSE_S = 1.0
_MAX_PAUSE_S = 10.0


async def outcomes(client: Client, tasks: Sequence[Task]) -> list[Execution | InvalidTask]:
    """What became of each, in their order: the execution, or why it was refused. Those for which a queue has no room
    are submitted again once the others have ended. Raises CodeRunnerError where that does not help."""
    found: dict[int, Execution | InvalidTask] = {}
    left = list(range(len(tasks)))
    full_rounds = 0
    while left:
        now = left[:_SUBMITTED]
        answers = dict(zip(now, await client.submit_batch(tasks[number] for number in now), strict=True))
        refused = {number: answer.error for number, answer in answers.items() if answer.error is not None}
        accepted = {number: answer.id for number, answer in answers.items() if answer.error is None}
        found |= {number: error for number, error in refused.items() if isinstance(error, InvalidTask)}
        found |= await _followed(client, accepted)
        left = [number for number in left if number not in found]
        full = [refused[number] for number in now if number not in found]
        for error in full:
            if not isinstance(error, QueueFull) or full_rounds == _FULL_ROUNDS:
                raise error
        full_rounds = full_rounds + 1 if full and not accepted else 0
        if full_rounds:
            await asyncio.sleep(_pause_s(full[0]))
    return [found[number] for number in range(len(tasks))]


async def _followed(client: Client, ids: Mapping[int, str]) -> dict[int, Execution]:
    bound = asyncio.Semaphore(_FOLLOWED)

    async def followed(task_id: str) -> Execution:
        async with bound:
            return await client.follow(task_id)

    return dict(zip(ids, await asyncio.gather(*map(followed, ids.values())), strict=True))


def _pause_s(refusal: object) -> float:
    """As the gateway says."""
    asked = refusal.retry_after if isinstance(refusal, QueueFull) else None
    return min(asked or _PAUSE_S, _MAX_PAUSE_S)
