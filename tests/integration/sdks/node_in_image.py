"""Node.js, which no machine of ours has to have: that of the image for submitted JavaScript."""

from __future__ import annotations

import asyncio
import os
from asyncio.subprocess import PIPE, STDOUT, Process
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

from dev.typescript_sdk import SDK

IMAGE = "coderunner/javascript"
PATIENCE_S = 300.0
IN_SDK = {SDK: "/sdk"}


@asynccontextmanager
async def node(
    arguments: Sequence[str], env: Mapping[str, str], seen: Mapping[Path, str] = IN_SDK
) -> AsyncIterator[Process]:
    """A Node.js in this machine's network; ``seen``: the folders that it may read, and where it sees them."""
    command = [
        *("docker", "run", "--rm", "--init", "--network=host", "--read-only", f"--user={os.getuid()}:{os.getgid()}"),
        *(f"--volume={path}:{place}:ro" for path, place in seen.items()),
        *(part for name, value in env.items() for part in ("--env", f"{name}={value}")),
        *(f"--workdir={next(iter(seen.values()))}", "--entrypoint=node", IMAGE, *arguments),
    ]
    process = await asyncio.create_subprocess_exec(
        *command, stdin=asyncio.subprocess.DEVNULL, stdout=PIPE, stderr=STDOUT
    )
    try:
        async with asyncio.timeout(PATIENCE_S):
            yield process
    finally:
        if process.returncode is None:
            process.terminate()  # which docker passes on
            await process.wait()


async def said_by_node(
    arguments: Sequence[str], env: Mapping[str, str] | None = None, seen: Mapping[Path, str] = IN_SDK
) -> str:
    """What it printed. Fails where it did not exit with 0."""
    async with node(arguments, env or {}, seen) as process:
        said = (await process.communicate())[0].decode()
    assert process.returncode == 0, said
    return said
