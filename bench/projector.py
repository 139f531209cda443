"""The projector: from messages on the bus to rows that are committed, with a real nats-server and real databases.

``python -m bench.projector [--quick]``: writes ``bench/results/projector.json``.
"""

from __future__ import annotations

import argparse
import asyncio
import tempfile
import time
from contextlib import suppress
from pathlib import Path

import msgspec

from bench.figures import save, table
from broker_gateway.application.projecting import Projector
from broker_gateway.infrastructure.bus.declare import ensure_all
from broker_gateway.infrastructure.bus.history_source import BusHistorySource
from broker_gateway.infrastructure.history.migration import migrate
from broker_gateway.infrastructure.history.store import SqlHistoryStore
from chassis.nats.connection import BusConnection
from chassis.nats.settings import BusSettings
from schemas import names
from schemas.status import Status
from schemas.topology import BusLimits
from tests.builders import a_result, an_event
from tests.servers import MariadbServer, NatsServer, PostgresServer

TASKS = 10_000
LIFE = ((Status.QUEUED, 0), (Status.RUNNING, 1), (Status.SUCCEEDED, 1))
"""The events of a task, each with its attempt."""
MESSAGES = len(LIFE) + 1
_encoder = msgspec.json.Encoder()


async def publish(bus: BusConnection, tasks: int) -> None:
    """Events and results of so many tasks, as they would be there after the database was away."""
    client = bus.current
    for number in range(tasks):
        task_id = f"t{number:08d}"
        for status, attempt in LIFE:
            event = _encoder.encode(an_event(task_id, status, attempt=attempt))
            await client.publish(names.event_subject(task_id, status), event)
        await client.publish(names.result_subject(task_id), _encoder.encode(a_result(task_id)))
    await client.flush()


async def rate(url: str, tasks: int) -> dict[str, float]:
    """Tasks per second, and the processor time of this process for each."""
    await migrate(url)
    with tempfile.TemporaryDirectory() as folder:
        (server,) = NatsServer(Path(folder)).members
        server.start()
        bus, store = BusConnection(BusSettings(urls=[server.url], post_after_s=0.005)), SqlHistoryStore(url)
        bus.start()
        try:
            await bus.wait_connected()
            await ensure_all(bus, BusLimits())
            await publish(bus, tasks)
            return await _projected(bus, store, tasks)
        finally:
            await store.close()
            await bus.close()
            server.stop()


async def _projected(bus: BusConnection, store: SqlHistoryStore, tasks: int) -> dict[str, float]:
    projectors = [Projector(BusHistorySource(bus, name), store) for name in (names.STREAM_EVENTS, names.STREAM_RESULTS)]
    started, used = time.perf_counter(), time.process_time()
    running = [asyncio.create_task(projector.run()) for projector in projectors]
    while sum(projector.stored for projector in projectors) < MESSAGES * tasks:  # noqa: ASYNC110  # it tells nobody
        await asyncio.sleep(0.01)
    seconds, used = time.perf_counter() - started, time.process_time() - used
    for one in running:
        one.cancel()
        with suppress(asyncio.CancelledError):
            await one
    return {"tasks_per_s": round(tasks / seconds), "cpu_us_per_task": round(used * 1e6 / tasks)}


async def main(quick: bool) -> None:
    tasks = 200 if quick else TASKS
    rows: list[dict[str, object]] = []
    with tempfile.TemporaryDirectory() as folder:
        rows.append({"database": "SQLite", **await rate(f"sqlite:///{folder}/history.db", tasks)})
    servers: dict[str, type[PostgresServer | MariadbServer]] = {
        "PostgreSQL, without fsync": PostgresServer,
        "MariaDB, without fsync": MariadbServer,
    }
    for name, kind in servers.items():
        server = kind()
        try:
            server.start()
            server.create_database()
            rows.append({"database": name, **await rate(server.url(), tasks)})
        finally:
            server.stop()
            server.remove()
    print(table(list(rows[0]), [[str(value) for value in row.values()] for row in rows]))
    if not quick:
        save("projector.json", rows)


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--quick", action="store_true", help="few tasks, for correctness; writes nothing")
    asyncio.run(main(parser.parse_args().quick))
