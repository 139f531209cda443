"""The fixtures themselves: what other tests rest on."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.servers import EtcdCluster, EtcdServer, NatsCluster, NatsServer
from tests.servers.fixtures import StartEtcd, StartNats

REPOSITORY = Path(__file__).parents[2]


async def test_a_test_finds_no_stream_of_the_one_before(nats_server: NatsServer) -> None:
    client = await nats_server.connect()
    assert await client.jetstream().streams_info() == []
    await client.jetstream().add_stream(name="LEFT", subjects=["left"])
    await client.close()


test_and_again_finds_none = test_a_test_finds_no_stream_of_the_one_before


async def test_a_killed_server_comes_back_on_its_port_with_its_messages(start_nats: StartNats) -> None:
    server = start_nats()
    client = await server.connect(allow_reconnect=False)
    await client.jetstream().add_stream(name="KEPT", subjects=["kept"])
    await client.jetstream().publish("kept", b"a message")
    server.kill()
    await client.close()
    server.start()
    client = await server.connect()
    assert (await client.jetstream().get_msg("KEPT", seq=1)).data == b"a message"
    await client.close()


def test_a_paused_server_keeps_its_process_and_goes_on(start_etcd: StartEtcd) -> None:
    server = start_etcd()
    server.pause()
    with pytest.raises(OSError, match="timed out"):
        server.is_ready()
    server.resume()
    server.wait_ready()


async def test_a_cluster_keeps_three_replicas_and_survives_its_leader(nats_cluster: NatsCluster) -> None:
    client = await nats_cluster.servers[0].connect()
    await client.jetstream().add_stream(name="R3", subjects=["r3"], num_replicas=3)
    await client.close()
    leader = nats_cluster.leader_of("R3")
    leader.kill()
    client = await nats_cluster.leader_of("R3").connect()
    ack = await client.jetstream().publish("r3", b"still here", timeout=20)
    assert ack.seq == 1
    await client.close()


def test_an_etcd_cluster_elects_another_leader(etcd_cluster: EtcdCluster) -> None:
    first = etcd_cluster.leader()
    first.kill()
    for server in etcd_cluster.servers:
        if server is not first:
            server.wait_ready()
    assert etcd_cluster.leader() is not first


def test_servers_die_when_their_pytest_is_killed(tmp_path: Path) -> None:
    script = (
        "import pathlib, sys, time; from tests.servers import NatsServer;"
        "server = NatsServer(pathlib.Path(sys.argv[1])); server.start(); print(server.pid, flush=True); time.sleep(60)"
    )
    with subprocess.Popen(
        [sys.executable, "-c", script, str(tmp_path)], stdout=subprocess.PIPE, cwd=REPOSITORY, text=True
    ) as parent:
        assert parent.stdout is not None
        server_pid = int(parent.stdout.readline())
        os.kill(server_pid, 0)
        parent.send_signal(signal.SIGKILL)
    deadline = time.monotonic() + 10
    while Path(f"/proc/{server_pid}").exists() and _state(server_pid) != "Z":
        assert time.monotonic() < deadline, "the server outlived the process that started it"


def _state(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return "Z"


def test_a_docker_engine_answers(docker_engine: object) -> None:
    assert docker_engine


def test_keys_of_another_test_are_gone(etcd_server: EtcdServer) -> None:
    assert etcd_server.is_leader()
