"""A gateway that may try only so often ends with 1; one that may try for ever does not."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import Any

import pytest

from chassis.backoff import Backoff, Failures
from chassis.errors import GaveUpError
from tests.integration.gateway.gateway_process import GatewayProcess
from tests.servers import EtcdServer, NatsServer
from tests.servers.ports import free_port

QUICK = ("--reconnect-base-s", "0.01", "--reconnect-most-s", "0.02")


@pytest.fixture
def started() -> Iterator[Any]:
    running: list[GatewayProcess] = []

    def start(nats: str, etcd: str, *flags: str) -> GatewayProcess:
        running.append(GatewayProcess("--nats-urls", nats, "--etcd-endpoints", etcd, *QUICK, *flags))
        return running[-1]

    yield start
    for gateway in running:
        gateway.close()


def nowhere() -> str:
    return f"127.0.0.1:{free_port()}"


def said(gateway: GatewayProcess) -> str:
    return str(gateway.wait_for("part_failed")["exception"][0]["exc_value"])


def test_without_a_bus_it_ends_after_its_tries(started: Any, etcd_server: EtcdServer) -> None:
    gateway = started(f"nats://{nowhere()}", etcd_server.endpoint, "--reconnect-tries", "3")
    assert said(gateway) == "the bus could not be reached in 3 tries"
    assert gateway.process.wait(20) == 1


def test_without_etcd_it_ends_after_its_tries(started: Any, nats_server: NatsServer) -> None:
    gateway = started(nats_server.url, nowhere(), "--reconnect-tries", "3")
    assert said(gateway) == "etcd could not be reached in 3 tries"
    assert gateway.process.wait(20) == 1


def test_by_default_it_goes_on_for_ever(started: Any, etcd_server: EtcdServer) -> None:
    gateway = started(f"nats://{nowhere()}", etcd_server.endpoint)
    for _ in range(20):
        gateway.wait_for("bus_error")
    assert gateway.process.poll() is None


async def test_a_success_gives_all_the_tries_again() -> None:
    failures = Failures(Backoff(0.1, 0.2), 3)
    giving_up = asyncio.create_task(failures.too_many("it"))
    for _ in range(4):
        failures.next_s()
        failures.next_s()
        failures.reset()
    await asyncio.sleep(0)
    assert not giving_up.done()
    for _ in range(3):
        assert 0.05 <= failures.next_s() <= 0.2
    with pytest.raises(GaveUpError, match="it could not be reached in 3 tries"):
        await asyncio.wait_for(giving_up, 5)
