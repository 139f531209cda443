"""The spans that a node tells of a task."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import msgspec
import pytest

from node.application.ports import Delivery, Sandbox
from node.domain.sandbox import Role, SandboxLostError
from node.infrastructure.simulated_sandbox import LOST, SimulatedSandboxPool, simulated_language
from node.infrastructure.traced import TracedHandler, TracedResultSink, TracedSandboxPool
from schemas.execution import Execution, ResultMessage
from schemas.status import Status
from tests.builders import a_launch, a_result, a_task, some_limits
from tests.fakes.memory_tracer import CALLER, MemoryTracer
from tests.fakes.node import FakeDelivery

LANGUAGE = simulated_language("python")


@dataclass
class Sink:
    stored: list[ResultMessage] = field(default_factory=list)
    max_bytes: int = 100

    async def store(self, result: ResultMessage, reply: str) -> bool:
        del reply
        self.stored.append(result)
        return True

    async def find(self, reply: str) -> Execution | None:
        del reply
        return None


class Handler:
    """Compiles, runs and stores, in traced parts."""

    def __init__(self, tracer: MemoryTracer, roles: Sequence[Role] = (Role.COMPILE, Role.RUN), **env: str) -> None:
        self.sink, self._roles, self._env = Sink(), roles, env
        self._pool = TracedSandboxPool(SimulatedSandboxPool(), tracer)
        self._sink = TracedResultSink(self.sink, tracer)

    async def handle(self, delivery: Delivery) -> None:
        for role in self._roles:
            async with self._pool.slot(LANGUAGE, role, some_limits()) as sandbox:
                await self._run(sandbox)
        result = msgspec.structs.replace(a_result(status=Status.FAILED), traceparent=delivery.task.traceparent)
        await self._sink.store(result, delivery.task.reply)

    async def _run(self, sandbox: Sandbox) -> None:
        await sandbox.run(a_launch(env=self._env), lambda _stream, _data: None)


async def handle(tracer: MemoryTracer, handler: Handler, traceparent: str) -> None:
    delivery = FakeDelivery(a_task("t1", traceparent=traceparent))
    await TracedHandler(handler, tracer, "n1").handle(delivery)


async def test_a_task_s_span_holds_the_wait_for_each_slot_what_ran_in_it_and_the_storing_of_its_result() -> None:
    tracer = MemoryTracer()
    handler = Handler(tracer)
    await handle(tracer, handler, CALLER)
    task, *inside = tracer.spans
    assert (task.name, task.parent) == ("process CODERUNNER_TASKS", CALLER)
    names = ["acquire slot", "compile", "acquire slot", "run", "send CODERUNNER_RESULTS"]
    assert [span.name for span in inside] == names
    assert {span.parent for span in inside} == {task.traceparent}
    assert [span.attributes["coderunner.slot.role"] for span in inside if "slot" in span.name] == ["compile", "run"]
    assert all(span.ended and not span.error for span in tracer.spans)
    assert task.attributes["coderunner.status"] == "FAILED"
    assert [result.traceparent for result in handler.sink.stored] == [CALLER]


@pytest.mark.parametrize("traceparent", ["", f"{CALLER[:-2]}00", "forged-01", "x" * 1_000_000 + "1"])
async def test_a_task_that_is_not_sampled_has_no_spans(traceparent: str) -> None:
    tracer = MemoryTracer()
    handler = Handler(tracer)
    await handle(tracer, handler, CALLER)
    before = len(tracer.spans)
    await handle(tracer, handler, traceparent)
    assert len(tracer.spans) == before
    assert len(handler.sink.stored) == 2


async def test_a_slot_that_is_lost_fails_the_run_and_the_task_and_no_span_stays_open() -> None:
    tracer = MemoryTracer()
    with pytest.raises(SandboxLostError):
        await handle(tracer, Handler(tracer, [Role.RUN], **{LOST: "1"}), CALLER)
    assert {span.name: span.error for span in tracer.spans} == {
        "process CODERUNNER_TASKS": "SandboxLostError",
        "acquire slot": "",
        "run": "SandboxLostError",
    }
    assert all(span.ended for span in tracer.spans)
