"""What dies, goes away, comes back, and what no task may notice of it."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import sys
from contextlib import AsyncExitStack
from pathlib import Path

import aiohttp
import msgspec
import pytest

from node.application.reports import Run, execution_of, result_of
from node.application.workbench import Produced
from node.domain.verdict import stage_of
from node.infrastructure.nats_connection import Bus, BusSettings
from node.infrastructure.nats_publisher import Publisher
from node.infrastructure.nats_sink import NatsResultSink
from schemas import names
from schemas.status import Priority, Status
from tests.fakes.node import FixedProbe, a_task, an_outcome
from tests.integration.node.conftest import Desk, StartNode, eventually, running_node, timed
from tests.servers.etcd import EtcdServer
from tests.servers.fixtures import StartNats
from tests.servers.nats import NatsServer

START_S = 30.0
"""Until a new process says its first words, on a busy test machine."""


def node_process(nats: NatsServer, log: Path, **settings: str) -> subprocess.Popen[bytes]:
    """The daemon as it is started in production, with a simulated sandbox."""
    given = {
        "sandbox": "simulated",
        "node_id": "victim",
        "nats_urls": nats.url,
        "etcd_endpoints": "127.0.0.1:1",
        "http_address": "127.0.0.1:0",
        **settings,
    }
    environment = {f"CODERUNNER_NODE_{name.upper()}": value for name, value in given.items()}
    with log.open("wb") as output:
        return subprocess.Popen(
            [sys.executable, "-m", "node.main"], env=os.environ | environment, stdout=output, stderr=output
        )


async def ended(process: subprocess.Popen[bytes], within_s: float = 10) -> int:
    return await asyncio.wait_for(asyncio.to_thread(process.wait), within_s)


async def test_a_killed_nodes_task_is_finished_by_another(
    desk: Desk, start_node: StartNode, nats_server: NatsServer, tmp_path: Path
) -> None:
    victim = node_process(nats_server, tmp_path / "victim.log", ack_wait_s="1", concurrency="1")
    await desk.submit(timed("t1", 700))
    await desk.started("t1")
    victim.kill()
    await ended(victim)
    await start_node("heir", ack_wait_s=1.0)
    execution = await desk.result("t1", within_s=4)  # ack wait and run time
    assert (execution.status, execution.node_id, execution.attempt) == (Status.SUCCEEDED, "heir", 2)


async def test_a_node_that_was_paused_past_its_ack_wait_makes_no_second_result(
    desk: Desk, start_node: StartNode, nats_server: NatsServer, tmp_path: Path
) -> None:
    sleeper = node_process(nats_server, tmp_path / "sleeper.log", ack_wait_s="1", concurrency="1")
    try:
        await desk.submit(timed("t1", 500))
        await desk.started("t1")
        sleeper.send_signal(signal.SIGSTOP)
        await start_node("heir", ack_wait_s=1.0)
        assert (await desk.result("t1")).node_id == "heir"
        sleeper.send_signal(signal.SIGCONT)
        await desk.submit(timed("t2", 0, pool="default"))
        await desk.result("t2")
        await desk.queue_empties()
        assert (await desk.messages(names.STREAM_RESULTS)) == 2
    finally:
        sleeper.send_signal(signal.SIGCONT)
        sleeper.terminate()
        await ended(sleeper)


async def test_a_node_that_falls_silent_is_not_given_its_own_task_again(
    desk: Desk, start_node: StartNode, nats_server: NatsServer, tmp_path: Path
) -> None:
    """Its connection stays open, it has room and less load than the other, and its request for more still waits."""
    heir = await start_node("heir", ack_wait_s=2.0, probe=FixedProbe(cpu=94, memory=89))
    await heir.slots.pause()
    sleeper = node_process(nats_server, tmp_path / "sleeper.log", ack_wait_s="2", concurrency="2")
    try:
        await desk.submit(timed("t1", 1500))
        await desk.started("t1")
        await heir.slots.resume()
        await desk.waiting_pulls(2)
        sleeper.send_signal(signal.SIGSTOP)
        assert (await desk.result("t1", within_s=2.0 + 1.5 + 0.8)).node_id == "heir"  # ack wait, run time, noise
        assert await desk.starts("t1") == 2
    finally:
        sleeper.send_signal(signal.SIGCONT)
        sleeper.terminate()
        await ended(sleeper)


async def test_sigterm_drains_and_exits_with_0(desk: Desk, nats_server: NatsServer, tmp_path: Path) -> None:
    process = node_process(nats_server, tmp_path / "node.log", concurrency="1")
    await desk.submit(timed("running", 800), timed("queued", 0))
    await desk.started("running")
    process.terminate()
    assert await ended(process) == 0
    assert (await desk.result("running")).attempt == 1
    assert "queued" not in desk.results
    assert await desk.messages(names.STREAM_TASKS) == 1


async def test_what_still_runs_after_the_drains_bound_is_handed_back_at_once(desk: Desk, start_node: StartNode) -> None:
    node = await start_node("going", drain_s=0.2, concurrency=1)
    await desk.submit(timed("t1", 60_000))
    await desk.started("t1")
    node.stop()
    await start_node("heir", concurrency=1)
    await desk.started("t1", 2, within_s=4)  # less than the ack wait
    assert await desk.cancel("t1") == "heir"
    assert (await desk.result("t1")).attempt == 2


async def test_a_running_task_is_killed_by_its_cancel_order_and_keeps_its_output(
    desk: Desk, start_node: StartNode
) -> None:
    await start_node("n1")
    await start_node("n2")
    await desk.submit(timed("t1", 60_000, stdin="so far"))
    await desk.started("t1")
    runs_it = await desk.cancel("t1")
    execution = await desk.result("t1", within_s=0.5)
    assert (execution.status, execution.node_id) == (Status.CANCELLED, runs_it)
    assert execution.run is not None
    assert execution.run.stdout == "so far"
    await desk.queue_empties()


async def test_a_drain_order_is_answered_and_obeyed(desk: Desk, start_node: StartNode) -> None:
    node = await start_node("n1")
    await desk.submit(timed("t1", 500))
    await desk.started("t1")
    for order, draining in (("drain", True), ("resume", False), ("drain", True)):
        body = json.dumps({"order": order}).encode()
        answer = await desk.client.request(names.node_subject("n1"), body, timeout=2)
        assert json.loads(answer.data) == {"ok": True}
        assert node.draining.wanted is draining
    assert (await desk.result("t1")).attempt == 1


async def test_an_order_that_nobody_knows_is_refused(desk: Desk, start_node: StartNode) -> None:
    await start_node("n1")
    answer = await desk.client.request(names.node_subject("n1"), b'{"order":"explode"}', timeout=2)
    assert json.loads(answer.data)["ok"] is False


async def test_a_task_that_always_loses_its_sandbox_ends_in_the_dead_letters(desk: Desk, start_node: StartNode) -> None:
    await start_node()
    await desk.submit(a_task("poison", env={"SIMULATED_LOST": "1"}), a_task("good"))
    execution = await desk.result("poison")
    assert (execution.status, execution.attempt) == (Status.INTERNAL_ERROR, 3)
    assert execution.error.startswith("gave up at attempt 3, delivery 3: the sandbox was lost")
    letter = await desk.dead("poison", "poison")
    assert letter.detail == execution.error
    assert json.loads(letter.payload)["id"] == "poison"
    assert (await desk.result("good")).status is Status.SUCCEEDED
    await desk.queue_empties()
    assert await desk.starts("poison") == 3


async def test_a_task_that_killed_three_nodes_is_not_started_a_fourth_time(
    desk: Desk, start_node: StartNode, nats_server: NatsServer, tmp_path: Path
) -> None:
    await desk.submit(timed("killer", 60_000))
    for start in range(1, 4):
        victim = node_process(nats_server, tmp_path / f"{start}.log", ack_wait_s="1", concurrency="1")
        await desk.started("killer", start, within_s=12)
        victim.kill()
        await ended(victim)
    await start_node(ack_wait_s=1.0)
    assert (await desk.result("killer")).status is Status.INTERNAL_ERROR
    assert await desk.starts("killer") == 3
    await desk.queue_empties()


async def test_a_result_that_is_there_already_wins(desk: Desk, start_node: StartNode) -> None:
    await desk.submit(a_task("t1", stdin="second"))
    node = await start_node("n1", concurrency=1)
    first = await desk.result("t1")
    await desk.submit(a_task("t1", stdin="third"))
    await desk.queue_empties()
    assert await desk.messages(names.STREAM_RESULTS) == 1
    assert desk.results["t1"] == first
    await asyncio.wait_for(node.slots.wait_until_quiet(), 5)  # the acknowledgement comes just before the end


async def test_a_message_that_is_no_task_is_buried_and_answered(desk: Desk, start_node: StartNode) -> None:
    await start_node()
    await desk.client.publish(names.task_subject("default", Priority.HIGH, "broken"), b"{not json")
    assert (await desk.result("broken")).status is Status.INTERNAL_ERROR
    assert (await desk.dead("malformed", "broken")).payload == "{not json"
    await desk.queue_empties()


async def test_a_long_task_is_kept_alive_past_the_ack_wait(desk: Desk, start_node: StartNode) -> None:
    await start_node("n1", ack_wait_s=1.0)
    await start_node("n2", ack_wait_s=1.0)
    await desk.submit(timed("t1", 2500))
    assert (await desk.result("t1")).attempt == 1
    assert await desk.starts("t1") == 1


async def test_deleted_consumers_are_made_again(desk: Desk, start_node: StartNode) -> None:
    await start_node()
    await desk.waiting_pulls(1)
    for priority in Priority:
        await desk.ask(f"CONSUMER.DELETE.{names.STREAM_TASKS}.{names.queue_consumer('default', priority)}", {})
    await desk.submit(*(a_task(f"t-{priority.value}", priority=priority) for priority in Priority))
    await desk.until(lambda: len(desk.order) == 3)


async def test_a_node_starts_without_bus_and_directory_and_survives_their_restart(
    start_nats: StartNats, etcd_server: EtcdServer
) -> None:
    server = start_nats()
    server.stop()
    settings = {"nats_urls": [server.url], "etcd_endpoints": ["127.0.0.1:1"], "http_address": "127.0.0.1:0"}
    async with AsyncExitStack() as stack:
        starting = asyncio.create_task(
            running_node(stack, "n1", {"sandbox": "simulated", "concurrency": 2, **settings}, FixedProbe())
        )
        await asyncio.sleep(0.2)
        assert not starting.done()
        server.start()
        await starting
        for round_number in range(2):
            client = await server.connect()
            desk = Desk(client)
            await desk.open()
            await desk.submit(a_task(f"t{round_number}"))
            assert (await desk.result(f"t{round_number}")).status is Status.SUCCEEDED
            await client.close()
            server.kill()
            server.start()


async def test_a_result_survives_a_bus_that_goes_away_while_the_task_runs(
    start_nats: StartNats, etcd_server: EtcdServer
) -> None:
    server = start_nats()
    settings = {"nats_urls": [server.url], "etcd_endpoints": [etcd_server.endpoint], "http_address": "127.0.0.1:0"}
    async with AsyncExitStack() as stack:
        client = await server.connect(max_reconnect_attempts=-1, reconnect_time_wait=0.1)
        stack.push_async_callback(client.close)
        desk = Desk(client)
        await desk.open()
        await running_node(stack, "n1", {"sandbox": "simulated", "concurrency": 2, **settings}, FixedProbe())
        await desk.submit(timed("t1", 600))
        await desk.started("t1")
        server.stop()
        server.start()
        await desk.result("t1")
        await desk.queue_empties()
        assert await desk.messages(names.STREAM_RESULTS) == 1


async def test_a_node_works_with_the_permissions_of_its_role(start_nats: StartNats, etcd_server: EtcdServer) -> None:
    server = start_nats(roles=True)
    gateway = await server.connect("gateway")
    settings = {"nats_urls": [server.url_as("node")], "etcd_endpoints": [etcd_server.endpoint]}
    async with AsyncExitStack() as stack:
        stack.push_async_callback(gateway.close)
        desk = Desk(gateway)
        await desk.open()
        await running_node(
            stack, "n1", {"sandbox": "simulated", "http_address": "127.0.0.1:0", **settings}, FixedProbe()
        )
        await desk.submit(a_task("good"), a_task("poison", env={"SIMULATED_LOST": "1"}), timed("long", 60_000))
        assert (await desk.result("good")).status is Status.SUCCEEDED
        assert (await desk.result("poison")).status is Status.INTERNAL_ERROR
        assert await desk.cancel("long") == "n1"
        assert (await desk.result("long")).status is Status.CANCELLED
        await desk.queue_empties()


async def test_a_result_too_large_for_a_message_is_cut_and_says_so(nats_server: NatsServer, desk: Desk) -> None:
    bus = Bus(BusSettings(servers=[nats_server.url]), "test")
    await bus.connect()
    flood = an_outcome(stdout=b"\x01" * 200_000)  # six characters each in JSON: over the bus's 1 MB
    run = Run(a_task("t1"), "n1", attempt=1, started_ms=0, language="python")
    result = result_of(run, execution_of(run, Produced(Status.SUCCEEDED, run=stage_of(flood)), 1))
    assert await NatsResultSink(Publisher(bus)).store(result)
    stage = (await desk.result("t1")).run
    assert stage is not None
    assert (stage.stdout_truncated, len(stage.stdout)) == (True, 16_384)
    await bus.close()


async def test_a_stored_result_of_ours_whose_answer_was_lost_counts_as_stored(
    desk: Desk, nats_server: NatsServer
) -> None:
    bus = Bus(BusSettings(servers=[nats_server.url]), "test")
    await bus.connect()
    sink = NatsResultSink(Publisher(bus))
    run = Run(a_task("t1"), "n1", attempt=1, started_ms=0, language="python")
    ours = result_of(run, execution_of(run, Produced(Status.FAILED), 1))
    assert await sink.store(ours)
    assert await sink.store(ours)
    assert not await sink.store(msgspec.structs.replace(ours, client="other"))
    await bus.close()


@pytest.mark.parametrize("path", ["healthz", "readyz", "metrics"])
async def test_health_and_metrics_answer(desk: Desk, start_node: StartNode, path: str) -> None:
    node = await start_node()
    await desk.submit(a_task("t1"))
    await desk.result("t1")
    async with (
        aiohttp.ClientSession() as session,
        session.get(f"http://127.0.0.1:{node.http.port}/{path}") as response,
    ):
        body = await response.text()
        assert response.status == 200
    if path == "metrics":
        assert 'coderunner_node_tasks_total{language="python",status="SUCCEEDED"} 1.0' in body
        assert "coderunner_node_load_score" in body


async def test_a_node_that_never_saw_its_bus_still_goes_down_cleanly(tmp_path: Path) -> None:
    log = tmp_path / "node.log"
    process = node_process(NatsServer(tmp_path), log, nats_urls="nats://127.0.0.1:1")
    try:
        await eventually(lambda: b"bus trouble" in log.read_bytes(), START_S)
    finally:
        process.terminate()
        assert await ended(process) == 0
    assert b"Traceback" not in log.read_bytes()


async def test_a_user_that_the_bus_refuses_is_told_so_in_the_log(start_nats: StartNats, tmp_path: Path) -> None:
    log = tmp_path / "node.log"
    process = node_process(start_nats(roles=True), log, nats_user="node", nats_password="wrong")
    try:
        await eventually(lambda: b"Authorization" in log.read_bytes(), START_S)
    finally:
        process.terminate()
        assert await ended(process) == 0
