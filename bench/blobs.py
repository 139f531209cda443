"""Twenty megabytes of input: sent with each task, put before, found in the node's cache; and twenty that come back.

    python -m bench.blobs [--quick]

One gateway, one node with Docker; the ways take turns, ten tasks of each. Writes ``bench/results/blobs.json``.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import platform
import tempfile
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

from bench.figures import median, save, table
from coderunner import Blob, Client, Execution
from tests.servers.etcd import EtcdServer
from tests.servers.nats import NatsServer
from tests.servers.stack import Stack

TASKS, QUICK_TASKS = 10, 2
SIZE = 20 << 20
READS = "import os\nprint(os.path.getsize('data.bin') if os.path.exists('data.bin') else 0)"
LEAVES = "import os, shutil\nos.mkdir('out')\nshutil.copy('data.bin', 'out/copy.bin')"


def content() -> bytes:
    """Nobody has it yet."""
    return os.urandom(1 << 20) * (SIZE >> 20)


class Ways:
    """Each makes one task, and returns the seconds that its caller waited."""

    def __init__(self, client: Client, known: Blob) -> None:
        self._client = client
        self._known = known

    async def nothing(self) -> float:
        return await _timed(lambda: self._client.run("python", READS))

    async def sent_each_time(self) -> float:
        data = content()

        async def sent() -> Execution:
            return await self._run(await self._client.put_blob(data))

        return await _timed(sent)

    async def put_before(self) -> float:
        blob = await self._client.put_blob(content())
        return await _timed(lambda: self._run(blob))

    async def found_in_cache(self) -> float:
        return await _timed(lambda: self._run(self._known))

    async def found_and_left(self) -> float:
        async def fetched() -> Execution:
            execution = await self._client.run("python", {"main.py": LEAVES, "data.bin": self._known})
            assert len(await self._client.file(execution, execution.files[0])) == SIZE
            return execution

        return await _timed(fetched)

    async def _run(self, blob: Blob) -> Execution:
        return await self._client.run("python", {"main.py": READS, "data.bin": blob})


async def _timed(work: Callable[[], Awaitable[Execution]]) -> float:
    began = time.perf_counter()
    execution = await work()
    seconds = time.perf_counter() - began
    assert execution.status == "SUCCEEDED", execution
    return seconds


async def measured(stack: Stack, tasks: int) -> dict[str, list[float]]:
    await stack.wait_served("python")
    async with stack.client() as client:
        ways = Ways(client, await client.put_blob(content()))
        order = (ways.nothing, ways.sent_each_time, ways.put_before, ways.found_in_cache, ways.found_and_left)
        for way in order:
            await way()
        found: dict[str, list[float]] = {way.__name__: [] for way in order}
        for _ in range(tasks):
            for way in order:
                found[way.__name__].append(await way())
        return found


def _ms(seconds: float) -> float:
    return round(seconds * 1e3, 1)


def main(quick: bool) -> None:
    with tempfile.TemporaryDirectory() as folder:
        stack = Stack(Path(folder), NatsServer(Path(folder), roles=True), EtcdServer(Path(folder)))
        try:
            for server in (*stack.nats.members, *stack.etcd.members):
                server.start()
            stack.add_gateway(quota_blob_bytes=2 << 30)
            stack.add_node(languages=["python"])
            found = asyncio.run(measured(stack, QUICK_TASKS if quick else TASKS))
        finally:
            stack.close()
    rows = {
        way: {"median_ms": round(median(of) * 1e3, 1), "most_ms": round(max(of) * 1e3, 1)} for way, of in found.items()
    }
    print(table(["way", "median ms", "most ms"], [[way, *map(str, row.values())] for way, row in rows.items()]))
    if not quick:
        machine = {"cores": os.cpu_count(), "python": platform.python_version(), "load_average": os.getloadavg()}
        save("blobs.json", {"machine": machine, "bytes": SIZE, "tasks": TASKS, "ways": rows})


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--quick", action="store_true", help="a few tasks, for correctness; writes nothing")
    main(parser.parse_args().quick)
