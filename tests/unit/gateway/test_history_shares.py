"""The history's connections: slow readers make neither those who write nor other readers wait."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextvars import ContextVar
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event
from sqlalchemy.engine import Engine
from sqlalchemy.util import await_only

from broker_gateway.application.history_ports import HistoryUnavailableError, TaskRecord
from broker_gateway.application.ports import TaskFilter
from broker_gateway.infrastructure.history.engine import DatabaseLimits
from broker_gateway.infrastructure.history.migration import migrate
from broker_gateway.infrastructure.history.store import SqlHistoryStore
from schemas.status import Status
from tests.builders import an_execution
from tests.servers.waiting import eventually

LIMITS = DatabaseLimits(connect_s=0.5, statement_s=30.0, connections=4, writing=2)
READER: ContextVar[str] = ContextVar("reader", default="")
RECORD = TaskRecord(rank=1000, execution=an_execution("t1", Status.SUCCEEDED), client="good")


class Slow:
    """Every statement of one client waits until ``answers``."""

    def __init__(self, client: str) -> None:
        self.client = client
        self.waiting = 0
        self.answers = asyncio.Event()

    def hold(self, *_statement: Any) -> None:
        if READER.get() == self.client:
            self.waiting += 1
            await_only(self.answers.wait())
            self.waiting -= 1


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[SqlHistoryStore]:
    url = f"sqlite:///{tmp_path / 'history.db'}"
    await migrate(url)
    opened = SqlHistoryStore(url, LIMITS, whose=READER.get)
    yield opened
    await opened.close()


@pytest.fixture
async def mean() -> AsyncIterator[Slow]:
    slow = Slow("mean")
    event.listen(Engine, "before_cursor_execute", slow.hold)
    yield slow
    event.remove(Engine, "before_cursor_execute", slow.hold)


async def test_a_client_whose_lists_take_long_makes_neither_the_projector_nor_others_wait(
    store: SqlHistoryStore, mean: Slow
) -> None:
    """All had one pool: whoever asked eight times had it."""
    READER.set("mean")
    lists = [asyncio.create_task(store.page(TaskFilter(), None, 10)) for _ in range(50)]
    READER.set("good")
    await eventually(lambda: mean.waiting > 0)
    await store.record([RECORD])
    await store.check()
    assert [task.execution.id for task in await store.page(TaskFilter(), None, 10)] == ["t1"]
    assert await store.count(TaskFilter()) == 1
    assert await store.find("t1") is not None
    assert mean.waiting <= LIMITS.connections // 2
    mean.answers.set()
    await asyncio.gather(*lists, return_exceptions=True)


async def test_who_asks_too_much_at_once_is_told_so_in_bounded_time(store: SqlHistoryStore, mean: Slow) -> None:
    READER.set("mean")
    lists = [asyncio.create_task(store.page(TaskFilter(), None, 10)) for _ in range(10)]
    refused, waiting = await asyncio.wait(lists, timeout=20 * LIMITS.connect_s, return_when=asyncio.FIRST_EXCEPTION)
    assert all(isinstance(one.exception(), HistoryUnavailableError) for one in refused)
    assert "this client's calls" in str(refused.pop().exception())
    mean.answers.set()
    answers = await asyncio.gather(*waiting, return_exceptions=True)
    assert [] in answers


async def test_a_caller_who_goes_gives_his_connection_back(store: SqlHistoryStore, mean: Slow) -> None:
    READER.set("mean")
    for _ in range(3):
        lists = [asyncio.create_task(store.page(TaskFilter(), None, 10)) for _ in range(10)]
        await eventually(lambda: mean.waiting > 0)
        for one in lists:
            one.cancel()
        await asyncio.gather(*lists, return_exceptions=True)
        mean.waiting = 0
    mean.answers.set()
    assert await store.page(TaskFilter(), None, 10) == []
