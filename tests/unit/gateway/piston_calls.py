"""A client of Piston's end, to a gateway that knows several languages."""

from __future__ import annotations

import asyncio
from typing import Any

from schemas.node import LanguageRecord
from schemas.task import TaskMessage
from tests.builders import a_node_record, a_result
from tests.unit.gateway.gateway_on_fakes import GatewayOnFakes
from tests.unit.gateway.http_calls import HttpCalls, serving_http

API, CLOSED = "/api/v2", "/api/v2/piston"
EXECUTE = f"{API}/execute"
PROGRAM: dict[str, Any] = {"language": "python", "version": "*", "files": [{"content": "print(42)"}]}
PISTON = ["piston"]
PYTHON = LanguageRecord(name="python", version="3.13.5", aliases=["py"], extensions=[".py"], compiled=False)
OLDER = LanguageRecord(name="python", version="3.9.2", aliases=["py"], extensions=[".py"], compiled=False)
CPP = LanguageRecord(name="cpp", version="14.2.0", aliases=["cxx"], extensions=[".cpp", ".cc"], compiled=True)
BARE = LanguageRecord(name="bare", version="1", aliases=[], extensions=[], compiled=False)


def a_gateway(**options: Any) -> GatewayOnFakes:
    """It knows two nodes with different versions of Python."""
    gateway = GatewayOnFakes(**options)
    gateway.directory.announce(a_node_record("n1", OLDER, CPP))
    gateway.directory.announce(a_node_record("n2", PYTHON, BARE))
    return gateway


async def post(calls: HttpCalls, body: Any, **more: Any) -> tuple[int, Any]:
    return await calls.ask("POST", EXECUTE, json=body, **more)


async def refused(calls: HttpCalls, body: Any) -> tuple[int, str]:
    """Status and words; nothing has been queued."""
    status, answer = await post(calls, body)
    assert list(answer) == ["message"]
    assert not calls.gateway.bus.tasks
    return status, answer["message"]


async def ended(calls: HttpCalls, body: Any = PROGRAM, **changes: Any) -> tuple[int, Any, TaskMessage]:
    """The answer to a program whose task ends in this way, and the task."""
    waiting = asyncio.create_task(post(calls, body))
    task_id = await calls.gateway.queued_task_id()
    task = calls.gateway.bus.tasks[task_id]
    calls.gateway.bus.finish(a_result(task_id, **changes))
    return *(await waiting), task


async def task_of(body: Any) -> TaskMessage:
    async with serving_http(a_gateway(), dialects=PISTON) as calls:
        return (await ended(calls, body))[2]
