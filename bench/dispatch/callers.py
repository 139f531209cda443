"""The callers, in a process of their own: ``python -m bench.dispatch.callers '["host:port", …]'``.

An order names a ``way`` (``alone``, ``execute``, ``submit``, ``batch``; ``cached`` and ``cached-alone`` are answered
without a run), how many ``tasks``, and the ``window``: calls in flight, all gateways together. The answer has
``seconds``, ``calls`` and the calls' latency in milliseconds.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
from collections.abc import Awaitable, Callable, Iterator

import grpc.aio
import uvloop

from bench.dispatch.child_process import Answer, obey
from bench.figures import percentile
from coderunner.v1 import execution_pb2 as pb
from coderunner.v1 import execution_pb2_grpc as rpc

BATCH = 100
_stub: Callable[..., rpc.ExecutionServiceStub] = rpc.ExecutionServiceStub
Way = Callable[[rpc.ExecutionServiceStub, int], Awaitable[None]]


def task(number: int) -> pb.Task:
    """What a reader's snippet looks like; no two are alike."""
    source = f"name = input()\nprint('hello', name, {number})\n"
    return pb.Task(language="python", files=[pb.File(name="main.py", content=source)], stdin="reader\n")


async def execute(stub: rpc.ExecutionServiceStub, number: int) -> None:
    answer = await stub.Execute(pb.ExecuteRequest(task=task(number)))
    if answer.execution.status != pb.Execution.SUCCEEDED:
        raise RuntimeError(f"not run: {answer.execution}")


async def cached(stub: rpc.ExecutionServiceStub, number: int) -> None:
    """The same task each time."""
    del number
    asked = task(0)
    asked.cache = pb.Task.READ_WRITE
    answer = await stub.Execute(pb.ExecuteRequest(task=asked))
    if answer.execution.status != pb.Execution.SUCCEEDED:
        raise RuntimeError(f"not run: {answer.execution}")


async def submit(stub: rpc.ExecutionServiceStub, number: int) -> None:
    await stub.Submit(pb.SubmitRequest(task=task(number)))


async def batch(stub: rpc.ExecutionServiceStub, number: int) -> None:
    tasks = [task(number * BATCH + at) for at in range(BATCH)]
    answer = await stub.SubmitBatch(pb.SubmitBatchRequest(tasks=tasks))
    refused = [one.error.message for one in answer.results if not one.id]
    if refused:
        raise RuntimeError(f"{len(refused)} refused: {refused[0]}")


WAYS: dict[str, tuple[Way, int]] = {
    "alone": (execute, 1),
    "cached-alone": (cached, 1),
    "cached": (cached, 1),
    "execute": (execute, 1),
    "submit": (submit, 1),
    "batch": (batch, BATCH),
}


async def drive(stubs: list[rpc.ExecutionServiceStub], order: Answer) -> Answer:
    way, size = WAYS[order["way"]]
    calls = -(-order["tasks"] // size)
    numbers: Iterator[int] = iter(range(calls))
    times_ms: list[float] = []

    async def caller(stub: rpc.ExecutionServiceStub) -> None:
        for number in numbers:
            began = time.perf_counter()
            await way(stub, number)
            times_ms.append((time.perf_counter() - began) * 1e3)

    started = time.perf_counter()
    async with asyncio.TaskGroup() as group:
        for at in range(order["window"]):
            group.create_task(caller(stubs[at % len(stubs)]))
    return {
        "seconds": time.perf_counter() - started,
        "calls": calls,
        "p50_ms": percentile(times_ms, 50),
        "p99_ms": percentile(times_ms, 99),
    }


async def main(targets: list[str]) -> None:
    channels = [grpc.aio.insecure_channel(target) for target in targets]
    stubs = [_stub(channel) for channel in channels]

    async def orders(order: Answer) -> Answer:
        return await drive(stubs, order)

    await obey(orders)
    for channel in channels:
        await channel.close(None)


if __name__ == "__main__":
    uvloop.run(main(json.loads(sys.argv[1])))
