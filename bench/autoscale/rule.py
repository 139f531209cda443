"""The rule of autoscaling: targets from the chart's values, and the arithmetic of Kubernetes' HorizontalPodAutoscaler.

Its algorithm: https://kubernetes.io/docs/tasks/run-application/horizontal-pod-autoscale/ (external metrics of type
Value: replicas that are ready, times figure over target, rounded up; the largest of several figures; then the pace).
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from dev.paths import REPOSITORY

CHART_VALUES = REPOSITORY / "deploy" / "helm" / "coderunner" / "values.yaml"
SYNC_S = 15
"""How often the HorizontalPodAutoscaler looks (its default)."""
TOLERANCE = 0.1
"""Figures this near their target change nothing (its default)."""


@dataclass(frozen=True, slots=True)
class Pace:
    """How fast one direction may go."""

    window_s: int
    percent: int
    period_s: int
    pods: int = 0
    """A number that is allowed as well as the percentage; 0: the percentage alone counts."""


@dataclass(frozen=True, slots=True)
class Rule:
    """What a ScaledObject of the chart says."""

    min_nodes: int
    max_nodes: int
    up: Pace
    down: Pace
    backlog_target_s: float
    running_target: float | None
    """None: busy task loops are not looked at."""


def chart_rule(path: Path = CHART_VALUES) -> Rule:
    """The rule of the chart's own values. Raises KeyError where they lack a part of it."""
    scaling: Mapping[str, Any] = yaml.safe_load(path.read_text(encoding="utf-8"))["node"]["autoscaling"]
    up, down, targets = scaling["scaleUp"], scaling["scaleDown"], scaling["prometheus"]
    return Rule(
        scaling["minReplicas"],
        scaling["maxReplicas"],
        Pace(up["stabilizationWindowSeconds"], up["percent"], up["periodSeconds"], up["pods"]),
        Pace(down["stabilizationWindowSeconds"], down["percent"], down["periodSeconds"]),
        targets["backlogSeconds"],
        targets["runningRatio"],
    )


def wanted(figure: float, target: float, ready: int, current: int) -> int:
    """The replicas that one figure asks for."""
    ratio = figure / target
    return current if abs(ratio - 1) <= TOLERANCE else math.ceil(ratio * ready)


@dataclass(slots=True)
class Autoscaler:
    """The state of one HorizontalPodAutoscaler: what it asked for lately, and what it did."""

    rule: Rule
    _asked: deque[tuple[int, int]] = field(default_factory=deque)
    _changes: deque[tuple[int, int]] = field(default_factory=deque)

    def decide(self, now_s: int, current: int, ready: int, backlog_s: float, running: float) -> int:
        """The replicas from now on."""
        asked = wanted(backlog_s, self.rule.backlog_target_s, ready, current)
        if self.rule.running_target is not None:
            asked = max(asked, wanted(running, self.rule.running_target, ready, current))
        asked = self._bounded(self._stable(now_s, current, asked))
        decided = self._paced(now_s, current, asked)
        self._changes.append((now_s, decided - current))
        return decided

    def _stable(self, now_s: int, current: int, asked: int) -> int:
        """Down goes only what nobody asked for within the window; up only what all of its window did."""
        up, down = self.rule.up.window_s, self.rule.down.window_s
        if not self._asked:
            self._asked.append((now_s, current))  # what there was at its start is taken for asked
        while self._asked and self._asked[0][0] <= now_s - max(up, down):
            self._asked.popleft()
        least = min([asked, *(number for at, number in self._asked if at > now_s - up)])
        most = max([asked, *(number for at, number in self._asked if at > now_s - down)])
        self._asked.append((now_s, asked))
        return min(max(current, least), most)

    def _bounded(self, asked: int) -> int:
        return min(max(asked, self.rule.min_nodes), self.rule.max_nodes)

    def _paced(self, now_s: int, current: int, asked: int) -> int:
        up, down = self.rule.up, self.rule.down
        while self._changes and self._changes[0][0] <= now_s - max(up.period_s, down.period_s):
            self._changes.popleft()
        if asked > current:
            before = current - sum(by for at, by in self._changes if by > 0 and at > now_s - up.period_s)
            return min(asked, max(current, math.ceil(before * (1 + up.percent / 100)), before + up.pods))
        before = current - sum(by for at, by in self._changes if by < 0 and at > now_s - down.period_s)
        return max(asked, min(current, int(before * (1 - down.percent / 100))))
