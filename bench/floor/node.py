"""The bare node: ``python -m bench.floor.node SETTINGS``. It pulls a message, runs it as a Python program in a real
slot, stores what it printed, and acknowledges. One message at a time for each slot; no events, no log, no load."""

from __future__ import annotations

import asyncio
import json
import sys
from pathlib import Path

import nats
import uvloop
from nats.aio.client import Client
from nats.aio.msg import Msg

from bench.dispatch.child_process import Answer, obey
from bench.floor.streams import CONSUMER, RESULTS, TASKS_STREAM
from chassis.process import tune_gc
from node.domain.language import Language
from node.domain.program import program_of, run_launch, runnable_as_submitted
from node.domain.sandbox import Role
from node.infrastructure.docker import DockerSandboxPool, DockerSettings
from node.infrastructure.languages import load_language
from sandbox import LANGUAGES_DIR
from schemas.task import Limits, SourceFile

_NEXT = f"$JS.API.CONSUMER.MSG.NEXT.{TASKS_STREAM}.{CONSUMER}"
_WAIT = b'{"batch":1,"expires":30000000000}'
_LIMITS = Limits(
    cpu_ms=2000, wall_ms=5000, memory_bytes=256 << 20, processes=64, output_bytes=1 << 20, disk_bytes=64 << 20,
    open_files=256, file_bytes=64 << 20,
)  # fmt: skip


async def loop(bus: Client, pool: DockerSandboxPool, language: Language) -> None:
    """One task loop, for ever."""
    stream, arrived = bus.jetstream(), asyncio.Queue[Msg]()
    inbox = bus.new_inbox()
    await bus.subscribe(inbox, cb=arrived.put)
    while True:
        await bus.publish(_NEXT, _WAIT, reply=inbox)
        message = await arrived.get()
        if not message.reply:
            continue  # the time of the pull was over
        program = program_of(language, "3", [SourceFile("main.py", message.data.decode())])
        launch = run_launch(runnable_as_submitted(program), stdin="", args=(), limits=_LIMITS)
        async with pool.slot(language, Role.RUN, _LIMITS) as sandbox:
            outcome = await sandbox.run(launch, lambda _stream, _data: None)
            number = message.subject.rpartition(".")[2]
            await stream.publish(f"{RESULTS}.{number}", bytes(outcome.stdout))
            await message.ack()


async def main(nats_url: str, name: str, loops: int) -> None:
    language = load_language(Path(LANGUAGES_DIR) / "python.toml")
    settings = DockerSettings(node_id=name, prefix=name, concurrency=loops, retire_after=10**6)
    pool = DockerSandboxPool(languages=[language], settings=settings)
    bus = await nats.connect(nats_url)
    try:
        await pool.start()
        tune_gc()
        tasks = [asyncio.create_task(loop(bus, pool, language)) for _ in range(loops)]

        async def orders(_order: Answer) -> Answer:
            return {"loops": len(tasks)}

        await obey(orders)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
    finally:
        await pool.close()
        await bus.close()


if __name__ == "__main__":
    uvloop.run(main(**json.loads(sys.argv[1])))
