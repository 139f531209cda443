"""What was submitted is told to its client, wherever the task stands, where it is kept."""

from __future__ import annotations

from dataclasses import replace

import msgspec

from broker_gateway.application.ports import Place
from broker_gateway.application.settings import SubmissionSettings
from broker_gateway.application.task_records import record_of_event, record_of_result, without_source
from coderunner.v1 import execution_pb2 as pb
from schemas.kept_source import SOURCE_BYTES
from schemas.status import Status
from tests.builders import a_result_of, an_event
from tests.fakes.memory_history import MemoryHistory
from tests.unit.gateway.gateway_on_fakes import GatewayOnFakes
from tests.unit.gateway.grpc_calls import Calls, Code, failure, serving

KEEPING = SubmissionSettings(keeps_source=True)
SOURCE = "print(input())"


async def ask(calls: Calls, task_id: str) -> pb.Task | None:
    answer = await calls.execution.GetSource(pb.GetSourceRequest(id=task_id))
    return answer.task if answer.HasField("task") else None


async def submitted(calls: Calls, **fields: object) -> str:
    files = [pb.File(name="main.py", content=SOURCE)]
    return await calls.submit(**{"files": files, "stdin": "7", "env": {"TOKEN": "hunter2"}, **fields})


def is_it(told: pb.Task | None) -> bool:
    return (
        told is not None
        and [(file.name, file.content) for file in told.files] == [("main.py", SOURCE)]
        and (told.stdin, dict(told.env)) == ("7", {"TOKEN": ""})
    )


async def test_a_source_is_told_of_a_task_that_waits_that_ended_and_that_has_left_the_bus() -> None:
    past = MemoryHistory()
    gateway = GatewayOnFakes(settings=KEEPING, past=past)
    async with serving(gateway) as calls:
        task_id = await submitted(calls)
        assert is_it(await ask(calls, task_id))
        message = gateway.bus.tasks[task_id]
        result = a_result_of(message)
        gateway.bus.finish(result)
        assert is_it(await ask(calls, task_id))
        await past.record([record_of_event(an_event(task_id, Status.QUEUED), Place(1, 1)), record_of_result(result)])
        for where in (gateway.bus.tasks, gateway.bus.results, gateway.bus.history):
            where.pop(task_id, None)
        assert is_it(await ask(calls, task_id))
        past.away = "no route"
        assert (await failure(ask(calls, task_id)))[0] is Code.UNAVAILABLE


async def test_a_source_that_is_not_kept_is_told_of_nowhere() -> None:
    past = MemoryHistory()
    gateway = GatewayOnFakes(past=past)
    async with serving(gateway) as calls:
        task_id = await submitted(calls)
        assert await ask(calls, task_id) is None
        result = a_result_of(gateway.bus.tasks[task_id])
        gateway.bus.finish(result)
        assert await ask(calls, task_id) is None
        await past.record([without_source(replace(record_of_result(result)))])
        del gateway.bus.results[task_id]
        assert await ask(calls, task_id) is None


async def test_the_source_of_a_task_that_was_cancelled_is_kept_too() -> None:
    gateway = GatewayOnFakes(settings=KEEPING)
    async with serving(gateway) as calls:
        task_id = await submitted(calls)
        await calls.execution.Cancel(pb.CancelRequest(id=task_id))
        assert is_it(await ask(calls, task_id))


async def test_the_largest_source_that_is_kept_fits_into_a_message_and_a_larger_one_is_not_kept() -> None:
    gateway = GatewayOnFakes(settings=KEEPING)
    async with serving(gateway) as calls:
        small = await submitted(calls, stdin="\\" * (SOURCE_BYTES // 2 - 1024))
        told = await ask(calls, small)
        assert told is not None
        assert len(told.stdin) == SOURCE_BYTES // 2 - 1024
        large = await submitted(calls, stdin="x" * (SOURCE_BYTES + 1))
        assert await ask(calls, large) is None
        stored = gateway.bus.tasks[large]
        assert len(msgspec.json.encode(a_result_of(stored))) < 2_000


async def test_an_unknown_id_has_no_source() -> None:
    async with serving() as calls:
        for task_id, code in (
            ("0" * 32, Code.NOT_FOUND),
            ("", Code.INVALID_ARGUMENT),
            ("x" * 100_000, Code.INVALID_ARGUMENT),
        ):
            assert (await failure(ask(calls, task_id)))[0] is code
