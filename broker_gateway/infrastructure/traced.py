"""Wrappers that tell spans of what the gateway does for a task: the parts themselves know nothing of them (ADR 0026).

Each names as its parent what the context has (``TRACEPARENT``), and does nothing but hand on where that is not sampled.
"""

from __future__ import annotations

import time
from collections.abc import Sequence

import msgspec

from broker_gateway.application.history_ports import TaskRecord, TaskRecorder
from broker_gateway.application.ports import CallbackTransport, DeliveryError, TaskQueue, Told
from broker_gateway.application.tracing import TRACEPARENT
from broker_gateway.domain.callback_url import origin_of
from broker_gateway.domain.quota import TokenBucket
from chassis.tracing import Attributes, Kind, Tracer, within
from schemas.names import STREAM_TASKS
from schemas.status import Priority
from schemas.task import TaskMessage
from schemas.trace import is_sampled, unsampled


class TracedTaskQueue:
    """Implements ``TaskQueue`` over another one: what enters it has the sending span as its parent."""

    def __init__(self, inner: TaskQueue, tracer: Tracer, bound: TokenBucket) -> None:
        """``bound``: how many tasks a second are traced; those beyond go on unsampled."""
        self._inner = inner
        self._tracer = tracer
        self._bound = bound

    async def enqueue(self, task: TaskMessage) -> bool:
        if not is_sampled(task.traceparent):
            return await self._inner.enqueue(task)
        if self._bound.take(int(time.monotonic() * 1000)):
            return await self._inner.enqueue(msgspec.structs.replace(task, traceparent=unsampled(task.traceparent)))
        name = f"send {STREAM_TASKS}"
        with within(self._tracer, name, Kind.PRODUCER, task.traceparent, _sent(task)) as span:
            stored = await self._inner.enqueue(msgspec.structs.replace(task, traceparent=span.traceparent))
            span.tell({"coderunner.stored": stored})
            return stored

    async def waiting(self, pool: str, priority: Priority, *, recount: bool = False) -> int:
        return await self._inner.waiting(pool, priority, recount=recount)

    async def find(self, task_id: str) -> TaskMessage | None:
        return await self._inner.find(task_id)

    async def remove(self, task_id: str) -> bool:
        return await self._inner.remove(task_id)


def _sent(task: TaskMessage) -> Attributes:
    return {
        "messaging.system": "nats",
        "messaging.operation.name": "send",
        "messaging.operation.type": "send",
        "messaging.destination.name": STREAM_TASKS,
        "messaging.message.id": task.id,
        "coderunner.task.id": task.id,
        "coderunner.client": task.client,
        "coderunner.language": task.language,
        "coderunner.pool": task.pool,
        "coderunner.priority": task.priority.value,
    }


class TracedCallbackTransport:
    """Implements ``CallbackTransport`` over another one: who is called back goes on with the calling span. Of the
    address it tells host and port alone: the rest of a URL may be a secret."""

    def __init__(self, inner: CallbackTransport, tracer: Tracer) -> None:
        self._inner = inner
        self._tracer = tracer

    async def deliver(
        self,
        url: str,
        told: Told,
        idempotency_key: str,
        *,
        client: str = "",
        headers: str = "",
        timeout_s: float | None = None,
    ) -> None:
        parent = TRACEPARENT.get()
        if not is_sampled(parent):
            await self._inner.deliver(url, told, idempotency_key, client=client, headers=headers, timeout_s=timeout_s)
            return
        span = self._tracer.span("callback", Kind.CLIENT, parent, _called(url, client))
        TRACEPARENT.set(span.traceparent)
        try:
            await self._inner.deliver(url, told, idempotency_key, client=client, headers=headers, timeout_s=timeout_s)
        except DeliveryError as error:
            span.tell({"coderunner.callback.permanent": error.permanent, "coderunner.callback.made": error.was_made})
            span.fail(type(error).__name__)
            raise
        except BaseException as error:
            span.fail(type(error).__name__)
            raise
        finally:
            TRACEPARENT.set(parent)
            span.end()


def _called(url: str, client: str) -> Attributes:
    scheme, host, port = origin_of(url)
    called: dict[str, str | int] = {"coderunner.client": client, "url.scheme": scheme, "server.address": host}
    if port is not None:
        called["server.port"] = port
    return called


class TracedRecorder:
    """Implements ``TaskRecorder`` over another one: each result's span is that of the transaction that stored it."""

    def __init__(self, inner: TaskRecorder, tracer: Tracer) -> None:
        self._inner = inner
        self._tracer = tracer

    async def record(self, records: Sequence[TaskRecord]) -> None:
        began_s = time.perf_counter()
        await self._inner.record(records)
        seconds = time.perf_counter() - began_s
        for record in records:
            if is_sampled(record.traceparent):
                stored: Attributes = {
                    "db.operation.name": "upsert",
                    "db.operation.batch.size": len(records),
                    "coderunner.task.id": record.execution.id,
                }
                self._tracer.past("record history", Kind.CLIENT, record.traceparent, stored, seconds)

    async def check(self) -> None:
        await self._inner.check()
