"""gRPC's C library, which would write lines of its own between ours."""

from __future__ import annotations

import os
import re
import subprocess
import sys

import pytest

PEERS_THAT_GO_AWAY = """
import asyncio
{first}
import grpc.aio

async def slow(request, context):
    asyncio.get_running_loop().call_soon(begun.set)
    await asyncio.Event().wait()

async def main():
    global begun
    for _ in range(20):
        begun = asyncio.Event()
        server = grpc.aio.server()
        handlers = {{"Method": grpc.unary_unary_rpc_method_handler(slow)}}
        server.add_generic_rpc_handlers([grpc.method_handlers_generic_handler("Service", handlers)])
        port = server.add_insecure_port("127.0.0.1:0")
        await server.start()
        async with grpc.aio.insecure_channel(f"127.0.0.1:{{port}}") as channel:
            call = channel.unary_unary("/Service/Method")(b"")
            await begun.wait()
            await server.stop(0)
            try:
                await call
            except grpc.aio.AioRpcError as error:
                assert error.code() == grpc.StatusCode.UNAVAILABLE

asyncio.run(main())
"""


def lines_of_the_core(first: str) -> list[str]:
    """What gRPC's C library has written in a process whose peers all went away in the midst of a call."""
    program = PEERS_THAT_GO_AWAY.format(first=first)
    env = {name: value for name, value in os.environ.items() if name != "GRPC_VERBOSITY"}
    ended = subprocess.run([sys.executable, "-c", program], env=env, capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stderr
    return re.findall(r"^[IWEF]\d{4} .*", ended.stderr, re.MULTILINE)


@pytest.mark.parametrize("module", ["broker_gateway.main", "node.main", "coderunner.cli.main"])
def test_it_writes_nothing_where_a_peer_goes_away(module: str) -> None:
    assert lines_of_the_core(f"import {module}") == []


def test_it_would_if_it_were_not_told() -> None:
    assert any("Got goaway" in line for line in lines_of_the_core(""))


def test_who_wants_its_lines_asks_for_them() -> None:
    first = "import os; os.environ['GRPC_VERBOSITY'] = 'INFO'; import broker_gateway.main"
    assert any("Got goaway" in line for line in lines_of_the_core(first))
