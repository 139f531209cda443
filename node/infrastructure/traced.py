"""Wrappers that tell spans of what a node does for a task: the parts themselves know nothing of them (ADR 0026).

A task is traced where its message says so. Its span is in the context while it is handled; where none is, the
wrappers do nothing but hand on.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from contextvars import ContextVar

from chassis.tracing import Attributes, Kind, Span, Tracer, within
from node.application.ports import Delivery, OnOutput, ResultSink, Sandbox, SandboxPool, TaskHandler
from node.domain.language import Language
from node.domain.preamble import Preamble
from node.domain.sandbox import Launch, Outcome, Role
from schemas.execution import Execution, ResultMessage
from schemas.names import STREAM_RESULTS, STREAM_TASKS
from schemas.task import Limits, TaskMessage
from schemas.trace import is_sampled

_TASK: ContextVar[Span | None] = ContextVar("task span", default=None)
"""The span of the task that is being handled."""


class TracedHandler:
    """Implements ``TaskHandler`` over another one: the span of a task, from its delivery until it is settled."""

    def __init__(self, inner: TaskHandler, tracer: Tracer, node_id: str) -> None:
        self._inner = inner
        self._tracer = tracer
        self._node_id = node_id

    async def handle(self, delivery: Delivery) -> None:
        task = delivery.task
        if not is_sampled(task.traceparent):
            await self._inner.handle(delivery)
            return
        processed = _processed(task, self._node_id, delivery.attempt)
        with within(self._tracer, f"process {STREAM_TASKS}", Kind.CONSUMER, task.traceparent, processed) as span:
            token = _TASK.set(span)
            try:
                await self._inner.handle(delivery)
            finally:
                _TASK.reset(token)


def _processed(task: TaskMessage, node_id: str, delivery: int) -> Attributes:
    return {
        "messaging.system": "nats",
        "messaging.operation.name": "process",
        "messaging.operation.type": "process",
        "messaging.destination.name": STREAM_TASKS,
        "messaging.message.id": task.id,
        "coderunner.task.id": task.id,
        "coderunner.client": task.client,
        "coderunner.node.id": node_id,
        "coderunner.pool": task.pool,
        "coderunner.priority": task.priority.value,
        "coderunner.delivery": delivery,
    }


class TracedSandboxPool:
    """Implements ``SandboxPool`` over another one: how long a task waited for a slot, and what ran in it."""

    def __init__(self, inner: SandboxPool, tracer: Tracer) -> None:
        self._inner = inner
        self._tracer = tracer

    def languages(self) -> Sequence[tuple[Language, str]]:
        return self._inner.languages()

    def baseline_memory_bytes(self, language: str) -> int:
        return self._inner.baseline_memory_bytes(language)

    def digest(self, language: str) -> str:
        return self._inner.digest(language)

    @asynccontextmanager
    async def slot(self, language: Language, role: Role, limits: Limits) -> AsyncIterator[Sandbox]:
        task = _TASK.get()
        async with AsyncExitStack() as stack:
            slot = self._inner.slot(language, role, limits)
            if task is None:
                yield await stack.enter_async_context(slot)
                return
            wanted = {"coderunner.language": language.name, "coderunner.slot.role": role.value}
            with within(self._tracer, "acquire slot", Kind.INTERNAL, task.traceparent, wanted):
                sandbox = await stack.enter_async_context(slot)
            yield _TracedSandbox(sandbox, self._tracer, task.traceparent, role)

    def precompile(self, language: Language, preamble: Preamble, client: str) -> None:
        self._inner.precompile(language, preamble, client)


class _TracedSandbox:
    """Implements ``Sandbox`` over another one."""

    def __init__(self, inner: Sandbox, tracer: Tracer, parent: str, role: Role) -> None:
        self._inner = inner
        self._tracer = tracer
        self._parent = parent
        self._name = "compile" if role is Role.COMPILE else "run"

    async def run(self, launch: Launch, on_output: OnOutput) -> Outcome:
        with within(self._tracer, self._name, Kind.INTERNAL, self._parent, {}) as span:
            outcome = await self._inner.run(launch, on_output)
            span.tell({"coderunner.ending": outcome.ending.value, "coderunner.cpu_ms": outcome.cpu_ms})
            if outcome.exit_code is not None:
                span.tell({"process.exit.code": outcome.exit_code})
            return outcome

    async def kill(self) -> None:
        await self._inner.kill()


class TracedResultSink:
    """Implements ``ResultSink`` over another one. The result is left as it is: its ``traceparent`` is the task's, which
    the task's seal binds (ADR 0025)."""

    def __init__(self, inner: ResultSink, tracer: Tracer) -> None:
        self._inner = inner
        self._tracer = tracer

    @property
    def max_bytes(self) -> int:
        return self._inner.max_bytes

    async def store(self, result: ResultMessage, reply: str) -> bool:
        task = _TASK.get()
        if task is None:
            return await self._inner.store(result, reply)
        ended = _ended(result.execution)
        task.tell(ended)
        sent: Attributes = {
            "messaging.system": "nats",
            "messaging.operation.name": "send",
            "messaging.operation.type": "send",
            "messaging.destination.name": STREAM_RESULTS,
            "messaging.message.id": result.execution.id,
            **ended,
        }
        with within(self._tracer, f"send {STREAM_RESULTS}", Kind.PRODUCER, task.traceparent, sent) as span:
            stored = await self._inner.store(result, reply)
            span.tell({"coderunner.stored": stored})
            return stored

    async def find(self, reply: str) -> Execution | None:
        return await self._inner.find(reply)


def _ended(execution: Execution) -> Attributes:
    return {
        "coderunner.task.id": execution.id,
        "coderunner.language": execution.language,
        "coderunner.status": execution.status.value,
        "coderunner.attempt": execution.attempt,
        "coderunner.queued_ms": execution.queued_ms,
    }
