"""A node that may try only so often ends with 1; by default it goes on for ever."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from tests.integration.node.node_process import node_process
from tests.servers.nats import NatsServer
from tests.servers.ports import free_port
from tests.servers.waiting import eventually

QUICK = {"reconnect_base_s": "0.01", "reconnect_max_s": "0.02"}


@pytest.fixture
def started(nats_server: NatsServer, tmp_path: Path) -> Iterator[Any]:
    with ExitStack() as running:

        def start(**settings: str) -> subprocess.Popen[bytes]:
            process = node_process(nats_server, tmp_path / "node.log", **settings)
            running.callback(process.wait)
            running.callback(process.kill)
            return process

        yield start


def nowhere() -> str:
    return f"127.0.0.1:{free_port()}"


def test_without_a_bus_it_ends_after_its_tries(started: Any, tmp_path: Path) -> None:
    process = started(nats_urls=f"nats://{nowhere()}", reconnect_tries="3", **QUICK)
    assert process.wait(30) == 1
    assert (tmp_path / "node.log").read_text().count("bus_error") >= 3


def test_without_etcd_it_ends_after_its_tries(started: Any) -> None:
    assert started(etcd_endpoints=nowhere(), reconnect_tries="2", heartbeat_s="0.1", **QUICK).wait(30) == 1


async def test_by_default_it_goes_on_trying(started: Any, tmp_path: Path) -> None:
    process = started(nats_urls=f"nats://{nowhere()}", **QUICK)
    log = tmp_path / "node.log"
    await eventually(lambda: log.read_text().count("bus_error") >= 20, 30)
    assert process.poll() is None
