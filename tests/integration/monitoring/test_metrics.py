"""Prometheus itself scrapes a gateway and a node, and its own linter reads what they say."""

from __future__ import annotations

import json
from typing import Any

import grpc
import grpc.aio
import pytest

from coderunner.v1 import execution_pb2, execution_pb2_grpc
from schemas.status import Priority
from tests.integration.monitoring.monitored import LANGUAGES, ROUNDS, Monitored
from tests.servers.prometheus import promtool
from tests.servers.waiting import eventually

WELL_KNOWN = ("process_resident_memory_bytes", "process_cpu_seconds_total", "process_open_fds", "coderunner_build_info")


@pytest.fixture
def monitored(monitored_stack: Monitored) -> Monitored:
    return monitored_stack


async def test_prometheus_scrapes_both(monitored: Monitored) -> None:
    def both_up() -> bool:
        return [one["health"] for one in monitored.prometheus.targets()] == ["up", "up"]

    await eventually(both_up)
    assert {one["scrapePool"] for one in monitored.prometheus.targets()} == {"coderunner-gateway", "coderunner-node"}
    assert {one["lastError"] for one in monitored.prometheus.targets()} == {""}
    for name in WELL_KNOWN:
        assert len(await monitored.series(name)) == 2


async def test_promtool_finds_no_fault_with_what_they_say(monitored: Monitored) -> None:
    for daemon in (monitored.gateway, monitored.node):
        checked = promtool("check", "metrics", stdin=daemon.get("/metrics")[1])
        assert (checked.returncode, checked.stdout, checked.stderr) == (0, "", ""), daemon.name


async def test_what_tasks_did_is_in_prometheus(monitored: Monitored) -> None:
    wanted = {
        (language, status): str(ROUNDS) for language in LANGUAGES for status in ("SUCCEEDED", "FAILED", "CANCELLED")
    }

    def found(name: str) -> dict[tuple[str, str], str]:
        series = monitored.prometheus.query(name)
        return {(one["metric"]["language"], one["metric"]["status"]): one["value"][1] for one in series}

    for name in ("coderunner_node_tasks_total", "coderunner_finished_total"):
        await eventually(lambda name=name: len(found(name)) == len(wanted))
        assert found(name) == wanted


@pytest.mark.parametrize(
    ("histogram", "labels"),
    [
        ("coderunner_end_to_end_seconds", {"language": "nolang"}),
        ("coderunner_call_seconds", {"method": "Submit", "code": "OK"}),
        ("coderunner_enqueue_seconds", {}),
        ("coderunner_loop_lag_seconds", {"job": "coderunner-node"}),
        ("coderunner_node_task_seconds", {"language": "nolang"}),
        ("coderunner_node_stage_seconds", {"language": "nolang", "stage": "run"}),
        ("coderunner_node_stage_seconds", {"language": "nolang", "stage": "rest"}),
        ("coderunner_node_queued_seconds", {"pool": "simulated", "priority": "NORMAL"}),
    ],
)
async def test_times_are_told_millisecond_by_millisecond(
    monitored: Monitored, histogram: str, labels: dict[str, str]
) -> None:
    chosen = ",".join(f'{name}="{value}"' for name, value in labels.items())
    series = await monitored.series(f"{histogram}_bucket{{{chosen}}}")
    bounds = sorted({float(one["metric"]["le"]) for one in series})
    assert bounds[:10] == [number / 1000 for number in range(1, 11)]
    assert float((await monitored.series(f"{histogram}_count{{{chosen}}}"))[0]["value"][1]) > 0


async def test_no_stranger_makes_a_series(monitored: Monitored) -> None:
    """Only what happens may: each method, code and quota is one of ours."""
    before = await series_names(monitored)
    async with grpc.aio.insecure_channel(monitored.gateway.target) as channel:
        execution: Any = execution_pb2_grpc.ExecutionServiceStub(channel)
        for number in range(300):
            method = f"/coderunner.v1.ExecutionService/Method{number}"
            unknown: Any = channel.unary_unary(method)  # type: ignore[call-arg]  # no serializers: bytes as they are
            with pytest.raises(grpc.aio.AioRpcError):
                await unknown(b"")
            with pytest.raises(grpc.aio.AioRpcError):
                await execution.Submit(execution_pb2.SubmitRequest(task=hostile(number)))
            with pytest.raises(grpc.aio.AioRpcError):
                await execution.Get(execution_pb2.GetRequest(id=f"stranger-{number}"))
    after = await series_names(monitored)
    new = {json.dumps(dict(one)) for one in after - before}
    assert "stranger" not in "".join(new)
    assert {dict(one)["method"] for one in after - before if "method" in dict(one)} <= {"Submit", "Get"}
    assert len({name for one in after - before for name, value in one if name == "__name__"}) <= 4


def hostile(number: int) -> execution_pb2.Task:
    return execution_pb2.Task(
        language=f"stranger-{number}",
        files=[execution_pb2.File(name=f"stranger-{number}", content="x")],
        labels={f"stranger-{number}": "x"},
        callback=execution_pb2.Callback(url=f"stranger{number}://x"),
    )


async def series_names(monitored: Monitored) -> set[tuple[tuple[str, str], ...]]:
    """The labels of every series, from the pages themselves."""
    told = set()
    for daemon in (monitored.gateway, monitored.node):
        for line in daemon.get("/metrics")[1].splitlines():
            if not line.startswith("#"):
                name, _, rest = line.rpartition(" ")[0].partition("{")
                labels = [pair.partition("=") for pair in rest.rstrip("}").split('",') if pair]
                told.add((("__name__", name), *((key, value.strip('"')) for key, _, value in labels)))
    return told


async def test_queues_are_told_by_pool_and_priority(monitored: Monitored) -> None:
    series = await monitored.series("coderunner_queue_length")
    assert {one["metric"]["pool"] for one in series} == {"simulated"}
    assert {one["metric"]["priority"] for one in series} <= {priority.value for priority in Priority}
