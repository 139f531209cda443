"""A gateway and a node at work, and the Prometheus that scrapes them."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

import pytest

from coderunner import Client
from tests.integration.guarantees.simulated_tasks import lasting, started, submit
from tests.integration.monitoring.monitored import LANGUAGES, Monitored
from tests.servers import EtcdServer, NatsServer
from tests.servers.prometheus import PrometheusServer
from tests.servers.stack import Stack


@pytest.fixture(scope="session")
def monitored_stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Monitored]:
    """One for all of these tests; tasks have run, and Prometheus knows of them."""
    directory = tmp_path_factory.mktemp("monitoring")
    stack = Stack(directory, NatsServer(directory, roles=True), EtcdServer(directory))
    prometheus: PrometheusServer | None = None
    try:
        for server in (*stack.nats.members, *stack.etcd.members):
            server.start()
        history = f"sqlite:///{directory}/history.db"
        gateway = stack.add_gateway(history_url=history, history_migrate=True, quota_rate_per_s=1000.0, quota_burst=100)
        node = stack.add_node(sandbox="simulated", simulated_languages=LANGUAGES, pools=["simulated"])
        prometheus = Monitored.prometheus_for(directory, gateway, node)
        prometheus.start()
        monitored = Monitored(stack, gateway, node, prometheus)
        asyncio.run(_run_tasks(stack))
        yield monitored
    finally:
        if prometheus is not None:
            prometheus.stop()
        stack.close()


async def _run_tasks(stack: Stack) -> None:
    await stack.wait_served(*LANGUAGES)
    async with stack.client() as client:
        for language in LANGUAGES:
            await _run_each_end(client, language)


async def _run_each_end(client: Client, language: str) -> None:
    failing = {**lasting(2), "SIMULATED_EXIT_CODE": "3"}
    ids = [
        await submit(client, language, 3),
        await client.submit(language, "(nothing runs)", env=failing),
        await submit(client, language, 60_000),
    ]
    await started(client, ids[-1])  # one that still waits would be ended by the gateway
    await client.cancel(ids[-1])
    for task_id in ids:
        await client.follow(task_id)
