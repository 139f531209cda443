"""``coderunner mcp`` as a process of its own, and the client of the protocol's own SDK that talks to it."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager

from mcp import Client, StdioServerParameters, stdio_client

from tests.servers.command import COMMAND

ERAS = ("legacy", "auto")
"""With a handshake, as assistants of 2025 have it; without one."""
STRICT = (sys.executable, "-W", "error", "-m", "coderunner", "mcp")


@asynccontextmanager
async def over_stdio(environment: Mapping[str, str], *options: str, era: str = "auto") -> AsyncIterator[Client]:
    """An assistant that has started the command, which says nothing on standard error."""
    command, *arguments = (*STRICT, *options)
    parameters = StdioServerParameters(command=command, args=arguments, env=dict(environment))
    with tempfile.TemporaryFile("w+") as said:
        async with Client(stdio_client(parameters, errlog=said), mode=era) as client:
            yield client
        said.seek(0)
        assert said.read() == ""


@contextmanager
def serving_http(environment: Mapping[str, str], *options: str) -> Iterator[tuple[str, subprocess.Popen[str]]]:
    """The URL at which the command serves, and its process, whose standard error has more to say."""
    command = [*COMMAND[:2], *STRICT, "--http", "127.0.0.1:0", *options]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment
    ) as process:
        assert process.stderr is not None
        try:
            url = process.stderr.readline().rpartition(" ")[2].strip()
            assert url.startswith("http://127.0.0.1:"), url + process.stderr.read()
            yield url, process
        finally:
            process.kill()


@asynccontextmanager
async def over_http(environment: Mapping[str, str], *options: str, era: str = "auto") -> AsyncIterator[Client]:
    """An assistant that calls the command, which serves HTTP."""
    with serving_http(environment, *options) as (url, _):
        async with Client(url, mode=era) as client:
            yield client


WAYS = {"stdio": over_stdio, "http": over_http}
