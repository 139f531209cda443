"""Several nodes with simulated sandboxes in one process: ``python -m bench.dispatch.nodes SETTINGS``.

``SETTINGS`` is a JSON object: ``names`` and the settings that all of them share. Orders: ``ready``, ``hold``, ``go``.
"""

from __future__ import annotations

import asyncio
import json
import sys
from typing import Any

import uvloop

from bench.dispatch.child_process import Answer, obey
from chassis import logs
from chassis.process import live, tune_gc
from node.infrastructure.settings import NodeSettings
from node.infrastructure.wiring import sandboxes
from node.main import Node


def node(name: str, values: dict[str, Any]) -> Node:
    settings = NodeSettings(**{**values, "node_id": name, "sandbox": "simulated", "http_address": "127.0.0.1:0"})
    return Node(settings, name, sandboxes(settings, name))


async def main(names: list[str], values: dict[str, Any]) -> None:
    nodes = [node(name, values) for name in names]

    tune_gc()

    async def orders(order: Answer) -> Answer:
        for one in nodes:
            if order["do"] == "hold":
                await one.task_loops.pause()
            elif order["do"] == "go":
                await one.task_loops.resume()
            await one.ready.wait()
        return {"handed_back": sum(one.source.handed_back for one in nodes)}

    async with asyncio.TaskGroup() as group:
        for one in nodes:
            group.create_task(live(one))
        await obey(orders)
        for one in nodes:
            one.stop()


if __name__ == "__main__":
    logs.configure("json", "info")
    given = json.loads(sys.argv[1])
    uvloop.run(main(given.pop("names"), given))
