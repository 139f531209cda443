"""The services take what the chart gives them, and get their secrets from files."""

from __future__ import annotations

import pytest

from broker_gateway.infrastructure.settings import GatewaySettings
from chassis.settings import ServiceSettings
from node.infrastructure.settings import NodeSettings
from tests.chart.rendering import VALUES, Manifest, containers, of_kind, pod, rendered, workloads

SERVICES: dict[str, type[ServiceSettings]] = {
    "gateway": GatewaySettings,
    "migrate": GatewaySettings,
    "node": NodeSettings,
}
SECRET_WORDS = ("PASSWORD", "SECRET", "TOKENS", "HISTORY_URL", "CALLBACK_HEADER")


def variables(container: Manifest) -> dict[str, str]:
    """Its environment, as far as the chart writes it down."""
    return {one["name"]: one["value"] for one in container.get("env", ()) if "value" in one}


def settings(container: Manifest, monkeypatch: pytest.MonkeyPatch) -> ServiceSettings:
    """The settings with which the service would start, without its file. Raises ConfigurationError."""
    given = variables(container)
    for variable in [*given]:
        if variable.endswith("_CONFIG"):
            del given[variable]
    with monkeypatch.context() as environment:
        for variable, value in given.items():
            environment.setenv(variable, value)
        return SERVICES[container["name"]].load([])


@pytest.mark.parametrize("name", VALUES)
def test_every_variable_is_a_setting_of_its_service_with_a_value_that_it_takes(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen = set()
    for workload in workloads(name):
        for container in (one for one in containers(workload) if one["name"] in SERVICES):
            taken = settings(container, monkeypatch)
            known = {f"{taken.prefix()}{field.upper()}" for field in type(taken).model_fields}
            assert variables(container).keys() <= known | {f"{taken.prefix()}CONFIG"}
            seen.add(container["name"])
    assert {"gateway", "node"} <= seen


def test_numbers_lists_and_truths_arrive_as_they_were_meant(monkeypatch: pytest.MonkeyPatch) -> None:
    api = next(
        one for one in of_kind("roles apart, all of it encrypted", "Deployment") if "gateway" in one["metadata"]["name"]
    )
    taken = settings(pod(api)["containers"][0], monkeypatch)
    assert isinstance(taken, GatewaySettings)
    assert (taken.bus_bytes, taken.shutdown_grace_s, taken.admins) == (9663676416, 20.5, ["ops", "root"])
    assert (taken.http_tls, taken.roles, taken.nats_user) == (True, ["api"], "gateway")
    assert taken.nats_urls == ["tls://n1:4222", "tls://n2:4222"]
    assert taken.nats_tls_certificate == "/etc/coderunner-nats/tls.crt"
    assert (taken.etcd_tls_authorities, taken.etcd_tls_certificate) == ("/etc/coderunner-etcd/ca.crt", "")


@pytest.mark.parametrize("name", VALUES)
def test_no_secret_is_in_a_manifest_a_command_or_a_variable(name: str) -> None:
    assert "Secret" not in {manifest["kind"] for manifest in rendered(name)}
    for workload in workloads(name):
        for container in containers(workload):
            written = " ".join([*variables(container), *container.get("command", ()), *container.get("args", ())])
            assert [word for word in SECRET_WORDS if word in written.upper()] == []


@pytest.mark.parametrize("name", VALUES)
def test_what_is_secret_comes_from_a_file_of_a_secret_that_only_its_service_reads(name: str) -> None:
    for workload in workloads(name):
        secrets = {volume["name"]: volume["secret"] for volume in pod(workload)["volumes"] if "secret" in volume}
        assert all(secret["defaultMode"] == 0o440 for secret in secrets.values())
        service = pod(workload)["containers"][0]
        config = next(one["value"] for one in service["env"] if one["name"].endswith("_CONFIG"))
        mount = next(one for one in service["volumeMounts"] if config.startswith(one["mountPath"]))
        assert mount["readOnly"] is True
        assert mount["name"] in secrets
        mounted = {one["name"] for one in pod(workload).get("initContainers", ()) for one in one["volumeMounts"]}
        assert mounted.isdisjoint(secrets)


@pytest.mark.parametrize(("name", "field"), [("as it is", "spec.nodeName"), ("scaled by the figure", "metadata.name")])
def test_a_node_sees_its_own_key_of_all_that_are_in_the_secret(name: str, field: str) -> None:
    (node,) = of_kind(name, "DaemonSet", "StatefulSet")
    service = pod(node)["containers"][0]
    identity = next(one for one in service["env"] if one["name"] == "IDENTITY")
    assert identity["valueFrom"]["fieldRef"]["fieldPath"] == field
    mounts = [one for one in service["volumeMounts"] if one["name"] == "identities"]
    assert mounts
    assert all(mount["subPathExpr"].startswith("$(IDENTITY).") for mount in mounts)
    assert len(mounts) == (2 if VALUES[name].get("node", {}).get("identities") else 1)
