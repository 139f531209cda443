"""What every service's metrics have in common."""

from __future__ import annotations

import threading

import pytest
from prometheus_client import CollectorRegistry, Counter, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily

from chassis.metrics import MAX_NAME_CHARS, OTHER, SECONDS, ByLabels, Labels, Registry, new_registry, watch, within


@pytest.fixture
def registry() -> CollectorRegistry:
    return CollectorRegistry()


def counter(registry: CollectorRegistry) -> Counter:
    return Counter("coderunner_ended", "Ended.", ["language", "status"], registry=registry)


def lines(registry: CollectorRegistry) -> list[str]:
    return [
        line for line in generate_latest(registry).decode().splitlines() if line[0] != "#" and "_created" not in line
    ]


def test_whatever_others_name_there_is_a_bound_to_the_series(registry: CollectorRegistry) -> None:
    ended = ByLabels(counter(registry), named_by_others=["language"], most=5)
    for number in range(1000):
        ended.of(f"language-{number}", ("good", "bad")[number % 2]).inc()
    told = lines(registry)
    assert len(told) == 5 + 2
    assert f'coderunner_ended_total{{language="{OTHER}",status="good"}} 497.0' in told
    assert f'coderunner_ended_total{{language="{OTHER}",status="bad"}} 498.0' in told
    assert 'coderunner_ended_total{language="language-4",status="good"} 1.0' in told


def test_a_name_that_is_known_keeps_its_name_also_with_another_label_of_ours(registry: CollectorRegistry) -> None:
    ended = ByLabels(counter(registry), named_by_others=["language"], most=1)
    for status in ("good", "bad", "good"):
        ended.of("python", status).inc()
    ended.of("late", "good").inc()
    assert lines(registry) == [
        'coderunner_ended_total{language="python",status="good"} 2.0',
        'coderunner_ended_total{language="python",status="bad"} 1.0',
        f'coderunner_ended_total{{language="{OTHER}",status="good"}} 1.0',
    ]


def test_a_name_that_is_too_long_is_no_label(registry: CollectorRegistry) -> None:
    ended = ByLabels(counter(registry), named_by_others=["language"])
    ended.of("x" * MAX_NAME_CHARS, "good").inc()
    ended.of("x" * 10_000_000, "good").inc()
    assert len(generate_latest(registry)) < 1000
    assert f'coderunner_ended_total{{language="{OTHER}",status="good"}} 1.0' in lines(registry)


def test_values_of_too_many_names_are_added_up() -> None:
    values: dict[Labels, float] = {
        (f"pool-{number}", priority): float(number) for number in range(4) for priority in ("LOW", "HIGH")
    }
    assert within(values, most=2) == {
        ("pool-0", "LOW"): 0,
        ("pool-0", "HIGH"): 0,
        ("pool-1", "LOW"): 1,
        ("pool-1", "HIGH"): 1,
        (OTHER, "LOW"): 5,
        (OTHER, "HIGH"): 5,
    }


def test_what_is_watched_is_read_when_it_is_asked_for(registry: CollectorRegistry) -> None:
    values: dict[Labels, float] = {("a",): 1.0}
    watch(registry, GaugeMetricFamily, "coderunner_length", "Waits.", lambda: values, labels=["pool"])
    watch(registry, CounterMetricFamily, "coderunner_lost", "Lost.", lambda: {(): 3.0})
    values["b",] = 2.0
    assert lines(registry) == [
        'coderunner_length{pool="a"} 1.0',
        'coderunner_length{pool="b"} 2.0',
        "coderunner_lost_total 3.0",
    ]


def test_two_watched_metrics_of_one_name_are_a_mistake(registry: CollectorRegistry) -> None:
    watch(registry, GaugeMetricFamily, "coderunner_length", "Waits.", dict)
    with pytest.raises(ValueError, match="Duplicated"):
        watch(registry, GaugeMetricFamily, "coderunner_length", "Waits.", dict)


def test_a_service_tells_of_its_process_and_its_version_and_not_when_a_metric_was_made() -> None:
    registry = new_registry()
    Counter("coderunner_seen", "Seen.", registry=registry).inc()
    told = lines(registry)
    assert "_created" not in generate_latest(registry).decode()
    assert {"process_resident_memory_bytes", "process_open_fds"} <= {line.partition(" ")[0] for line in told}
    (build,) = [line for line in told if line.startswith("coderunner_build_info")]
    assert build.endswith(" 1.0")
    assert 'version="' in build


def test_times_are_resolved_by_the_millisecond_where_dispatch_happens_and_reach_a_minute() -> None:
    assert list(SECONDS[:10]) == [0.001, 0.002, 0.003, 0.004, 0.005, 0.006, 0.007, 0.008, 0.009, 0.01]
    assert list(SECONDS) == sorted(set(SECONDS))
    assert SECONDS[-1] == 60


async def test_what_is_watched_is_read_on_the_loop_for_a_page_that_a_thread_writes() -> None:
    """Another thread would read what the loop is changing."""
    registry, threads = Registry(), []

    def value() -> dict[Labels, float]:
        threads.append(threading.get_ident())
        return {(): float(len(threads))}

    watch(registry, GaugeMetricFamily, "coderunner_length", "Waits.", value)
    assert b"coderunner_length 1.0" in await registry.page()
    assert b"coderunner_length 2.0" in await registry.page()
    assert set(threads) == {threading.get_ident()}
