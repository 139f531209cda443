"""The history with a million tasks in PostgreSQL: how long a page of a list takes, how fast records go in.

``python -m bench.history [--quick]``: prints the plans, writes ``bench/results/history.json``.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import random
import time
from typing import Any

from sqlalchemy import Connection, text
from sqlalchemy.ext.asyncio import AsyncEngine

from bench.figures import percentile, save, table
from broker_gateway.application.clock import wall_clock_ms
from broker_gateway.application.history_ports import Cursor, Submitted, TaskRecord
from broker_gateway.application.ports import Place, TaskFilter
from broker_gateway.infrastructure.history.engine import DatabaseLimits, database_url, open_engine
from broker_gateway.infrastructure.history.filters import page_query
from broker_gateway.infrastructure.history.migration import migrate
from broker_gateway.infrastructure.history.months import Month
from broker_gateway.infrastructure.history.partitions import DAY_MS, add_month, months
from broker_gateway.infrastructure.history.store import SqlHistoryStore
from schemas.status import Status
from tests.builders import a_stage, an_execution
from tests.servers.postgres import PostgresServer

TASKS = 1_000_000
CLIENTS = 1_000
PAGE = 50
BATCH = 250
"""Tasks whose records go in with one call."""
FAR = DatabaseLimits(statement_s=600.0)
FILL = (
    """INSERT INTO tasks
    SELECT %(id)s, 1000, CASE WHEN i % 7 = 0 THEN 'FAILED' ELSE 'SUCCEEDED' END, 'python', '3.13.5',
    'n' || i % 20, 1, 1.5, %(at_ms)s, 50 + %(at_ms)s, CASE WHEN i % 7 = 0 THEN 'exit code ' || i % 11 ELSE '' END,
    CASE WHEN i % 7 = 0 THEN 'exit code ' || i % 11 ELSE '' END, '{"post":"' || i % 10000 || '"}', 1,
    'client' || (i::bigint * 7919) % %(clients)s, 'default', 'NORMAL', 1, i FROM generate_series(1, %(tasks)s) i""",
    "INSERT INTO task_labels SELECT %(id)s, decode(md5((i % 10000)::text), 'hex') FROM generate_series(1, %(tasks)s) i",
    "VACUUM ANALYZE tasks",
    "VACUUM ANALYZE task_labels",
)
"""What the records of so many tasks come to, written by the database itself."""
AT_MS = "(%(first_ms)s + i * %(step_ms)s::bigint)"
"""When a task was submitted: evenly over a year that ends now."""
ID = f"lpad(to_hex({AT_MS}), 12, '0') || '7' || lpad(to_hex(i), 19, '0')"
YEAR_MS = 365 * DAY_MS
_NOW_MS = wall_clock_ms()
LISTS: dict[str, TaskFilter] = {
    "all clients": TaskFilter(),
    "one client": TaskFilter(client="client7"),
    "one client, failed": TaskFilter(client="client7", statuses=frozenset({Status.FAILED})),
    "one client, words of an error": TaskFilter(client="client7", error_text="CODE 3"),
    "one client, nothing matches": TaskFilter(client="client7", error_text="no such words"),
    "all clients, nothing matches": TaskFilter(error_text="no such words"),
    "one client, one week": TaskFilter(
        client="client7", since_ms=_NOW_MS - 30 * DAY_MS, until_ms=_NOW_MS - 23 * DAY_MS
    ),
}


async def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.history", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="few tasks, for correctness; writes nothing")
    quick = parser.parse_args().quick
    tasks, rounds = (50_000, 10) if quick else (TASKS, 300)
    server = PostgresServer()
    try:
        server.start()
        server.create_database()
        await migrate(server.url())
        content = await measure(server.url(), tasks, rounds)
    finally:
        server.remove()
    if not quick:
        print(save("history.json", content))


async def measure(url: str, tasks: int, rounds: int) -> dict[str, Any]:
    engine, store = open_engine(database_url(url), FAR), SqlHistoryStore(url, FAR)
    recorded = await record(store, rounds * 10)
    started = time.perf_counter()
    await fill(engine, tasks)
    print(f"{tasks} tasks written in {time.perf_counter() - started:.0f} s")
    found = {}
    for name, wanted in LISTS.items():
        few = rounds if wanted.client or not wanted.error_text else 5
        found[name] = {
            "first page": await pages(store, wanted, few),
            "any page": await pages(store, wanted, few, tasks),
        }
        print(f"\n{name}\n{await plan(engine, wanted, tasks)}")
    rows = [
        [f"{name}, {which}", *(f"{value:.1f}" for value in times.values())]
        for name, both in found.items()
        for which, times in both.items()
    ]
    print(f"\n{table(['page of 50', 'p50 ms', 'p95 ms'], rows)}\nrecorded: {recorded} tasks/s")
    await store.close()
    await engine.dispose()
    return {"tasks": tasks, "load": os.getloadavg()[0], "recorded_per_s": recorded, "pages_ms": found}


async def record(store: SqlHistoryStore, tasks: int) -> int:
    """Tasks per second, each with three events and a result, which come in calls of their own, as from two streams."""
    numbers = range(TASKS + 1, TASKS + 1 + tasks)
    batches = [numbers[at : at + BATCH] for at in range(0, tasks, BATCH)]
    events = [[record for number in batch for record in events_of(number)] for batch in batches]
    results = [
        [TaskRecord(rank=1000, execution=result_of(number), client="blog") for number in batch] for batch in batches
    ]

    async def put(calls: list[list[TaskRecord]]) -> None:
        for call in calls:
            await store.record(call)

    started = time.perf_counter()
    await asyncio.gather(put(events), put(results))
    return round(tasks / (time.perf_counter() - started))


def events_of(number: int) -> list[TaskRecord]:
    submitted = Submitted(place=Place(1, number), client=f"client{number % CLIENTS}", pool="default", priority="NORMAL")
    states = (Status.QUEUED, Status.RUNNING, Status.SUCCEEDED)
    return [
        TaskRecord(
            rank=rank,
            execution=an_execution(f"{number:032x}", status, run=None),
            client="blog",
            submitted=None if rank else submitted,
        )
        for rank, status in enumerate(states)
    ]


def result_of(number: int) -> Any:
    return an_execution(f"{number:032x}", run=a_stage("42\n" * 100))


async def fill(engine: AsyncEngine, tasks: int) -> None:
    now_ms = wall_clock_ms()
    values = {"id": ID, "at_ms": AT_MS, "tasks": tasks, "clients": CLIENTS}
    values |= {"first_ms": f"{now_ms - YEAR_MS}::bigint", "step_ms": YEAR_MS // tasks}
    async with engine.begin() as connection:
        await connection.run_sync(_make_months, now_ms)
    async with engine.execution_options(isolation_level="AUTOCOMMIT").connect() as connection:
        for statement in FILL:
            sized = statement
            for name, value in values.items():
                sized = sized.replace(f"%({name})s", str(value))
            await connection.execute(text(sized))


def _make_months(connection: Connection, now_ms: int) -> None:
    there, last = months(connection), Month.of(now_ms)
    for month in (last.after(-past) for past in range(13)):
        if month not in there:
            add_month(connection, month)


async def pages(store: SqlHistoryStore, wanted: TaskFilter, rounds: int, tasks: int = 0) -> dict[str, float]:
    """Of one page after the other: the first, or from anywhere among so many ``tasks``."""
    places = random.Random(1)
    times = []
    for _ in range(rounds):
        before = Cursor(Place(1, places.randrange(tasks)), "") if tasks else None
        started = time.perf_counter()
        await store.page(wanted, before, PAGE)
        times.append((time.perf_counter() - started) * 1000)
    return {"p50": round(percentile(times, 50), 2), "p95": round(percentile(times, 95), 2)}


async def plan(engine: AsyncEngine, wanted: TaskFilter, tasks: int) -> str:
    query = page_query(engine.dialect.name, wanted, Cursor(Place(1, tasks // 2), ""), PAGE)
    sql = str(query.compile(dialect=engine.dialect, compile_kwargs={"literal_binds": True}))
    async with engine.connect() as connection:
        lines = await connection.exec_driver_sql(f"EXPLAIN (ANALYZE, COSTS OFF) {sql}")
        return "\n".join(f"   {line}" for (line,) in lines)


if __name__ == "__main__":
    asyncio.run(main())
