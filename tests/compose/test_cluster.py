"""cluster.yaml: three of what keeps, two of what works; any one of each may fail."""

from __future__ import annotations

import asyncio
import json
import urllib.request
from collections.abc import Callable
from typing import Any
from urllib.parse import quote

import pytest

from coderunner import Client
from tests.compose.programs import LANGUAGES, run_sample, wait_served
from tests.compose.project import Project
from tests.servers.waiting import eventually

FILE = "cluster.yaml"
NODES = ("cluster-1", "cluster-2")
BUS = ("nats-1", "nats-2", "nats-3")
DIRECTORY = ("etcd-1", "etcd-2", "etcd-3")
TARGETS = {"coderunner-gateway": 2, "coderunner-node": 2, "etcd": 3, "haproxy": 1}
SCRAPED_WITHIN_S = 90.0


def of_nats(project: Project, service: str, path: str) -> dict[str, Any]:
    said = project.ask(service, f"http://127.0.0.1:8222/{path}")
    assert said.startswith("{"), said[:200]
    found: dict[str, Any] = json.loads(said)
    return found


def leader_of_the_bus(project: Project) -> str:
    return str(of_nats(project, "nats-1", "jsz")["meta_cluster"]["leader"])


def leader_of_the_directory(project: Project) -> str:
    metrics = {member: project.ask(member, "http://127.0.0.1:2379/metrics") for member in DIRECTORY}
    (leader,) = [member for member, text in metrics.items() if "etcd_server_is_leader 1\n" in text]
    return leader


def submitted(project: Project, gateway: str) -> float:
    """How many tasks came in through it."""
    metrics = project.ask(gateway, "http://127.0.0.1:8081/metrics").splitlines()
    return sum(float(line.split()[1]) for line in metrics if line.startswith("coderunner_submitted_total{"))


def from_prometheus(project: Project, path: str) -> dict[str, Any]:
    with urllib.request.urlopen(f"{project.prometheus}/api/v1/{path}", timeout=10) as answer:
        found: dict[str, Any] = json.load(answer)["data"]
    return found


async def test_a_program_of_each_language_runs(client: Client) -> None:
    await wait_served(client)
    assert {node.id for node in await client.nodes()} == set(NODES)
    for language in LANGUAGES:
        await run_sample(client, language)


async def test_both_nodes_take_tasks(client: Client) -> None:
    executions = await asyncio.gather(*(run_sample(client, "python") for _ in range(16)))
    assert {execution.node_id for execution in executions} == set(NODES)


async def test_calls_go_to_both_gateways(project: Project, client: Client) -> None:
    async def both() -> bool:
        await run_sample(client, "python")
        return all(submitted(project, gateway) > 0 for gateway in ("gateway-1", "gateway-2"))

    await eventually(both, 60)


async def test_each_stream_has_three_replicas_in_step(project: Project) -> None:
    """The leader of a stream knows."""

    def in_step() -> set[str]:
        found = set()
        for server in BUS:
            for account in of_nats(project, server, "jsz?acc=CODERUNNER&streams=1&config=1").get("account_details", ()):
                led = [one for one in account["stream_detail"] if one["cluster"].get("leader") == server]
                assert {stream["config"]["num_replicas"] for stream in led} <= {3}
                found |= {
                    one["name"]
                    for one in led
                    if [other["current"] for other in one["cluster"]["replicas"]] == [True] * 2
                }
        return found

    streams = {f"CODERUNNER_{name}" for name in ("TASKS", "RESULTS", "EVENTS", "DEAD", "CALLBACKS", "AUDIT")}
    await eventually(lambda: streams <= in_step(), 60)


async def test_the_history_is_in_postgresql(project: Project, client: Client) -> None:
    execution = await run_sample(client, "python")
    question = f"select status from tasks where task_id = '{execution.id}'"

    def status() -> str:
        command = [
            "sh",
            "-c",
            f'/usr/lib/postgresql/*/bin/psql --dbname coderunner --tuples-only --command "{question}"',
        ]
        code, said = project.containers()["postgres"].exec_run(command)
        assert code == 0, said
        assert isinstance(said, bytes)
        return said.decode().strip()

    await eventually(lambda: status() == "SUCCEEDED", 60)
    assert execution.id in [listed.id async for listed in client.list(language="python", limit=50)]


async def test_prometheus_scrapes_all_targets_and_knows_the_rules(project: Project) -> None:
    def up() -> dict[str, int]:
        targets = from_prometheus(project, "targets?state=active")["activeTargets"]
        well = [target["labels"]["job"] for target in targets if target["health"] == "up"]
        return {job: well.count(job) for job in set(well)}

    await eventually(lambda: up() == TARGETS, SCRAPED_WITHIN_S)
    rules = [rule for group in from_prometheus(project, "rules")["groups"] for rule in group["rules"]]
    assert {"CoderunnerDown", "pool:coderunner_backlog_seconds"} <= {rule["name"] for rule in rules}
    live = f"query?query={quote('coderunner_live_nodes')}"
    await eventually(
        lambda: [one["value"][1] for one in from_prometheus(project, live)["result"]] == ["2", "2"], SCRAPED_WITHIN_S
    )


@pytest.mark.parametrize(
    "chosen",
    [
        pytest.param(leader_of_the_bus, id="the bus' leader"),
        pytest.param(leader_of_the_directory, id="the directory's leader"),
        pytest.param(lambda _: "gateway-1", id="a gateway"),
        pytest.param(lambda _: "node-1", id="a node"),
    ],
)
async def test_programs_run_while_one_is_killed(
    project: Project, client: Client, chosen: Callable[[Project], str]
) -> None:
    service = chosen(project)
    assert await client.languages()  # from now on the client is patient
    with project.without(service):
        for language in LANGUAGES:
            await run_sample(client, language)
        assert project.containers()[service].status == "exited"
    assert (await run_sample(client, "python")).id
