"""The callers, in a process of their own: ``python -m bench.dispatch.callers '[["GRPC", "HTTP"], …]'``, each the
``host:port`` of one gateway.

An order names a ``way`` (``alone``, ``execute``, ``submit``, ``batch``; ``cached`` and ``cached-alone`` are answered
without a run; ``http-…`` are the same over HTTP), how many ``tasks``, and the ``window``: calls in flight, all gateways
together. The answer has ``seconds``, ``calls`` and the calls' latency in milliseconds.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass
from typing import Any

import aiohttp
import grpc.aio
import uvloop

from bench.dispatch.child_process import Answer, obey
from bench.figures import percentile
from coderunner.v1 import execution_pb2 as pb
from coderunner.v1 import execution_pb2_grpc as rpc

BATCH = 100
_stub: Callable[..., rpc.ExecutionServiceStub] = rpc.ExecutionServiceStub


@dataclass(frozen=True, slots=True)
class Gateway:
    """One gateway, as callers reach it."""

    stub: rpc.ExecutionServiceStub
    session: aiohttp.ClientSession
    url: str
    """Of its executions."""


Way = Callable[[Gateway, int], Awaitable[None]]


def task(number: int) -> pb.Task:
    """What a reader's snippet looks like; no two are alike."""
    source = f"name = input()\nprint('hello', name, {number})\n"
    return pb.Task(language="python", files=[pb.File(name="main.py", content=source)], stdin="reader\n")


async def execute(to: Gateway, number: int) -> None:
    answer = await to.stub.Execute(pb.ExecuteRequest(task=task(number)))
    if answer.execution.status != pb.Execution.SUCCEEDED:
        raise RuntimeError(f"not run: {answer.execution}")


async def cached(to: Gateway, number: int) -> None:
    """The same task each time."""
    del number
    asked = task(0)
    asked.cache = pb.Task.READ_WRITE
    answer = await to.stub.Execute(pb.ExecuteRequest(task=asked))
    if answer.execution.status != pb.Execution.SUCCEEDED:
        raise RuntimeError(f"not run: {answer.execution}")


async def submit(to: Gateway, number: int) -> None:
    await to.stub.Submit(pb.SubmitRequest(task=task(number)))


async def batch(to: Gateway, number: int) -> None:
    tasks = [task(number * BATCH + at) for at in range(BATCH)]
    answer = await to.stub.SubmitBatch(pb.SubmitBatchRequest(tasks=tasks))
    refused = [one.error.message for one in answer.results if not one.id]
    if refused:
        raise RuntimeError(f"{len(refused)} refused: {refused[0]}")


def http_task(number: int) -> dict[str, object]:
    """The same as JSON."""
    source = f"name = input()\nprint('hello', name, {number})\n"
    return {"language": "python", "files": [{"name": "main.py", "content": source}], "stdin": "reader\n"}


async def http_submit(to: Gateway, number: int) -> None:
    await _posted(to, "", http_task(number))


async def http_execute(to: Gateway, number: int) -> None:
    answer = await _posted(to, "?wait=60", http_task(number))
    if answer["status"] != "SUCCEEDED":
        raise RuntimeError(f"not run: {answer}")


async def http_batch(to: Gateway, number: int) -> None:
    tasks = [http_task(number * BATCH + at) for at in range(BATCH)]
    answer = await _posted(to, ":batch", {"tasks": tasks})
    refused = [one for one in answer["results"] if "id" not in one]
    if refused:
        raise RuntimeError(f"{len(refused)} refused: {refused[0]}")


async def _posted(to: Gateway, tail: str, body: object) -> dict[str, Any]:
    async with to.session.post(to.url + tail, json=body) as response:
        answer: dict[str, Any] = await response.json()
        if response.status >= 300:
            raise RuntimeError(f"refused: {answer}")
        return answer


WAYS: dict[str, tuple[Way, int]] = {
    "alone": (execute, 1),
    "cached-alone": (cached, 1),
    "cached": (cached, 1),
    "execute": (execute, 1),
    "submit": (submit, 1),
    "batch": (batch, BATCH),
    "http-alone": (http_execute, 1),
    "http-execute": (http_execute, 1),
    "http-submit": (http_submit, 1),
    "http-batch": (http_batch, BATCH),
}


async def drive(gateways: list[Gateway], order: Answer) -> Answer:
    way, size = WAYS[order["way"]]
    calls = -(-order["tasks"] // size)
    numbers: Iterator[int] = iter(range(calls))
    times_ms: list[float] = []

    async def caller(to: Gateway) -> None:
        for number in numbers:
            began = time.perf_counter()
            await way(to, number)
            times_ms.append((time.perf_counter() - began) * 1e3)

    started = time.perf_counter()
    async with asyncio.TaskGroup() as group:
        for at in range(order["window"]):
            group.create_task(caller(gateways[at % len(gateways)]))
    return {
        "seconds": time.perf_counter() - started,
        "calls": calls,
        "p50_ms": percentile(times_ms, 50),
        "p99_ms": percentile(times_ms, 99),
    }


async def main(targets: list[list[str]]) -> None:
    channels = [grpc.aio.insecure_channel(of_grpc) for of_grpc, _ in targets]
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0)) as session:
        gateways = [
            Gateway(_stub(channel), session, f"http://{of_http}/v1/executions")
            for channel, (_, of_http) in zip(channels, targets, strict=True)
        ]

        async def orders(order: Answer) -> Answer:
            return await drive(gateways, order)

        await obey(orders)
    for channel in channels:
        await channel.close(None)


if __name__ == "__main__":
    uvloop.run(main(json.loads(sys.argv[1])))
