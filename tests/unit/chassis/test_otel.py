"""The tracer: what is sampled, what is sent, and what a collector that is away or slow costs."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import time
from collections.abc import Callable

import pytest
from pydantic_settings import SettingsConfigDict
from structlog.testing import capture_logs

from chassis import otel
from chassis.connections import ConnectedSettings
from chassis.metrics import Registry
from chassis.otel import OtelTracer
from chassis.settings import ConfigurationError
from chassis.trace_export import tracer_of
from chassis.tracing import Kind, within
from schemas import trace
from tests.fakes.memory_tracer import CALLER, TRACE_ID
from tests.fakes.otlp_collector import OtlpCollector, collecting
from tests.servers.waiting import eventually

RESOURCE = {"service.name": "coderunner-test"}
UNSAMPLED = f"{CALLER[:-2]}00"


class Settings(ConnectedSettings):
    model_config = SettingsConfigDict(env_prefix="CODERUNNER_TEST_")
    PROGRAM = "coderunner-test"
    SUMMARY = "Tests."


def at(endpoint: str) -> Settings:
    return Settings.load(["--tracing-endpoint", endpoint])


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing of the machine's own environment, and batches that leave at once."""
    for name in ("OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_TRACES_SAMPLER", "OTEL_SERVICE_NAME", "OTEL_SDK_DISABLED"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(otel, "EVERY_MS", 20)


async def told(tracer: OtelTracer, collector: OtlpCollector, name: str = "last") -> None:
    """Returns when the collector has all that was told before."""
    tracer.span(name, Kind.INTERNAL, CALLER, {}).end()
    await collector.until(name)


async def test_a_span_goes_on_with_its_parent_and_says_who_tells_of_it() -> None:
    async with collecting() as collector:
        tracer = OtelTracer(collector.url, RESOURCE)
        with within(tracer, "outer", Kind.SERVER, CALLER, {"coderunner.language": "python"}) as outer:
            tracer.span("inner", Kind.CLIENT, outer.traceparent, {}).end()
            outer.tell({"coderunner.attempt": 2})
        tracer.past("before", Kind.INTERNAL, outer.traceparent, {}, seconds=2.5)
        await told(tracer, collector)
        await tracer.close()
        spans = await collector.until("outer", "inner", "before")
    assert {span.trace_id for span in spans.values()} == {TRACE_ID}
    assert spans["outer"].parent_id == CALLER[36:52]
    assert spans["inner"].parent_id == spans["before"].parent_id == spans["outer"].span_id == outer.traceparent[36:52]
    assert (spans["outer"].kind, spans["inner"].kind, spans["outer"].service) == ("SERVER", "CLIENT", "coderunner-test")
    assert spans["outer"].attributes == {"coderunner.language": "python", "coderunner.attempt": 2}
    assert 2.4 < spans["before"].seconds < 2.6


async def test_what_raises_has_failed_with_the_name_of_what_it_raised() -> None:
    async with collecting() as collector:
        tracer = OtelTracer(collector.url, RESOURCE)
        with pytest.raises(KeyError), within(tracer, "fails", Kind.INTERNAL, CALLER, {}):
            raise KeyError("hush")
        spans = await collector.until("fails")
        await tracer.close()
    assert (spans["fails"].failed, spans["fails"].attributes) == (True, {"error.type": "KeyError"})
    assert b"hush" not in collector.raw


@pytest.mark.parametrize(
    ("ratio", "parent", "is_sampled"),
    [(0.0, CALLER, True), (1.0, UNSAMPLED, False), (0.0, "", False), (1.0, "", True)],
)
async def test_a_caller_s_decision_is_kept_and_without_one_the_ratio_decides(
    ratio: float, parent: str, is_sampled: bool
) -> None:
    async with collecting() as collector:
        tracer = OtelTracer(collector.url, RESOURCE, ratio=ratio)
        span = tracer.span("asked", Kind.SERVER, parent, {})
        span.end()
        await told(tracer, collector)
        await tracer.close()
    assert ("asked" in {one.name for one in collector.spans}) is is_sampled
    assert trace.is_sampled(span.traceparent) is is_sampled


async def test_the_environment_s_own_words_are_obeyed(monkeypatch: pytest.MonkeyPatch) -> None:
    async with collecting() as collector:
        monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", collector.url)
        monkeypatch.setenv("OTEL_SERVICE_NAME", "blog-runner")
        monkeypatch.setenv("OTEL_TRACES_SAMPLER", "parentbased_always_off")
        tracer = tracer_of(Settings.load([]), "coderunner-test", Registry())
        assert tracer is not None
        tracer.span("root", Kind.SERVER, "", {}).end()
        await told(tracer, collector)
        await tracer.close()
    assert [(span.name, span.service) for span in collector.spans] == [("last", "blog-runner")]


async def test_a_collector_that_does_not_answer_costs_what_finds_no_room_and_no_time(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(otel, "CLOSE_S", 0.2)
    async with collecting() as collector:
        collector.answers.clear()
        registry = Registry()
        tracer = tracer_of(at(f"{collector.url}/v1/traces"), "coderunner-test", registry)
        assert tracer is not None
        began = time.thread_time()
        for _ in range(otel.MAX_WAITING + 100):
            tracer.span("one", Kind.INTERNAL, CALLER, {}).end()
        assert time.thread_time() - began < 5
        assert tracer.counts.no_room == 100
        assert b"coderunner_spans_dropped_total 100.0" in await registry.page()
        async with asyncio.timeout(5):
            await tracer.close()


async def test_once_it_answers_it_is_told_what_found_room_and_no_more(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(otel, "MAX_WAITING", 20)
    monkeypatch.setattr(otel, "BATCH", 10)
    async with collecting() as collector:
        collector.answers.clear()
        tracer = OtelTracer(collector.url, RESOURCE)
        for number in range(30):
            tracer.span(f"number {number}", Kind.INTERNAL, CALLER, {}).end()
        collector.answers.set()
        await tracer.close()
        assert [span.name for span in collector.spans] == [f"number {number}" for number in range(20)]


async def test_refused_spans_are_counted_and_logged_once_until_they_are_taken_again() -> None:
    async with collecting() as collector:
        collector.status = 400
        tracer = OtelTracer(collector.url, RESOURCE)
        with capture_logs() as logs:
            for number in range(1, 4):
                tracer.span("refused", Kind.INTERNAL, CALLER, {}).end()
                await eventually(_dropped(tracer, number))
            collector.status = 200
            await told(tracer, collector)
            await eventually(lambda: tracer.counts.sent == 1)
            await tracer.close()
    assert [(line["event"], line["dropped"]) for line in logs] == [("spans_not_sent", 1), ("spans_sent_again", 3)]


def _dropped(tracer: OtelTracer, number: int) -> Callable[[], bool]:
    return lambda: tracer.counts.dropped == number


async def test_a_service_that_ends_sends_what_it_has(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(otel, "EVERY_MS", 3_600_000)
    async with collecting() as collector:
        tracer = OtelTracer(collector.url, RESOURCE)
        tracer.span("last", Kind.INTERNAL, CALLER, {}).end()
        await tracer.close()
        assert [span.name for span in collector.spans] == ["last"]


@pytest.mark.parametrize("disabled", [False, True])
def test_without_a_collector_there_is_no_tracer(monkeypatch: pytest.MonkeyPatch, disabled: bool) -> None:
    if disabled:
        monkeypatch.setenv("OTEL_SDK_DISABLED", "true")
    assert tracer_of(at("http://127.0.0.1:4318" if disabled else ""), "coderunner-test", Registry()) is None


def test_who_asks_for_tracing_without_opentelemetry_is_told_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, "chassis.otel")
    monkeypatch.setitem(sys.modules, "opentelemetry", None)
    with pytest.raises(ConfigurationError, match=r"pip install 'coderunner-server\[tracing\]'"):
        tracer_of(at("http://127.0.0.1:4318"), "coderunner-test", Registry())


def test_a_daemon_without_tracing_does_not_import_opentelemetry() -> None:
    code = "import sys, broker_gateway.main, node.main; sys.exit('opentelemetry' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False, timeout=60).returncode == 0
