"""A gateway and a node at work, and the Prometheus that scrapes them."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

import pytest

from coderunner import Client, InvalidTask
from tests.fakes.callback_endpoint import CallbackEndpoint
from tests.integration.guarantees.simulated_tasks import lasting, started, submit
from tests.integration.monitoring.monitored import LANGUAGES, ROUNDS, Monitored
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
        gateway = stack.add_gateway(
            history_url=f"sqlite:///{directory}/history.db",
            history_migrate=True,
            callback_allowed_networks=["127.0.0.0/8"],
        )
        node = stack.add_node(sandbox="simulated", simulated_languages=LANGUAGES, pools=["simulated"])
        prometheus = Monitored.prometheus_for(directory, gateway, node)
        prometheus.start()
        monitored = Monitored(stack, gateway, node, prometheus)
        asyncio.run(_work(monitored))
        yield monitored
    finally:
        if prometheus is not None:
            prometheus.stop()
        stack.close()


async def _work(monitored: Monitored) -> None:
    """Some tasks, and the same once more when Prometheus has seen the first: a rate is a difference."""
    await monitored.stack.wait_served(*LANGUAGES)
    for number in range(1, ROUNDS + 1):
        async with CallbackEndpoint(len(LANGUAGES)) as endpoint, monitored.stack.client() as client:
            for language in LANGUAGES:
                await _run_each_end(client, language, endpoint.url)
            with pytest.raises(InvalidTask):
                await client.submit(LANGUAGES[0], {})
            await asyncio.wait_for(endpoint.complete.wait(), 20)
        await monitored.series(f"sum(coderunner_finished_total) == {3 * len(LANGUAGES) * number}")
        await monitored.series(f"sum(coderunner_node_tasks_total) == {3 * len(LANGUAGES) * number}")


async def _run_each_end(client: Client, language: str, callback: str) -> None:
    failing = {**lasting(2), "SIMULATED_EXIT_CODE": "3"}
    ids = [
        await submit(client, language, 3, callback=callback),
        await client.submit(language, "(nothing runs)", env=failing, cache="READ"),  # a miss: nobody keeps it
        await submit(client, language, 60_000),
    ]
    await started(client, ids[-1])  # one that still waits would be ended by the gateway
    await client.cancel(ids[-1])
    for task_id in ids:
        await client.follow(task_id)
