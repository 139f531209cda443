"""What one node's share of the dispatch costs: tasks through a real bus to a simulated sandbox and back to a result.

    python -m bench.dispatch_node [--tasks 5000] [--slots 64] [--run-ms 0] [--trickle]

Starts a nats-server of its own, one node as a process of its own, queues the tasks, and waits until every result is
stored. Prints tasks per second, and the processor time that node and server spent per task. ``--trickle`` sends one
task after the other and prints the time from publishing to the stored result instead.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import msgspec
import psutil
import uvloop
from nats.aio.client import Client

from schemas import names
from schemas.status import Priority
from schemas.task import Limits, SourceFile, TaskMessage
from schemas.topology import STORED_RESULTS_WILDCARD, BusLimits, streams
from tests.servers.nats import NatsServer
from tests.servers.ports import free_port

LIMITS = Limits(
    cpu_ms=5000,
    wall_ms=10_000,
    memory_bytes=256 << 20,
    processes=64,
    output_bytes=64 << 10,
    disk_bytes=64 << 20,
    open_files=256,
    file_bytes=64 << 20,
)


def task(task_id: str, priority: Priority = Priority.NORMAL) -> TaskMessage:
    return TaskMessage(
        id=task_id,
        client="bench",
        language="python",
        language_version="",
        files=[SourceFile("main.py", "print('hello')")],
        entry_point="",
        stdin="hello\n",
        args=[],
        env={},
        compile_options=[],
        limits=LIMITS,
        priority=priority,
        pool="default",
        cases=[],
        stop_at_first_failure=False,
        checker=None,
        callback=None,
        labels={},
        submitted_at_ms=int(time.time() * 1000),
        expires_at_ms=None,
        reply=names.result_subject(task_id),
    )


async def queue(client: Client, count: int) -> None:
    subject = [names.task_subject("default", Priority.NORMAL, f"b{index}") for index in range(count)]
    for index in range(count):
        await client.publish(subject[index], msgspec.json.encode(task(f"b{index}")))
    await client.flush()


async def measure(options: argparse.Namespace, server: NatsServer, directory: Path) -> None:
    client = await server.connect()
    for config in streams(BusLimits()):
        await client.request(f"$JS.API.STREAM.CREATE.{config['name']}", msgspec.json.encode(config), timeout=5)
    stored = asyncio.Queue[float]()

    async def count(_message: object) -> None:
        stored.put_nowait(time.perf_counter())

    await client.subscribe(STORED_RESULTS_WILDCARD, cb=count)
    http_port = free_port()
    if not options.trickle:
        await queue(client, options.tasks)
    node = start_node(options, server, directory, http_port)
    try:
        await stored_by(client, options, stored, node, server)
    finally:
        node.terminate()
        node.wait(20)
        await client.close()


async def stored_by(
    client: Client,
    options: argparse.Namespace,
    stored: asyncio.Queue[float],
    node: subprocess.Popen[bytes],
    server: NatsServer,
) -> None:
    if options.trickle:
        await asyncio.sleep(2)
        took = []
        before = cpu_s(node.pid)
        for index in range(options.tasks):
            started = time.perf_counter()
            message = msgspec.json.encode(task(f"t{index}"))
            await client.publish(names.task_subject("default", Priority.NORMAL, f"t{index}"), message)
            took.append((await stored.get() - started) * 1000)
        took.sort()
        used = (cpu_s(node.pid) - before) / options.tasks * 1e6
        print(
            f"trickle: p50 {took[len(took) // 2]:.2f} ms, p99 {took[len(took) * 99 // 100]:.2f} ms, {used:.0f} us cpu"
        )
        return
    first = await stored.get()
    before = cpu_s(node.pid), cpu_s(server_pid(server))
    for _ in range(options.tasks - 1):
        last = await stored.get()
    after = cpu_s(node.pid), cpu_s(server_pid(server))
    seconds = last - first
    node_us, server_us = ((b - a) / options.tasks * 1e6 for a, b in zip(before, after, strict=True))
    print(f"{options.tasks / seconds:.0f} tasks/s; per task: node {node_us:.0f} us, nats-server {server_us:.0f} us")


def server_pid(server: NatsServer) -> int:
    return next(p.pid for p in psutil.process_iter(["cmdline"]) if str(server.port) in (p.info["cmdline"] or []))


def cpu_s(pid: int) -> float:
    times = psutil.Process(pid).cpu_times()
    return times.user + times.system


def start_node(
    options: argparse.Namespace, server: NatsServer, directory: Path, http_port: int
) -> subprocess.Popen[bytes]:
    environment = os.environ | {
        "CODERUNNER_NODE_NATS_URLS": server.url,
        "CODERUNNER_NODE_ETCD_ENDPOINTS": os.environ.get("BENCH_ETCD", "127.0.0.1:1"),
        "CODERUNNER_NODE_NODE_ID": "bench",
        "CODERUNNER_NODE_SANDBOX": "simulated",
        "CODERUNNER_NODE_CONCURRENCY": str(options.slots),
        "CODERUNNER_NODE_SIMULATED_RUN_MS": str(options.run_ms),
        "CODERUNNER_NODE_HTTP_ADDRESS": f"127.0.0.1:{http_port}",
        "CODERUNNER_NODE_CPU_ALARM_PERCENT": "101",
    }
    command = [sys.executable, *options.wrap.split(), "-m", "node.main"]
    with (directory / "node.log").open("wb") as log:
        return subprocess.Popen(command, env=environment, stderr=log, stdout=log)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--tasks", type=int, default=5000)
    parser.add_argument("--slots", type=int, default=64)
    parser.add_argument("--run-ms", type=float, default=0.0)
    parser.add_argument("--trickle", action="store_true")
    parser.add_argument("--wrap", default="", help="between the interpreter and -m node.main: a profiler")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as directory:
        server = NatsServer(Path(directory))
        server.start()
        try:
            uvloop.run(measure(options, server, Path(directory)))
        finally:
            print((Path(directory) / "node.log").read_text()[-600:] if options.tasks < 5 else "", end="")
            server.stop()


if __name__ == "__main__":
    main()
