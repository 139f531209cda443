"""The rules for Prometheus: promtool tests every one of them, and Prometheus itself evaluates them."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.integration.monitoring.monitored import RULES, Monitored
from tests.servers.prometheus import promtool
from tests.servers.waiting import eventually

TESTS = RULES / "tests"
RUNBOOK = "docs/operations.md"


def names(kind: str, file: str) -> list[str]:
    """``record`` or ``alert`` to the names in one of the files."""
    return re.findall(rf"^\s*- {kind}: (\S+)$", (RULES / file).read_text(encoding="utf-8"), re.MULTILINE)


ALERTS = names("alert", "alerting.rules.yml")
RECORDS = names("record", "recording.rules.yml")


def test_promtool_finds_no_fault_with_the_rules_and_the_configuration() -> None:
    checked = promtool("check", "config", str(RULES / "prometheus.yml"))
    assert (checked.returncode, checked.stderr) == (0, "")
    assert f"SUCCESS: {len(ALERTS)} rules found" in checked.stdout
    assert f"SUCCESS: {len(RECORDS)} rules found" in checked.stdout


@pytest.mark.parametrize("file", sorted(TESTS.glob("*.test.yml")), ids=lambda file: file.name)
def test_the_rules_make_of_known_figures_what_they_should(file: Path) -> None:
    tested = promtool("test", "rules", str(file))
    assert tested.returncode == 0, tested.stdout + tested.stderr


def test_every_rule_is_tested_and_every_alert_both_ways() -> None:
    alerting = (TESTS / "alerting.test.yml").read_text(encoding="utf-8")
    assert set(re.findall(r"\{eval_time: 60m, alertname: (\w+)\}", alerting)) == set(ALERTS)
    assert set(re.findall(r"alertname: (\w+)\n\s+exp_alerts:", alerting)) == set(ALERTS)
    recording = (TESTS / "recording.test.yml").read_text(encoding="utf-8")
    assert {name for name in RECORDS if name in recording} == set(RECORDS)


async def test_prometheus_evaluates_each_rule_without_an_error(monitored_stack: Monitored) -> None:
    def evaluated() -> bool:
        return {rule["health"] for rule in monitored_stack.prometheus.rules()} == {"ok"}

    await eventually(evaluated, 30)
    rules = monitored_stack.prometheus.rules()
    assert [rule["name"] for rule in rules if rule["type"] == "alerting"] == ALERTS
    assert [rule["name"] for rule in rules if rule["type"] == "recording"] == RECORDS


async def test_nothing_is_alarming_while_a_healthy_gateway_and_a_healthy_node_work(monitored_stack: Monitored) -> None:
    """Not even pending; but a busy test machine may well make an event loop late."""

    def quiet() -> bool:
        rules = [rule for rule in monitored_stack.prometheus.rules() if rule["type"] == "alerting"]
        return {rule["name"] for rule in rules if rule["state"] != "inactive"} <= {"CoderunnerLoopLags"}

    await eventually(quiet, 30)


async def test_each_alert_says_how_grave_it_is_and_where_its_section_is(monitored_stack: Monitored) -> None:
    for rule in monitored_stack.prometheus.rules():
        if rule["type"] == "alerting":
            assert rule["labels"]["severity"] in {"critical", "warning"}
            assert rule["annotations"]["summary"]
            assert rule["annotations"]["runbook"] == f"{RUNBOOK}#{rule['name'].lower()}"


def test_each_alert_has_its_section_and_each_section_its_alert() -> None:
    page = (RULES.parents[1] / RUNBOOK).read_text(encoding="utf-8")
    sections = page.partition("\n## Alerts\n")[2].partition("\n## ")[0]
    assert re.findall(r"^### (\w+)$", sections, re.MULTILINE) == ALERTS
    bodies = re.split(r"^### \w+$", sections, flags=re.MULTILINE)[1:]
    assert [len(body.strip()) > 30 for body in bodies] == [True] * len(ALERTS)
