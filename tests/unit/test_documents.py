"""What the pages say is there, is there; what the code says is in the pages."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from prometheus_client.metrics_core import Metric

from broker_gateway.infrastructure.metrics import Metrics as GatewayMetrics
from chassis.loop_watch import LoopWatch
from chassis.trace_export import watch_spans
from node.infrastructure.metrics import TROUBLES
from node.infrastructure.metrics import Metrics as NodeMetrics
from tests.unit.chassis.test_logs import events

REPOSITORY = Path(__file__).resolve().parents[2]
PAGES = [
    *sorted(path for path in (REPOSITORY / "docs").rglob("*.md")),
    *(
        REPOSITORY / name
        for name in (
            *("README.md", "CONTRIBUTING.md"),
            *(f"deploy/{way}/README.md" for way in ("compose", "grafana", "systemd")),
        )
    ),
]
ROOMS = ("schemas", "chassis", "broker_gateway", "node", "sandbox", "coderunner", "proto", "deploy", "dev", "bench")
ROOMS_AND_TESTS = (*ROOMS, "tests", "docs", "examples", "distributions", "requirements", "sdks")


def text(page: Path) -> str:
    return page.read_text(encoding="utf-8")


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(REPOSITORY)))
def test_every_link_of_a_page_leads_somewhere(page: Path) -> None:
    targets = [found.partition("#")[0] for found in re.findall(r"\]\(([^)\s]+)\)", text(page))]
    local = [target for target in targets if target and "://" not in target]
    assert [target for target in local if not (page.parent / target).exists()] == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(REPOSITORY)))
def test_every_path_that_a_page_names_exists(page: Path) -> None:
    """Those in back-quotes that begin with one of our rooms. Capitals stand for a name of the reader's own, and
    ``coderunner/NAME`` is an image."""
    named = re.findall(r"`([\w.*/-]+)`", text(page))
    paths = [one for one in named if one.partition("/")[0] in ROOMS_AND_TESTS and "/" in one]
    meant = [path for path in paths if not re.search(r"\b[A-Z]{3,}\b", path)]
    images = {f"coderunner/{folder.name}" for folder in (REPOSITORY / "sandbox" / "images").iterdir()}
    images.add("coderunner/services")
    assert [path for path in meant if path not in images and not list(REPOSITORY.glob(path.rstrip("/")))] == []


def test_every_log_event_has_its_row_and_every_row_its_event() -> None:
    page = text(REPOSITORY / "docs" / "operations.md").partition("## Log events")[2].partition("## Metrics")[0]
    rows = {name for row in re.findall(r"^\| (`[^|]+) \|", page, re.MULTILINE) for name in re.findall(r"`(\w+)`", row)}
    assert {event for event, _ in events()} == rows


def test_every_metric_has_its_row_and_every_row_its_metric() -> None:
    page = text(REPOSITORY / "docs" / "operations.md").partition("## Metrics")[2].partition("\n## ")[0]
    rows = set(re.findall(r"`(coderunner_\w+)`", page))
    sources = [text(REPOSITORY / "node" / path) for path in ("main.py", "infrastructure/wiring.py")]
    watched = set(re.findall(r'\b(?:watch|count|watch_count)\("(\w+)"', "".join(sources)))
    ours = {one.name for one in declared() if one.name.startswith("coderunner_")}
    assert rows == ours | {f"coderunner_node_{name}" for name in watched}


def test_every_trouble_of_a_node_is_counted_from_the_start() -> None:
    sources = "".join(text(path) for path in (REPOSITORY / "node" / "application").glob("*.py"))
    assert set(re.findall(r'\.trouble\("(\w+)"', sources)) == set(TROUBLES)


def test_the_rules_and_dashboards_ask_for_metrics_that_there_are() -> None:
    """Those of a process are Prometheus' own."""
    watched = re.findall(r'\b(?:watch|count)\("(\w+)"', text(REPOSITORY / "node" / "main.py"))
    known = {one.name for one in declared()} | {f"coderunner_node_{name}" for name in watched}
    asked = set()
    for path in [*(REPOSITORY / "deploy").rglob("*.rules.yml"), *(REPOSITORY / "deploy").rglob("grafana/*.json")]:
        asked |= set(re.findall(r"(?<![\w:])coderunner_\w+(?![\w:])", text(path)))
    bare = {re.sub(r"_(total|bucket|count|sum)$", "", name) for name in asked}
    assert bare - known == set()


def declared() -> list[Metric]:
    gateway = GatewayMetrics()
    LoopWatch(gateway.registry)
    watch_spans(gateway.registry)
    gateway.watch(queue_lengths=dict, live_nodes=lambda: 0, bus_up=lambda: True)
    gateway.watch_history(works=lambda: True, stored=dict, waiting=dict)
    node = NodeMetrics()
    node.watch_slots(list)
    return [*gateway.registry.collect(), *node.registry.collect()]
