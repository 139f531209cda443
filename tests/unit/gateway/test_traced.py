"""The spans that a gateway tells of a task."""

from __future__ import annotations

import msgspec
import pytest

from broker_gateway.application.history_ports import TaskRecord
from broker_gateway.application.task_records import record_of_result, without_output
from broker_gateway.application.tracing import TRACEPARENT, trace_headers
from broker_gateway.domain.quota import TokenBucket
from broker_gateway.infrastructure.metrics import CountedResultSource, Metrics
from broker_gateway.infrastructure.traced import TracedCallbackTransport, TracedRecorder, TracedTaskQueue
from chassis.tracing import Kind
from schemas.execution import ResultMessage
from tests.builders import a_result, a_task
from tests.fakes.callbacks import MemoryResultDelivery, MemoryResultSource, refused
from tests.fakes.memory_bus import MemoryBus
from tests.fakes.memory_queue import MemoryTaskQueue
from tests.fakes.memory_tracer import CALLER, TRACE_ID, MemoryTracer

UNSAMPLED = f"{CALLER[:-2]}00"


def bucket(tokens: int) -> TokenBucket:
    """So many, and no more within any test."""
    return TokenBucket(1e-9, tokens, float(tokens), 1 << 60)


async def test_what_enters_the_queue_has_the_sending_span_as_its_parent() -> None:
    tracer, bus = MemoryTracer(), MemoryBus()
    assert await TracedTaskQueue(MemoryTaskQueue(bus), tracer, bucket(9)).enqueue(a_task("t1", traceparent=CALLER))
    span = tracer.one("send CODERUNNER_TASKS")
    assert (span.kind, span.parent, span.ended) == (Kind.PRODUCER, CALLER, True)
    assert bus.tasks["t1"].traceparent == span.traceparent
    assert span.attributes["messaging.message.id"] == "t1"


@pytest.mark.parametrize("traceparent", ["", UNSAMPLED])
async def test_what_is_not_sampled_enters_as_it_is(traceparent: str) -> None:
    tracer, bus = MemoryTracer(), MemoryBus()
    await TracedTaskQueue(MemoryTaskQueue(bus), tracer, bucket(9)).enqueue(a_task("t1", traceparent=traceparent))
    assert (tracer.spans, bus.tasks["t1"].traceparent) == ([], traceparent)


async def test_of_a_batch_only_so_many_tasks_are_traced_and_the_others_say_that_they_are_not() -> None:
    tracer, bus = MemoryTracer(), MemoryBus()
    queue = TracedTaskQueue(MemoryTaskQueue(bus), tracer, bucket(3))
    for number in range(1000):
        await queue.enqueue(a_task(f"t{number}", traceparent=CALLER))
    assert len(tracer.spans) == 3
    assert [task.traceparent for task in bus.tasks.values()].count(UNSAMPLED) == 997


def result(task_id: str, traceparent: str) -> ResultMessage:
    return msgspec.structs.replace(a_result(task_id), traceparent=traceparent)


class Transport:
    """Remembers the ``traceparent`` that is passed on with each call; fails with what ``failure`` is."""

    def __init__(self, failure: Exception | None = None) -> None:
        self.passed_on: list[str] = []
        self._failure = failure

    async def deliver(self, *_told: object, **_options: object) -> None:
        self.passed_on.append(trace_headers()["traceparent"])
        if self._failure is not None:
            raise self._failure


URL = "https://reader:hush@blog.example:8443/hush/path?token=hush#hush"


async def test_who_is_called_back_goes_on_with_the_calling_span_which_tells_host_and_port_alone() -> None:
    tracer, inner = MemoryTracer(), Transport()
    TRACEPARENT.set(CALLER)
    await TracedCallbackTransport(inner, tracer).deliver(URL, a_result().execution, "k", client="blog", headers="hush")
    span = tracer.one("callback")
    assert (span.parent, span.kind, inner.passed_on) == (CALLER, Kind.CLIENT, [span.traceparent])
    assert TRACEPARENT.get() == CALLER
    where = {"url.scheme": "https", "server.address": "blog.example", "server.port": 8443}
    assert span.attributes == {"coderunner.client": "blog", **where}


@pytest.mark.parametrize("url", ["http://[::1", "http://h:99999999/", "", "x" * 100_000])
async def test_an_address_that_is_none_is_the_transport_s_to_refuse(url: str) -> None:
    tracer, inner = MemoryTracer(), Transport(refused("no address", permanent=True))
    TRACEPARENT.set(CALLER)
    with pytest.raises(type(refused())):
        await TracedCallbackTransport(inner, tracer).deliver(url, a_result().execution, "k")
    span = tracer.one("callback")
    assert (span.ended, span.error, span.attributes["coderunner.callback.permanent"]) == (True, "DeliveryError", True)


class Recorder:
    async def record(self, records: object) -> None: ...
    async def check(self) -> None: ...


async def test_each_sampled_result_of_a_transaction_has_a_span_of_its_own() -> None:
    def record(task_id: str, traceparent: str) -> TaskRecord:
        return without_output(record_of_result(result(task_id, traceparent)))

    tracer = MemoryTracer()
    records = [record("t1", CALLER), record("t2", UNSAMPLED), record("t3", ""), record("t4", CALLER)]
    await TracedRecorder(Recorder(), tracer).record(records)
    assert [span.attributes["coderunner.task.id"] for span in tracer.spans] == ["t1", "t4"]
    assert {(span.name, span.parent) for span in tracer.spans} == {("record history", CALLER)}
    assert all(0 < span.seconds < 5 for span in tracer.spans)


@pytest.mark.parametrize(("traceparent", "has_exemplar"), [(CALLER, True), (UNSAMPLED, False), ("", False)])
async def test_a_sampled_task_is_an_example_of_its_bucket(traceparent: str, has_exemplar: bool) -> None:
    metrics = Metrics()
    source = MemoryResultSource()
    source.put(MemoryResultDelivery(result("t1", traceparent)))
    await CountedResultSource(source, metrics, lambda _client, _size: None).take(1)
    page = (await metrics.registry.page(with_exemplars=True)).decode()
    assert (f'# {{trace_id="{TRACE_ID}"}}' in page) is has_exemplar
    assert page.endswith("# EOF\n")
    assert "trace_id" not in (await metrics.registry.page()).decode()
