"""Programs that run in a pool's slots, one alone or many together."""

from __future__ import annotations

import asyncio
from typing import Any

from node.application.ports import OnOutput
from node.domain.sandbox import Launch, Outcome, Role
from node.infrastructure.docker import DockerSandboxPool
from tests.builders import a_launch, some_limits
from tests.fakes.node import nobody
from tests.integration.sandbox.languages import AT_LEISURE, BASH, standin_language
from tests.integration.sandbox.prefixed_engine import PATIENCE_S


async def run(pool: DockerSandboxPool, script: str, on_output: OnOutput = nobody, **changes: Any) -> Outcome:
    """One bash script in a slot of its own."""
    wanted = some_limits(**{**AT_LEISURE, **changes})
    async with pool.slot(BASH, Role.RUN, wanted) as sandbox:
        what = Launch(files={"main.sh": script.encode()}, command=("bash", "main.sh"), limits=wanted)
        return await sandbox.run(what, on_output)


async def run_together(pool: DockerSandboxPool, script: str, count: int, at_once: int) -> tuple[list[Outcome], int]:
    """``count`` bash programs that print something and never end: each is killed once it has printed, and once
    ``at_once`` of them have. Their outcomes, and the most slots that there were when one printed."""
    slots: list[int] = []
    enough = asyncio.Event()
    wanted = some_limits(**AT_LEISURE)

    async def one() -> Outcome:
        printed = asyncio.Event()
        async with pool.slot(BASH, Role.RUN, wanted) as sandbox:
            what = Launch(files={"main.sh": script.encode()}, command=("bash", "main.sh"), limits=wanted)
            running = asyncio.create_task(sandbox.run(what, lambda stream, data: printed.set()))
            await printed.wait()
            slots.append(pool.slots())
            if len(slots) == at_once:
                enough.set()
            await enough.wait()
            await sandbox.kill()
            return await running

    async with asyncio.timeout(PATIENCE_S):
        return list(await asyncio.gather(*(one() for _ in range(count)))), max(slots)


async def ask(pool: DockerSandboxPool, what: str, name: str = "standin") -> Outcome:
    """One request to the stand-in."""
    async with pool.slot(standin_language(name), Role.RUN, some_limits()) as sandbox:
        return await sandbox.run(a_launch(what), nobody)
