"""What every pod of the chart is given, and what none is."""

from __future__ import annotations

import pytest

from tests.chart.rendering import VALUES, Manifest, containers, labels, of_kind, pod, stays, workloads

ENGINE = "engine"
"""The one container that is root: within its runtime class, which has no other root to give."""
EVERY = [pytest.param(name, id=name) for name in VALUES]


def security(container: Manifest, workload: Manifest) -> Manifest:
    """The security context that counts: the pod's, and over it the container's own."""
    return {**pod(workload)["securityContext"], **container["securityContext"]}


@pytest.mark.parametrize("name", EVERY)
def test_no_container_is_privileged_or_shares_a_namespace_of_the_machine(name: str) -> None:
    assert workloads(name)
    for workload in workloads(name):
        assert {"hostNetwork", "hostPID", "hostIPC"}.isdisjoint(pod(workload))
        assert pod(workload)["automountServiceAccountToken"] is False
        for container in containers(workload):
            assert not container["securityContext"].get("privileged"), container["name"]


@pytest.mark.parametrize("name", EVERY)
def test_every_container_but_the_engine_is_an_ordinary_user_that_can_become_no_other(name: str) -> None:
    for workload in workloads(name):
        for container in (one for one in containers(workload) if one["name"] != ENGINE):
            found = security(container, workload)
            assert found["runAsNonRoot"] is True
            assert found["runAsUser"] >= 1000
            assert found["allowPrivilegeEscalation"] is False
            assert found["capabilities"] == {"drop": ["ALL"]}
            assert found["seccompProfile"] == {"type": "RuntimeDefault"}


@pytest.mark.parametrize("name", EVERY)
def test_no_container_writes_to_its_own_image(name: str) -> None:
    for workload in workloads(name):
        for container in containers(workload):
            assert container["securityContext"]["readOnlyRootFilesystem"] is True, container["name"]


@pytest.mark.parametrize("name", EVERY)
def test_an_engine_is_root_under_a_runtime_class_only(name: str) -> None:
    for workload in workloads(name):
        engines = [one for one in containers(workload) if one["name"] == ENGINE]
        assert not engines or pod(workload)["runtimeClassName"]


@pytest.mark.parametrize("name", EVERY)
def test_every_container_has_bounds_and_what_it_asks_for(name: str) -> None:
    for workload in workloads(name):
        for container in containers(workload):
            for part in ("requests", "limits"):
                assert {"cpu", "memory"} <= container["resources"][part].keys(), container["name"]


@pytest.mark.parametrize("name", EVERY)
def test_every_container_that_stays_is_asked_whether_it_lives_and_works(name: str) -> None:
    asked = set()
    for workload in workloads(name):
        for container in (one for one in containers(workload) if stays(one, workload)):
            assert {"startupProbe", "livenessProbe", "readinessProbe"} <= container.keys(), container["name"]
            asked.add(container["name"])
            if container["name"] != ENGINE:
                assert container["livenessProbe"]["httpGet"]["path"] == "/live"
                assert container["readinessProbe"]["httpGet"]["path"] == "/ready"
    assert {"gateway", "node"} <= asked


def test_probes_are_encrypted_where_health_is() -> None:
    for workload in of_kind("roles apart, all of it encrypted", "Deployment"):
        assert pod(workload)["containers"][0]["livenessProbe"]["httpGet"]["scheme"] == "HTTPS"
    (gateway,) = of_kind("as it is", "Deployment")
    assert pod(gateway)["containers"][0]["livenessProbe"]["httpGet"]["scheme"] == "HTTP"


@pytest.mark.parametrize(
    ("name", "kinds", "part", "seconds"),
    [
        ("as it is", ("Deployment",), "gateway", 15),
        ("roles apart, all of it encrypted", ("Deployment",), "gateway", 21),
        ("as it is", ("DaemonSet",), "node", 30),
        ("scaled by the figure", ("StatefulSet",), "node", 100),
    ],
)
def test_a_pod_has_longer_to_end_than_its_service_takes(
    name: str, kinds: tuple[str, ...], part: str, seconds: int
) -> None:
    more = {"gateway": 10, "node": 60}[part]
    found = [pod(one)["terminationGracePeriodSeconds"] for one in of_kind(name, *kinds)]
    assert found
    assert min(found) >= seconds + more


@pytest.mark.parametrize("name", EVERY)
def test_only_the_machines_own_engine_is_taken_from_the_machine(name: str) -> None:
    paths = [volume["hostPath"] for one in workloads(name) for volume in pod(one)["volumes"] if "hostPath" in volume]
    own = [{"path": "/var/run/docker.sock", "type": "Socket"}]
    assert paths == (own if name == "the machine's engine" else [])


def test_the_engine_is_there_before_the_node_and_until_after_it() -> None:
    (node,) = of_kind("as it is", "DaemonSet")
    first = pod(node)["initContainers"]
    assert [one["name"] for one in first] == ["engine", "images"]
    assert first[0]["restartPolicy"] == "Always"
    assert "restartPolicy" not in first[1]


@pytest.mark.parametrize("name", EVERY)
def test_gateways_and_scaled_nodes_are_spread_over_machines_and_zones(name: str) -> None:
    for workload in of_kind(name, "Deployment", "StatefulSet"):
        spread = pod(workload)["topologySpreadConstraints"]
        assert [one["topologyKey"] for one in spread] == ["kubernetes.io/hostname", "topology.kubernetes.io/zone"]
        for one in spread:
            assert one["labelSelector"]["matchLabels"].items() <= labels(workload).items()
