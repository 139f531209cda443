"""The bare gateway: ``python -m bench.floor.gateway SETTINGS``. A gRPC call becomes a stored message, and the stored
result that answers it becomes the call's answer. It checks nothing, counts nothing and logs nothing."""

from __future__ import annotations

import asyncio
import json
import secrets
import sys
from typing import Any

import grpc.aio
import nats
import uvloop
from nats.aio.msg import Msg

from bench.dispatch.child_process import Answer, obey
from bench.floor.streams import STORED, TASKS, declare
from chassis.process import tune_gc


async def main(nats_url: str) -> None:
    bus = await nats.connect(nats_url)
    stream = bus.jetstream()
    await declare(stream)
    waiting: dict[str, asyncio.Future[bytes]] = {}

    async def stored(message: Msg) -> None:
        waiting.pop(message.subject.rpartition(".")[2]).set_result(message.data)

    async def run(source: bytes, _context: Any) -> bytes:
        number = secrets.token_hex(16)
        answer: asyncio.Future[bytes] = asyncio.get_running_loop().create_future()
        waiting[number] = answer
        await stream.publish(f"{TASKS}.{number}", source)
        return await answer

    await bus.subscribe(f"{STORED}.*", cb=stored)
    server = grpc.aio.server()
    handler = grpc.method_handlers_generic_handler("floor.Floor", {"Run": grpc.unary_unary_rpc_method_handler(run)})
    server.add_generic_rpc_handlers((handler,))
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    tune_gc()

    async def orders(_order: Answer) -> Answer:
        return {"port": port}

    await obey(orders)
    await server.stop(0)
    await bus.close()


if __name__ == "__main__":
    uvloop.run(main(**json.loads(sys.argv[1])))
