"""What a history costs the whole engine: tasks per second with it and without, on planes that take turns.

``python -m bench.history_cost [--quick]``: writes ``bench/results/history_cost.json``. Nothing is run in between
(``bench.dispatch``): it is the dispatch that shares its cores with projector and database.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import tempfile
import time
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psutil
import uvloop

from bench.dispatch.plane import Plane, PlaneSize, plane
from bench.figures import median, save, table
from broker_gateway.infrastructure.history.migration import migrate
from schemas import names
from tests.servers import MariadbServer, PostgresServer
from tests.servers.database import DatabaseServer

SIZE = PlaneSize(1, 8, 2, 16)
TASKS, ROUNDS = 2_000, 3
_POLL_S = 0.02
_US = 1e6


@dataclass
class Side:
    """One plane, with the database of its history where it has one."""

    name: str
    plane: Plane
    server: DatabaseServer | None = None
    per_s: list[float] = field(default_factory=list)
    us: list[dict[str, float]] = field(default_factory=list)
    behind_s: list[float] = field(default_factory=list)
    """From the last stored result until everything was recorded."""

    async def round(self, tasks: int) -> None:
        before, database_s = self.plane.usage(), _cpu_s(self.server)
        stored = await self.plane.stored()
        await self.plane.call("submit", tasks)
        await self.plane.until_stored(stored + tasks)
        ended = time.perf_counter()
        while self.server is not None and await _unrecorded(self.plane):  # noqa: ASYNC110  # nobody tells it
            await asyncio.sleep(_POLL_S)
        after = self.plane.usage()
        self.per_s.append(tasks / (ended - before.at))
        self.behind_s.append(after.at - ended)
        used = {part: (after.cpu_s[part] - before.cpu_s[part]) / tasks * _US for part in after.cpu_s}
        self.us.append(used | {"database": (_cpu_s(self.server) - database_s) / tasks * _US})

    def row(self) -> dict[str, Any]:
        return {
            "history": self.name,
            "tasks_per_s": round(median(self.per_s)),
            "us_per_task": {part: round(median([one[part] for one in self.us])) for part in self.us[0]},
            "recorded_after_s": round(median(self.behind_s), 2),
        }


async def _unrecorded(made: Plane) -> bool:
    for stream in (names.STREAM_EVENTS, names.STREAM_RESULTS):
        answer = await made.ask(f"$JS.API.CONSUMER.LIST.{stream}")
        for consumer in answer["consumers"]:
            waits = consumer["num_pending"] or consumer["num_ack_pending"]
            if consumer["name"] == names.HISTORY_CONSUMER and waits:
                return True
    return False


def _cpu_s(server: DatabaseServer | None) -> float:
    if server is None:
        return 0.0
    top = psutil.Process(server.pid)
    return sum(sum(one.cpu_times()[:2]) for one in (top, *top.children(recursive=True)))


async def main(quick: bool) -> None:
    tasks, rounds = (200, 1) if quick else (TASKS, ROUNDS)
    async with AsyncExitStack() as open_parts:
        sides = [await _side(open_parts, "off", None)]
        sides += [await _side(open_parts, kind.__name__, kind) for kind in (PostgresServer, MariadbServer)]
        for _ in range(rounds):
            for side in sides:
                await side.round(tasks)
    rows = [side.row() for side in sides]
    for row in rows:
        row["ratio"] = round(row["tasks_per_s"] / rows[0]["tasks_per_s"], 3)
    print(table(list(rows[0]), [[json.dumps(value) for value in row.values()] for row in rows]))
    if not quick:
        print(save("history_cost.json", {"load": os.getloadavg()[0], "tasks": tasks, "rows": rows}))


async def _side(open_parts: AsyncExitStack, name: str, kind: type[PostgresServer | MariadbServer] | None) -> Side:
    folder = Path(open_parts.enter_context(tempfile.TemporaryDirectory()))
    if kind is None:
        return Side(name, await open_parts.enter_async_context(plane(folder, SIZE)))
    server = kind()
    open_parts.callback(server.remove)
    server.start()
    open_parts.callback(server.stop)
    server.create_database()
    await migrate(server.url())
    made = await open_parts.enter_async_context(plane(folder, SIZE, history_url=server.url()))
    return Side(name.removesuffix("Server"), made, server)


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--quick", action="store_true", help="one small round, for correctness; writes nothing")
    uvloop.run(main(parser.parse_args().quick))
