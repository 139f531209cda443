"""The baseline: a JetStream work queue with nothing around it, published to, pulled from and acknowledged by nats-py in
one process. Tells how fast the machine is at this moment, and what a message costs that nobody looks at."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass
from itertools import count

import psutil
from nats.aio.client import Client
from nats.js import JetStreamContext
from nats.js.api import RetentionPolicy, StreamConfig

from tests.servers.nats import NatsServer

_WINDOW = 64
_PAYLOAD = b"x" * 700
"""About as long as a small task's message."""
_STREAM, _SUBJECT, _CONSUMER = "BARE", "bare.task", "bare"


@dataclass(frozen=True, slots=True)
class Bare:
    """The rate and cost of the bare queue."""

    per_s: float
    cpu_us: float
    """Per message, of this process and its nats-server together."""


async def measure(server: NatsServer, messages: int) -> Bare:
    client = await server.connect()
    stream = client.jetstream()
    await stream.add_stream(StreamConfig(name=_STREAM, subjects=[_SUBJECT], retention=RetentionPolicy.WORK_QUEUE))
    pids = [psutil.Process(), psutil.Process(server.pid)]
    before, started = _cpu_s(pids), time.perf_counter()
    await asyncio.gather(_publish(stream, messages), _take(stream, messages))
    seconds, used = time.perf_counter() - started, _cpu_s(pids) - before
    await stream.delete_stream(_STREAM)
    await _closed(client)
    return Bare(messages / seconds, used / messages * 1e6)


async def _publish(stream: JetStreamContext, messages: int) -> None:
    numbers = count()

    async def one_after_the_other() -> None:
        while next(numbers) < messages:
            await stream.publish(_SUBJECT, _PAYLOAD)

    await asyncio.gather(*(one_after_the_other() for _ in range(_WINDOW)))


async def _take(stream: JetStreamContext, messages: int) -> None:
    pull = await stream.pull_subscribe(_SUBJECT, durable=_CONSUMER)
    taken = 0
    while taken < messages:
        for message in await pull.fetch(_WINDOW, timeout=30):
            await message.ack()
            taken += 1


async def _closed(client: Client) -> None:
    await client.flush()
    await client.close()


def _cpu_s(processes: list[psutil.Process]) -> float:
    return sum(sum(process.cpu_times()[:2]) for process in processes)
