"""Keystroke to echo: one byte said to a program over gRPC until what it prints for it is back, in one session and in a
hundred at once, beside `docker run -i`, which has no gateway, no bus and no node.

    python -m bench.interact [--quick]

One gateway and one node with a session for each. A key comes 20 ms after the echo of the one before: what is said
faster is echoed every 5 ms. In a hundred sessions each types twice a second. Writes ``bench/results/interact.json``.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import platform
import tempfile
import time
from pathlib import Path

from bench.figures import median, save
from coderunner import Client, Output, Terminal, Waits
from tests.servers.etcd import EtcdServer
from tests.servers.nats import NatsServer
from tests.servers.stack import Stack

ECHO = (
    "import sys\nprint('up', flush=True)\n"
    "while key := sys.stdin.buffer.raw.read(1):\n    print(end=key.decode(), flush=True)"
)
KEYS, SESSIONS, KEYS_EACH, EVERY_S, TYPED_S = 500, 100, 40, 0.5, 0.02
QUICK_KEYS, QUICK_SESSIONS, QUICK_KEYS_EACH = 20, 4, 5
PREFIX = "coderunner"


async def main(quick: bool) -> None:
    keys = QUICK_KEYS if quick else KEYS
    sessions, each = (QUICK_SESSIONS, QUICK_KEYS_EACH) if quick else (SESSIONS, KEYS_EACH)
    rows: list[dict[str, object]] = []
    with tempfile.TemporaryDirectory() as name:
        stack = Stack(Path(name), NatsServer(Path(name), roles=True), EtcdServer(Path(name)))
        try:
            for server in (*stack.nats.members, *stack.etcd.members):
                server.start()
            stack.add_gateway()
            stack.add_node(languages=["python"], sessions=2 * sessions)
            await stack.wait_served("python")
            async with stack.client() as client:
                rows.append(_row("docker run -i", 1, await _docker(keys)))
                rows.append(_row("pipes", 1, await _session(client, keys, None, TYPED_S)))
                rows.append(_row("terminal", 1, await _session(client, keys, Terminal(), TYPED_S)))
                told = await asyncio.gather(*(_session(client, each, None, EVERY_S) for _ in range(sessions)))
                rows.append(_row("pipes", sessions, [one for times in told for one in times]))
        finally:
            stack.close()
    for row in rows:
        print(row)
    if not quick:
        machine = {"cores": os.cpu_count(), "python": platform.python_version(), "load_average": os.getloadavg()}
        save("interact.json", {"machine": machine, "rows": rows})


def _row(way: str, sessions: int, seconds: list[float]) -> dict[str, object]:
    ordered = sorted(seconds)
    return {
        "way": way,
        "sessions": sessions,
        "keys": len(ordered),
        "p50_ms": round(median(ordered) * 1e3, 2),
        "p95_ms": round(ordered[len(ordered) * 95 // 100] * 1e3, 2),
        "p99_ms": round(ordered[len(ordered) * 99 // 100] * 1e3, 2),
    }


async def _session(client: Client, keys: int, terminal: Terminal | None, every_s: float) -> list[float]:
    source = ECHO if terminal is None else "import tty\ntty.setraw(0)\n" + ECHO
    async with client.interact("python", source, terminal=terminal) as program:
        events = aiter(program)
        while not isinstance(await anext(events), Waits):
            pass
        took = []
        for _ in range(keys):
            began = time.perf_counter()
            await program.write("x")
            await _echo(events)
            took.append(time.perf_counter() - began)
            if every_s:
                await asyncio.sleep(every_s)
        await program.close_input()
    return took


async def _echo(events: object) -> None:
    while not isinstance(await anext(events), Output):  # type: ignore[call-overload]  # an iterator of events
        pass


async def _docker(keys: int) -> list[float]:
    process = await asyncio.create_subprocess_exec(
        *("docker", "run", "-i", "--rm", "--network", "none", f"{PREFIX}/python", "python3", "-c", ECHO),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
    )
    if process.stdin is None or process.stdout is None:
        raise RuntimeError("no pipes")
    await process.stdout.readexactly(3)
    took = []
    for _ in range(keys):
        began = time.perf_counter()
        process.stdin.write(b"x")
        await process.stdout.readexactly(1)
        took.append(time.perf_counter() - began)
    process.stdin.close()
    await process.wait()
    return took


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--quick", action="store_true", help="a few keys, for correctness; writes nothing")
    asyncio.run(main(parser.parse_args().quick))
