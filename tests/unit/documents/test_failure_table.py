"""The table of what happens when a part fails names things that there are."""

from __future__ import annotations

import re

import pytest

from broker_gateway.infrastructure.settings import GatewaySettings
from dev.paths import REPOSITORY
from node.infrastructure.settings import NodeSettings
from schemas.execution import Execution
from tests.unit.chassis.test_logs import events

PAGE = (REPOSITORY / "docs" / "operations.md").read_text(encoding="utf-8")
ROWS = re.findall(r"^\| \*\*.*$", PAGE.partition("## The failure table")[2].partition("\n## ")[0], re.MULTILINE)
WORDS = re.findall(r"`([^`]+)`", "\n".join(ROWS))
ELSEWHERE = {"handed_back", "bus_full"}
"""A field of a log line; a label of `coderunner_refused`."""
FAILURES = (
    "a node dies",
    "a node is told to stop",
    "a node hangs",
    "an agent or its slot dies",
    "a slot is not provably clean",
    "a poison task",
    "the engine is away",
    "an image is missing",
    "NATS is away",
    "the bus's disk is full",
    "etcd is away",
    "a gateway dies",
    "the database of the history is away",
    "a callback's receiver is away",
    "a node's disk or memory is full",
    "clocks differ",
)


@pytest.mark.parametrize("failure", FAILURES)
def test_each_failure_has_its_row(failure: str) -> None:
    assert any(row.startswith(f"| **{failure}") for row in ROWS)


def test_each_row_says_how_it_is_seen_what_happens_and_what_to_do() -> None:
    cells = [[cell.strip() for cell in re.split(r"(?<!\\)\|", row)[1:-1]] for row in ROWS]
    assert [row for row in cells if len(row) != 4 or not all(row)] == []


def test_its_alerts_are_rules() -> None:
    rules = (REPOSITORY / "deploy" / "prometheus" / "alerting.rules.yml").read_text(encoding="utf-8")
    assert {word for word in WORDS if word.startswith("Coderunner")} <= set(re.findall(r"alert: (\w+)", rules))


def test_its_metrics_are_described() -> None:
    described = set(re.findall(r"`(coderunner_\w+)`", PAGE.partition("## Metrics")[2].partition("\n## ")[0]))
    assert {word for word in WORDS if word.startswith("coderunner_")} <= described


def test_its_events_settings_and_fields_are_the_codes_own() -> None:
    named = {word for word in WORDS if re.fullmatch(r"[a-z]+(_[a-z]+)+", word) and not word.startswith("coderunner_")}
    settings = {*GatewaySettings.model_fields, *NodeSettings.model_fields}
    assert named - {event for event, _ in events()} - settings - {*Execution.__struct_fields__} <= ELSEWHERE
