"""One program per language, through the gateway of a compose file."""

from __future__ import annotations

import asyncio

from coderunner import Client, Execution, Status
from dev.demo import SAMPLES, programs
from tests.compose.project import HEALTHY_WITHIN_S
from tests.servers.waiting import eventually

LANGUAGES = tuple(programs())


async def wait_served(client: Client) -> None:
    """Returns once some node serves each language: the last one comes after the node is ready. Raises TimeoutError."""

    async def all_there() -> bool:
        return set(LANGUAGES) <= {language.name for language in await client.languages()}

    await eventually(all_there, HEALTHY_WITHIN_S)


async def run_sample(client: Client, language: str) -> Execution:
    """Runs the language's sample of the demo; it has succeeded, and said something."""
    source = (SAMPLES / programs()[language]).read_text(encoding="utf-8")
    async with asyncio.timeout(120):
        execution = await client.run(language, source)
    assert execution.status is Status.SUCCEEDED, execution
    assert execution.run is not None
    assert execution.run.stdout
    return execution
