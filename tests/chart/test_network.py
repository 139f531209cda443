"""Who may speak to whom: policies, services and disruption budgets select the pods that they are about."""

from __future__ import annotations

import pytest

from broker_gateway.infrastructure.settings import GatewaySettings
from node.infrastructure.settings import NodeSettings
from tests.chart.rendering import VALUES, Manifest, labels, of_kind, pod, selects, workloads


def port(settings: type[GatewaySettings | NodeSettings], name: str) -> int:
    """The port of a setting's default."""
    default = settings.model_fields[name].default
    return int((default[0] if isinstance(default, list) else default).rpartition(":")[2])


API, HEALTH, NODE_HEALTH = (
    port(GatewaySettings, "grpc_address"),
    port(GatewaySettings, "http_address"),
    port(NodeSettings, "http_address"),
)
BUS, DIRECTORY, NAMES = port(NodeSettings, "nats_urls"), port(NodeSettings, "etcd_endpoints"), 53


def policies(name: str, workload: Manifest) -> list[Manifest]:
    """The policies that select its pods."""
    return [
        one["spec"] for one in of_kind(name, "NetworkPolicy") if selects(one["spec"]["podSelector"], labels(workload))
    ]


def ports(found: list[Manifest], direction: str) -> set[int]:
    """All ports that these policies open."""
    return {one["port"] for policy in found for rule in policy.get(direction, ()) for one in rule["ports"]}


@pytest.mark.parametrize("name", VALUES)
def test_every_pod_is_closed_in_both_directions_but_for_what_is_written(name: str) -> None:
    for workload in workloads(name):
        closed = [one for one in policies(name, workload) if not one.get("ingress") and not one.get("egress")]
        assert any(one["policyTypes"] == ["Ingress", "Egress"] for one in closed), workload["metadata"]["name"]


@pytest.mark.parametrize("name", VALUES)
def test_no_rule_is_for_everybody_because_a_list_is_empty(name: str) -> None:
    for one in of_kind(name, "NetworkPolicy"):
        for direction, side in (("ingress", "from"), ("egress", "to")):
            for rule in one["spec"].get(direction, ()):
                assert rule[side], one["metadata"]["name"]
                assert rule["ports"], one["metadata"]["name"]


@pytest.mark.parametrize("name", VALUES)
def test_nodes_reach_bus_directory_and_names_and_nothing_else(name: str) -> None:
    (node,) = of_kind(name, "DaemonSet", "StatefulSet")
    assert ports(policies(name, node), "egress") == {BUS, DIRECTORY, NAMES}
    assert ports(policies(name, node), "ingress") <= {NODE_HEALTH}


def test_only_who_calls_back_reaches_the_world_and_no_private_network() -> None:
    name = "roles apart, all of it encrypted"
    reach = {one["metadata"]["name"]: ports(policies(name, one), "egress") for one in of_kind(name, "Deployment")}
    assert reach == {
        "blog-gateway": {BUS, DIRECTORY, NAMES, 5432},
        "blog-relay": {BUS, DIRECTORY, NAMES, 5432, 443, 80},
        "blog-history": {BUS, DIRECTORY, NAMES, 5432},
    }
    callbacks = next(one for one in of_kind(name, "NetworkPolicy") if one["metadata"]["name"] == "blog-callbacks")
    (peer,) = callbacks["spec"]["egress"][0]["to"]
    assert {"10.0.0.0/8", "169.254.0.0/16", "192.168.0.0/16"} <= set(peer["ipBlock"]["except"])


def test_the_job_that_migrates_reaches_the_database_alone() -> None:
    name = "roles apart, all of it encrypted"
    (job,) = of_kind(name, "Job")
    assert ports(policies(name, job), "egress") == {NAMES, 5432}
    assert ports(policies(name, job), "ingress") == set()


def test_callers_reach_the_api_and_nobody_does_where_none_are_named() -> None:
    (gateway,) = of_kind("as it is", "Deployment")
    assert ports(policies("as it is", gateway), "ingress") == {API, HEALTH}
    (closed,) = of_kind("scaled by the queue", "Deployment")
    assert ports(policies("scaled by the queue", closed), "ingress") == set()


@pytest.mark.parametrize("name", VALUES)
def test_every_service_leads_to_pods_that_have_its_port_and_the_api_to_those_with_its_role(name: str) -> None:
    for service in of_kind(name, "Service"):
        behind = [one for one in workloads(name) if service["spec"]["selector"].items() <= labels(one).items()]
        assert behind, service["metadata"]["name"]
        for workload in behind:
            listening = {one["name"]: one["containerPort"] for one in pod(workload)["containers"][0]["ports"]}
            for one in service["spec"]["ports"]:
                assert listening[one["targetPort"]] == one["port"]
    (api,) = [one for one in of_kind(name, "Service") if one["metadata"]["name"] == "blog"]
    assert [one["port"] for one in api["spec"]["ports"]] == [API, HEALTH]
    assert api["spec"]["selector"]["coderunner/api"] == "true"


@pytest.mark.parametrize("name", VALUES)
def test_each_budget_is_of_one_scalable_workload_and_each_of_those_has_one(name: str) -> None:
    scalable = of_kind(name, "Deployment", "StatefulSet")
    for budget in of_kind(name, "PodDisruptionBudget"):
        (about,) = [one for one in workloads(name) if selects(budget["spec"]["selector"], labels(one))]
        scalable.remove(about)
        assert budget["spec"]["maxUnavailable"] == 1
    assert scalable == []


@pytest.mark.parametrize("name", VALUES)
def test_each_workload_selects_its_own_pods_alone(name: str) -> None:
    for workload in (one for one in workloads(name) if one["kind"] != "Job"):
        mine = [
            one["metadata"]["name"] for one in workloads(name) if selects(workload["spec"]["selector"], labels(one))
        ]
        assert mine == [workload["metadata"]["name"]]


def test_prometheus_knows_gateways_and_nodes_by_the_names_of_the_rules() -> None:
    name = "roles apart, all of it encrypted"
    jobs = set()
    for monitor in of_kind(name, "ServiceMonitor"):
        (service,) = [
            one for one in of_kind(name, "Service") if selects(monitor["spec"]["selector"], one["metadata"]["labels"])
        ]
        jobs.add(service["metadata"]["labels"][monitor["spec"]["jobLabel"]])
        assert monitor["spec"]["endpoints"][0]["port"] in {one["name"] for one in service["spec"]["ports"]}
    assert jobs == {"coderunner-gateway", "coderunner-node"}
