"""The ScaledObject scales what there is, by figures and queues that there are, as the simulation has it."""

from __future__ import annotations

import re

import yaml

from dev.paths import REPOSITORY
from schemas import names
from tests.chart.rendering import VALUES, Manifest, of_kind

RULES = REPOSITORY / "deploy" / "prometheus" / "recording.rules.yml"
FIELDS = {"scaleTargetRef", "minReplicaCount", "maxReplicaCount", "pollingInterval", "advanced", "triggers"}
"""Of what KEDA's ScaledObject has, what the chart uses."""


def scaled(name: str) -> Manifest:
    (found,) = of_kind(name, "ScaledObject")
    return dict(found["spec"])


def recorded() -> set[str]:
    """The names that the recording rules give."""
    groups = yaml.safe_load(RULES.read_text(encoding="utf-8"))["groups"]
    return {rule["record"] for group in groups for rule in group["rules"]}


def test_there_is_one_where_it_is_wanted() -> None:
    assert {name for name in VALUES if of_kind(name, "ScaledObject")} == {"scaled by the figure", "scaled by the queue"}


def test_it_scales_the_nodes_and_nothing_else_says_how_many_there_are() -> None:
    for name in ("scaled by the figure", "scaled by the queue"):
        (nodes,) = of_kind(name, "StatefulSet")
        target = scaled(name)["scaleTargetRef"]
        assert (target["kind"], target["name"]) == ("StatefulSet", nodes["metadata"]["name"])
        assert "replicas" not in nodes["spec"]
        assert scaled(name).keys() == FIELDS


def test_its_queries_ask_for_figures_that_are_recorded_and_the_backlog_of_every_pool() -> None:
    triggers = scaled("scaled by the figure")["triggers"]
    assert {(one["type"], one["metricType"]) for one in triggers} == {("prometheus", "Value")}
    asked = [one["metadata"]["query"] for one in triggers]
    assert [re.match(r"[\w:]+", query)[0] in recorded() for query in asked] == [True] * 3  # type: ignore[index]
    assert [re.findall(r'pool="(\w+)"', query) for query in asked] == [["default"], ["gpu"], []]
    assert [one["metadata"]["threshold"] for one in triggers] == ["5", "5", "0.7"]


def test_its_lag_is_that_of_consumers_that_there_are_on_the_bus() -> None:
    conf = (REPOSITORY / "nats.conf").read_text(encoding="utf-8")
    triggers = [one["metadata"] for one in scaled("scaled by the queue")["triggers"]]
    assert {one["stream"] for one in triggers} == {names.STREAM_TASKS}
    assert {one["consumer"] for one in triggers} <= set(names.pool_consumers("default"))
    assert len(triggers) == 3
    assert all(re.search(rf"^  {one['account']} {{", conf, re.MULTILINE) for one in triggers)


def test_the_way_down_is_slow() -> None:
    behaviour = scaled("scaled by the figure")["advanced"]["horizontalPodAutoscalerConfig"]["behavior"]
    assert behaviour["scaleUp"]["stabilizationWindowSeconds"] == 0
    assert behaviour["scaleDown"]["stabilizationWindowSeconds"] >= 1800
