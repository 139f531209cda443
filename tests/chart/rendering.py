"""What Helm makes of the chart, for several sets of values."""

from __future__ import annotations

import json
import subprocess
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from typing import Any

import yaml

from dev.helm import helm_program
from dev.paths import REPOSITORY

CHART = REPOSITORY / "deploy" / "helm" / "coderunner"
RELEASE = "blog"
_CLUSTER = ("--namespace", "runner", "--kube-version", "1.29.0")
_RESOURCES = {"requests": {"cpu": "1", "memory": "1Gi"}, "limits": {"cpu": "1", "memory": "1Gi"}}
VALUES: Mapping[str, Mapping[str, Any]] = {
    "as it is": {},
    "roles apart, all of it encrypted": {
        "nats": {"urls": ["tls://n1:4222", "tls://n2:4222"], "tlsSecret": "nats-tls", "tlsCertificate": True},
        "etcd": {"tlsSecret": "etcd-tls"},
        "database": {"enabled": True, "peers": [{"ipBlock": {"cidr": "10.1.2.3/32"}}]},
        "gateway": {
            "tlsSecret": "api-tls",
            "settings": {
                "http_tls": True,
                "bus_bytes": 9663676416,
                "shutdown_grace_s": 20.5,
                "admins": ["ops", "root"],
                "stream_replicas": 3,
            },
            "groups": {
                "gateway": {"roles": ["api"], "replicas": 3, "resources": _RESOURCES},
                "relay": {"roles": ["relay"], "replicas": 2, "resources": _RESOURCES},
                "history": {"roles": ["history"], "replicas": 1, "resources": _RESOURCES},
            },
            "service": {"headless": True},
        },
        "serviceMonitor": {"enabled": True, "labels": {"release": "prometheus"}},
    },
    "scaled by the figure": {
        "node": {
            "kind": "StatefulSet",
            "pools": ["default", "gpu"],
            "identities": {"nkeys": True},
            "settings": {"drain_s": 100},
            "engine": {"hostUsers": False, "capabilities": ["SYS_ADMIN"]},
            "autoscaling": {"enabled": True},
        },
    },
    "scaled by the queue": {
        "node": {"kind": "StatefulSet", "autoscaling": {"enabled": True, "trigger": "jetstream"}},
        "networkPolicy": {"monitoring": [], "clients": []},
    },
    "the machine's engine": {
        "node": {"kind": "StatefulSet", "replicas": 5, "engine": {"kind": "socket", "ociRuntime": "runsc"}}
    },
}
"""By what is particular about them."""
Manifest = dict[str, Any]


def helm(command: str, values: Mapping[str, Any]) -> subprocess.CompletedProcess[str]:
    """``helm template`` or ``helm lint`` with these values beside the chart's own."""
    with tempfile.NamedTemporaryFile("w", suffix=".json") as file:
        json.dump(values, file)
        file.flush()
        release = [RELEASE] if command == "template" else []
        return subprocess.run(
            [helm_program(), command, *release, str(CHART), "--values", file.name, *_CLUSTER],
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )


@cache
def rendered(name: str) -> tuple[Manifest, ...]:
    """The manifests of one of VALUES."""
    done = helm("template", VALUES[name])
    assert done.returncode == 0, done.stderr
    return tuple(manifest for manifest in yaml.safe_load_all(done.stdout) if manifest)


def of_kind(name: str, *kinds: str) -> list[Manifest]:
    """Those of these kinds, of one of VALUES."""
    return [manifest for manifest in rendered(name) if manifest["kind"] in kinds]


def workloads(name: str) -> list[Manifest]:
    """What has pods."""
    return of_kind(name, "Deployment", "DaemonSet", "StatefulSet", "Job")


def pod(workload: Manifest) -> Manifest:
    """Its pods' specification."""
    return dict(workload["spec"]["template"]["spec"])


def labels(workload: Manifest) -> dict[str, str]:
    """Its pods' labels."""
    return dict(workload["spec"]["template"]["metadata"]["labels"])


def containers(workload: Manifest) -> Iterator[Manifest]:
    """All of its containers, those that run first included."""
    yield from pod(workload).get("initContainers", ())
    yield from pod(workload)["containers"]


def stays(container: Manifest, workload: Manifest) -> bool:
    """Whether it runs as long as the pod does."""
    return container.get("restartPolicy") == "Always" or (
        workload["kind"] != "Job" and container in pod(workload)["containers"]
    )


def selects(selector: Mapping[str, Any], found: Mapping[str, str]) -> bool:
    """What Kubernetes' label selectors mean, as far as the chart uses them."""
    wanted: Iterable[Any] = selector.get("matchLabels", {}).items()
    among = (found.get(one["key"]) in one["values"] for one in selector.get("matchExpressions", ()))
    return all(found.get(key) == value for key, value in wanted) and all(among)
