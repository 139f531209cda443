"""The chart renders to what Kubernetes takes, and refuses values that would not be what they look like."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import kubernetes_validate
import pytest

from tests.chart.rendering import VALUES, helm, of_kind, rendered

OF_OTHERS = ("ScaledObject", "ServiceMonitor")
"""Kinds that are not Kubernetes' own, and in none of its schemas."""


@pytest.mark.parametrize("version", ["1.29", "1.37"])
@pytest.mark.parametrize("name", VALUES)
def test_kubernetes_takes_every_manifest_and_knows_each_of_its_fields(name: str, version: str) -> None:
    for manifest in rendered(name):
        if manifest["kind"] not in OF_OTHERS:
            kubernetes_validate.validate(manifest, version, strict=True)


@pytest.mark.parametrize("name", VALUES)
def test_helm_finds_no_fault(name: str) -> None:
    looked = helm("lint", VALUES[name])
    assert "1 chart(s) linted, 0 chart(s) failed" in looked.stdout, looked.stdout
    assert "[WARNING]" not in looked.stdout, looked.stdout


@pytest.mark.parametrize("name", VALUES)
def test_every_manifest_has_a_name_of_its_own_that_begins_with_the_release(name: str) -> None:
    named = [(manifest["kind"], manifest["metadata"]["name"]) for manifest in rendered(name)]
    assert len(set(named)) == len(named)
    assert [one for _, one in named if not one.startswith("blog")] == []


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"gateway": {"settings": {"grcp_address": "x"}}}, "grcp_address"),
        ({"gateway": {"settings": {"nats_password": "x"}}}, "nats_password"),
        ({"node": {"settings": {"node_id": "x"}}}, "node_id"),
        ({"nats": {"urls": ["nats://gateway:secret@nats:4222"]}}, "urls"),
        ({"nats": {"peers": []}}, "peers"),
        ({"node": {"engine": {"privileged": True}}}, "privileged"),
        ({"node": {"engine": {"runtimeClassName": ""}}}, "needs a runtimeClassName"),
        ({"node": {"kind": "Deployment"}}, "kind"),
        ({"node": {"autoscaling": {"enabled": True}}}, "needs node.kind StatefulSet"),
        ({"node": {"kind": "StatefulSet", "autoscaling": {"enabled": True, "minReplicas": 0}}}, "minReplicas"),
        ({"gateway": {"groups": {"node": {"roles": ["api"], "replicas": 1, "resources": {}}}}}, "groups"),
        ({"password": "x"}, "password"),
    ],
)
def test_values_that_would_not_do_what_they_say_are_refused_in_words(values: Mapping[str, Any], words: str) -> None:
    done = helm("template", values)
    assert done.returncode != 0
    assert words in done.stderr


def test_the_database_is_brought_up_to_date_before_gateways_come_and_only_where_there_is_one() -> None:
    (job,) = of_kind("roles apart, all of it encrypted", "Job")
    assert job["metadata"]["annotations"]["helm.sh/hook"] == "pre-install,pre-upgrade"
    assert job["spec"]["template"]["spec"]["containers"][0]["command"] == ["coderunner-gateway", "migrate"]
    assert of_kind("as it is", "Job") == []
