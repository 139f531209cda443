"""The dashboards for Grafana: each of their queries is run against a Prometheus that scrapes a gateway and a node at
work. Grafana is not in Debian, and draws nothing here."""

from __future__ import annotations

import itertools
import json
import math
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.integration.monitoring.monitored import RULES, Monitored
from tests.servers.waiting import eventually

DASHBOARDS = sorted((RULES.parent / "grafana").glob("*.json"))
RATE_INTERVAL = "1m"
"""What Grafana puts in place of its variable: at least four times the scrape interval."""
WIDTH = 24
"""Columns of a dashboard."""


def read(path: Path) -> dict[str, Any]:
    return dict(json.loads(path.read_text(encoding="utf-8")))


def queries() -> Iterator[Any]:
    for path in DASHBOARDS:
        for panel in read(path)["panels"]:
            for target in panel.get("targets", ()):
                name = f"{path.stem}: {panel['title']} {target['refId']}"
                yield pytest.param(target["expr"], target["legendFormat"], id=name)


@pytest.mark.parametrize(("expression", "legend"), list(queries()))
async def test_each_query_returns_figures_and_its_legend_names_labels_that_there_are(
    monitored_stack: Monitored, expression: str, legend: str
) -> None:
    node = f"127.0.0.1:{monitored_stack.node.http_port}"
    asked = expression.replace("$__rate_interval", RATE_INTERVAL).replace("$instance", node)
    assert "$" not in asked
    found: list[dict[str, Any]] = []

    def has_figures() -> bool:
        found[:] = monitored_stack.prometheus.query(asked)
        return any(math.isfinite(float(series["value"][1])) for series in found)

    await eventually(has_figures, 30)
    for series in found:
        assert set(re.findall(r"\{\{(\w+)\}\}", legend)) <= series["metric"].keys()


def test_there_is_one_of_all_and_one_of_a_node() -> None:
    assert [path.stem for path in DASHBOARDS] == ["node", "overview"]


@pytest.mark.parametrize("path", DASHBOARDS, ids=lambda path: path.stem)
def test_a_dashboard_can_be_imported_beside_others(path: Path) -> None:
    """It has an address of its own, asks for the data source, and depends on no plug-in."""
    board = read(path)
    assert board["uid"] == f"coderunner-{path.stem}"
    assert "id" not in board
    assert {variable["name"] for variable in board["templating"]["list"]} >= {"datasource"}
    sources = [panel["datasource"]["uid"] for panel in board["panels"] if panel["type"] != "row"]
    assert set(sources) == {"${datasource}"}
    assert {panel["type"] for panel in board["panels"]} == {"row", "stat", "timeseries"}
    addresses = {link["url"] for link in board["links"]}
    assert addresses <= {f"/d/coderunner-{other.stem}" for other in DASHBOARDS}


@pytest.mark.parametrize("path", DASHBOARDS, ids=lambda path: path.stem)
def test_no_panel_lies_on_another_and_each_has_a_number_and_a_title_of_its_own(path: Path) -> None:
    panels = read(path)["panels"]
    assert len({panel["id"] for panel in panels}) == len(panels)
    rows = {panel["title"] for panel in panels if panel["type"] == "row"}
    titles = [panel["title"] for panel in panels if panel["type"] == "timeseries"]
    assert len({*titles}) == len(titles)
    assert rows
    for panel in panels:
        assert panel["gridPos"]["x"] + panel["gridPos"]["w"] <= WIDTH
    for one, other in itertools.combinations([panel["gridPos"] for panel in panels], 2):
        apart_x = one["x"] + one["w"] <= other["x"] or other["x"] + other["w"] <= one["x"]
        apart_y = one["y"] + one["h"] <= other["y"] or other["y"] + other["h"] <= one["y"]
        assert apart_x or apart_y


async def test_the_nodes_to_choose_from_are_those_that_are_scraped(monitored_stack: Monitored) -> None:
    (board,) = [read(path) for path in DASHBOARDS if path.stem == "node"]
    (variable,) = [one for one in board["templating"]["list"] if one["name"] == "instance"]
    labelled = re.fullmatch(r"label_values\((\w+), (\w+)\)", variable["query"]["query"])
    assert labelled is not None
    series = await monitored_stack.series(labelled[1])
    assert [one["metric"][labelled[2]] for one in series] == [f"127.0.0.1:{monitored_stack.node.http_port}"]
